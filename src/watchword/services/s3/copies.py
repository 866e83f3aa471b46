"""Copying S3 objects: CopyObject, and the source of copied parts.

The bytes are copied before the transaction, from one version of the source; a long body that is not in parts costs no
copying. The copy is whole, even of an object in parts: its ETag is the MD5 of all bytes, as at AWS.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import md5
from typing import NamedTuple

from watchword.core.ids import RandomBytes, is_account_id
from watchword.credentials.customer_keys import CustomerKey
from watchword.directory.bodies import NO_BODY, Bodies
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.access_points import bucket_named, place_of
from watchword.services.s3.assemblies import all_pieces
from watchword.services.s3.checksums import ALGORITHMS, UNKNOWN_ALGORITHM, checksum_view, sum_of
from watchword.services.s3.conditions import check_copy, check_write
from watchword.services.s3.copy_sources import read_source
from watchword.services.s3.customer_keys import (
    asked_key,
    fitting_key,
    kept_check,
    key_view,
    refuse_blocked,
    source_key,
)
from watchword.services.s3.drafts import check_draft, encryption_view, facts, kept_headers, kept_metadata
from watchword.services.s3.faults import (
    access_denied,
    invalid_argument,
    invalid_owner,
    invalid_request,
    no_such_version,
    operation_aborted,
)
from watchword.services.s3.lookups import bucket_of, missing_key, nothing_there
from watchword.services.s3.names import check_key
from watchword.services.s3.resources import object_arn
from watchword.services.s3.versions import put_version, shown_version, version_named
from watchword.services.s3.writes import OBJECT_BYTES_MAX, Staged, write_sealed
from watchword.signing.checksums import new_checksum

Request = shapes.CopyObjectRequest


class _Copied(NamedTuple):
    """Bytes, and the version that they were copied from."""

    staged: Staged
    source: StoredObject
    source_version: str | None


def source_of(
    asked: shapes.CopyObjectRequest | shapes.UploadPartCopyRequest, directory: Directory, now: datetime
) -> tuple[Bucket, StoredObject]:
    """The version that is to be copied. Raises NoSuchBucket, NoSuchKey, NoSuchVersion, PreconditionFailed."""
    source = read_source(asked.copy_source)
    place = place_of(source.bucket, directory)
    bucket = place.bucket
    if bucket is None:
        raise nothing_there(source.bucket, place)
    expected = asked.expected_source_bucket_owner
    if expected is not None and expected != bucket.account:
        raise access_denied() if is_account_id(expected) else invalid_owner(expected)
    if source.version is None:
        stored = directory.objects.get(bucket.name, source.key)
        if stored is None:
            raise missing_key(directory, bucket, source.key)
    else:
        stored = version_named(directory, bucket.name, source.key, source.version)
        if stored is None:
            raise no_such_version(source.key, source.version)
        if stored.is_delete_marker:
            raise invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by version id."
            )
    check_copy(asked, stored, now)
    return bucket, stored


def check_source(
    asked: shapes.CopyObjectRequest | shapes.UploadPartCopyRequest, copied: StoredObject, directory: Directory
) -> None:
    """Raise OperationAborted when the source is by now another than what was copied, as far as policies see it.

    INVARIANT: what was copied is what was decided on. The decision is of the snapshot before the bytes were read, or
    of this transaction; the bytes may be of a version in between.
    """
    source = read_source(asked.copy_source)
    bucket = bucket_named(source.bucket, directory)
    if bucket is None or source.version is None:
        now = None if bucket is None else directory.objects.get(bucket.name, source.key)
    else:
        now = version_named(directory, bucket.name, source.key, source.version)
    if now is None or (now.bucket, _judged(now)) != (copied.bucket, _judged(copied)):
        raise operation_aborted()


def _judged(stored: StoredObject) -> tuple[object, ...]:
    return stored.tags, stored.account, stored.grants, stored.is_delete_marker


def _copy_bytes(call: Call[Request], directory: Directory, objects: Bodies, random_bytes: RandomBytes) -> _Copied:
    """Check all that the request says, then copy the bytes. Raises what `source_of` and `check_draft` raise."""
    asked = call.request
    check_key(asked.key)
    check_draft(asked)
    _check_directives(asked)
    asked_key(asked)
    bucket, source = source_of(asked, directory, call.now)
    if source.size > OBJECT_BYTES_MAX:
        message = "The specified copy source is larger than the maximum allowable size for a copy source: "
        raise invalid_request(f"{message}{OBJECT_BYTES_MAX}")
    if bucket == bucket_named(asked.bucket, directory):
        _refuse_idle_copy(asked)
    return _Copied(_staged(asked, source, directory, objects, random_bytes), source, shown_version(source, bucket))


def _check_directives(asked: Request) -> None:
    if asked.metadata_directive not in (None, "COPY", "REPLACE"):
        raise invalid_argument("Unknown metadata directive.", "x-amz-metadata-directive", asked.metadata_directive)
    if asked.tagging_directive not in (None, "COPY", "REPLACE"):
        raise invalid_argument("Unknown tagging directive.", "x-amz-tagging-directive", asked.tagging_directive)
    if asked.checksum_algorithm is not None and asked.checksum_algorithm.upper() not in ALGORITHMS:
        raise invalid_request(UNKNOWN_ALGORITHM)


def _refuse_idle_copy(asked: Request) -> None:
    source = read_source(asked.copy_source)
    if (source.key, source.version) != (asked.key, None):
        return
    changes = (
        asked.storage_class,
        asked.website_redirect_location,
        asked.server_side_encryption,
        asked.sse_customer_algorithm,
        asked.copy_source_sse_customer_algorithm,
        asked.checksum_algorithm,
    )
    if asked.metadata_directive != "REPLACE" and asked.tagging_directive != "REPLACE" and not any(changes):
        raise invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )


def _staged(
    asked: Request, source: StoredObject, directory: Directory, objects: Bodies, random_bytes: RandomBytes
) -> Staged:
    opening, sealing = fitting_key(source_key(asked), source), asked_key(asked)
    algorithm = (asked.checksum_algorithm or source.checksum_algorithm).upper()
    is_known = not algorithm or (algorithm == source.checksum_algorithm and not source.parts)
    if is_known and not source.parts and opening is sealing is None:
        body = objects.clone(source.blob, directory.transaction) if source.size else NO_BODY
        return Staged(body, source.size, source.etag, algorithm, source.checksum if algorithm else "")
    pieces = objects.read(all_pieces(source, directory, opening), directory.transaction)
    return rewritten(pieces, source.size, algorithm, objects, sealing, random_bytes)


def rewritten(
    pieces: Iterable[bytes],
    size: int,
    algorithm: str,
    objects: Bodies,
    key: CustomerKey | None,
    random_bytes: RandomBytes,
) -> Staged:
    """Keep bytes anew, summed on the way, and sealed if there is a key."""
    etag = md5(usedforsecurity=False)
    checksum = new_checksum(algorithm.lower()) if algorithm else None

    def passing() -> Iterator[bytes]:
        for data in pieces:
            etag.update(data)
            if checksum is not None:
                checksum.update(data)
            yield data

    seal = ""
    if not size:
        body, kept_etag = NO_BODY, etag.hexdigest()
    elif key is None:
        body = objects.write(passing(), size)
        kept_etag = etag.hexdigest()
    else:
        body, kept_etag, seal = write_sealed(passing(), size, objects, key, random_bytes)
    return Staged(body, size, kept_etag, algorithm, sum_of(checksum) if checksum is not None else "", key, seal)


def _drop_copy(prepared: _Copied, objects: Bodies) -> None:
    objects.drop(prepared.staged.body)


@operation("s3:CopyObject", writes=True, prepare=_copy_bytes, discard=_drop_copy)
def copy_object(
    call: Call[Request], directory: Directory, objects: Bodies, random_bytes: RandomBytes, prepared: _Copied
) -> shapes.CopyObjectOutput:
    """Put a copy in place of what has its key, or before it.

    Raises NoSuchBucket, PreconditionFailed, OperationAborted.
    """
    asked, staged, source = call.request, prepared.staged, prepared.source
    check_source(asked, source, directory)
    bucket = bucket_of(asked, directory, call.region)
    if asked.if_match is not None or asked.if_none_match is not None:
        check_write(asked.if_match, asked.if_none_match, directory.objects.get(bucket.name, asked.key), asked.key)
    replaces = asked.metadata_directive == "REPLACE"
    decided = facts(asked, bucket, directory, call.account, call.now)
    if asked.tagging_directive != "REPLACE":
        decided["tags"] = source.tags
    if staged.key is not None:
        refuse_blocked(call, bucket, object_arn(bucket.name, asked.key))
    stored = StoredObject(
        bucket=bucket.name,
        key=asked.key,
        blob=objects.keep(staged.body, directory.transaction),
        size=staged.size,
        etag=staged.etag,
        modified_at=call.now.replace(microsecond=0),
        headers=kept_headers(asked) if replaces else source.headers,
        metadata=kept_metadata(asked.metadata) if replaces else source.metadata,
        checksum_algorithm=staged.checksum_algorithm,
        checksum=staged.checksum,
        customer_key=kept_check(staged.key, random_bytes),
        seal=staged.seal,
        **decided,
    )
    stored = put_version(directory, objects, random_bytes, bucket, stored)
    result = shapes.CopyObjectResult(
        e_tag=f'"{stored.etag}"',
        last_modified=stored.modified_at,
        **checksum_view(stored.checksum_algorithm, stored.checksum),
    )
    return shapes.CopyObjectOutput(
        copy_object_result=result,
        copy_source_version_id=prepared.source_version,
        version_id=shown_version(stored, bucket) if bucket.versioning == "Enabled" else None,
        server_side_encryption=encryption_view(stored),
        **key_view(staged.key),
    )
