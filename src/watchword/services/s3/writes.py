"""Writing S3 objects: PutObject.

The body is on disk before the transaction begins; the transaction only puts the record in place. The bytes of the
object that it replaces go away after the commit.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import md5
from typing import NamedTuple

from watchword.core.http import Spooled
from watchword.directory.buckets import StoredObject
from watchword.directory.directory import Directory
from watchword.directory.objects import ObjectStore
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.checksums import checksum_view, kept_checksum
from watchword.services.s3.conditions import check_write
from watchword.services.s3.faults import (
    acl_not_supported,
    entity_too_large,
    invalid_argument,
    invalid_storage_class,
    metadata_too_large,
    not_implemented,
)
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.names import check_key
from watchword.services.s3.unbuilt import refuse_unbuilt

OBJECT_BYTES_MAX = 5 * 1024**3
"""One PUT's most."""
METADATA_BYTES_MAX = 2048
# DIFFERS: 0005. AWS refuses `private` too in buckets without ACLs; here it says what is so in any case.
_ACLS = frozenset({None, "private", "bucket-owner-full-control"})
_STORAGE_CLASSES = frozenset(
    "REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE OUTPOSTS GLACIER_IR SNOW "
    "EXPRESS_ONEZONE FSX_OPENZFS FSX_ONTAP".split()
)
"""What exists at AWS beside STANDARD."""
_EMPTY = Spooled(data=b"", path=None, size=0, checksums={"md5": md5(b"", usedforsecurity=False).hexdigest()})
_KEPT_HEADERS = (
    ("cache-control", "cache_control"),
    ("content-disposition", "content_disposition"),
    ("content-encoding", "content_encoding"),
    ("content-language", "content_language"),
    ("content-type", "content_type"),
    ("expires", "expires"),
)


class Staged(NamedTuple):
    """A body that is safe on disk and belongs to no object yet."""

    blob: str
    size: int
    etag: str
    checksum_algorithm: str
    checksum: str


def stage_body(call: Call[shapes.PutObjectRequest], objects: ObjectStore) -> Staged:
    """Check all that does not need the directory, then keep the body.

    Raises KeyTooLongError, EntityTooLarge, MetadataTooLarge, InvalidStorageClass, AccessControlListNotSupported,
    NotImplemented.
    """
    asked = call.request
    check_key(asked.key)
    _refuse_settings(asked)
    _check_metadata(asked.metadata or {})
    body = call.body or _EMPTY
    if body.size > OBJECT_BYTES_MAX:
        raise entity_too_large(body.size, OBJECT_BYTES_MAX)
    algorithm, checksum = kept_checksum(body.stated)
    blob = objects.stage(body) if body.size else ""
    return Staged(blob, body.size, body.checksums["md5"], algorithm, checksum)


def drop_body(prepared: Staged, objects: ObjectStore) -> None:
    """Take back a body that became no object."""
    if prepared.blob:
        objects.discard(prepared.blob)


@operation("s3:PutObject", writes=True, prepare=stage_body, discard=drop_body)
def put_object(
    call: Call[shapes.PutObjectRequest], directory: Directory, objects: ObjectStore, prepared: Staged
) -> shapes.PutObjectOutput:
    """Put an object in place of what has its key. Raises NoSuchBucket, PreconditionFailed, NoSuchKey."""
    asked = call.request
    bucket = bucket_of(asked, directory, call.region)
    existing = directory.objects.get(bucket.name, asked.key)
    check_write(asked.if_match, asked.if_none_match, existing, asked.key)
    stored = StoredObject(
        bucket=bucket.name,
        key=asked.key,
        blob=prepared.blob,
        size=prepared.size,
        etag=prepared.etag,
        modified_at=call.now.replace(microsecond=0),
        headers=_kept_headers(asked),
        metadata=tuple((name.lower(), value) for name, value in (asked.metadata or {}).items()),
        checksum_algorithm=prepared.checksum_algorithm,
        checksum=prepared.checksum,
    )
    if existing is None:
        directory.objects.add(stored)
    else:
        directory.objects.replace(stored)
        if existing.blob:
            directory.transaction.after_commit(partial(objects.discard, existing.blob))
    return shapes.PutObjectOutput(e_tag=f'"{stored.etag}"', **checksum_view(stored.checksum_algorithm, stored.checksum))


def _refuse_settings(asked: shapes.PutObjectRequest) -> None:
    grants = (asked.grant_full_control, asked.grant_read, asked.grant_read_acp, asked.grant_write_acp)
    if asked.acl not in _ACLS or any(grants):
        raise acl_not_supported()
    if asked.storage_class not in (None, "STANDARD"):
        if asked.storage_class in _STORAGE_CLASSES:
            raise not_implemented("x-amz-storage-class")
        raise invalid_storage_class(asked.storage_class)
    refuse_unbuilt(asked)


def _check_metadata(metadata: Mapping[str, str]) -> None:
    size = sum(len(name.encode()) + len(value.encode("utf-8", "surrogateescape")) for name, value in metadata.items())
    if size > METADATA_BYTES_MAX:
        raise metadata_too_large(size, METADATA_BYTES_MAX)
    for name, value in metadata.items():
        _check_value(f"x-amz-meta-{name}", value)


def _kept_headers(asked: shapes.PutObjectRequest) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for name, attribute in _KEPT_HEADERS:
        value = getattr(asked, attribute)
        if value is not None and name == "content-encoding":
            value = ",".join(each for each in value.split(",") if each.strip().lower() != "aws-chunked").strip() or None
        if value is not None:
            _check_value(name, value)
            found.append((name, value))
    return tuple(found)


def _check_value(name: str, value: str) -> None:
    # INVARIANT: nothing that a request says can begin a header line of its own.
    if any((character < " " and character != "\t") or character == "\x7f" for character in value):
        raise invalid_argument("Header value cannot be represented", name, value)
