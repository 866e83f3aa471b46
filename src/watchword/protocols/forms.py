"""Forms (`Action=…&Tags.member.1.Key=…`) to values, compiled from the model.

Rules, as observed at AWS: list indexes are decimal numbers from 1, `01` is `1`, a gap leaves an absent element (None),
an index may lie at most ten beyond the list so far; numbers and booleans as in `scalars.py`. What breaks a rule is
MalformedInput. Of a parameter that stands twice the first counts. Parameters that no member claims are ignored.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, …/aws-ec2-query-protocol.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from watchword.protocols.faults import malformed_input
from watchword.protocols.model import Ref, Shape
from watchword.protocols.scalars import text_reader

PARAMETERS_MAX = 20_000
DEPTH_MAX = 64
"""Dots in a parameter's name: each structure or list costs one or two."""
INDEX_STEP_MAX = 10

Node = str | dict[str, Any]
"""A parameter's value, or the nodes under a common prefix."""
Read = Callable[[Any], Any]

_ASCII = {f"{code:02{form}}": chr(code) for form in "xX" for code in range(128)}
_INDEX = re.compile(r"[0-9]{1,9}\Z")


def read_parameters(form: bytes) -> dict[str, str]:
    """The parameters of a form or query string by name. Raises ApiError."""
    try:
        text = form.decode()
    except UnicodeDecodeError:
        raise malformed_input("the form is not UTF-8") from None
    pairs = text.split("&", PARAMETERS_MAX)
    if len(pairs) > PARAMETERS_MAX:
        raise malformed_input(f"more than {PARAMETERS_MAX} parameters")
    found: dict[str, str] = {}
    for pair in pairs:
        if not pair:
            continue
        name, _, value = pair.partition("=")
        found.setdefault(_unquoted(name), _unquoted(value))
    return found


def _unquoted(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    first, *rest = text.split("%")
    try:
        return "".join((first, *[_ASCII[part[:2]] + part[2:] for part in rest]))
    except KeyError:
        pass  # beyond ASCII, or no escape at all
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise malformed_input("the form is not UTF-8") from None


def as_tree(parameters: Mapping[str, str]) -> dict[str, Node]:
    """Group parameters by the parts of their names."""
    root: dict[str, Any] = {}
    for name, value in parameters.items():
        if "." not in name:
            _place(root, name, value)
            continue
        parts = name.split(".", DEPTH_MAX)
        if len(parts) > DEPTH_MAX:
            raise malformed_input(f"a parameter's name has more than {DEPTH_MAX} parts")
        node = root
        for part in parts[:-1]:
            inner = node.setdefault(part, {})
            if isinstance(inner, str):
                raise malformed_input(f"parameter `{part[:100]}` is both a value and a structure")
            node = inner
        _place(node, parts[-1], value)
    return root


def _place(node: dict[str, Any], part: str, value: str) -> None:
    if part in node:
        raise malformed_input(f"parameter `{part[:100]}` is both a value and a structure")
    node[part] = value


class FormReader:
    """The readers of one service; `ec2` is the EC2 variant: all lists flat, names capitalized."""

    def __init__(self, shapes: Mapping[str, Shape], *, ec2: bool = False) -> None:
        self._shapes = shapes
        self._ec2 = ec2
        self._structures: dict[str, Read] = {}

    def structure(self, name: str) -> Read:
        """A reader from a tree to a mapping by wire names."""
        known = self._structures.get(name)
        if known is not None:
            return known

        def later(node: Node) -> dict[str, Any]:
            return self._structures[name](node)

        self._structures[name] = later  # a shape may contain itself
        members = [(*self._place_of(key, ref), key) for key, ref in self._shapes[name].members.items()]

        def read(node: Node) -> dict[str, Any]:
            if isinstance(node, str):
                raise malformed_input("a value stands where a structure is expected")
            value: dict[str, Any] = {}
            for tag, take, key in members:
                part = node.get(tag)
                if part is not None:
                    taken = take(part)
                    if taken is not None:
                        value[key] = taken
            return value

        self._structures[name] = read
        return read

    def _place_of(self, key: str, ref: Ref) -> tuple[str, Read]:
        """The name part under which a member stands, and how to read it."""
        shape = self._shapes[ref.shape]
        tag = ref.location_name or key
        if self._ec2:
            tag = ref.query_name or tag[0].upper() + tag[1:]
        flat = shape.flattened or ref.flattened
        if shape.type == "list":
            member = shape.member or Ref(shape="")
            around = None if flat or self._ec2 else member.location_name or "member"
            return tag, self._list(member, around)
        if shape.type == "map":
            return tag, self._map(shape, None if flat else "entry")
        return tag, self.value(ref)

    def value(self, ref: Ref) -> Read:
        """A reader of one list element, map entry or scalar member."""
        shape = self._shapes[ref.shape]
        if shape.type == "structure":
            return self.structure(ref.shape)
        if shape.type in ("list", "map"):
            return self._place_of("", ref)[1]
        return _scalar(shape)

    def _list(self, member: Ref, around: str | None) -> Read:
        element = self.value(member)

        def read(node: Node) -> list[Any] | None:
            if node == "":
                return []  # how clients write an empty list
            nodes = _indexed(node, around)
            return nodes and [None if part is None else element(part) for part in nodes]

        return read

    def _map(self, shape: Shape, around: str | None) -> Read:
        key_ref, value_ref = shape.key or Ref(shape=""), shape.value or Ref(shape="")
        key_tag, value_tag = key_ref.location_name or "key", value_ref.location_name or "value"
        key, value = self.value(key_ref), self.value(value_ref)

        def read(node: Node) -> dict[str, Any] | None:
            if node == "":
                return {}
            nodes = _indexed(node, around)
            if nodes is None:
                return None
            found: dict[str, Any] = {}
            for part in nodes:
                if not isinstance(part, dict) or key_tag not in part or value_tag not in part:
                    raise malformed_input("a map entry lacks its key or its value")
                found[key(part[key_tag])] = value(part[value_tag])
            return found

        return read


def _indexed(node: Node, around: str | None) -> list[Node | None] | None:
    """The nodes of a list by their indexes; None when the parameter names no list at all."""
    if around is not None and isinstance(node, dict):
        inner = node.get(around)
        if inner is None:
            return None
        node = inner
    if isinstance(node, str):
        raise malformed_input("a value stands where a list is expected")
    numbered: dict[int, Node] = {}
    for text, part in node.items():
        if not _INDEX.match(text) or int(text) == 0 or int(text) in numbered:
            raise malformed_input(f"`{text[:100]}` is not a list index")
        numbered[int(text)] = part
    elements: list[Node | None] = []
    for index in sorted(numbered):
        if index > len(elements) + INDEX_STEP_MAX:
            raise malformed_input(f"list index `{index}` leaves too wide a gap")
        elements.extend([None] * (index - len(elements) - 1))
        elements.append(numbered[index])
    return elements


def _scalar(shape: Shape) -> Read:
    parse = text_reader(shape.type, shape.timestamp_format or "iso8601")

    def read(node: Node) -> Any:
        if not isinstance(node, str):
            raise malformed_input("a structure stands where a value is expected")
        try:
            return parse(node)
        except ValueError as error:
            raise malformed_input(f"a parameter is {error}") from None

    return read
