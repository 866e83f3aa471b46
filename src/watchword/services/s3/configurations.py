"""Configurations of which a bucket has several, each with an id: inventory, analytics, metrics, intelligent tiering.

They are kept and shown, and nothing here runs them: one table of operations.
# DIFFERS: 0013. No inventory is written, nothing is analyzed, counted or moved between tiers.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html and its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from watchword.core.errors import ApiError
from watchword.directory.buckets import BucketSetting
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.continuation import open_cursor, seal_cursor
from watchword.services.s3.faults import malformed_xml
from watchword.services.s3.lookups import bucket_of

CONFIGURATIONS_MAX = 1000
"""Of one kind in one bucket."""
PAGE_MAX = 100
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
"""Which ids S3 takes it does not document; these are what its clients found."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of configuration."""

    name: str
    """In the names of its operations and shapes."""
    attribute: str
    """What requests and answers call one."""
    check: Callable[[Any], None]
    """Raises ApiError for what cannot be one."""
    mismatch: Callable[[], ApiError] = malformed_xml
    """The error when the document has another id than the request."""

    @property
    def prefix(self) -> str:
        """What the names of its records begin with."""
        return f"{self.name}/"

    def read(self, record: BucketSetting) -> Any:
        """A configuration as it was put."""
        return msgspec.json.decode(record.document, type=shapes.TYPES[f"{self.name}Configuration"])


def _id_mismatch() -> ApiError:
    return ApiError("IdMismatch", "Document ID does not match the specified configuration ID.")


def _check_inventory(asked: shapes.InventoryConfiguration) -> None:
    if asked.included_object_versions not in ("All", "Current") or asked.schedule.frequency not in ("Daily", "Weekly"):
        raise malformed_xml()
    destination = asked.destination.s3_bucket_destination
    if destination.format not in ("CSV", "ORC", "Parquet"):
        raise malformed_xml()
    if not destination.bucket.startswith("arn:aws:s3:::"):
        raise ApiError("InvalidS3DestinationBucket", "Invalid bucket ARN.")


def _check_tiering(asked: shapes.IntelligentTieringConfiguration) -> None:
    if asked.status not in ("Enabled", "Disabled") or not asked.tierings:
        raise malformed_xml()
    if any(each.access_tier not in ("ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS") for each in asked.tierings):
        raise malformed_xml()


def _check_nothing(asked: Any) -> None:
    """What the model demands is all."""


KINDS = (
    Kind("Inventory", "inventory_configuration", _check_inventory, _id_mismatch),
    Kind("Analytics", "analytics_configuration", _check_nothing),
    Kind("Metrics", "metrics_configuration", _check_nothing),
    Kind("IntelligentTiering", "intelligent_tiering_configuration", _check_tiering),
)


def _missing() -> ApiError:
    return ApiError("NoSuchConfiguration", "The specified configuration does not exist.", 404)


def _record(kind: Kind, call: Call[Any], directory: Directory) -> BucketSetting:
    bucket = bucket_of(call.request, directory, call.region)
    found = directory.bucket_settings.get(bucket.name, kind.prefix + call.request.id)
    if found is None:
        raise _missing()
    return found


def _put(kind: Kind, call: Call[Any], directory: Directory) -> None:
    asked = call.request
    bucket = bucket_of(asked, directory, call.region)
    configuration = getattr(asked, kind.attribute)
    if configuration.id != asked.id:
        raise kind.mismatch()
    if not _ID.match(asked.id):
        raise malformed_xml()
    kind.check(configuration)
    document = msgspec.json.encode(configuration).decode()
    record = BucketSetting(bucket=bucket.name, name=kind.prefix + asked.id, document=document)
    if directory.bucket_settings.get(bucket.name, record.name) is not None:
        directory.bucket_settings.replace(record)
        return
    held = directory.bucket_settings.under(bucket.name, beginning=kind.prefix)
    if sum(1 for _ in held) >= CONFIGURATIONS_MAX:
        message = f"You have attempted to create more than {CONFIGURATIONS_MAX} configurations of this kind."
        raise ApiError("TooManyConfigurations", message)
    directory.bucket_settings.add(record)


def _get(kind: Kind, call: Call[Any], directory: Directory) -> Any:
    output: Any = shapes.TYPES[f"GetBucket{kind.name}ConfigurationOutput"]
    return output(**{kind.attribute: kind.read(_record(kind, call, directory))})


def _delete(kind: Kind, call: Call[Any], directory: Directory) -> None:
    directory.bucket_settings.remove(_record(kind, call, directory))


def _list(kind: Kind, call: Call[Any], directory: Directory) -> Any:
    bucket = bucket_of(call.request, directory, call.region)
    token = call.request.continuation_token
    after = None if token is None else (bucket.name, kind.prefix + open_cursor(token))
    rows = directory.bucket_settings.under(bucket.name, beginning=kind.prefix, after=after, limit=PAGE_MAX + 1)
    found = list(islice(rows, PAGE_MAX + 1))
    more = len(found) > PAGE_MAX
    shown = found[:PAGE_MAX]
    output: Any = shapes.TYPES[f"ListBucket{kind.name}ConfigurationsOutput"]
    return output(
        is_truncated=more,
        continuation_token=token,
        next_continuation_token=seal_cursor(shown[-1].name.removeprefix(kind.prefix)) if more else None,
        **{f"{kind.attribute}_list": [kind.read(each) for each in shown]},
    )


def _declare(kind: Kind, name: str, function: Callable[[Kind, Call[Any], Directory], Any], *, writes: bool) -> None:
    def run(call: Call[Any], directory: Directory) -> Any:
        return function(kind, call, directory)

    operation(f"s3:{name}", writes=writes, request=shapes.TYPES[f"{name}Request"], pages_itself=function is _list)(run)


for _kind in KINDS:
    _declare(_kind, f"PutBucket{_kind.name}Configuration", _put, writes=True)
    _declare(_kind, f"GetBucket{_kind.name}Configuration", _get, writes=False)
    _declare(_kind, f"DeleteBucket{_kind.name}Configuration", _delete, writes=True)
    _declare(_kind, f"ListBucket{_kind.name}Configurations", _list, writes=False)
