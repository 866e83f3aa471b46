"""Writing S3 objects: PutObject.

A long body is on disk before the transaction begins; a short one is put there by the transaction itself, with the
record. The bytes of the object that it replaces go with its record.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import md5
from typing import NamedTuple

from watchword.core.http import Spooled
from watchword.core.ids import RandomBytes
from watchword.credentials.customer_keys import SALT_BYTES, CustomerKey, sealed_size
from watchword.directory.bodies import NO_BODY, SHORT_BYTES_MAX, Bodies, NewBody
from watchword.directory.buckets import StoredObject
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.checksums import checksum_view, kept_checksum
from watchword.services.s3.conditions import check_write
from watchword.services.s3.customer_keys import asked_key, kept_check, key_view, refuse_blocked
from watchword.services.s3.drafts import check_draft, encryption_view, facts, kept_headers, kept_metadata
from watchword.services.s3.faults import entity_too_large
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.names import check_key
from watchword.services.s3.resources import object_arn
from watchword.services.s3.versions import put_version, shown_version

OBJECT_BYTES_MAX = 5 * 1024**3
"""One PUT's most."""
_EMPTY = Spooled(data=b"", path=None, size=0, checksums={"md5": md5(b"", usedforsecurity=False).hexdigest()})


class Staged(NamedTuple):
    """A body that was verified and belongs to no object yet."""

    body: NewBody
    size: int
    etag: str
    checksum_algorithm: str
    checksum: str
    key: CustomerKey | None = None
    """What it is sealed under."""
    seal: str = ""
    """The salt that it is sealed with, in hex."""


def staged_body(body: Spooled | None, objects: Bodies, key: CustomerKey | None, random_bytes: RandomBytes) -> Staged:
    """Keep a body, sealed if there is a key. Raises EntityTooLarge."""
    body = body or _EMPTY
    if body.size > OBJECT_BYTES_MAX:
        raise entity_too_large(body.size, OBJECT_BYTES_MAX)
    algorithm, checksum = kept_checksum(body.stated)
    if not body.size:
        return Staged(NO_BODY, 0, body.checksums["md5"], algorithm, checksum, key)
    if key is None:
        return Staged(objects.stage(body), body.size, body.checksums["md5"], algorithm, checksum)
    kept, etag, seal = write_sealed(objects.spooled(body), body.size, objects, key, random_bytes)
    return Staged(kept, body.size, etag, algorithm, checksum, key, seal)


def write_sealed(
    pieces: Iterable[bytes], size: int, objects: Bodies, key: CustomerKey, random_bytes: RandomBytes
) -> tuple[NewBody, str, str]:
    """Keep `size` bytes sealed under a key. Gives the body, the MD5 of what is kept, and the salt in hex."""
    digest = md5(usedforsecurity=False)
    salt = random_bytes(SALT_BYTES)

    def summed() -> Iterator[bytes]:
        for sealed in key.seal(pieces, salt):
            digest.update(sealed)
            yield sealed

    return objects.write(summed(), sealed_size(size)), digest.hexdigest(), salt.hex()


def stage_body(call: Call[shapes.PutObjectRequest], objects: Bodies, random_bytes: RandomBytes) -> Staged:
    """Check all that does not need the directory, then keep the body.

    Raises KeyTooLongError, EntityTooLarge, and what `check_draft` and `asked_key` raise.
    """
    asked = call.request
    check_key(asked.key)
    check_draft(asked)
    return staged_body(call.body, objects, asked_key(asked), random_bytes)


def drop_body(prepared: Staged, objects: Bodies) -> None:
    """Take back a body that became no object."""
    objects.drop(prepared.body)


def _is_short(call: Call[shapes.PutObjectRequest]) -> bool:
    """True when a body is only held, sealed or not, for the transaction to keep it."""
    if call.body is None:
        return True
    is_sealed = call.request.sse_customer_algorithm is not None
    return (sealed_size(call.body.size) if is_sealed else call.body.size) <= SHORT_BYTES_MAX


@operation("s3:PutObject", writes=True, prepare=stage_body, discard=drop_body, prepares_briefly=_is_short)
def put_object(
    call: Call[shapes.PutObjectRequest],
    directory: Directory,
    objects: Bodies,
    random_bytes: RandomBytes,
    prepared: Staged,
) -> shapes.PutObjectOutput:
    """Put an object in place of what has its key, or before it. Raises NoSuchBucket, PreconditionFailed, NoSuchKey."""
    asked = call.request
    bucket = bucket_of(asked, directory, call.region)
    if asked.if_match is not None or asked.if_none_match is not None:
        existing = directory.objects.get(bucket.name, asked.key)
        check_write(asked.if_match, asked.if_none_match, existing, asked.key)
    key = prepared.key
    if key is not None:
        refuse_blocked(call, bucket, object_arn(bucket.name, asked.key))
    stored = StoredObject(
        bucket=bucket.name,
        key=asked.key,
        blob=objects.keep(prepared.body, directory.transaction),
        size=prepared.size,
        etag=prepared.etag,
        modified_at=call.now.replace(microsecond=0),
        headers=kept_headers(asked),
        metadata=kept_metadata(asked.metadata),
        checksum_algorithm=prepared.checksum_algorithm,
        checksum=prepared.checksum,
        customer_key=kept_check(key, random_bytes),
        seal=prepared.seal,
        **facts(asked, bucket, directory, call.account, call.now),
    )
    stored = put_version(directory, objects, random_bytes, bucket, stored)
    return shapes.PutObjectOutput(
        e_tag=f'"{stored.etag}"',
        version_id=shown_version(stored, bucket) if bucket.versioning == "Enabled" else None,
        server_side_encryption=encryption_view(stored),
        **key_view(key),
        **checksum_view(stored.checksum_algorithm, stored.checksum),
    )
