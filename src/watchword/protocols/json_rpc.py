"""The JSON 1.0 and 1.1 bindings: `X-Amz-Target` names the operation, one JSON object goes in, one comes back.

Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

from typing import Any

from watchword.core.errors import ApiError
from watchword.core.http import HttpResponse, RequestHead
from watchword.protocols.bindings import Ids, Incoming, Match, Reader, Writer, header_lines, message_members
from watchword.protocols.faults import serialization_fault, unknown_operation, unknown_target
from watchword.protocols.getters import Types
from watchword.protocols.json_values import JsonCodec, decode_json, encode_json
from watchword.protocols.model import OperationFacts, ServiceModel

COMMON_ERRORS = "com.amazon.coral.service#"
"""The prefix of error types that belong to no service."""
_NO_OPERATION = b"<UnknownOperationException/>\n"
"""What is said of requests that are none of JSON."""


class JsonRpcBinding:
    """`json` in the version that the model says."""

    def __init__(self, model: ServiceModel, types: Types) -> None:
        self._model = model
        self._codec = JsonCodec(model.shapes, types)
        self._messages = message_members(model)
        self._content_type = (b"content-type", f"application/x-amz-json-{model.metadata.json_version}".encode())

    def match(self, head: RequestHead, _path: bytes, _body: bytes) -> Match:
        """The operation that the target names."""
        if head.method != "POST":
            raise unknown_operation()
        prefix, _, name = (head.header_text(b"x-amz-target") or "").rpartition(".")
        operation = self._model.operations.get(name)
        if operation is None or prefix != self._model.metadata.target_prefix:
            raise unknown_target()
        return Match(operation)

    def reader(self, operation: OperationFacts) -> Reader:
        """A reader of the body."""
        if operation.input is None:
            return lambda incoming: {}
        structure = self._codec.structure_reader(operation.input.shape)

        def read(incoming: Incoming) -> dict[str, Any]:
            return structure(decode_json(incoming.body))

        return read

    def writer(self, operation: OperationFacts) -> Writer:
        """A writer of the body."""
        structure = self._codec.structure_writer(operation.output.shape) if operation.output else None
        content_type = self._content_type

        def write(value: Any, ids: Ids) -> HttpResponse:
            body = encode_json(structure(value)) if structure and value is not None else b"{}"
            return HttpResponse(200, [(b"x-amzn-requestid", ids.request_id.encode()), content_type], body)

        return write

    def error(self, error: ApiError, ids: Ids, *, head_only: bool) -> HttpResponse:
        """`{"__type": …, "message": …}`; the message's name is the error shape's. There is none where AWS has none."""
        request_id = (b"x-amzn-requestid", ids.request_id.encode())
        if error.status == 404 and not error.message:
            return HttpResponse(404, [request_id], b"" if head_only else _NO_OPERATION)
        member = self._messages.get(error.code)
        kind = error.code if member else COMMON_ERRORS + error.code
        message = {member or "message": error.message} if error.message else {}
        body = encode_json({"__type": kind, **message, **error.fields})
        lines = [request_id, self._content_type, *header_lines(error.headers)]
        return HttpResponse(error.status, lines, b"" if head_only else body)

    def misfit(self, message: str) -> ApiError:
        """An input that lacks what its type needs."""
        return serialization_fault(message)
