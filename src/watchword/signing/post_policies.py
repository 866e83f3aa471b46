"""The policy of an S3 upload form: until when, and with which fields, somebody may upload in the signer's name.

    (1) it is JSON with `expiration` and `conditions`      (3) every condition holds, in the order written
    (2) it is not over                                     (4) every field stands in a condition

Decides whether a form keeps to its policy; the policy itself is proved by the form's signature, before. The size of the
file is not known yet: the range that it must keep to is returned.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import msgspec

from watchword.core.errors import ApiError

_EXEMPT = frozenset({"x-amz-signature", "awsaccesskeyid", "signature", "policy", "file"})
_EXEMPT_PREFIX = "x-ignore-"
_EXPIRATION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z\Z", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,18}\Z", re.ASCII)
_EQ, _STARTS_WITH, _RANGE = "eq", "starts-with", "content-length-range"
_LENGTHS = {_EQ: 3, _STARTS_WITH: 3, _RANGE: 3}


class SizeRange(NamedTuple):
    """The bytes that a file may have; None where nothing is said."""

    least: int | None = None
    most: int | None = None


def check_post_policy(policy: str, fields: Mapping[str, str], now: datetime) -> SizeRange:
    """Check a form against its policy. Raises ApiError.

    `policy` is base64, as signed. `fields` are by lower-case name, `bucket` among them.
    """
    expires_at, conditions = _parse(policy)  # (1)
    if now > expires_at:  # (2)
        raise _denied("Policy expired.")
    covered: set[str] = set()
    size = SizeRange()
    for condition in conditions:  # (3)
        operator, name, value = _read_condition(condition)
        if operator == _RANGE:
            size = _narrower(size, _read_range(name, value))
            continue
        field = name[1:].lower() if name.startswith("$") else None
        if field is None or not _holds(operator, field, fields.get(field), value):
            raise _failed(operator, name, value)
        covered.add(field)
    extra = [name for name in fields if not (name in covered or name in _EXEMPT or name.startswith(_EXEMPT_PREFIX))]
    if extra:  # (4)
        raise _denied(f"Extra input fields: {', '.join(extra)}")
    return size


def _parse(policy: str) -> tuple[datetime, list[Any]]:
    try:
        document = msgspec.json.decode(base64.b64decode(policy, validate=False))
    except (binascii.Error, ValueError, RecursionError):
        raise _malformed("Invalid JSON.") from None
    if not isinstance(document, dict):
        raise _malformed("Invalid JSON.")
    found = cast("dict[str, Any]", document)
    if "expiration" not in found:
        raise _malformed("Policy missing expiration.")
    expiration = found["expiration"]
    match = _EXPIRATION.match(expiration) if isinstance(expiration, str) else None
    try:
        expires_at = datetime.fromisoformat(match[1]).replace(tzinfo=UTC) if match else None
    except ValueError:
        expires_at = None
    if expires_at is None:
        raise _malformed(f"Invalid 'expiration' value: '{expiration}'")
    if "conditions" not in found:
        raise _malformed("Policy missing conditions.")
    conditions = found["conditions"]
    if not isinstance(conditions, list):
        raise _malformed("Invalid 'conditions' value: must be a List.")
    return expires_at, cast("list[Any]", conditions)


def _read_condition(condition: object) -> tuple[str, str, str]:
    """Operator, `$field` and value; of a range the two bounds."""
    if isinstance(condition, dict):
        simple = cast("dict[str, Any]", condition)
        if len(simple) != 1:
            raise _malformed("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
        [(name, value)] = simple.items()
        if not isinstance(value, str):
            raise _malformed("Invalid Simple-Condition: value must be a string.")
        return _EQ, f"${name}", value
    if not isinstance(condition, list) or not condition:
        raise _malformed("Invalid Condition: must be a List or a Simple-Condition.")
    parts = cast("list[Any]", condition)
    operator = str(parts[0]).lower()
    if operator not in _LENGTHS:
        raise _malformed(f"Invalid Condition: unknown operation '{parts[0]}'.")
    if len(parts) != _LENGTHS[operator]:
        raise _malformed(f"Invalid {parts[0]}: wrong number of arguments.")
    return operator, _text(parts[1]), _text(parts[2])


def _text(value: object) -> str:
    if isinstance(value, (str, int)):
        return str(value)
    raise _malformed("Invalid Condition: values must be strings or numbers.")


def _holds(operator: str, field: str, given: str | None, value: str) -> bool:
    if given is None:
        return False
    if operator == _EQ:
        return given == value
    if field == "content-type" and "," in given:
        return all(each.strip().startswith(value) for each in given.split(","))
    return given.startswith(value)


def _read_range(least: str, most: str) -> SizeRange:
    if not (_INTEGER.match(least) and _INTEGER.match(most)):
        raise _failed(_RANGE, least, most)
    if "-" in least + most:
        raise _malformed(f"Invalid {_RANGE}: sizes cannot be negative.")
    return SizeRange(int(least), int(most))


def _narrower(one: SizeRange, other: SizeRange) -> SizeRange:
    """What keeps to both."""
    if one.least is None or one.most is None or other.least is None or other.most is None:
        return other
    return SizeRange(max(one.least, other.least), min(one.most, other.most))


def _denied(reason: str) -> ApiError:
    return ApiError("AccessDenied", f"Invalid according to Policy: {reason}", 403)


def _failed(operator: str, name: str, value: str) -> ApiError:
    shown = ", ".join(f'"{part}"' for part in (operator, name, value))
    return _denied(f"Policy Condition failed: [{shown}]")


def _malformed(reason: str) -> ApiError:
    return ApiError("InvalidPolicyDocument", f"Invalid Policy: {reason}")
