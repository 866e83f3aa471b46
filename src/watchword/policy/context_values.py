"""Context values that would turn a condition: what a request would have had to bring.

Decides candidates only, likely ones first; `spec_conditions.meets` says which of them do. Never proposes a value for a
key that states who the caller is or what the resource is: no request can change those.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from watchword.core.clock import from_epoch, iso8601
from watchword.policy.language import Condition, Effect
from watchword.policy.operators import Operator, parse_operator
from watchword.policy.spec_conditions import meets
from watchword.policy.values import is_true, parse_date, parse_network, parse_number
from watchword.policy.variables import ContextValue, Get, expand, parse_template
from watchword.policy.wildcards import Wildcard

FIXED_KEYS: Final = frozenset({
    "aws:principalaccount", "aws:principalarn", "aws:principalisawsservice", "aws:principalorgid",
    "aws:principalorgpaths", "aws:principalservicename", "aws:principalservicenameslist", "aws:principaltype",
    "aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "aws:userid", "aws:username",
    "s3:resourceaccount",
})  # fmt: skip
"""Who calls and what is asked for, in lower case."""
_ELSEWHERE: Final = "192.0.2.1"
_OTHER: Final = "other"


def turning_value(
    condition: Condition, get: Get, wanted: bool, *, effect: Effect, has_variables: bool
) -> tuple[ContextValue] | None:
    """A value of the condition's key with which it holds, or does not hold, as `wanted`; None when none is known."""
    key = condition.key.lower()
    operator = parse_operator(condition.operator)
    if operator is None or key in FIXED_KEYS:
        return None
    for value in _candidates(condition, operator, get, has_variables):
        changed = _with(get, key, value)
        if meets(condition, changed, effect=effect, has_variables=has_variables) is wanted:
            return (value,)
    return None


def _with(get: Get, key: str, value: ContextValue) -> Get:
    return lambda name: value if name == key else get(name)


def _candidates(condition: Condition, operator: Operator, get: Get, has_variables: bool) -> Iterator[ContextValue]:
    if operator.comparison == "Null":
        yield from (_OTHER, None)
        return
    is_list = operator.quantifier != "" and isinstance(get(condition.key.lower()), tuple)
    for value in condition.values:
        for near in _NEAR[operator.comparison.removesuffix("IgnoreCase")](value, get, has_variables):
            yield (near,) if is_list else near
    yield None
    if is_list:
        yield ()


def _texts(value: str, get: Get, has_variables: bool) -> Iterator[str]:
    parts = expand(parse_template(value, has_variables=has_variables, has_wildcards=False), get)
    if parts is not None:
        yield "".join(part for part in parts if isinstance(part, str))
    yield _OTHER


def _patterns(value: str, get: Get, has_variables: bool) -> Iterator[str]:
    parts = expand(parse_template(value, has_variables=has_variables, has_wildcards=True), get)
    if parts is not None:
        for filling in ("", "x"):
            yield "".join(part if isinstance(part, str) else _filled(part, filling) for part in parts)
    yield _OTHER
    yield "arn:aws:other:::other"


def _filled(wildcard: Wildcard, filling: str) -> str:
    return filling if wildcard is Wildcard.ANY else "x"


def _numbers(value: str, get: Get, has_variables: bool) -> Iterator[str]:
    number = parse_number(value)
    if number is not None:
        yield from (value, str(number - 1), str(number + 1))


def _dates(value: str, get: Get, has_variables: bool) -> Iterator[str]:
    moment = parse_date(value)
    if moment is None or not 0 < moment < 253_402_000_000_000:
        return
    at = from_epoch(moment / 1000)
    yield value
    yield iso8601(at - timedelta(seconds=1))
    yield iso8601(at + timedelta(seconds=1))


def _booleans(value: str, get: Get, has_variables: bool) -> Iterator[str]:
    yield "true" if is_true(value) else "false"
    yield "false" if is_true(value) else "true"


def _addresses(value: str, get: Get, has_variables: bool) -> Iterator[str]:
    network = parse_network(value)
    if network is not None:
        host = network.number + (network.mask & 1 == 0)  # the first address of a network is its name
        yield str(IPv4Address(host) if network.bits == 32 else IPv6Address(host))
    yield _ELSEWHERE


def _bytes(value: str, get: Get, has_variables: bool) -> Iterator[str]:
    yield value
    yield "bm9uZQ=="


_NEAR: Final[dict[str, Callable[[str, Get, bool], Iterator[str]]]] = {
    "StringEquals": _texts,
    "StringLike": _patterns,
    "ArnLike": _patterns,
    "Bool": _booleans,
    "BinaryEquals": _bytes,
    "IpAddress": _addresses,
    **{f"Numeric{each}": _numbers for each in ("Equals", "LessThan", "LessThanEquals", "GreaterThan")},
    "NumericGreaterThanEquals": _numbers,
    **{f"Date{each}": _dates for each in ("Equals", "LessThan", "LessThanEquals", "GreaterThan")},
    "DateGreaterThanEquals": _dates,
}
