"""Object Lock: the configuration of a bucket, retention and legal hold of a version.

Retention only grows, unless governance is bypassed by who may. A bucket cannot lose its lock.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html, API_PutObjectRetention.html
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.faults import (
    invalid_argument,
    invalid_bucket_state,
    locked,
    malformed_xml,
    no_lock_configuration,
    no_such_setting,
)
from watchword.services.s3.locks import Mode, check_future, read_mode
from watchword.services.s3.lookups import bucket_of, object_of
from watchword.services.s3.versions import change_version

_DAYS_MAX, _YEARS_MAX = 36_500, 100


@operation("s3:PutObjectLockConfiguration", writes=True)
def put_object_lock_configuration(
    call: Call[shapes.PutObjectLockConfigurationRequest], directory: Directory
) -> shapes.PutObjectLockConfigurationOutput:
    """Lock a bucket with versioning, and set the retention that new objects get.

    Raises NoSuchBucket, MalformedXML, InvalidBucketState, InvalidArgument.
    """
    bucket = bucket_of(call.request, directory, call.region)
    asked = call.request.object_lock_configuration
    if asked is None or asked.object_lock_enabled != "Enabled":
        raise malformed_xml()
    if bucket.versioning != "Enabled":
        raise invalid_bucket_state("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
    rule = asked.rule.default_retention if asked.rule else None
    if asked.rule is not None and rule is None:
        raise malformed_xml()
    mode, days, years = ("", 0, 0) if rule is None else _default_retention(rule)
    directory.buckets.replace(replace(bucket, has_object_lock=True, lock_mode=mode, lock_days=days, lock_years=years))
    return shapes.PutObjectLockConfigurationOutput()


def _default_retention(rule: shapes.DefaultRetention) -> tuple[Mode, int, int]:
    mode = read_mode(rule.mode)
    if (rule.days is None) == (rule.years is None):
        raise malformed_xml()
    days, years = rule.days or 0, rule.years or 0
    if days + years <= 0:
        name = "Days" if rule.days is not None else "Years"
        raise invalid_argument("Default retention period must be a positive integer value", name, str(days + years))
    if days > _DAYS_MAX or years > _YEARS_MAX:
        raise invalid_argument("Default retention period too large", "Days" if days else "Years", str(days + years))
    return mode, days, years


@operation("s3:GetObjectLockConfiguration")
def get_object_lock_configuration(
    call: Call[shapes.GetObjectLockConfigurationRequest], directory: Directory
) -> shapes.GetObjectLockConfigurationOutput:
    """Give the lock of a bucket. Raises NoSuchBucket, ObjectLockConfigurationNotFoundError."""
    bucket = bucket_of(call.request, directory, call.region)
    if not bucket.has_object_lock:
        message = "Object Lock configuration does not exist for this bucket"
        raise no_such_setting("ObjectLockConfigurationNotFoundError", message, bucket.name)
    rule = None
    if bucket.lock_mode:
        retention = shapes.DefaultRetention(
            mode=bucket.lock_mode, days=bucket.lock_days or None, years=bucket.lock_years or None
        )
        rule = shapes.ObjectLockRule(default_retention=retention)
    configuration = shapes.ObjectLockConfiguration(object_lock_enabled="Enabled", rule=rule)
    return shapes.GetObjectLockConfigurationOutput(object_lock_configuration=configuration)


@operation("s3:PutObjectRetention", writes=True)
def put_object_retention(
    call: Call[shapes.PutObjectRetentionRequest], directory: Directory
) -> shapes.PutObjectRetentionOutput:
    """Set how long a version is kept. Raises NoSuchKey, InvalidRequest, MalformedXML, AccessDenied under a lock."""
    asked = call.request
    bucket, stored = object_of(asked, directory, call.region, method="PUT")
    _require_lock(bucket)
    wanted = asked.retention
    mode = read_mode(wanted.mode) if wanted and wanted.mode is not None else ""
    until = wanted.retain_until_date if wanted else None
    if bool(mode) != (until is not None):
        raise malformed_xml()
    if until is not None:
        check_future(until, call.now, "RetainUntilDate")
    _check_change(stored, mode, until, call.now, bypasses=bool(asked.bypass_governance_retention))
    change_version(directory, stored, replace(stored, retention_mode=mode, retain_until=until))
    return shapes.PutObjectRetentionOutput()


def _check_change(stored: StoredObject, mode: str, until: datetime | None, now: datetime, *, bypasses: bool) -> None:
    """Raise AccessDenied for what would loosen a retention that holds, or turn governance into what nobody can end."""
    if stored.retain_until is None or stored.retain_until <= now:
        return
    is_kept = mode == stored.retention_mode and until is not None and until >= stored.retain_until
    if not is_kept and not (bypasses and stored.retention_mode == "GOVERNANCE"):
        raise locked()


@operation("s3:GetObjectRetention")
def get_object_retention(
    call: Call[shapes.GetObjectRetentionRequest], directory: Directory
) -> shapes.GetObjectRetentionOutput:
    """Say how long a version is kept. Raises NoSuchKey, InvalidRequest, NoSuchObjectLockConfiguration."""
    bucket, stored = object_of(call.request, directory, call.region)
    _require_lock(bucket)
    if not stored.retention_mode:
        raise _not_locked(bucket)
    retention = shapes.ObjectLockRetention(mode=stored.retention_mode, retain_until_date=stored.retain_until)
    return shapes.GetObjectRetentionOutput(retention=retention)


@operation("s3:PutObjectLegalHold", writes=True)
def put_object_legal_hold(
    call: Call[shapes.PutObjectLegalHoldRequest], directory: Directory
) -> shapes.PutObjectLegalHoldOutput:
    """Lay a version under a legal hold, or free it. Raises NoSuchKey, InvalidRequest, MalformedXML."""
    asked = call.request
    bucket, stored = object_of(asked, directory, call.region, method="PUT")
    _require_lock(bucket)
    status = asked.legal_hold.status if asked.legal_hold else None
    if status not in ("ON", "OFF"):
        raise malformed_xml()
    change_version(directory, stored, replace(stored, has_legal_hold=status == "ON", had_legal_hold=True))
    return shapes.PutObjectLegalHoldOutput()


@operation("s3:GetObjectLegalHold")
def get_object_legal_hold(
    call: Call[shapes.GetObjectLegalHoldRequest], directory: Directory
) -> shapes.GetObjectLegalHoldOutput:
    """Say whether a version is under a legal hold. Raises NoSuchKey, InvalidRequest, NoSuchObjectLockConfiguration."""
    bucket, stored = object_of(call.request, directory, call.region)
    _require_lock(bucket)
    if not (stored.has_legal_hold or stored.had_legal_hold or stored.retention_mode):
        raise _not_locked(bucket)
    status = "ON" if stored.has_legal_hold else "OFF"
    return shapes.GetObjectLegalHoldOutput(legal_hold=shapes.ObjectLockLegalHold(status=status))


def _require_lock(bucket: Bucket) -> None:
    if not bucket.has_object_lock:
        raise no_lock_configuration()


def _not_locked(bucket: Bucket) -> Exception:
    message = "The specified object does not have a ObjectLock configuration"
    return no_such_setting("NoSuchObjectLockConfiguration", message, bucket.name)
