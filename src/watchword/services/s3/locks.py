"""Object Lock: what retention a new version gets, and whether a version may be deleted.

Governance can be bypassed by those who may (and say so), compliance and a legal hold by nobody.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from watchword.directory.buckets import Bucket, StoredObject
from watchword.services.s3.faults import invalid_argument, locked, malformed_xml, no_lock_configuration

Mode = Literal["GOVERNANCE", "COMPLIANCE"]


def read_mode(value: str | None) -> Mode:
    """A retention mode. Raises MalformedXML."""
    if value not in ("GOVERNANCE", "COMPLIANCE"):
        raise malformed_xml()
    return value


def is_lock_asked(asked: Any) -> bool:
    """True when a request that writes an object speaks of Object Lock."""
    return (
        asked.object_lock_mode is not None
        or asked.object_lock_retain_until_date is not None
        or asked.object_lock_legal_hold_status is not None
    )


def new_lock(asked: Any, bucket: Bucket, now: datetime) -> dict[str, Any]:
    """The lock of a new version, as fields of its record. Raises InvalidRequest, InvalidArgument."""
    found = asked_lock(asked, bucket, now)
    return found if "retention_mode" in found else found | default_retention(bucket, now)


def default_retention(bucket: Bucket, now: datetime) -> dict[str, Any]:
    """The retention that the bucket gives what comes without one."""
    if not bucket.lock_mode:
        return {}
    until = now + timedelta(days=bucket.lock_days or bucket.lock_years * 365)
    return {"retention_mode": bucket.lock_mode, "retain_until": until}


def asked_lock(asked: Any, bucket: Bucket, now: datetime) -> dict[str, Any]:
    """The lock that a request asks for, as fields of a record. Raises InvalidRequest, InvalidArgument."""
    mode, until, hold = (
        asked.object_lock_mode,
        asked.object_lock_retain_until_date,
        asked.object_lock_legal_hold_status,
    )
    if is_lock_asked(asked):
        if not bucket.has_object_lock:
            raise no_lock_configuration()
        if (mode is None) != (until is None):
            message = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
            missing = "x-amz-object-lock-mode" if mode is None else "x-amz-object-lock-retain-until-date"
            raise invalid_argument(message, missing, "null")
        if mode not in (None, "GOVERNANCE", "COMPLIANCE"):
            raise invalid_argument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode)
        if hold not in (None, "ON", "OFF"):
            raise invalid_argument("Legal Hold must be either of 'ON' or 'OFF'", "x-amz-object-lock-legal-hold", hold)
        if until is not None:
            check_future(until, now, "x-amz-object-lock-retain-until-date")
    found: dict[str, Any] = {}
    if mode is not None:
        found.update(retention_mode=mode, retain_until=until)
    if hold is not None:
        found.update(has_legal_hold=hold == "ON", had_legal_hold=True)
    return found


def check_future(until: datetime, now: datetime, name: str) -> None:
    """Raise InvalidArgument for a retention that is over already."""
    if until <= now:
        raise invalid_argument("The retain until date must be in the future!", name, until.isoformat())


def check_deletable(stored: StoredObject, now: datetime, *, bypasses: bool) -> None:
    """Raise AccessDenied for a version that is under a lock."""
    is_retained = stored.retain_until is not None and stored.retain_until > now
    if stored.has_legal_hold or (is_retained and not (bypasses and stored.retention_mode == "GOVERNANCE")):
        raise locked()


def lock_view(stored: StoredObject) -> dict[str, Any]:
    """The lock as members of an answer."""
    found: dict[str, Any] = {}
    if stored.retention_mode:
        found.update(
            object_lock_mode=stored.retention_mode, object_lock_retain_until_date=stored.retain_until
        )  # fmt: skip
    if stored.has_legal_hold or stored.had_legal_hold:
        found["object_lock_legal_hold_status"] = "ON" if stored.has_legal_hold else "OFF"
    return found
