"""JSON to values and back, compiled from the model.

Members that are null are absent; members that the model does not know are ignored; a value of the wrong kind is a
SerializationException. Times are seconds since 1970 unless the model says otherwise, blobs are base64.

Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html, …/aws-restjson1-protocol.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from watchword.protocols.faults import serialization_fault
from watchword.protocols.getters import Types, getter
from watchword.protocols.model import Ref, Shape
from watchword.protocols.scalars import (
    INTEGERS,
    bounded_integer,
    epoch,
    format_float,
    format_timestamp,
    from_epoch,
    parse_blob,
    parse_float,
    parse_timestamp,
)

DEPTH_MAX = 32

Read = Callable[[Any], Any]
Write = Callable[[Any], Any]


def decode_json(body: bytes) -> Any:
    """The value of a JSON body; an empty body is an empty object. Raises ApiError."""
    if not body.strip():
        return {}
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise serialization_fault("") from None
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX and _is_deeper(value, DEPTH_MAX):
        raise serialization_fault(f"the body is nested more than {DEPTH_MAX} levels deep")
    return value


def _is_deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        inner: list[Any] = []
        for entry in level:
            if isinstance(entry, dict):
                inner.extend(cast("dict[str, Any]", entry).values())
            elif isinstance(entry, list):
                inner.extend(cast("list[Any]", entry))
        if not inner:
            return False
        level = inner
    return any(isinstance(entry, dict | list) for entry in level)


def encode_json(value: Any) -> bytes:
    """A JSON body. Values come from a `JsonCodec` writer."""
    return msgspec.json.encode(value)


class JsonCodec:
    """The readers and writers of one service."""

    def __init__(self, shapes: Mapping[str, Shape], types: Types) -> None:
        self._shapes = shapes
        self._types = types
        self._readers: dict[tuple[str, bool], Read] = {}
        self._writers: dict[tuple[str, bool], Write] = {}

    def structure_reader(self, name: str, *, all_members: bool = True) -> Read:
        """A reader of a structure; without `all_members`, of those that stand in the body of a REST request."""
        at = (name, all_members)
        known = self._readers.get(at)
        if known is not None:
            return known

        def later(value: Any) -> dict[str, Any]:
            return self._readers[at](value)

        self._readers[at] = later  # a shape may contain itself
        shape = self._shapes[name]
        members = [
            (ref.location_name or key, key, self.reader(ref))
            for key, ref in shape.members.items()
            if all_members or ref.location is None
        ]

        def read(value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                raise serialization_fault("Unexpected field type")
            source = cast("dict[str, Any]", value)
            found: dict[str, Any] = {}
            for tag, key, take in members:
                part = source.get(tag)
                if part is not None:
                    found[key] = take(part)
            if shape.union and len(found) != 1:
                raise serialization_fault("a union has exactly one member")
            return found

        self._readers[at] = read
        return read

    def reader(self, ref: Ref) -> Read:
        """A reader of any value."""
        shape = self._shapes[ref.shape]
        if shape.document:
            return lambda value: value
        if shape.type == "structure":
            return self.structure_reader(ref.shape)
        if shape.type == "list":
            return _list_reader(self.reader(shape.member or Ref(shape="")))
        if shape.type == "map":
            return _map_reader(self.reader(shape.value or Ref(shape="")))
        return _scalar_reader(shape)

    def structure_writer(self, name: str, *, all_members: bool = True) -> Write:
        """A writer of a structure; without `all_members`, of those that stand in the body of a REST answer."""
        at = (name, all_members)
        known = self._writers.get(at)
        if known is not None:
            return known

        def later(value: Any) -> dict[str, Any]:
            return self._writers[at](value)

        self._writers[at] = later  # a shape may contain itself
        members = {key: ref for key, ref in self._shapes[name].members.items() if all_members or not ref.leaves_body}
        read = getter(list(members), self._types is not None)
        puts = [(ref.location_name or key, self.writer(ref)) for key, ref in members.items()]

        def write(value: Any) -> dict[str, Any]:
            pairs = zip(puts, read(value), strict=True)
            return {tag: put(part) for (tag, put), part in pairs if part is not None}

        self._writers[at] = write
        return write

    def writer(self, ref: Ref) -> Write:
        """A writer of any value, to what the JSON encoder takes."""
        shape = self._shapes[ref.shape]
        if shape.document:
            return lambda value: value
        if shape.type == "structure":
            return self.structure_writer(ref.shape)
        if shape.type == "list":
            put = self.writer(shape.member or Ref(shape=""))
            return lambda values: [None if value is None else put(value) for value in values]
        if shape.type == "map":
            entry = self.writer(shape.value or Ref(shape=""))
            return lambda values: {key: None if value is None else entry(value) for key, value in values.items()}
        return _scalar_writer(shape)


def _list_reader(element: Read) -> Read:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise serialization_fault("Unexpected field type")
        return [None if part is None else element(part) for part in cast("list[Any]", value)]

    return read


def _map_reader(entry: Read) -> Read:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise serialization_fault("Unexpected field type")
        source = cast("dict[str, Any]", value)
        return {key: None if part is None else entry(part) for key, part in source.items()}

    return read


def _scalar_reader(shape: Shape) -> Read:
    kind = shape.type
    if kind in ("string", "character"):
        return _read_string
    if kind == "boolean":
        return _read_boolean
    if kind == "blob":
        return _checked(lambda value: parse_blob(value) if isinstance(value, str) else _refuse(value, "a blob"))
    if kind in INTEGERS:
        return _checked(lambda value: _integer(value, kind))
    if kind == "timestamp":
        form = shape.timestamp_format or "unixTimestamp"
        return _checked(lambda value: _timestamp(value, form))
    return _checked(_float)


def _checked(read: Read) -> Read:
    def checked(value: Any) -> Any:
        try:
            return read(value)
        except ValueError as error:
            raise serialization_fault(str(error)) from None

    return checked


def _kind(value: Any) -> str:
    """What AWS's texts call a JSON value."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    return "DECIMAL_VALUE" if isinstance(value, float) else "STRUCTURE_VALUE"


def _refuse(value: Any, wanted: str) -> Any:
    nested = isinstance(value, dict | list)
    kind = "Start of structure or map found where not expected."
    raise ValueError(kind if nested else f"{_kind(value)} can not be converted to {wanted}")


def _read_string(value: Any) -> str:
    if type(value) is str:
        return value
    return _checked(lambda wrong: _refuse(wrong, "a String"))(value)


def _read_boolean(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise serialization_fault("Unexpected token received from parser")


def _integer(value: Any, kind: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return _refuse(value, "an Integer" if kind == "integer" else "a Long")
    return bounded_integer(value, kind)


def _float(value: Any) -> float:
    if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity"):
        return parse_float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return _refuse(value, "a Double")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("number out of range") from None


def _timestamp(value: Any, form: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return _refuse(value, "a Timestamp")
    if isinstance(value, str):
        return parse_timestamp(value, form)
    return from_epoch(_float(value))


def _scalar_writer(shape: Shape) -> Write:
    if shape.type == "timestamp":
        form = shape.timestamp_format or "unixTimestamp"
        if form == "unixTimestamp":
            return epoch
        return lambda value: format_timestamp(value, form, "as needed")
    if shape.type in ("float", "double"):
        return lambda value: value if math.isfinite(value) else format_float(value)
    return lambda value: value
