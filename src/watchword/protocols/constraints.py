r"""The model's constraints on an input, checked with AWS's own sentences.

`1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy
regular expression pattern: [\w+=,.@-]*`. Several are joined with `; `. Members are named in lower camel case, elements
of lists as `tags.1.member.key`. A bad scalar in a list is reported at the list, with all rules of its elements.

Checks take plain mappings by wire names, before a typed value is made of them.
INVARIANT: a value that is secret (`secret_members.py`) is never echoed, nor is a structure, which may hold one.

Source: recorded answers of STS, IAM, Lambda, DynamoDB and Cognito. IAM leaves the value out, and the members of an
enumeration too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from watchword.core.errors import ApiError
from watchword.protocols.model import Ref, ServiceModel, Shape
from watchword.protocols.patterns import compile_pattern
from watchword.protocols.secret_members import is_secret

Check = Callable[[Mapping[str, Any]], "list[str]"]
"""Gives what is broken, one sentence each."""
_CheckAt = Callable[[Any, str, "list[str]"], None]
"""Checks a value at a path and appends what is broken."""
_Rule = tuple[Callable[[Any], bool], str]
"""A claim and the sentence for values that break it."""

_Bound = Any
"""A number as the model has it, or None: an integer is shown without a fraction, compiled or not."""

SHOWN_MAX = 20
"""Sentences in one answer."""

_TERSE = frozenset({"IAM"})
"""Services whose sentences leave values out."""


def compile_check(name: str, model: ServiceModel) -> Check:
    """The check of an operation's input."""
    check = _Checks(model).structure(name)

    def run(value: Mapping[str, Any]) -> list[str]:
        broken: list[str] = []
        check(value, "", broken)
        return broken

    return run


def validation_error(broken: list[str], code: str) -> ApiError:
    """The error that reports what is broken."""
    count = len(broken)
    plural = "" if count == 1 else "s"
    # DIFFERS: 0005. AWS joins them all; a hostile list must not make an answer larger than its request.
    return ApiError(code, f"{count} validation error{plural} detected: {'; '.join(broken[:SHOWN_MAX])}", 400)


def shown(value: Any) -> str:
    """A value as the sentences show it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join([shown(part) for part in value])}]"  # pyright: ignore[reportUnknownVariableType]
    return str(value)


class _Checks:
    def __init__(self, model: ServiceModel) -> None:
        self._shapes = model.shapes
        self._terse = model.metadata.service_id in _TERSE
        self._structures: dict[str, _CheckAt] = {}

    def structure(self, name: str) -> _CheckAt:
        known = self._structures.get(name)
        if known is not None:
            return known

        def later(value: Any, path: str, broken: list[str]) -> None:
            self._structures[name](value, path, broken)

        self._structures[name] = later  # a shape may contain itself
        shape = self._shapes[name]
        required = [(key, _lower(key)) for key in shape.required]
        members: list[tuple[str, str, _CheckAt]] = []
        for key, ref in shape.members.items():
            check = None if ref.streaming or ref.jsonvalue else self._value(ref, key)
            if check is not None:
                members.append((key, _lower(key), check))

        def check_members(value: Mapping[str, Any], path: str, broken: list[str]) -> None:
            for key, label in required:
                if value.get(key) is None:
                    broken.append(_null(path + label))
            for key, label, check in members:
                part = value.get(key)
                if part is not None:
                    check(part, path + label, broken)

        self._structures[name] = check_members
        return check_members

    def _value(self, ref: Ref, name: str = "") -> _CheckAt | None:
        """The check of a value, of a member of this name or of none; None when the model asks nothing of it."""
        shape = self._shapes[ref.shape]
        if shape.document or shape.eventstream:
            return None
        if shape.type == "structure":
            inner = self.structure(ref.shape)
            return lambda value, path, broken: inner(value, path + ".", broken)
        if shape.type == "list":
            return self._list(shape)
        if shape.type == "map":
            return self._map(shape)
        rules = self._rules(shape)
        return self._all(rules, shape, name) if rules else None

    def _all(self, rules: list[_Rule], shape: Shape, name: str = "") -> _CheckAt:
        """A check that reports each broken rule."""
        show = self._show(shape, name)

        def check(value: Any, path: str, broken: list[str]) -> None:
            for holds, sentence in rules:
                if not holds(value):
                    broken.append(f"Value {show(value)}at '{path}' failed to satisfy constraint: {sentence}")

        return check

    def _show(self, shape: Shape, name: str = "") -> Callable[[Any], str]:
        # DIFFERS: 0005. STS shows a one-time code of the wrong length; a code with one key too many is a code.
        if self._terse or is_secret(name, shape) or shape.type in ("structure", "map", "list"):
            return lambda value: ""
        return lambda value: f"'{shown(value)}' "

    def _list(self, shape: Shape) -> _CheckAt:
        member = self._shapes[(shape.member or Ref(shape="")).shape]
        own = self._rules(shape)
        own_check = self._all(own, member) if own else None
        rules = [] if member.type in ("structure", "list", "map") else self._rules(member)
        inner = None if rules else self._value(shape.member or Ref(shape=""))
        sentence = f"Member must satisfy constraint: [{', '.join([text for _, text in reversed(rules)])}]"
        show = self._show(member)

        def check(value: list[Any], path: str, broken: list[str]) -> None:
            if own_check is not None:
                own_check(value, path, broken)
            for number, part in enumerate(value, 1):
                if part is None:
                    broken.append(_null(f"{path}.{number}.member"))
                elif inner is not None:
                    inner(part, f"{path}.{number}.member", broken)
            if rules and not all(holds(part) for part in value if part is not None for holds, _ in rules):
                broken.append(f"Value {show(value)}at '{path}' failed to satisfy constraint: {sentence}")

        return check

    def _map(self, shape: Shape) -> _CheckAt:
        own = self._rules(shape)
        own_check = self._all(own, shape) if own else None
        key_check = self._value(shape.key or Ref(shape=""))
        value_check = self._value(shape.value or Ref(shape=""))

        def check(value: dict[str, Any], path: str, broken: list[str]) -> None:
            if own_check is not None:
                own_check(value, path, broken)
            for key, part in value.items():
                if key_check is not None:
                    key_check(key, f"{path}.{key}.key", broken)
                if part is None:
                    broken.append(_null(f"{path}.{key}.member"))
                elif value_check is not None:
                    value_check(part, f"{path}.{key}.member", broken)

        return check

    def _rules(self, shape: Shape) -> list[_Rule]:
        """The rules of a shape in the order in which AWS reports them."""
        low: _Bound = shape.min
        high: _Bound = shape.max
        if shape.type in ("string", "blob", "list", "map", "character"):
            rules = _length_rules(low, high)
        else:
            rules = _range_rules(low, high)
        if shape.pattern:
            rules.insert(0, _pattern_rule(shape.pattern, high))
        if shape.enum:
            allowed = frozenset(shape.enum)
            names = "" if self._terse else f": [{', '.join(shape.enum)}]"
            rules.insert(0, (allowed.__contains__, f"Member must satisfy enum value set{names}"))
        return rules


def _pattern_rule(pattern: str, length_max: _Bound) -> _Rule:
    match = compile_pattern(pattern).fullmatch
    # What is too long is reported as such; it is not searched, so that no input can make a pattern slow.
    longest = 131_072 if length_max is None else length_max
    sentence = f"Member must satisfy regular expression pattern: {pattern}"
    return lambda value: len(value) > longest or match(value) is not None, sentence


def _length_rules(low: _Bound, high: _Bound) -> list[_Rule]:
    rules: list[_Rule] = []
    if low is not None:
        rules.append((lambda value: len(value) >= low, f"Member must have length greater than or equal to {low}"))
    if high is not None:
        rules.append((lambda value: len(value) <= high, f"Member must have length less than or equal to {high}"))
    return rules


def _range_rules(low: _Bound, high: _Bound) -> list[_Rule]:
    rules: list[_Rule] = []
    if low is not None:
        rules.append((lambda value: value >= low, f"Member must have value greater than or equal to {low}"))
    if high is not None:
        rules.append((lambda value: value <= high, f"Member must have value less than or equal to {high}"))
    return rules


def _null(path: str) -> str:
    return f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
