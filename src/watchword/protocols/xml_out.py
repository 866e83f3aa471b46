"""Values to XML, compiled from the model: one closure a shape, no tree, no template.

INVARIANT: whatever text a value holds, the document is well formed. `& < >` and carriage returns are escaped, and
characters that XML 1.0 cannot carry become U+FFFD (S3 offers `encoding-type=url` to clients that need them).

Source: https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings; https://www.w3.org/TR/xml/#charsets
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any, NamedTuple

from watchword.protocols.getters import Types, getter
from watchword.protocols.model import Namespace, Ref, Shape, namespace_of
from watchword.protocols.scalars import Precision, format_float, format_timestamp, iso8601

Write = Callable[[Any], str]

_UNSAFE = re.compile(r"[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UNSAFE_IN_ATTRIBUTE = re.compile(r'[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_IN_TURN = {"ListObjectVersionsOutput": ("Versions", "DeleteMarkers")}
"""Two lists that S3 shows as one, every entry in its place; each has a gap where the other has an entry."""
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


class _Part(NamedTuple):
    """A writer of elements: what stands before, the content, what stands after."""

    before: str
    content: Write
    after: str


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
        first, second = _IN_TURN.get(name, ("", ""))
        read = getter(list(members), self._types is not None)
        parts = [self._part(ref, ref.location_name or key) for key, ref in members.items()]

        def write(value: Any) -> str:
            pairs = zip(parts, read(value), strict=True)
            return "".join([f"{o}{put(part)}{c}" for (o, put, c), part in pairs if part is not None])

        self._contents[name] = self._in_turn(members, first, second) if first else write
        return self._contents[name]

    def _in_turn(self, members: dict[str, Ref], first: str, second: str) -> Write:
        """A writer of a structure's content whose first list has the second's entries in its gaps."""
        parts = {key: self._part(ref, ref.location_name or key) for key, ref in members.items()}
        read, two = getter(list(members), self._types is not None), getter([first, second], self._types is not None)

        def write(value: Any) -> str:
            texts: list[str] = []
            for key, part in zip(members, read(value), strict=True):
                if key == first:
                    for one, other in zip_longest(*[entries or () for entries in two(value)]):
                        texts += [parts[first].content([one]), parts[second].content([other])]
                elif key != second and part is not None:
                    before, put, after = parts[key]
                    texts.append(f"{before}{put(part)}{after}")
            return "".join(texts)

        return write

    def element(self, ref: Ref, tag: str, default_namespace: str | None = None) -> Write:
        """A writer of whole elements, tags included."""
        before, content, after = self._part(ref, tag, default_namespace)
        return lambda value: f"{before}{content(value)}{after}"

    def _part(self, ref: Ref, tag: str, default_namespace: str | None = None) -> _Part:
        shape = self._shapes[ref.shape]
        if (shape.flattened or ref.flattened) and shape.type in ("list", "map"):
            return _Part("", self._items(shape, tag) if shape.type == "list" else self._entries(shape, tag), "")
        namespace = namespace_of(ref.xml_namespace or shape.xml_namespace)
        if namespace is None and default_namespace:
            namespace = Namespace(default_namespace)
        start, after = f"<{tag}{_declaration(namespace)}", f"</{tag}>"
        if shape.type == "structure":
            return self._structure(ref.shape, shape, start, after)
        if shape.type == "list":
            item = (shape.member and shape.member.location_name) or ("item" if self._ec2 else "member")
            return _Part(f"{start}>", self._items(shape, item), after)
        if shape.type == "map":
            return _Part(f"{start}>", self._entries(shape, "entry"), after)
        return _Part(f"{start}>", self.text(shape), after)

    def _structure(self, name: str, shape: Shape, start: str, after: str) -> _Part:
        content = self.content(name)
        attributes = {key: ref for key, ref in shape.members.items() if ref.xml_attribute}
        if not attributes:
            return _Part(f"{start}>", content, after)
        read = getter(list(attributes), self._types is not None)
        plain = [(ref.location_name or key, self.plain(self._shapes[ref.shape])) for key, ref in attributes.items()]

        def write(value: Any) -> str:
            pairs = zip(plain, read(value), strict=True)
            shown = [f' {key}="{escape_attribute(text(part))}"' for (key, text), part in pairs if part is not None]
            return f"{''.join(shown)}>{content(value)}"

        return _Part(start, write, after)

    def _items(self, shape: Shape, tag: str) -> Write:
        before, put, after = self._part(shape.member or Ref(shape=""), tag)
        return lambda values: "".join([f"{before}{put(value)}{after}" for value in values if value is not None])

    def _entries(self, shape: Shape, tag: str) -> Write:
        key_ref, value_ref = shape.key or Ref(shape=""), shape.value or Ref(shape="")
        key = self.element(key_ref, key_ref.location_name or "key")
        entry = self.element(value_ref, value_ref.location_name or "value")

        def write(values: Mapping[str, Any]) -> str:
            return "".join([f"<{tag}>{key(k)}{entry(v)}</{tag}>" for k, v in values.items() if v is not None])

        return write

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
            return self._moment(shape.timestamp_format or "iso8601")
        return str

    def _moment(self, form: str) -> Write:
        precision = self._precision
        if form == "iso8601":
            return lambda value: iso8601(value, precision)
        return lambda value: format_timestamp(value, form, precision)


def _declaration(namespace: Namespace | None) -> str:
    if namespace is None:
        return ""
    name = f"xmlns:{namespace.prefix}" if namespace.prefix else "xmlns"
    return f' {name}="{escape_attribute(namespace.uri)}"'


def flat_document(tag: str, texts: Mapping[str, str]) -> bytes:
    """A document of one level, for answers that no model describes. Tags are ours, texts are anybody's."""
    inner = "".join([f"<{name}>{escape(text)}</{name}>" for name, text in texts.items()])
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{tag}>{inner}</{tag}>'.encode()
