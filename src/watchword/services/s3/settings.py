"""Configurations of a bucket that are kept and shown, and which nothing here runs: one table of operations.

# DIFFERS: 0013. Lifecycle rules expire nothing, nothing is replicated, notified, logged or accelerated, no website is
served. CORS rules are obeyed by the gateway, which reads them here.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from watchword.directory.buckets import Bucket, BucketSetting
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3 import shapes
from watchword.services.s3.cors import checked_cors
from watchword.services.s3.faults import invalid_log_target, log_target_elsewhere, malformed_xml, no_such_setting
from watchword.services.s3.lifecycles import checked_lifecycle
from watchword.services.s3.lookups import bucket_of


@dataclass(frozen=True, slots=True)
class Setting:
    """One kind of configuration."""

    name: str
    """In the store."""
    words: tuple[str, str, str]
    """The operations that put, get and delete it; empty where there is none."""
    payload: str
    """The attribute of the request that is the configuration."""
    output: type[Any]
    """What shows it."""
    missing: tuple[str, str] | None = None
    """Code and message where there is none; None: an empty configuration."""
    wrapped: bool = False
    """True when the output holds the configuration as a member, under the name of the payload."""
    check: Callable[[Any], Any] | None = None
    """Gives the configuration as it is kept. Raises ApiError for what cannot be one."""
    fits: Callable[[Any, Bucket, Directory], None] | None = None
    """Raises ApiError for what this bucket cannot have."""
    default: Any = None
    """What is shown where there is none."""


def _check_website(asked: shapes.WebsiteConfiguration) -> shapes.WebsiteConfiguration:
    if asked.index_document is None and asked.redirect_all_requests_to is None:
        raise malformed_xml()
    return asked


def _check_status(asked: shapes.AccelerateConfiguration) -> shapes.AccelerateConfiguration:
    if asked.status not in ("Enabled", "Suspended"):
        raise malformed_xml()
    return asked


def _check_payer(asked: shapes.RequestPaymentConfiguration) -> shapes.RequestPaymentConfiguration:
    if asked.payer not in ("BucketOwner", "Requester"):
        raise malformed_xml()
    return asked


def _check_logging(asked: shapes.BucketLoggingStatus, bucket: Bucket, directory: Directory) -> None:
    enabled = asked.logging_enabled
    if enabled is None:
        return
    format_ = enabled.target_object_key_format
    if format_ is not None:
        source = format_.partitioned_prefix.partition_date_source if format_.partitioned_prefix else None
        if source not in (None, "EventTime", "DeliveryTime"):
            raise malformed_xml()
    # INVARIANT: of another account's bucket one hears no more than of one that does not exist.
    target = directory.buckets.get(enabled.target_bucket)
    if target is None or target.account != bucket.account:
        raise invalid_log_target(enabled.target_bucket)
    if target.region != bucket.region:
        raise log_target_elsewhere(bucket.region, target.region)


SETTINGS = (
    Setting(
        "cors",
        ("PutBucketCors", "GetBucketCors", "DeleteBucketCors"),
        "cors_configuration",
        shapes.GetBucketCorsOutput,
        ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
        check=checked_cors,
    ),
    Setting(
        "lifecycle",
        ("PutBucketLifecycleConfiguration", "GetBucketLifecycleConfiguration", "DeleteBucketLifecycle"),
        "lifecycle_configuration",
        shapes.GetBucketLifecycleConfigurationOutput,
        ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
        check=checked_lifecycle,
    ),
    Setting(
        "replication",
        ("PutBucketReplication", "GetBucketReplication", "DeleteBucketReplication"),
        "replication_configuration",
        shapes.GetBucketReplicationOutput,
        ("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
        wrapped=True,
    ),
    Setting(
        "website",
        ("PutBucketWebsite", "GetBucketWebsite", "DeleteBucketWebsite"),
        "website_configuration",
        shapes.GetBucketWebsiteOutput,
        ("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
        check=_check_website,
    ),
    Setting(
        "notification",
        ("PutBucketNotificationConfiguration", "GetBucketNotificationConfiguration", ""),
        "notification_configuration",
        shapes.NotificationConfiguration,
        default=shapes.NotificationConfiguration(),
    ),
    Setting(
        "logging",
        ("PutBucketLogging", "GetBucketLogging", ""),
        "bucket_logging_status",
        shapes.GetBucketLoggingOutput,
        fits=_check_logging,
        default=shapes.GetBucketLoggingOutput(),
    ),
    Setting(
        "accelerate",
        ("PutBucketAccelerateConfiguration", "GetBucketAccelerateConfiguration", ""),
        "accelerate_configuration",
        shapes.GetBucketAccelerateConfigurationOutput,
        check=_check_status,
        default=shapes.GetBucketAccelerateConfigurationOutput(),
    ),
    Setting(
        "request-payment",
        ("PutBucketRequestPayment", "GetBucketRequestPayment", ""),
        "request_payment_configuration",
        shapes.GetBucketRequestPaymentOutput,
        check=_check_payer,
        default=shapes.GetBucketRequestPaymentOutput(payer="BucketOwner"),
    ),
)


def _declare(setting: Setting) -> None:
    def put(call: Call[Any], directory: Directory) -> None:
        bucket = bucket_of(call.request, directory, call.region)
        asked = getattr(call.request, setting.payload)
        if setting.check is not None:
            asked = setting.check(asked)
        if setting.fits is not None:
            setting.fits(asked, bucket, directory)
        kept = {setting.output.__struct_encode_fields__[0]: asked} if setting.wrapped else asked
        record = BucketSetting(bucket=bucket.name, name=setting.name, document=msgspec.json.encode(kept).decode())
        if directory.bucket_settings.get(bucket.name, setting.name) is None:
            directory.bucket_settings.add(record)
        else:
            directory.bucket_settings.replace(record)

    def get(call: Call[Any], directory: Directory) -> Any:
        bucket = bucket_of(call.request, directory, call.region)
        record = directory.bucket_settings.get(bucket.name, setting.name)
        if record is not None:
            return msgspec.json.decode(record.document, type=setting.output)
        if setting.missing is not None:
            raise no_such_setting(*setting.missing, bucket.name)
        return setting.default

    def delete(call: Call[Any], directory: Directory) -> Answer[None]:
        bucket = bucket_of(call.request, directory, call.region)
        record = directory.bucket_settings.get(bucket.name, setting.name)
        if record is not None:
            directory.bucket_settings.remove(record)
        return Answer(None, 204)

    for name, function, writes in zip(setting.words, (put, get, delete), (True, False, True), strict=True):
        if name:
            operation(f"s3:{name}", writes=writes, request=shapes.TYPES[f"{name}Request"])(function)


for _setting in SETTINGS:
    _declare(_setting)


def cors_rules(bucket: Bucket, directory: Directory) -> list[shapes.CORSRule]:
    """The CORS rules of a bucket."""
    record = directory.bucket_settings.get(bucket.name, "cors")
    if record is None:
        return []
    return list(msgspec.json.decode(record.document, type=shapes.CORSConfiguration).cors_rules)
