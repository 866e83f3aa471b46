"""Is a policy of a bucket or access point public? What S3 means by it: an Allow for everybody that nothing bounds.

A statement is bounded by a condition that names fixed values, without wildcards, of one of a few keys.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
(The meaning of "public")
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any, cast

from watchword.policy.language import parse_json

_BOUNDING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
_OPERATORS = ("stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike", "ipaddress")
_WIDEST_IPV4, _WIDEST_IPV6 = 8, 32
"""Networks with shorter prefixes are as good as everybody."""


def is_policy_public(document: str) -> bool:
    """True when a valid policy of a bucket or access point lets in the public."""
    statements = cast("dict[str, Any]", parse_json(document))["Statement"]
    listed = cast("list[dict[str, Any]]", statements if isinstance(statements, list) else [statements])
    return any(_is_public(statement) for statement in listed)


def _is_public(statement: dict[str, Any]) -> bool:
    if statement["Effect"] != "Allow":
        return False
    if "NotPrincipal" not in statement and not _names_everybody(statement.get("Principal")):
        return False
    return not any(
        _bounds(operator, key, value)
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    )


def _names_everybody(principal: Any) -> bool:
    if isinstance(principal, dict):
        return any(_names_everybody(value) for value in cast("dict[str, Any]", principal).values())
    values = cast("list[Any]", principal if isinstance(principal, list) else [principal])
    return "*" in values


def _bounds(operator: str, key: str, value: Any) -> bool:
    name = operator.lower().removeprefix("foranyvalue:")
    if key.lower() not in _BOUNDING or name not in _OPERATORS:
        return False
    values = [str(each) for each in cast("list[Any]", value if isinstance(value, list) else [value])]
    if key.lower() == "aws:sourceip":
        return all(_is_narrow(each) for each in values)
    return bool(values) and all("*" not in each and "?" not in each and "${" not in each for each in values)


def _is_narrow(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= (_WIDEST_IPV4 if network.version == 4 else _WIDEST_IPV6)
