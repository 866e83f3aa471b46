"""What S3 asks of the policy of a bucket or access point when it is put: its elements, and its condition keys.

Decides which elements, operators and keys such a policy may name, and what S3 says of others. Never reads values.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from watchword.policy.language import MalformedPolicy, Statement
from watchword.policy.operators import parse_operator

ConditionKeys = Mapping[str, frozenset[str]]
"""S3's actions in lower case, each with the keys of S3's own that it may come with; a key with a name ends in `/`."""

_ELEMENTS = ("Version", "Id", "Statement")
_STATEMENT_ELEMENTS = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip


def check_elements(policy: Mapping[str, Any], statements: Sequence[Mapping[str, Any]]) -> None:
    """Check which elements a policy and its statements have. Raises MalformedPolicy."""
    _refuse_unknown(policy, _ELEMENTS)
    if policy.get("Version", "2012-10-17") not in ("2012-10-17", "2008-10-17"):
        raise MalformedPolicy("The policy must contain a valid version string")
    if "Statement" not in policy:
        raise MalformedPolicy("Missing required field Statement")
    if policy["Statement"] == []:
        raise MalformedPolicy("Could not parse the policy: Statement is empty!")
    for statement in statements:
        _refuse_unknown(statement, _STATEMENT_ELEMENTS)
        for name in ("Effect", "Principal", "Action", "Resource"):
            if name not in statement and f"Not{name}" not in statement:
                raise MalformedPolicy(f"Missing required field {name}")
        if statement["Effect"] not in ("Allow", "Deny"):
            raise MalformedPolicy(f"Invalid effect: {statement['Effect']}")
        if statement["Effect"] == "Allow" and "NotPrincipal" in statement:
            raise MalformedPolicy("Allow with NotPrincipal is not allowed.")
        if {} in (statement.get("Principal"), statement.get("NotPrincipal")):
            raise MalformedPolicy("Missing required field Principal cannot be empty!")
        condition = statement.get("Condition")
        for operator in cast("dict[str, Any]", condition) if isinstance(condition, dict) else ():
            if parse_operator(operator) is None:
                raise MalformedPolicy(f"Invalid Condition type : {operator}")


def _refuse_unknown(element: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in element:
        if name not in names:
            raise MalformedPolicy(f"Unknown field {name}")


def key_fault(statement: Statement, keys: ConditionKeys) -> str | None:
    """What is wrong with the condition keys of a statement, in S3's words.

    An action with wildcards comes with any key, as `s3:*` does.
    """
    known = frozenset[str]().union(*keys.values())
    named = [keys[each.lower()] for each in statement.actions if each.lower() in keys]
    for each in statement.conditions:
        head, slash, _ = each.key.lower().partition("/")
        key = head + slash
        is_of_s3 = key.startswith("s3:")
        if ":" not in key or (is_of_s3 and key not in known):
            return "Policy has an invalid condition key"
        if is_of_s3 and not statement.is_not_action and any(key not in brought for brought in named):
            return "Conditions do not apply to combination of actions and resources in statement"
    return None
