"""The literal meaning of wildcards and of conditions. See `spec`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html;
of conditions without values and of `Null` with a quantifier,
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Sequence

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
from watchword.policy.variables import Get, expand, parse_template
from watchword.policy.wildcards import ANY, ONE, Wildcard, utf16_units


def wildcards_match(pattern: Sequence[str | Wildcard], text: str) -> bool:
    """True when the pattern matches the whole text: follow every place that the pattern may have reached."""
    units = utf16_units(text)
    places = {0}
    for part in pattern:
        if part is ANY:
            places = set(range(min(places), len(units) + 1)) if places else places
        elif part is ONE:
            places = {place + 1 for place in places if place < len(units)}
        else:
            literal = utf16_units(part)
            places = {place + len(literal) for place in places if units[place : place + len(literal)] == literal}
    return len(units) in places


def meets(condition: Condition, get: Get, *, effect: Effect, has_variables: bool) -> bool:
    """True when the request meets one key of a Condition block."""
    operator = parse_operator(condition.operator)
    if operator is None:
        return False
    given = get(condition.key.lower())
    if operator.comparison == "Null" and operator.quantifier != "":
        return operator.quantifier == "ForAllValues"  # whatever the key holds
    if operator.comparison == "Null":
        return any(is_true(value) == (given is None) for value in condition.values)
    if given is None:
        if operator.quantifier == "ForAnyValue":
            return False
        if operator.quantifier == "ForAllValues" or operator.is_if_exists:
            return True
        return operator.is_negated and condition.values != ()
    compared = _Compared(operator, condition.values, get, effect, has_variables)
    if operator.quantifier == "":
        return isinstance(given, str) and compared.holds(given)
    values = (given,) if isinstance(given, str) else given
    if operator.quantifier == "ForAllValues":
        return all(compared.holds(value) for value in values)
    return any(compared.holds(value) for value in values)


class _Compared:
    """One operator with the values of the policy, in one request."""

    def __init__(
        self, operator: Operator, values: tuple[str, ...], get: Get, effect: Effect, has_variables: bool
    ) -> None:
        self.operator = operator
        self.values = values
        self.get = get
        self.effect = effect
        self.has_variables = has_variables

    def holds(self, given: str) -> bool:
        """True when a value of the request compares well with the values of the policy."""
        comparison, is_negated = self.operator.comparison, self.operator.is_negated
        if self.values == ():
            return False  # a condition without values is met by no value, negated or not
        if comparison == "IpAddress" and parse_address(given) is None:
            return False
        if comparison == "ArnLike":
            return self._arn_holds(given)
        return any(self._equals(given, value) for value in self.values) != is_negated

    def _equals(self, given: str, value: str) -> bool:
        comparison = self.operator.comparison
        match comparison:
            case "StringEquals":
                return self._text(value) == given
            case "StringEqualsIgnoreCase":
                text = self._text(value)
                return text is not None and lowered(text) == lowered(given)
            case "StringLike":
                pattern = self._pattern(value)
                return pattern is not None and wildcards_match(pattern, given)
            case "Bool":
                return is_true(given) == is_true(value)
            case "BinaryEquals":
                return parse_base64(value) is not None and parse_base64(given) == parse_base64(value)
            case "IpAddress":
                network, address = parse_network(value), parse_address(given)
                return network is not None and address is not None and network.holds(address)
            case _:
                return _is_ordered(comparison, given, value)

    def _arn_holds(self, given: str) -> bool:
        """Compare field by field, in the order of the values; what is no ARN settles the matter.

        A value of the policy that is no ARN makes an Allow fail and a Deny apply.
        """
        fields = given.split(":", 5)
        if len(fields) != 6:
            return False
        for value in self.values:
            pattern = self._pattern(value)
            if pattern is None:
                continue
            patterns = _split_arn(pattern)
            if len(patterns) != 6:
                return self.effect == "Deny"
            if all(wildcards_match(each, field) for each, field in zip(patterns, fields, strict=True)):
                return not self.operator.is_negated
        return self.operator.is_negated

    def _text(self, value: str) -> str | None:
        parts = expand(parse_template(value, has_variables=self.has_variables, has_wildcards=False), self.get)
        return None if parts is None else "".join(part for part in parts if isinstance(part, str))

    def _pattern(self, value: str) -> list[str | Wildcard] | None:
        return expand(parse_template(value, has_variables=self.has_variables, has_wildcards=True), self.get)


def _split_arn(pattern: list[str | Wildcard]) -> list[list[str | Wildcard]]:
    """Split a pattern at its first five colons."""
    fields: list[list[str | Wildcard]] = [[]]
    for part in pattern:
        for character in part if isinstance(part, str) else (part,):
            if character == ":" and len(fields) < 6:
                fields.append([])
            else:
                fields[-1].append(character)
    return fields


def _is_ordered(comparison: str, given: str, value: str) -> bool:
    parse = parse_date if comparison.startswith("Date") else parse_number
    left, right = parse(given), parse(value)
    if left is None or right is None:
        return False
    relation = comparison.removeprefix("Date").removeprefix("Numeric")
    return {
        "Equals": left == right,
        "LessThan": left < right,
        "LessThanEquals": left <= right,
        "GreaterThan": left > right,
        "GreaterThanEquals": left >= right,
    }[relation]
