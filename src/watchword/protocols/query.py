"""The query and EC2 query bindings: everything in one form, `Action` names the operation, XML comes back.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, …/aws-ec2-query-protocol.html
"""

from __future__ import annotations

from typing import Any

from watchword.core.errors import ApiError
from watchword.core.http import HttpResponse, RequestHead
from watchword.protocols.bindings import Ids, Incoming, Match, Reader, Writer, header_lines
from watchword.protocols.faults import FAULT_NAMESPACE, malformed_input, no_action, unknown_action
from watchword.protocols.forms import FormReader, as_tree, read_parameters
from watchword.protocols.getters import Types
from watchword.protocols.model import OperationFacts, ServiceModel
from watchword.protocols.scalars import Precision
from watchword.protocols.xml_out import XmlWriter, escape, escape_attribute

_CONTENT_TYPE = (b"content-type", b"text/xml")


_NO_VERSION = "NO_VERSION_SPECIFIED"
"""What AWS calls the version of a request that names none."""


def form_of(head: RequestHead, body: bytes) -> bytes:
    """The parameters of a request: those of its URL and those of its body."""
    query = head.query_string
    if not body:
        return query
    return query + b"&" + body if query else body


class QueryBinding:
    """`query`, and with `ec2` its EC2 variant."""

    def __init__(self, model: ServiceModel, types: Types, *, precision: Precision, ec2: bool) -> None:
        self._model = model
        self._ec2 = ec2
        self._forms = FormReader(model.shapes, ec2=ec2)
        self._xml = XmlWriter(model.shapes, types, precision, ec2=ec2)
        namespace = model.metadata.xml_namespace or ""
        self._declaration = f' xmlns="{escape_attribute(namespace)}"' if namespace else ""

    def match(self, head: RequestHead, _path: bytes, body: bytes) -> Match:
        """The operation that `Action` names, in the `Version` of the service."""
        parameters = read_parameters(form_of(head, body))
        action, ours = parameters.get("Action"), self._model.metadata.api_version
        if action is None:
            raise no_action(head)
        version = parameters.get("Version", _NO_VERSION)
        operation = self._model.operations.get(action)
        if operation is None or version != ours:
            raise unknown_action(action[:100], version[:100])
        return Match(operation, parameters)

    def reader(self, operation: OperationFacts) -> Reader:
        """A reader of form parameters."""
        if operation.input is None:
            return lambda incoming: {}
        structure = self._forms.structure(operation.input.shape)

        def read(incoming: Incoming) -> dict[str, Any]:
            parameters = incoming.labels or read_parameters(form_of(incoming.head, incoming.body))
            return structure(as_tree(parameters))

        return read

    def writer(self, operation: OperationFacts) -> Writer:
        """A writer of `<XResponse><XResult>…</XResult><ResponseMetadata>…`."""
        output, name = operation.output, operation.name
        content = self._xml.content(output.shape) if output else None
        opening, wrapped = f"<{name}Response{self._declaration}>", ("", "")
        if output and not self._ec2:
            wrapper = output.result_wrapper or f"{name}Result"
            wrapped = (f"<{wrapper}>", f"</{wrapper}>")
        before, after = wrapped
        if self._ec2:
            id_open, end = "<requestId>", f"</requestId></{name}Response>"
        else:
            id_open = "<ResponseMetadata><RequestId>"
            end = f"</RequestId></ResponseMetadata></{name}Response>"

        def write(value: Any, ids: Ids) -> HttpResponse:
            inner = content(value) if content and value is not None else ""
            request_id = ids.request_id
            body = f"{opening}{before}{inner}{after}{id_open}{request_id}{end}"
            return HttpResponse(200, [(b"x-amzn-requestid", request_id.encode()), _CONTENT_TYPE], body.encode())

        return write

    def error(self, error: ApiError, ids: Ids, *, head_only: bool) -> HttpResponse:
        """`<ErrorResponse><Error><Type>Sender</Type>…`, or EC2's `<Response><Errors>…`."""
        code, message = escape(error.code), escape(error.message)
        fields = "".join([f"<{name}>{escape(value)}</{name}>" for name, value in error.fields.items()])
        detail = f"<Code>{code}</Code><Message>{message}</Message>{fields}"
        if self._ec2:
            body = (
                f"<Response><Errors><Error>{detail}</Error></Errors><RequestID>{ids.request_id}</RequestID></Response>"
            )
        else:
            of_service = error.code != "InvalidAction"
            declaration = self._declaration if of_service else f' xmlns="{FAULT_NAMESPACE}"'
            body = (
                f"<ErrorResponse{declaration}><Error><Type>{error.fault}</Type>{detail}</Error>"
                f"<RequestId>{ids.request_id}</RequestId></ErrorResponse>"
            )
        lines = [(b"x-amzn-requestid", ids.request_id.encode()), _CONTENT_TYPE, *header_lines(error.headers)]
        return HttpResponse(error.status, lines, b"" if head_only else body.encode())

    def misfit(self, message: str) -> ApiError:
        """An input that lacks what its type needs."""
        return malformed_input(message)
