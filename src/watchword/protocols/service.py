"""A service as its clients speak it: find the operation, read its input, write its output or an error.

    service = Service(load_service("iam"), types)
    match = service.match(head, body)                    which operation is it?
    operation = service.operation(match.operation.name)
    request = operation.read(head, body, match.labels)   a typed value, its constraints checked
    answer = operation.write(response, ids)

Codecs are compiled at the first use of an operation and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from watchword.core.errors import ApiError
from watchword.core.http import HttpResponse, RequestHead
from watchword.protocols.bindings import Binding, Ids, Incoming, Match
from watchword.protocols.constraints import Check, compile_check, validation_error
from watchword.protocols.getters import Types
from watchword.protocols.json_rpc import JsonRpcBinding
from watchword.protocols.model import OperationFacts, Paginator, ServiceModel
from watchword.protocols.query import QueryBinding
from watchword.protocols.rest import RestBinding
from watchword.protocols.rest_bodies import JsonBody, XmlBody
from watchword.protocols.scalars import Precision

_PRECISION: Mapping[str, Precision] = {"IAM": "seconds", "STS": "seconds", "S3": "milliseconds"}
"""How services write times in XML, where it is known."""
_INVALID: Mapping[str, str] = {"Organizations": "InvalidInputException"}
"""Services with a code of their own for input that breaks the model."""
_NO_LABELS: Mapping[str, str] = {}


class Operation:
    """One operation with its compiled codecs."""

    def __init__(self, service: Service, facts: OperationFacts) -> None:
        self.name = facts.name
        self.facts = facts
        self.paginator: Paginator | None = service.model.pagination.get(facts.name)
        binding, types = service.binding, service.types
        self._read = binding.reader(facts)
        self.write = binding.writer(facts)
        """Write an output (None for the empty one): `write(output, ids) -> HttpResponse`."""
        self._misfit = binding.misfit
        self._check: Check | None = None
        self._input: type[Any] | None = None
        if facts.input is not None:
            if service.checks:
                self._check = compile_check(facts.input.shape, service.model)
            self._input = None if types is None else types[facts.input.shape]
        metadata = service.model.metadata
        common = "ValidationError" if metadata.protocol == "query" else "ValidationException"
        self._code = _INVALID.get(metadata.service_id, common)

    def parse(
        self, head: RequestHead, body: bytes, labels: Mapping[str, str] = _NO_LABELS, stream: object = None
    ) -> Any:
        """The input as a plain mapping by wire names, unchecked. Raises ApiError."""
        return self._read(Incoming(head, body, labels, stream))

    def read(
        self, head: RequestHead, body: bytes, labels: Mapping[str, str] = _NO_LABELS, stream: object = None
    ) -> Any:
        """The input as a typed value that keeps the model's constraints. Raises ApiError.

        `stream` becomes the streaming member as it is.
        """
        value = self._read(Incoming(head, body, labels, stream))
        if self._check is not None:
            broken = self._check(value)
            if broken:
                raise validation_error(broken, self._code)
        if self._input is None:
            return value
        try:
            return msgspec.convert(value, self._input)
        except msgspec.ValidationError as error:
            raise self._misfit(str(error)) from None


class Service:
    """One service. `types` are the classes of its structures by shape name; without them, values are mappings."""

    def __init__(self, model: ServiceModel, types: Types = None) -> None:
        self.model = model
        self.types = types
        self.checks = model.metadata.protocol != "rest-xml"
        """S3 has its own errors for each bad value, so its operations check for themselves."""
        self.binding: Binding = _binding(model, types)
        self._operations: dict[str, Operation] = {}

    def match(self, head: RequestHead, body: bytes = b"", *, path: bytes | None = None) -> Match:
        """The operation that a request names. Raises ApiError.

        `path` is the path to route by when it is not the request's own (S3 with the bucket in the host name:
        `/bucket/key`).
        """
        return self.binding.match(head, head.raw_path if path is None else path, body)

    def operation(self, name: str) -> Operation:
        """An operation of the model by name. Raises KeyError."""
        known = self._operations.get(name)
        if known is None:
            known = self._operations[name] = Operation(self, self.model.operations[name])
        return known

    def error(self, error: ApiError, ids: Ids, *, head_only: bool = False) -> HttpResponse:
        """An error in the service's protocol; `head_only` when the request was HEAD."""
        return self.binding.error(error, ids, head_only=head_only)


def _binding(model: ServiceModel, types: Types) -> Binding:
    protocol, service_id = model.metadata.protocol, model.metadata.service_id
    precision = _PRECISION.get(service_id, "as needed")
    if protocol in ("query", "ec2"):
        return QueryBinding(model, types, precision=precision, ec2=protocol == "ec2")
    if protocol == "json":
        return JsonRpcBinding(model, types)
    if protocol == "rest-json":
        return RestBinding(model, types, JsonBody(model, types))
    if protocol == "rest-xml":
        return RestBinding(model, types, XmlBody(model, types, precision=precision, s3=service_id == "S3"))
    raise LookupError(f"no binding for protocol `{protocol}`")
