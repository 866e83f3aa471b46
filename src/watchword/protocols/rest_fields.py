"""Members that stand in a REST message's path, query and headers: how each is read and written as text.

Source: https://smithy.io/2.0/spec/http-bindings.html (httpLabel, httpQuery, httpQueryParams, httpHeader,
httpPrefixHeaders).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from watchword.core.http import RequestHead
from watchword.protocols.json_values import decode_json, encode_json
from watchword.protocols.model import Ref, Shape
from watchword.protocols.scalars import format_float, format_timestamp, parse_blob, text_reader

ReadText = Callable[[str], Any]
WriteText = Callable[[Any], str]

_ELEMENT = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|\Z)')
_NEEDS_QUOTES = re.compile(r'[",]|^\s|\s$')
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")


def field_reader(ref: Ref, shapes: Mapping[str, Shape]) -> ReadText:
    """A reader of one value. It raises ValueError."""
    shape = shapes[ref.shape]
    if ref.jsonvalue:
        return lambda text: decode_json(parse_blob(text))
    return text_reader(shape.type, shape.timestamp_format or _default_format(ref))


def _default_format(ref: Ref) -> str:
    return "rfc822" if ref.location in ("header", "headers") else "iso8601"


def header_reader(ref: Ref, shapes: Mapping[str, Shape]) -> ReadText:
    """A reader of a whole header, lists included. It raises ValueError."""
    shape = shapes[ref.shape]
    if shape.type != "list":
        return field_reader(ref, shapes)
    member = shape.member or Ref(shape="")
    element = shapes[member.shape]
    if element.type == "timestamp":
        form = element.timestamp_format or "rfc822"
        read_time = text_reader("timestamp", form)
        return lambda text: [read_time(part) for part in split_dates(text, form)]
    read = text_reader(element.type, "rfc822")
    return lambda text: [read(part) for part in split_list(text)]


def split_list(text: str) -> list[str]:
    """The elements of a comma-separated header; an element may stand in double quotes, with backslash escapes."""
    elements: list[str] = []
    at = 0
    while at < len(text):
        match = _ELEMENT.match(text, at)
        if match is None:
            raise ValueError("not a list")
        quoted, bare = match.groups()
        elements.append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare.strip())
        at = match.end()
    return elements


def split_dates(text: str, form: str) -> list[str]:
    """The elements of a list of times; an RFC 822 time has one comma of its own."""
    parts = [part.strip() for part in text.split(",")]
    if form != "rfc822":
        return parts
    return [", ".join(parts[at : at + 2]) for at in range(0, len(parts), 2)]


def prefix_reader(prefix: str) -> Callable[[RequestHead], dict[str, str]]:
    """A reader of all headers with a prefix; what follows it is the key, in lower case."""
    start = prefix.lower().encode()

    def read(head: RequestHead) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, _ in head.headers:
            if name.startswith(start):
                found[name[len(start) :].decode("latin-1")] = header_text(head, name) or ""
        return found

    return read


def header_text(head: RequestHead, name: bytes) -> str | None:
    """A header as text: UTF-8 where it is, else Latin-1."""
    value = head.header(name)
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def header_writer(ref: Ref, shapes: Mapping[str, Shape]) -> WriteText:
    """A writer of a whole header."""
    shape = shapes[ref.shape]
    if ref.jsonvalue:
        return lambda value: b64encode(encode_json(value)).decode()
    if shape.type != "list":
        return _value_writer(shape)
    element = shapes[(shape.member or Ref(shape="")).shape]
    write = _value_writer(element)
    quote = _quoted if element.type == "string" else str
    return lambda values: ", ".join([quote(write(value)) for value in values if value is not None])


def _quoted(text: str) -> str:
    if not _NEEDS_QUOTES.search(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _value_writer(shape: Shape) -> WriteText:
    if shape.type == "boolean":
        return lambda value: "true" if value else "false"
    if shape.type == "timestamp":
        form = shape.timestamp_format or "rfc822"
        return lambda value: format_timestamp(value, form, "as needed")
    if shape.type in ("float", "double"):
        return format_float
    if shape.type == "blob":
        return lambda value: b64encode(value).decode()
    return str


def prefix_writer(prefix: str) -> Callable[[Mapping[str, str]], dict[str, str]]:
    """A writer of headers with a prefix. Keys that no header name can carry are left out."""
    start = prefix.lower()
    return lambda values: {f"{start}{key}": text for key, text in values.items() if _TOKEN.match(start + key)}
