"""The REST bindings: method and path name the operation, members stand in path, query, headers and body.

The body is JSON (`rest-json`) or XML (`rest-xml`); a streaming body is never read here. S3 is rest-xml with its own
error document and request ids.

Source: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html, …/aws-restxml-protocol.html;
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from watchword.core.errors import ApiError
from watchword.core.http import FileBody, HttpResponse, RequestHead
from watchword.protocols.bindings import Ids, Incoming, Match, Reader, Writer, header_lines, header_value
from watchword.protocols.getters import Types, getter
from watchword.protocols.model import OperationFacts, Ref, ServiceModel
from watchword.protocols.rest_fields import (
    field_reader,
    header_reader,
    header_text,
    header_writer,
    prefix_reader,
    prefix_writer,
)
from watchword.protocols.routes import Routes, query_values

Found = dict[str, Any]
Query = Mapping[str, list[str]]
Step = Callable[[Incoming, Query, Found], None]
"""Reads one member of a request into what is found."""


_NO_QUERY: Query = {}
_BODILESS = (204, 304)
"""Statuses whose answers have no body."""


class Body(Protocol):
    """The half of a REST protocol that differs: documents and errors."""

    def read_members(self, ref: Ref) -> Callable[[bytes], Found]:
        """A reader of a body that holds all members which stand nowhere else."""
        ...

    def read_payload(self, ref: Ref) -> Callable[[bytes], Any]:
        """A reader of a body that is one member."""
        ...

    def write_members(self, ref: Ref) -> Callable[[Any], bytes]:
        """A writer of a body that holds all members which stand nowhere else."""
        ...

    def write_payload(self, ref: Ref) -> Callable[[Any], bytes]:
        """A writer of a body that is one member."""
        ...

    content_type: bytes

    def ids(self, ids: Ids) -> list[tuple[bytes, bytes]]:
        """The header lines that name the request."""
        ...

    def error(self, error: ApiError, ids: Ids) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """The header lines and the body of an error."""
        ...

    def bad_field(self, name: str, reason: str, value: str, /) -> ApiError:
        """A value in path, query or header that is not of its type."""
        ...

    def bad_uri(self) -> ApiError:
        """A path or query that cannot be read at all."""
        ...

    def misfit(self, message: str, /) -> ApiError:
        """An input that lacks what its type needs."""
        ...

    def missing_header(self, name: str, /) -> ApiError:
        """An input without a header that it needs."""
        ...

    def unknown(self, head: RequestHead, path: bytes, /) -> ApiError:
        """There is no such operation."""
        ...


class RestBinding:
    """One REST service."""

    def __init__(self, model: ServiceModel, types: Types, body: Body) -> None:
        self._model = model
        self._types = types
        self._body = body
        self._routes: Routes | None = None

    def match(self, head: RequestHead, path: bytes, _body: bytes) -> Match:
        """The operation that method, path and query mean."""
        if self._routes is None:
            self._routes = Routes(self._model)
        try:
            match = self._routes.match(head, path)
        except ValueError:
            raise self._body.bad_uri() from None
        if match is None:
            raise self._body.unknown(head, path)
        return match

    def reader(self, operation: OperationFacts) -> Reader:
        """A reader of all places where members stand."""
        if operation.input is None:
            return lambda incoming: {}
        members = self._model.shapes[operation.input.shape].members
        in_query, steps = self._query_steps(members), self._steps(members)
        in_header = self._header_members(members)
        needed = self._needed_headers(operation.input)
        body = self._body_step(operation.input)

        def read(incoming: Incoming) -> Found:
            found: Found = {}
            head = incoming.head
            if body is not None:
                body(incoming, found)
            if in_query and head.query_string:
                query = self._query(head)
                for step in in_query:
                    step(incoming, query, found)
            for step in steps:
                step(incoming, _NO_QUERY, found)
            for name in head.fields:
                if name in in_header:
                    key, take = in_header[name]
                    found[key] = self._checked(take, name.decode("latin-1"), header_text(head, name) or "")
            for key, header in needed:
                if key not in found:
                    raise self._body.missing_header(header)
            return found

        return read

    def _query(self, head: RequestHead) -> Query:
        try:
            return query_values(head.query_string)
        except ValueError:
            raise self._body.bad_uri() from None

    def _header_members(self, members: Mapping[str, Ref]) -> dict[bytes, tuple[str, Callable[[str], Any]]]:
        """The members that are headers, by header name, and how they are read."""
        return {
            (ref.location_name or key).lower().encode(): (key, header_reader(ref, self._model.shapes))
            for key, ref in members.items()
            if ref.location == "header"
        }

    def _needed_headers(self, ref: Ref) -> list[tuple[str, str]]:
        shape = self._model.shapes[ref.shape]
        needed = [(key, shape.members[key]) for key in shape.required]
        return [(key, member.location_name or key) for key, member in needed if member.location == "header"]

    def _steps(self, members: Mapping[str, Ref]) -> list[Step]:
        """Readers of the members in the path, and of those that are all headers with a prefix."""
        steps = [self._label_step(key, ref) for key, ref in members.items() if ref.location == "uri"]
        return steps + [_prefix_step(key, ref) for key, ref in members.items() if ref.location == "headers"]

    def _query_steps(self, members: Mapping[str, Ref]) -> list[Step]:
        """Readers of the members in the query, which have nothing to read where there is none."""
        in_query = {key: ref for key, ref in members.items() if ref.location == "querystring"}
        shapes = self._model.shapes
        bound = {ref.location_name or key for key, ref in in_query.items() if shapes[ref.shape].type != "map"}
        return [self._query_step(key, ref, bound) for key, ref in in_query.items()]

    def _label_step(self, key: str, ref: Ref) -> Step:
        name = ref.location_name or key
        read = field_reader(ref, self._model.shapes)

        def label(incoming: Incoming, _query: Query, found: Found) -> None:
            text = incoming.labels.get(name)
            if text is not None:
                found[key] = self._checked(read, name, text)

        return label

    def _query_step(self, key: str, ref: Ref, bound: set[str]) -> Step:
        name = ref.location_name or key
        shapes = self._model.shapes
        shape = shapes[ref.shape]
        if shape.type == "map":
            many = shapes[(shape.value or Ref(shape="")).shape].type == "list"

            def rest(_incoming: Incoming, query: Query, found: Found) -> None:
                others = {k: values if many else values[0] for k, values in query.items() if k not in bound}
                if others:
                    found[key] = others

            return rest
        is_list = shape.type == "list"
        element = Ref(shape=(shape.member or ref).shape, location="querystring") if is_list else ref
        read = field_reader(element, shapes)
        may_be_empty = not name.startswith("max-")  # S3 takes an empty `max-keys` for none

        def parameter(_incoming: Incoming, query: Query, found: Found) -> None:
            values = query.get(name)
            if values is not None and (may_be_empty or values[0]):
                taken = [self._checked(read, name, text) for text in (values if is_list else values[:1])]
                found[key] = taken if is_list else taken[0]

        return parameter

    def _checked(self, read: Callable[[str], Any], name: str, text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise self._body.bad_field(name, str(error), text) from None

    def _body_step(self, ref: Ref) -> Callable[[Incoming, Found], None] | None:
        shape = self._model.shapes[ref.shape]
        payload = shape.payload
        if payload is None:
            if all(member.location for member in shape.members.values()):
                return None
            read_members = self._body.read_members(ref)
            return lambda incoming, found: found.update(read_members(incoming.body))
        member = shape.members[payload]
        inner = self._model.shapes[member.shape]
        if member.streaming or inner.eventstream:

            def stream(incoming: Incoming, found: Found) -> None:
                if incoming.stream is not None:
                    found[payload] = incoming.stream

            return stream
        read = _raw_reader(inner.type) or self._body.read_payload(member)

        def whole(incoming: Incoming, found: Found) -> None:
            if incoming.body:
                try:
                    found[payload] = read(incoming.body)
                except UnicodeDecodeError:
                    raise self._body.misfit("the body is not UTF-8") from None

        return whole

    def writer(self, operation: OperationFacts) -> Writer:
        """A writer of status, headers and body."""
        status, ids_of = operation.http.response_code, self._body.ids
        if operation.output is None:
            return lambda value, ids: HttpResponse(status, ids_of(ids))
        put_headers = self._header_writer(operation.output)
        put_body = self._body_writer(operation.output)
        content_type = (b"content-type", self._body.content_type)

        def write(value: Any, ids: Ids) -> HttpResponse:
            lines = ids_of(ids)
            actual, typed = put_headers(value, lines) if value is not None else (None, False)
            body, is_document = put_body(value)
            if is_document and not typed:
                lines.append(content_type)
            return HttpResponse(actual or status, lines, body)

        return write

    def _header_writer(self, ref: Ref) -> Callable[[Any, list[tuple[bytes, bytes]]], tuple[int | None, bool]]:
        """A writer that appends header lines, and gives the status and whether there was a Content-Type."""
        shapes = self._model.shapes
        members = {key: member for key, member in shapes[ref.shape].members.items() if member.leaves_body}
        read = getter(list(members), self._types is not None)
        plans: list[tuple[str, bytes, Callable[[Any], Any]]] = []
        for key, member in members.items():
            name = (member.location_name or key).lower().encode()
            if member.location == "headers":
                plans.append((member.location, name, prefix_writer(member.location_name or "")))
            else:
                put = int if member.location == "statusCode" else self._value_writer(member)
                plans.append((str(member.location), name, put))

        def write(value: Any, lines: list[tuple[bytes, bytes]]) -> tuple[int | None, bool]:
            status: int | None = None
            typed = False
            for part, plan in zip(read(value), plans, strict=True):
                if part is None:  # as most of the members that an answer could have
                    continue
                location, name, put = plan
                if location == "header":
                    lines.append((name, put(part)))
                    typed = typed or name == b"content-type"
                elif location == "headers":
                    lines += header_lines(put(part))
                else:
                    status = put(part)
            return status, typed

        return write

    def _value_writer(self, member: Ref) -> Callable[[Any], bytes]:
        """A writer of a whole header's value."""
        kind = self._model.shapes[member.shape].type
        if kind == "string" and not member.jsonvalue:
            return header_value
        if kind in ("integer", "long"):
            return b"%d".__mod__
        put = header_writer(member, self._model.shapes)
        return lambda value: header_value(put(value))

    def _body_writer(self, ref: Ref) -> Callable[[Any], tuple[bytes | FileBody, bool]]:
        """A writer of the body, which also tells whether it is a document that needs a Content-Type."""
        shape = self._model.shapes[ref.shape]
        payload = shape.payload
        if payload is None:
            if all(member.leaves_body for member in shape.members.values()):
                return lambda value: (b"", False)
            write_members = self._body.write_members(ref)
            return lambda value: (write_members(value), True)
        member = shape.members[payload]
        inner = self._model.shapes[member.shape]
        raw = inner.type in ("blob", "string") or member.streaming
        put = None if raw else self._body.write_payload(member)
        read = getter([payload], self._types is not None)

        def write(value: Any) -> tuple[bytes | FileBody, bool]:
            part = None if value is None else read(value)[0]
            if part is None:
                return b"", False
            if put is not None:
                return put(part), True
            return (part.encode() if isinstance(part, str) else part), False

        return write

    def error(self, error: ApiError, ids: Ids, *, head_only: bool) -> HttpResponse:
        """An error in the service's document; none at all for HEAD and for 304 (Not Modified)."""
        lines, body = self._body.error(error, ids)
        lines += header_lines(error.headers)
        return HttpResponse(error.status, lines, b"" if head_only or error.status in _BODILESS else body)

    def misfit(self, message: str) -> ApiError:
        """An input that lacks what its type needs."""
        return self._body.misfit(message)


def _prefix_step(key: str, ref: Ref) -> Step:
    read_all = prefix_reader(ref.location_name or "")

    def headers(incoming: Incoming, _query: Query, found: Found) -> None:
        values = read_all(incoming.head)
        if values:
            found[key] = values

    return headers


def _raw_reader(kind: str) -> Callable[[bytes], Any] | None:
    """The reader of a body that is text or bytes as it stands."""
    if kind == "blob":
        return bytes
    return bytes.decode if kind == "string" else None
