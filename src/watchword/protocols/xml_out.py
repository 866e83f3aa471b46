"""Values to XML, compiled from the model: one closure a shape, no tree, no template.

INVARIANT: whatever text a value holds, the document is well formed. `& < >` and carriage returns are escaped, and
characters that XML 1.0 cannot carry become U+FFFD (S3 offers `encoding-type=url` to clients that need them).

Source: https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings; https://www.w3.org/TR/xml/#charsets
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from watchword.protocols.getters import Types, getter
from watchword.protocols.model import Namespace, Ref, Shape, namespace_of
from watchword.protocols.scalars import Precision, format_float, format_timestamp

Write = Callable[[Any], str]

_UNSAFE = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNSAFE_IN_ATTRIBUTE = re.compile('[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_ESCAPES = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;", "\n": "&#xA;", "\t": "&#x9;",
}  # fmt: skip


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match.group(), "\ufffd")


def escape(text: str) -> str:
    """Text as element content."""
    if text.isprintable() and "&" not in text and "<" not in text and ">" not in text:
        return text
    return _UNSAFE.sub(_escaped, text)


def escape_attribute(text: str) -> str:
    """Text as an attribute's value between double quotes."""
    return _UNSAFE_IN_ATTRIBUTE.sub(_escaped, text)


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _blob(value: bytes) -> str:
    return base64.b64encode(value).decode()


class XmlWriter:
    """The writers of one service."""

    def __init__(self, shapes: Mapping[str, Shape], types: Types, precision: Precision, *, ec2: bool = False) -> None:
        self._shapes = shapes
        self._types = types
        self._precision: Precision = precision
        self._ec2 = ec2
        self._contents: dict[str, Write] = {}

    def content(self, name: str) -> Write:
        """A writer of what stands between a structure's tags."""
        known = self._contents.get(name)
        if known is not None:
            return known

        def later(value: Any) -> str:
            return self._contents[name](value)

        self._contents[name] = later  # a shape may contain itself
        shape = self._shapes[name]
        members = {key: ref for key, ref in shape.members.items() if not ref.xml_attribute and not ref.leaves_body}
        read = getter(list(members), self._types is not None)
        writers = [self.element(ref, ref.location_name or key) for key, ref in members.items()]

        def write(value: Any) -> str:
            return "".join([put(part) for put, part in zip(writers, read(value), strict=True) if part is not None])

        self._contents[name] = write
        return write

    def element(self, ref: Ref, tag: str, default_namespace: str | None = None) -> Write:
        """A writer of whole elements, tags included."""
        shape = self._shapes[ref.shape]
        if shape.type == "list":
            return self._list(ref, shape, tag)
        if shape.type == "map":
            return self._map(ref, shape, tag)
        namespace = namespace_of(ref.xml_namespace) or namespace_of(shape.xml_namespace)
        start = f"<{tag}{_declaration(namespace or (default_namespace and Namespace(default_namespace)) or None)}"
        if shape.type == "structure":
            return self._structure(ref.shape, shape, start, f"</{tag}>")
        text, opening, closing = self.text(shape), f"{start}>", f"</{tag}>"
        return lambda value: f"{opening}{text(value)}{closing}"

    def _structure(self, name: str, shape: Shape, start: str, closing: str) -> Write:
        content = self.content(name)
        attributes = {key: ref for key, ref in shape.members.items() if ref.xml_attribute}
        if not attributes:
            opening = f"{start}>"
            return lambda value: f"{opening}{content(value)}{closing}"
        read = getter(list(attributes), self._types is not None)
        plain = [(ref.location_name or key, self.plain(self._shapes[ref.shape])) for key, ref in attributes.items()]

        def write(value: Any) -> str:
            pairs = zip(plain, read(value), strict=True)
            shown = [f' {key}="{escape_attribute(text(part))}"' for (key, text), part in pairs if part is not None]
            return f"{start}{''.join(shown)}>{content(value)}{closing}"

        return write

    def _list(self, ref: Ref, shape: Shape, tag: str) -> Write:
        member = shape.member or Ref(shape="")
        if shape.flattened or ref.flattened:
            item = self.element(member, tag)
            return lambda values: "".join([item(value) for value in values if value is not None])
        item = self.element(member, member.location_name or ("item" if self._ec2 else "member"))
        opening, closing = f"<{tag}{_declaration(namespace_of(ref.xml_namespace or shape.xml_namespace))}>", f"</{tag}>"
        return lambda values: f"{opening}{''.join([item(value) for value in values if value is not None])}{closing}"

    def _map(self, ref: Ref, shape: Shape, tag: str) -> Write:
        key_ref, value_ref = shape.key or Ref(shape=""), shape.value or Ref(shape="")
        key = self.element(key_ref, key_ref.location_name or "key")
        entry = self.element(value_ref, value_ref.location_name or "value")
        flat = shape.flattened or ref.flattened
        around = tag if flat else "entry"

        def entries(values: Mapping[str, Any]) -> str:
            shown = [f"<{around}>{key(k)}{entry(v)}</{around}>" for k, v in values.items() if v is not None]
            return "".join(shown)

        opening, closing = f"<{tag}{_declaration(namespace_of(ref.xml_namespace or shape.xml_namespace))}>", f"</{tag}>"
        return entries if flat else lambda values: f"{opening}{entries(values)}{closing}"

    def text(self, shape: Shape) -> Write:
        """A writer of a scalar as element content."""
        return escape if shape.type in ("string", "character") else self.plain(shape)

    def plain(self, shape: Shape) -> Write:
        """A writer of a scalar as unescaped text; only strings can need escaping."""
        kind = shape.type
        if kind in ("string", "character"):
            return str
        if kind == "boolean":
            return _boolean
        if kind == "blob":
            return _blob
        if kind in ("float", "double"):
            return format_float
        if kind == "timestamp":
            form, precision = shape.timestamp_format or "iso8601", self._precision

            def moment(value: datetime) -> str:
                return format_timestamp(value, form, precision)

            return moment
        return str


def _declaration(namespace: Namespace | None) -> str:
    if namespace is None:
        return ""
    name = f"xmlns:{namespace.prefix}" if namespace.prefix else "xmlns"
    return f' {name}="{escape_attribute(namespace.uri)}"'
