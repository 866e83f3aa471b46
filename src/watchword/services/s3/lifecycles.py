"""Lifecycle rules of a bucket: what can be one. A rule without a name gets one.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from datetime import datetime, time
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from watchword.services.s3 import shapes
from watchword.services.s3.faults import invalid_argument, invalid_request, malformed_xml

RULES_MAX = 1000
_NAME_MAX = 255


def checked_lifecycle(asked: shapes.BucketLifecycleConfiguration | None) -> shapes.BucketLifecycleConfiguration:
    """Give rules as they are kept. Raises MalformedXML, InvalidArgument, InvalidRequest for those that cannot be."""
    if asked is None or not 1 <= len(asked.rules) <= RULES_MAX:
        raise malformed_xml()
    rules = [rule if rule.id else replace(rule, id=_name(rule)) for rule in asked.rules]
    names = [rule.id or "" for rule in rules]
    if len(set(names)) != len(names):
        raise invalid_argument("Rule ID must be unique. Found same ID for more than one rule", "ID", "")
    for rule in rules:
        _check_rule(rule)
    return shapes.BucketLifecycleConfiguration(rules=rules)


def _check_rule(rule: shapes.LifecycleRule) -> None:
    if len(rule.id or "") > _NAME_MAX:
        raise invalid_argument(f"ID length should not exceed allowed limit of {_NAME_MAX}", "ID", rule.id or "")
    if rule.status not in ("Enabled", "Disabled"):
        raise malformed_xml()
    if rule.filter is not None and rule.prefix is not None:
        raise malformed_xml()
    if rule.filter is not None:
        _check_filter(rule.filter)
    actions = (
        rule.expiration,
        rule.transitions,
        rule.noncurrent_version_transitions,
        rule.noncurrent_version_expiration,
        rule.abort_incomplete_multipart_upload,
    )
    if not any(actions):
        raise invalid_request("At least one action needs to be specified in a rule")
    for transition in rule.transitions or ():
        _check_date(transition.date)
    if rule.expiration is not None:
        _check_expiration(rule.expiration)


def _check_filter(asked: shapes.LifecycleRuleFilter) -> None:
    """Raise MalformedXML for a filter by more than one thing, which wants an `And`."""
    said = (asked.prefix, asked.tag, asked.object_size_greater_than, asked.object_size_less_than, asked.and_)
    if sum(value is not None for value in said) > 1:
        raise malformed_xml()


def _check_expiration(expiration: shapes.LifecycleExpiration) -> None:
    """Raise MalformedXML, InvalidArgument."""
    said = (expiration.date, expiration.days, expiration.expired_object_delete_marker)
    if sum(value is not None for value in said) != 1:
        raise malformed_xml()
    if expiration.days is not None and expiration.days < 1:
        message = "'Days' for Expiration action must be a positive integer"
        raise invalid_argument(message, "Days", str(expiration.days))
    _check_date(expiration.date)


def _check_date(date: datetime | None) -> None:
    """Raise InvalidArgument for a time of day."""
    if date is not None and date.time() != time.min:
        raise invalid_argument("'Date' must be at midnight GMT", "Date", date.isoformat())


def _name(rule: shapes.LifecycleRule) -> str:
    return sha256(msgspec.json.encode(rule)).hexdigest()[:48]
