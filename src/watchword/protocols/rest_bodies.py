"""The bodies of the REST bindings: JSON documents and JSON errors, XML documents and XML errors.

Source: see `rest.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.protocols.bindings import Ids, message_members
from watchword.protocols.faults import (
    invalid_argument,
    invalid_uri,
    malformed_xml,
    missing_header,
    no_control_operation,
    no_s3_operation,
    serialization_fault,
    unknown_operation,
)
from watchword.protocols.getters import Types, getter
from watchword.protocols.json_values import JsonCodec, decode_json, encode_json
from watchword.protocols.model import Ref, ServiceModel
from watchword.protocols.scalars import Precision
from watchword.protocols.xml_in import XmlReader, decode_xml, local_name
from watchword.protocols.xml_out import XmlWriter, escape

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class JsonBody:
    """Bodies of `rest-json`."""

    content_type = b"application/json"

    def __init__(self, model: ServiceModel, types: Types) -> None:
        self._codec = JsonCodec(model.shapes, types)
        self._messages = message_members(model)

    def read_members(self, ref: Ref) -> Callable[[bytes], dict[str, Any]]:
        read = self._codec.structure_reader(ref.shape, all_members=False)
        return lambda body: read(decode_json(body))

    def read_payload(self, ref: Ref) -> Callable[[bytes], Any]:
        read = self._codec.reader(ref)
        return lambda body: read(decode_json(body))

    def write_members(self, ref: Ref) -> Callable[[Any], bytes]:
        write = self._codec.structure_writer(ref.shape, all_members=False)
        return lambda value: b"{}" if value is None else encode_json(write(value))

    def write_payload(self, ref: Ref) -> Callable[[Any], bytes]:
        write = self._codec.writer(ref)
        return lambda value: encode_json(write(value))

    def ids(self, ids: Ids) -> list[tuple[bytes, bytes]]:
        return [(b"x-amzn-requestid", ids.request_id.encode())]

    def error(self, error: ApiError, ids: Ids) -> tuple[list[tuple[bytes, bytes]], bytes]:
        lines = [
            (b"x-amzn-requestid", ids.request_id.encode()),
            (b"x-amzn-errortype", error.code.encode()),
            (b"content-type", self.content_type),
        ]
        return lines, encode_json({self._messages.get(error.code, "message"): error.message, **error.fields})

    def bad_field(self, name: str, reason: str, _value: str) -> ApiError:
        return serialization_fault(f"`{name}` is {reason}")

    def bad_uri(self) -> ApiError:
        return serialization_fault("the path or the query cannot be read")

    def misfit(self, message: str) -> ApiError:
        return serialization_fault(message)

    def missing_header(self, name: str) -> ApiError:
        return serialization_fault(f"`{name}` is missing")

    def unknown(self, _head: RequestHead, _path: bytes) -> ApiError:
        return unknown_operation()


class XmlBody:
    """Bodies of `rest-xml`; `s3` is S3's variant: the error stands at the root."""

    content_type = b"application/xml"

    def __init__(self, model: ServiceModel, types: Types, *, precision: Precision, s3: bool) -> None:
        self._model = model
        self._typed = types is not None
        self._in = XmlReader(model.shapes)
        self._out = XmlWriter(model.shapes, types, precision)
        self._namespace = model.metadata.xml_namespace
        self._s3 = s3
        self._is_control = model.metadata.service_id == "S3 Control"

    def read_members(self, ref: Ref) -> Callable[[bytes], dict[str, Any]]:
        read = self._in.structure(ref.shape)
        return lambda body: read(decode_xml(body)) if body else {}

    def read_payload(self, ref: Ref) -> Callable[[bytes], Any]:
        read = self._in.value(ref)
        roots = {ref.location_name, self._model.shapes[ref.shape].location_name, ref.shape}

        def document(body: bytes) -> Any:
            element = decode_xml(body)
            if local_name(element.tag) not in roots:
                raise malformed_xml()
            return read(element)

        return document

    def write_members(self, ref: Ref) -> Callable[[Any], bytes]:
        tag = ref.location_name or self._model.shapes[ref.shape].location_name or ref.shape
        if ref.unwrapped_output:
            ((key, member),) = self._model.shapes[ref.shape].members.items()
            read, put = getter([key], self._typed), self._out.element(member, tag, self._namespace)
            return lambda value: (_DECLARATION + put(_text(read(value)[0]))).encode()
        write = self._out.element(ref, tag, self._namespace)
        return lambda value: b"" if value is None else (_DECLARATION + write(value)).encode()

    def write_payload(self, ref: Ref) -> Callable[[Any], bytes]:
        tag = ref.location_name or self._model.shapes[ref.shape].location_name or ref.shape
        write = self._out.element(ref, tag, self._namespace)
        return lambda value: (_DECLARATION + write(value)).encode()

    def ids(self, ids: Ids) -> list[tuple[bytes, bytes]]:
        lines = [(b"x-amz-request-id", ids.request_id.encode())]
        if ids.host_id:
            lines.append((b"x-amz-id-2", ids.host_id.encode()))
        return lines

    def error(self, error: ApiError, ids: Ids) -> tuple[list[tuple[bytes, bytes]], bytes]:
        fields = "".join([f"<{name}>{escape(value)}</{name}>" for name, value in error.fields.items()])
        detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>{fields}"
        request = f"<RequestId>{escape(ids.request_id)}</RequestId>"
        if ids.host_id:
            request += f"<HostId>{escape(ids.host_id)}</HostId>"
        if self._s3:
            text = f"<Error>{detail}{request}</Error>"
        else:
            kind = "" if self._is_control else f"<Type>{error.fault}</Type>"
            text = f"<ErrorResponse><Error>{kind}{detail}</Error>{request}</ErrorResponse>"
        return [*self.ids(ids), (b"content-type", self.content_type)], (_DECLARATION + text).encode()

    def bad_field(self, name: str, reason: str, value: str) -> ApiError:
        return invalid_argument(name, value, is_number="integer" in reason)

    def bad_uri(self) -> ApiError:
        return invalid_uri()

    def misfit(self, _message: str) -> ApiError:
        return malformed_xml()

    def missing_header(self, name: str) -> ApiError:
        return missing_header(name)

    def unknown(self, head: RequestHead, path: bytes) -> ApiError:
        if self._s3:
            return no_s3_operation(head, path)
        return no_control_operation(path) if self._is_control else unknown_operation()


def _text(value: Any) -> Any:
    return "" if value is None else value
