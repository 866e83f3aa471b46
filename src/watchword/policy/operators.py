"""Condition operators: how their names are read.

Decides which names are operators. Never compares values (`conditions`, `spec`).

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

Comparison = Literal[
    "StringEquals", "StringEqualsIgnoreCase", "StringLike",
    "NumericEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
    "DateEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
    "Bool", "BinaryEquals", "IpAddress", "ArnLike", "Null",
]  # fmt: skip


class Operator(NamedTuple):
    """An operator: a positive comparison, and what its name adds to it."""

    comparison: Comparison
    is_negated: bool = False
    quantifier: Literal["", "ForAllValues", "ForAnyValue"] = ""
    is_if_exists: bool = False


_PLAIN: dict[str, tuple[Comparison, bool]] = {
    "stringequals": ("StringEquals", False),
    "stringnotequals": ("StringEquals", True),
    "stringequalsignorecase": ("StringEqualsIgnoreCase", False),
    "stringnotequalsignorecase": ("StringEqualsIgnoreCase", True),
    "stringlike": ("StringLike", False),
    "stringnotlike": ("StringLike", True),
    "numericequals": ("NumericEquals", False),
    "numericnotequals": ("NumericEquals", True),
    "numericlessthan": ("NumericLessThan", False),
    "numericlessthanequals": ("NumericLessThanEquals", False),
    "numericgreaterthan": ("NumericGreaterThan", False),
    "numericgreaterthanequals": ("NumericGreaterThanEquals", False),
    "dateequals": ("DateEquals", False),
    "datenotequals": ("DateEquals", True),
    "datelessthan": ("DateLessThan", False),
    "datelessthanequals": ("DateLessThanEquals", False),
    "dategreaterthan": ("DateGreaterThan", False),
    "dategreaterthanequals": ("DateGreaterThanEquals", False),
    "bool": ("Bool", False),
    "binaryequals": ("BinaryEquals", False),
    "ipaddress": ("IpAddress", False),
    "notipaddress": ("IpAddress", True),
    "arnequals": ("ArnLike", False),
    "arnlike": ("ArnLike", False),
    "arnnotequals": ("ArnLike", True),
    "arnnotlike": ("ArnLike", True),
    "null": ("Null", False),
}


@lru_cache(maxsize=512)
def parse_operator(name: str) -> Operator | None:
    """Read an operator's name, in any case; None when it is none. `Null` takes no `IfExists`."""
    folded = name.lower()
    quantifier: Literal["", "ForAllValues", "ForAnyValue"] = ""
    if folded.startswith("forallvalues:"):
        quantifier, folded = "ForAllValues", folded[13:]
    elif folded.startswith("foranyvalue:"):
        quantifier, folded = "ForAnyValue", folded[12:]
    is_if_exists = folded.endswith("ifexists")
    plain = _PLAIN.get(folded.removesuffix("ifexists"))
    if plain is None or (plain[0] == "Null" and is_if_exists):
        return None
    return Operator(*plain, quantifier, is_if_exists)
