"""Policy documents: JSON text to frozen values and back.

Decides what is a well-formed document of the policy language: strict JSON, no name twice in one object, bounded size
and depth, elements and types of the grammar. Never decides what a document means, nor whether it is legal for a policy
type (`validate`).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from typing import Any, Literal, NamedTuple, NoReturn, cast

import msgspec

from watchword.core.errors import WatchwordError
from watchword.policy.operators import parse_operator

DOCUMENT_CHARACTERS_MAX = 262_144
"""Twice what the API accepts from a caller: the longest of AWS's own policies has 152,297."""
DEPTH_MAX = 16
"""The grammar needs seven levels."""

Effect = Literal["Allow", "Deny"]
Version = Literal["2012-10-17", "2008-10-17"]
PRINCIPAL_TYPES = ("AWS", "Federated", "Service", "CanonicalUser")

_DOCUMENT_ELEMENTS = {"Version", "Id", "Statement"}
_STATEMENT_ELEMENTS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip
_BRACKETS_AND_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_COLON = re.compile(r"[ \t\r\n]*:")


class MalformedPolicy(WatchwordError):  # noqa: N818 - AWS's name of the error
    """The text is not a document of the policy language, or not one that its policy type allows."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidJson(MalformedPolicy):
    """The text is not JSON, names an element twice, or exceeds the bounds of size and depth."""


class PrincipalPattern(msgspec.Struct, frozen=True):
    """One entry of a Principal element. The scalar `"*"` has the type `*`."""

    type: Literal["*", "AWS", "Federated", "Service", "CanonicalUser"]
    value: str


class Condition(msgspec.Struct, frozen=True):
    """One key of a Condition block, spelled as written."""

    operator: str
    key: str
    values: tuple[str, ...]


class Statement(msgspec.Struct, frozen=True):
    """One statement. The `is_not_…` fields say that the element was the negated form."""

    effect: Effect
    actions: tuple[str, ...]
    is_not_action: bool = False
    resources: tuple[str, ...] | None = None
    is_not_resource: bool = False
    principals: tuple[PrincipalPattern, ...] | None = None
    is_not_principal: bool = False
    conditions: tuple[Condition, ...] = ()
    sid: str | None = None


class Document(msgspec.Struct, frozen=True):
    """A policy document. `version` is what applies: a document that states none is of 2008-10-17."""

    statements: tuple[Statement, ...]
    version: Version = "2008-10-17"
    id: str | None = None

    @property
    def has_variables(self) -> bool:
        """True when `${…}` is a variable; in documents of 2008 it is plain text."""
        return self.version == "2012-10-17"


class Position(NamedTuple):
    """A place in a text, both counted from 1."""

    line: int
    column: int


class Number(str):
    """A JSON number as written, so that no digit is lost."""

    __slots__ = ()


def parse_document(text: str) -> Document:
    """Read a document. Raises MalformedPolicy."""
    return read_document(parse_json(text))


def parse_json(text: str) -> object:
    """Read strict JSON; numbers stay text. Raises InvalidJson."""
    if len(text) > DOCUMENT_CHARACTERS_MAX:
        raise InvalidJson("the document is longer than 262144 characters")
    _check_depth(text)
    try:
        value: object = json.loads(
            text, object_pairs_hook=_members, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no character
    except ValueError:
        raise InvalidJson("the document is not JSON") from None
    return value


def read_document(value: object) -> Document:
    """Read a document from its JSON value. Raises MalformedPolicy."""
    document = _object(value, "the document")
    _refuse_unknown(document, _DOCUMENT_ELEMENTS)
    version = document.get("Version", "2008-10-17")
    if version not in ("2012-10-17", "2008-10-17"):
        raise MalformedPolicy("unknown `Version`")
    statements = document.get("Statement")
    listed = cast("list[object]", statements) if isinstance(statements, list) else [statements]
    if not listed or statements is None:
        raise MalformedPolicy("`Statement` is empty")
    return Document(
        statements=tuple(_statement(each) for each in listed),
        version=version,
        id=_optional_text(document, "Id"),
    )


def print_document(document: Document) -> str:
    """Write a document as compact JSON; `parse_document` reads the same value back."""
    written: dict[str, Any] = {"Version": document.version}
    if document.id is not None:
        written["Id"] = document.id
    written["Statement"] = [_written_statement(statement) for statement in document.statements]
    return json.dumps(written, separators=(",", ":"))


def statement_positions(text: str) -> tuple[tuple[Position, Position], ...]:
    """Where each statement of a well-formed document begins and ends, as IAM's simulator counts.

    One ends just after its brace. It begins just after the statement before it, or after the bracket of the list;
    without a list, after its own brace.
    """
    spans = _statement_spans(text)
    return tuple((_position(text, start), _position(text, end)) for start, end in spans)


def _check_depth(text: str) -> None:
    depth = 0
    for found in _BRACKETS_AND_STRINGS.finditer(text):
        mark = found[0]
        if mark in "[{":
            depth += 1
            if depth > DEPTH_MAX:
                raise InvalidJson("the document is nested too deeply")
        elif mark in "]}":
            depth -= 1


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidJson("the document has an element twice")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise InvalidJson("the document is not JSON")


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise MalformedPolicy(f"{what} must be an object")
    return cast("dict[str, object]", value)


def _refuse_unknown(value: dict[str, object], known: set[str]) -> None:
    for name in value:
        if name not in known:
            raise MalformedPolicy(f"unknown element `{name}`")


def _optional_text(value: dict[str, object], name: str) -> str | None:
    text = value.get(name)
    if name in value and (not isinstance(text, str) or isinstance(text, Number)):
        raise MalformedPolicy(f"`{name}` must be a string")
    return text if isinstance(text, str) else None


def _texts(value: object, name: str) -> tuple[str, ...]:
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    texts: list[str] = []
    for each in listed:
        if not isinstance(each, str) or isinstance(each, Number):
            raise MalformedPolicy(f"`{name}` must be a string or a list of strings")
        texts.append(each)
    return tuple(texts)


def _statement(value: object) -> Statement:
    statement = _object(value, "a statement")
    _refuse_unknown(statement, _STATEMENT_ELEMENTS)
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise MalformedPolicy("`Effect` must be `Allow` or `Deny`")
    actions, is_not_action = _either(statement, "Action", "NotAction")
    if not actions:
        raise MalformedPolicy("a statement must have actions")
    resources, is_not_resource = _either(statement, "Resource", "NotResource")
    principals, is_not_principal = _principals(statement)
    return Statement(
        effect=effect,
        actions=actions,
        is_not_action=is_not_action,
        resources=resources,
        is_not_resource=is_not_resource,
        principals=principals,
        is_not_principal=is_not_principal,
        conditions=_conditions(statement["Condition"]) if "Condition" in statement else (),
        sid=_optional_text(statement, "Sid"),
    )


def _either(statement: dict[str, object], name: str, negated_name: str) -> tuple[tuple[str, ...] | None, bool]:
    if name in statement and negated_name in statement:
        raise MalformedPolicy(f"a statement has both `{name}` and `{negated_name}`")
    for each in (name, negated_name):
        if each in statement:
            return _texts(statement[each], each), each is negated_name
    return None, False


def _principals(statement: dict[str, object]) -> tuple[tuple[PrincipalPattern, ...] | None, bool]:
    if "Principal" in statement and "NotPrincipal" in statement:
        raise MalformedPolicy("a statement has both `Principal` and `NotPrincipal`")
    for name in ("Principal", "NotPrincipal"):
        if name not in statement:
            continue
        value = statement[name]
        if value == "*":
            return (PrincipalPattern("*", "*"),), name == "NotPrincipal"
        patterns: list[PrincipalPattern] = []
        for kind, values in _object(value, f"`{name}`").items():
            if kind not in PRINCIPAL_TYPES:
                raise MalformedPolicy(f"unknown principal type `{kind}`")
            patterns += [PrincipalPattern(cast("Any", kind), text) for text in _texts(values, kind)]
        return tuple(patterns), name == "NotPrincipal"
    return None, False


def _conditions(value: object) -> tuple[Condition, ...]:
    conditions: list[Condition] = []
    for name, keys in _object(value, "`Condition`").items():
        members = _object(keys, f"`{name}`")
        if members and parse_operator(name) is None:
            raise MalformedPolicy(f"unknown condition operator `{name}`")
        for key, values in members.items():
            listed = cast("list[object]", values) if isinstance(values, list) else [values]
            conditions.append(Condition(name, key, tuple(_condition_text(each) for each in listed)))
    return tuple(conditions)


def _condition_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    raise MalformedPolicy("a condition value must be a string, a number or a boolean")


def _written_statement(statement: Statement) -> dict[str, Any]:
    written: dict[str, Any] = {} if statement.sid is None else {"Sid": statement.sid}
    written["Effect"] = statement.effect
    if statement.principals is not None:
        name = "NotPrincipal" if statement.is_not_principal else "Principal"
        written[name] = _written_principals(statement.principals)
    written["NotAction" if statement.is_not_action else "Action"] = list(statement.actions)
    if statement.resources is not None:
        written["NotResource" if statement.is_not_resource else "Resource"] = list(statement.resources)
    if statement.conditions:
        block: dict[str, dict[str, list[str]]] = {}
        for condition in statement.conditions:
            block.setdefault(condition.operator, {})[condition.key] = list(condition.values)
        written["Condition"] = block
    return written


def _written_principals(patterns: tuple[PrincipalPattern, ...]) -> str | dict[str, list[str]]:
    written: dict[str, list[str]] = {}
    for pattern in patterns:
        if pattern.type == "*":
            return "*"
        written.setdefault(pattern.type, []).append(pattern.value)
    return written


def _statement_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each object that stands directly under the top-level member `Statement`."""
    spans: list[tuple[int, int]] = []
    opened: list[tuple[str, int]] = []
    member = ""
    for found in _BRACKETS_AND_STRINGS.finditer(text):
        mark, at = found[0], found.start()
        if mark in "[{":
            opened.append((mark, at))
        elif mark in "]}":
            bracket, start = opened.pop()
            inside = "".join(each for each, _ in opened)
            if bracket == "{" and member == "Statement" and inside in ("{", "{["):
                before = spans[-1][1] if spans else opened[-1][1] + 1
                spans.append((start + 1 if inside == "{" else before, at + 1))
        elif len(opened) == 1 and _COLON.match(text, found.end()):
            member = json.loads(mark)
    return spans


def _position(text: str, at: int) -> Position:
    line = text.count("\n", 0, at) + 1
    return Position(line, at - text.rfind("\n", 0, at))
