"""Condition blocks, compiled: each key of a block becomes a test of a request's context.

Decides whether a request meets a condition, as fast as may be; `spec` says the same literally. What a comparison does
with odd values, where AWS's behaviour is known:

* A missing key fails positive operators and `ForAnyValue:`, with `IfExists` too, and passes negated operators,
  `…IfExists` and `ForAllValues:`.
* A condition without values is met by no value, negated or not.
* `Null` with a quantifier asks nothing: `ForAllValues:` is always met, `ForAnyValue:` never.
* A key whose declared type is a list fails every operator without a quantifier, negated ones too.
* A number or date of the request that is none is unequal to all; an address or ARN that is none fails, negated or not.
* A malformed value in a policy matches nothing; in ARN operators it makes an Allow fail and a Deny apply.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html; of conditions
without values and of `Null` with a quantifier,
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import operator as compare
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from watchword.policy.language import Condition, Effect
from watchword.policy.operators import Operator, parse_operator
from watchword.policy.values import (
    is_true,
    lowered,
    parse_address,
    parse_base64,
    parse_date,
    parse_network,
    parse_number,
)  # fmt: skip
from watchword.policy.variables import Get, Part, Variable, expand, parse_template
from watchword.policy.wildcards import Pattern, PatternSet, Wildcard

Test = Callable[[Get], bool]
"""Says whether a request's context meets a condition."""
Comparing = Callable[[str, Get], bool]
"""Compares one value of the request with all values of the policy, negation included."""

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": compare.eq,
    "LessThan": compare.lt,
    "LessThanEquals": compare.le,
    "GreaterThan": compare.gt,
    "GreaterThanEquals": compare.ge,
}


def compile_condition(condition: Condition, *, effect: Effect, has_variables: bool) -> Test:
    """Compile one key of the Condition block of a statement with this effect."""
    asked = parse_operator(condition.operator)
    if asked is None:
        return _never
    key = condition.key.lower()
    if asked.comparison == "Null":
        return _null_test(key, condition.values) if asked.quantifier == "" else _fixed_test(asked)
    comparing = _comparing(asked, condition.values, effect, has_variables)
    if asked.quantifier == "ForAllValues":
        return _for_all_values(key, comparing)
    if asked.quantifier == "ForAnyValue":
        return _for_any_value(key, comparing)
    return _single_value(key, comparing, asked.is_if_exists or (asked.is_negated and bool(condition.values)))


def compile_alternatives(
    alternatives: Iterable[tuple[Condition, ...]], *, effect: Effect, has_variables: bool
) -> tuple[tuple[Test, ...], ...]:
    """Compile blocks of which any one is to be met, with as few tests as will do.

    Blocks that are the same are tested once. Blocks of one condition each, on the same key and by the same operator,
    are one condition with the values of all, where any value is enough.
    """
    merged: dict[tuple[Operator, str], Condition] = {}
    blocks: list[tuple[Condition, ...]] = []
    for block in dict.fromkeys(alternatives):
        asked = parse_operator(block[0].operator) if len(block) == 1 else None
        if asked is None or not _any_value_is_enough(asked, effect):
            blocks.append(block)
            continue
        only = block[0]
        key = (asked, only.key.lower())
        values = merged[key].values if key in merged else ()
        merged[key] = Condition(only.operator, only.key, (*values, *only.values))
    blocks += [(each,) for each in merged.values()]
    return tuple(
        tuple(compile_condition(each, effect=effect, has_variables=has_variables) for each in block) for block in blocks
    )


def _any_value_is_enough(asked: Operator, effect: Effect) -> bool:
    """True when a condition with several values says what one condition for each value would, any of them met."""
    is_settled_by_order = asked.comparison == "ArnLike" and effect == "Allow"
    return not (asked.is_negated or asked.quantifier == "ForAllValues" or is_settled_by_order)


def _never(_: Get) -> bool:
    return False


def _always(_: Get) -> bool:
    return True


def _no_value(_: str, __: Get) -> bool:
    return False


def _fixed_test(asked: Operator) -> Test:
    return _always if asked.quantifier == "ForAllValues" else _never


def _null_test(key: str, values: tuple[str, ...]) -> Test:
    wanted = frozenset(is_true(value) for value in values)

    def test(get: Get) -> bool:
        return (get(key) is None) in wanted

    return test


def _single_value(key: str, comparing: Comparing, when_missing: bool) -> Test:
    def test(get: Get) -> bool:
        value = get(key)
        if isinstance(value, str):
            return comparing(value, get)
        return value is None and when_missing

    return test


def _for_all_values(key: str, comparing: Comparing) -> Test:
    def test(get: Get) -> bool:
        value = get(key)
        if value is None:
            return True
        return all(comparing(each, get) for each in ((value,) if isinstance(value, str) else value))

    return test


def _for_any_value(key: str, comparing: Comparing) -> Test:
    def test(get: Get) -> bool:
        value = get(key)
        if value is None:
            return False
        return any(comparing(each, get) for each in ((value,) if isinstance(value, str) else value))

    return test


def _comparing(asked: Operator, values: tuple[str, ...], effect: Effect, has_variables: bool) -> Comparing:
    comparison, is_negated = asked.comparison, asked.is_negated
    if not values:
        return _no_value
    match comparison:
        case "StringEquals" | "StringEqualsIgnoreCase":
            return _equal_texts(values, is_negated, comparison == "StringEqualsIgnoreCase", has_variables)
        case "StringLike":
            return _like(values, is_negated, has_variables)
        case "ArnLike":
            return _arn_like(values, is_negated, effect, has_variables)
        case "IpAddress":
            return _in_network(values, is_negated)
        case "Bool":
            wanted = frozenset(is_true(value) for value in values)
            return lambda value, _: is_true(value) in wanted
        case "BinaryEquals":
            binary = frozenset(each for each in map(parse_base64, values) if each is not None)
            return lambda value, _: parse_base64(value) in binary
        case _:
            parse: Callable[[str], Any] = parse_date if comparison.startswith("Date") else parse_number
            relation = comparison.removeprefix("Date").removeprefix("Numeric")
            return _ordered(values, is_negated, parse, _ORDER[relation])


def _templates(values: tuple[str, ...], has_variables: bool, has_wildcards: bool) -> list[tuple[Part, ...]]:
    return [parse_template(each, has_variables=has_variables, has_wildcards=has_wildcards) for each in values]


def _is_static(parts: Sequence[Part]) -> bool:
    return not any(isinstance(part, Variable) for part in parts)


def _literal(parts: Sequence[Part] | None) -> str | None:
    return None if parts is None else "".join(part for part in parts if isinstance(part, str))


def _equal_texts(values: tuple[str, ...], is_negated: bool, ignores_case: bool, has_variables: bool) -> Comparing:
    templates = _templates(values, has_variables, False)
    fold: Callable[[str], str] = lowered if ignores_case else str
    fixed = frozenset(fold(_literal(each) or "") for each in templates if _is_static(each))
    varying = [each for each in templates if not _is_static(each)]
    if not varying:
        if ignores_case:
            return lambda value, _: (lowered(value) in fixed) is not is_negated
        if is_negated:
            return lambda value, _: value not in fixed
        return lambda value, _: value in fixed

    def comparing(value: str, get: Get) -> bool:
        folded = fold(value)
        if folded in fixed:
            return not is_negated
        expanded = (_literal(expand(each, get)) for each in varying)
        return any(text is not None and fold(text) == folded for text in expanded) is not is_negated

    return comparing


def _like(values: tuple[str, ...], is_negated: bool, has_variables: bool) -> Comparing:
    templates = _templates(values, has_variables, True)
    patterns = [Pattern(_fixed(each)) for each in templates if _is_static(each)]
    varying = [each for each in templates if not _is_static(each)]
    matches = patterns[0].matches if len(patterns) == 1 else PatternSet(patterns).matches
    if not varying:
        return lambda value, _: matches(value) is not is_negated

    def comparing(value: str, get: Get) -> bool:
        if matches(value):
            return not is_negated
        expanded = [Pattern(each) for each in (expand(template, get) for template in varying) if each is not None]
        return PatternSet(expanded).matches(value) is not is_negated

    return comparing


def _arn_like(values: tuple[str, ...], is_negated: bool, effect: Effect, has_variables: bool) -> Comparing:
    templates = _templates(values, has_variables, True)
    prepared = [(each, _ArnPattern.of(_fixed(each)) if _is_static(each) else None) for each in templates]
    when_malformed = effect == "Deny"

    def comparing(value: str, get: Get) -> bool:
        fields = value.split(":", 5)
        if len(fields) != 6:
            return False
        for template, compiled in prepared:
            pattern = compiled or _expanded_arn(template, get)
            if pattern is None:
                continue
            if pattern.fields is None:
                return when_malformed
            if pattern.matches(fields):
                return not is_negated
        return is_negated

    return comparing


def _expanded_arn(template: tuple[Part, ...], get: Get) -> _ArnPattern | None:
    expanded = expand(template, get)
    return None if expanded is None else _ArnPattern.of(expanded)


class _ArnPattern:
    """Six patterns, one for each field of an ARN; None when the text has not six fields."""

    __slots__ = ("fields",)

    def __init__(self, fields: tuple[Pattern, ...] | None) -> None:
        self.fields = fields

    @classmethod
    def of(cls, parts: Sequence[str | Wildcard]) -> _ArnPattern:
        fields: list[list[str | Wildcard]] = [[]]
        for part in parts:
            if isinstance(part, str):
                head, *more = part.split(":", 6 - len(fields))
                fields[-1].append(head)
                fields.extend([each] for each in more)
            else:
                fields[-1].append(part)
        return cls(tuple(Pattern(field) for field in fields) if len(fields) == 6 else None)

    def matches(self, fields: list[str]) -> bool:
        return all(pattern.matches(field) for pattern, field in zip(self.fields or (), fields, strict=True))


def _fixed(parts: Sequence[Part]) -> list[str | Wildcard]:
    return [part for part in parts if not isinstance(part, Variable)]


def _in_network(values: tuple[str, ...], is_negated: bool) -> Comparing:
    networks = [network for network in map(parse_network, values) if network is not None]

    def comparing(value: str, _: Get) -> bool:
        address = parse_address(value)
        if address is None:
            return False
        return any(network.holds(address) for network in networks) is not is_negated

    return comparing


def _ordered(
    values: tuple[str, ...], is_negated: bool, parse: Callable[[str], Any], relation: Callable[[Any, Any], bool]
) -> Comparing:
    bounds = [bound for bound in map(parse, values) if bound is not None]

    def comparing(value: str, _: Get) -> bool:
        given = parse(value)
        if given is None:
            return is_negated
        return any(relation(given, bound) for bound in bounds) is not is_negated

    return comparing
