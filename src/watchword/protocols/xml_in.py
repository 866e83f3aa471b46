"""XML to values, compiled from the model.

INVARIANT: a document never makes the parser read anything but the document: no DTD, no entities of its own, no
network. Depth is bounded before any of it is interpreted. What is broken or does not fit is MalformedXML.
Namespaces are not compared, as S3 does not; elements that the model does not know are ignored.

Source: https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from lxml import etree as lxml_etree  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

from watchword.protocols.faults import malformed_xml
from watchword.protocols.model import Ref, Shape
from watchword.protocols.scalars import text_reader

etree = cast("Any", lxml_etree)
"""lxml has no types of its own."""

DEPTH_MAX = 32

Read = Callable[[Any], Any]

_too_deep = etree.XPath("boolean(" + "/*" * (DEPTH_MAX + 1) + ")")


def decode_xml(body: bytes) -> Any:
    """The root element of a document. Raises ApiError."""
    if b"<!DOCTYPE" in body:
        raise malformed_xml()
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise malformed_xml() from None
    if root.getroottree().docinfo.internalDTD is not None or _too_deep(root):
        raise malformed_xml()
    return root


def local_name(tag: str) -> str:
    """An element's or attribute's name without its namespace."""
    return tag.rpartition("}")[2]


def _text(element: Any) -> str:
    if len(element):
        raise malformed_xml()
    return element.text or ""


class XmlReader:
    """The readers of one service."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes
        self._structures: dict[str, Read] = {}

    def structure(self, name: str) -> Read:
        """A reader from an element to a mapping by wire names."""
        known = self._structures.get(name)
        if known is not None:
            return known

        def later(element: Any) -> dict[str, Any]:
            return self._structures[name](element)

        self._structures[name] = later  # a shape may contain itself
        shape = self._shapes[name]
        attributes = [
            ((ref.location_name or key).rpartition(":")[2], key, _scalar(self._shapes[ref.shape]))
            for key, ref in shape.members.items()
            if ref.xml_attribute
        ]
        members = [
            (*self._member(ref, ref.location_name or key), key)
            for key, ref in shape.members.items()
            if not ref.xml_attribute and ref.location is None
        ]

        def read(element: Any) -> dict[str, Any]:
            children: dict[str, list[Any]] = {}
            for child in element:
                children.setdefault(local_name(child.tag), []).append(child)
            found: dict[str, Any] = {}
            for tag, take, key in members:
                parts = children.get(tag)
                if parts:
                    found[key] = take(parts)
            if attributes:
                given = {local_name(name): value for name, value in element.attrib.items()}
                found.update({key: take(given[tag]) for tag, key, take in attributes if tag in given})
            if shape.union and len(found) != 1:
                raise malformed_xml()
            return found

        self._structures[name] = read
        return read

    def _member(self, ref: Ref, tag: str) -> tuple[str, Read]:
        """A member's tag, and a reader of all elements that have it."""
        shape = self._shapes[ref.shape]
        tag = tag.rpartition(":")[2]
        if shape.type == "list" and (shape.flattened or ref.flattened):
            member = shape.member or Ref(shape="")
            item = self.value(member)
            return tag, lambda elements: [item(element) for element in elements]
        if shape.type == "map" and (shape.flattened or ref.flattened):
            return tag, self._entries(shape)
        read = self.value(ref)

        def read_one(elements: list[Any]) -> Any:
            if len(elements) != 1:
                raise malformed_xml()
            return read(elements[0])

        return tag, read_one

    def value(self, ref: Ref) -> Read:
        """A reader of one element."""
        shape = self._shapes[ref.shape]
        if shape.type == "structure":
            return self.structure(ref.shape)
        if shape.type == "list":
            item = self.value(shape.member or Ref(shape=""))
            return lambda element: [item(child) for child in element]
        if shape.type == "map":
            entries = self._entries(shape)
            return lambda element: entries(list(element))
        read = _scalar(shape)
        return lambda element: read(_text(element))

    def _entries(self, shape: Shape) -> Read:
        key_ref, value_ref = shape.key or Ref(shape=""), shape.value or Ref(shape="")
        key_tag, value_tag = key_ref.location_name or "key", value_ref.location_name or "value"
        key, value = self.value(key_ref), self.value(value_ref)

        def read(entries: list[Any]) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for entry in entries:
                parts = {local_name(child.tag): child for child in entry}
                if key_tag not in parts or value_tag not in parts:
                    raise malformed_xml()
                found[key(parts[key_tag])] = value(parts[value_tag])
            return found

        return read


def _scalar(shape: Shape) -> Callable[[str], Any]:
    if shape.type in ("string", "character"):
        return str
    parse = text_reader(shape.type, shape.timestamp_format or "iso8601")

    def read(text: str) -> Any:
        try:
            return parse(text.strip())
        except ValueError:
            raise malformed_xml() from None

    return read
