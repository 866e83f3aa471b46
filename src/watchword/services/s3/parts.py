"""The parts of a multipart upload: put one, copy one from an object, list them.

A part may be put again until the upload is finished; the last one counts. What is copied is read once, for its sums.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html, API_UploadPartCopy.html, API_ListParts.html
"""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from watchword.core.ids import RandomBytes
from watchword.credentials.customer_keys import CustomerKey
from watchword.directory.bodies import Bodies
from watchword.directory.buckets import StoredObject
from watchword.directory.directory import Directory
from watchword.directory.objects import BlobRange
from watchword.directory.uploads import Upload, UploadPart
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.assemblies import all_pieces, pieces_of
from watchword.services.s3.checksums import part_checksum_view, sum_of
from watchword.services.s3.copies import check_source, rewritten, source_of
from watchword.services.s3.customer_keys import (
    asked_key,
    fitting_key,
    key_view,
    opener_of,
    part_key,
    refuse_blocked,
    source_key,
)
from watchword.services.s3.drafts import encryption_view
from watchword.services.s3.faults import bad_checksum_type, entity_too_large, invalid_argument
from watchword.services.s3.lists import limited
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.names import check_key
from watchword.services.s3.owners import Owners
from watchword.services.s3.resources import object_arn
from watchword.services.s3.unbuilt import refuse_unbuilt
from watchword.services.s3.uploads import check_number, initiator_view, type_of, upload_of
from watchword.services.s3.versions import shown_version
from watchword.services.s3.writes import OBJECT_BYTES_MAX, Staged, drop_body, staged_body
from watchword.signing.checksums import new_checksum

PARTS_MAX = 1000
"""Of one page."""
_COPY_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})\Z")


def _stage_part(
    call: Call[shapes.UploadPartRequest], directory: Directory, objects: Bodies, random_bytes: RandomBytes
) -> Staged:
    """Check the request against its upload, then keep the body, with the checksum that the upload wants.

    Raises NoSuchBucket, NoSuchUpload, InvalidArgument, InvalidRequest, EntityTooLarge.
    """
    asked = call.request
    refuse_unbuilt(asked)
    check_key(asked.key)
    check_number(asked.part_number)
    bucket = bucket_of(asked, directory, call.region)
    upload = upload_of(bucket, asked.key, asked.upload_id, directory)
    key = part_key(asked_key(asked), upload.draft)
    if key is not None:
        refuse_blocked(call, bucket, object_arn(bucket.name, asked.key))
    stated = call.body.stated[0].upper() if call.body is not None and call.body.stated is not None else ""
    wanted = upload.checksum_algorithm
    if wanted and stated != wanted and (stated or upload.is_composite):
        raise bad_checksum_type(wanted.lower(), stated.lower() or "null")
    staged = staged_body(call.body, objects.apart, key, random_bytes)
    if not wanted or stated:
        return staged
    digest = new_checksum(wanted.lower())
    if staged.size:
        whole = BlobRange(staged.body.blob, 0, staged.size, opener_of(key, staged.seal))
        for data in objects.read([whole], directory.transaction):
            digest.update(data)
    return staged._replace(checksum_algorithm=wanted, checksum=sum_of(digest))


@operation("s3:UploadPart", writes=True, prepare=_stage_part, discard=drop_body)
def upload_part(
    call: Call[shapes.UploadPartRequest], directory: Directory, objects: Bodies, prepared: Staged
) -> shapes.UploadPartOutput:
    """Put a part, or put it again. Raises NoSuchBucket, NoSuchUpload."""
    asked = call.request
    bucket = bucket_of(asked, directory, call.region)
    upload = upload_of(bucket, asked.key, asked.upload_id, directory)
    part = _put_part(call, upload, asked.part_number, prepared, directory, objects)
    return shapes.UploadPartOutput(
        e_tag=f'"{part.etag}"',
        server_side_encryption=encryption_view(upload.draft),
        **part_checksum_view(part.checksum_algorithm, part.checksum),
        **key_view(prepared.key),
    )


def _put_part(
    call: Call[shapes.UploadPartRequest] | Call[shapes.UploadPartCopyRequest],
    upload: Upload,
    number: int,
    staged: Staged,
    directory: Directory,
    objects: Bodies,
) -> UploadPart:
    part = UploadPart(
        upload=upload.id,
        number=number,
        blob=staged.body.blob,
        size=staged.size,
        etag=staged.etag,
        modified_at=call.now.replace(microsecond=0),
        checksum_algorithm=staged.checksum_algorithm,
        checksum=staged.checksum,
        is_sealed=bool(staged.size) and staged.key is not None,
        seal=staged.seal,
    )
    old = directory.upload_parts.get(upload.id, f"{number:05d}")
    if old is None:
        directory.upload_parts.add(part)
    else:
        directory.upload_parts.replace(part)
        objects.release(old.blob, directory.transaction)
    return part


class _CopiedPart(NamedTuple):
    staged: Staged
    source: StoredObject
    source_version: str | None


def _stage_copy(
    call: Call[shapes.UploadPartCopyRequest], directory: Directory, objects: Bodies, random_bytes: RandomBytes
) -> _CopiedPart:
    """Copy the bytes, summing them on the way. Raises what GetObject raises, and NoSuchUpload, InvalidArgument."""
    asked = call.request
    refuse_unbuilt(asked)
    check_key(asked.key)
    check_number(asked.part_number)
    own = bucket_of(asked, directory, call.region)
    upload = upload_of(own, asked.key, asked.upload_id, directory)
    key = part_key(asked_key(asked), upload.draft)
    if key is not None:
        refuse_blocked(call, own, object_arn(own.name, asked.key))
    bucket, stored = source_of(asked, directory, call.now)
    pieces = _asked_pieces(asked.copy_source_range, stored, directory, fitting_key(source_key(asked), stored))
    size = sum(each.length for each in pieces)
    if size > OBJECT_BYTES_MAX:
        raise entity_too_large(size, OBJECT_BYTES_MAX)
    read = objects.read(pieces, directory.transaction)
    staged = rewritten(read, size, upload.checksum_algorithm, objects.apart, key, random_bytes)
    return _CopiedPart(staged, stored, shown_version(stored, bucket))


def _drop_copy(prepared: _CopiedPart, objects: Bodies) -> None:
    drop_body(prepared.staged, objects)


def _asked_pieces(
    asked: str | None, stored: StoredObject, directory: Directory, key: CustomerKey | None
) -> list[BlobRange]:
    if asked is None:
        return all_pieces(stored, directory, key)
    match = _COPY_RANGE.match(asked)
    first, last = (int(match[1]), int(match[2])) if match else (1, 0)
    if match is None or last < first:
        message = (
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy"
        )
        raise invalid_argument(message, "x-amz-copy-source-range", asked)
    if last >= stored.size:
        message = f"Range specified is not valid for source object of size: {stored.size}"
        raise invalid_argument(message, "x-amz-copy-source-range", asked)
    if stored.parts:
        return pieces_of(stored, directory, first, last - first + 1, key)
    return [BlobRange(stored.blob, first, last - first + 1, opener_of(key, stored.seal))]


@operation("s3:UploadPartCopy", writes=True, prepare=_stage_copy, discard=_drop_copy)
def upload_part_copy(
    call: Call[shapes.UploadPartCopyRequest], directory: Directory, objects: Bodies, prepared: _CopiedPart
) -> shapes.UploadPartCopyOutput:
    """Put a part that was copied from an object. Raises NoSuchBucket, NoSuchUpload, OperationAborted."""
    asked = call.request
    check_source(asked, prepared.source, directory)
    bucket = bucket_of(asked, directory, call.region)
    upload = upload_of(bucket, asked.key, asked.upload_id, directory)
    part = _put_part(call, upload, asked.part_number, prepared.staged, directory, objects)
    result = shapes.CopyPartResult(
        e_tag=f'"{part.etag}"',
        last_modified=part.modified_at,
        **part_checksum_view(part.checksum_algorithm, part.checksum),
    )
    return shapes.UploadPartCopyOutput(
        copy_part_result=result,
        server_side_encryption=encryption_view(upload.draft),
        copy_source_version_id=prepared.source_version,
        **key_view(prepared.staged.key),
    )


@operation("s3:ListParts", pages_itself=True)
def list_parts(call: Call[shapes.ListPartsRequest], directory: Directory) -> shapes.ListPartsOutput:
    """List the parts of an upload by number. Raises NoSuchBucket, NoSuchUpload, InvalidArgument."""
    asked = call.request
    bucket = bucket_of(asked, directory, call.region)
    upload = upload_of(bucket, asked.key, asked.upload_id, directory)
    limit = min(limited(asked.max_parts, "max-parts"), PARTS_MAX)
    marker = limited(asked.part_number_marker, "part-number-marker") if asked.part_number_marker else 0
    rows = directory.upload_parts.under(upload.id, after=(upload.id, f"{marker:05d}"), limit=limit + 1)
    parts = list(islice(rows, limit + 1))
    is_truncated = len(parts) > limit
    shown, owners = parts[:limit], Owners(directory)
    return shapes.ListPartsOutput(
        bucket=bucket.name,
        key=upload.key,
        upload_id=upload.id,
        part_number_marker=marker,
        next_part_number_marker=shown[-1].number if shown else 0,
        max_parts=limit,
        is_truncated=is_truncated,
        parts=[_part_view(part, upload) for part in shown],
        initiator=initiator_view(upload, owners),
        owner=owners[upload.draft.account or bucket.account],
        storage_class=upload.draft.storage_class or "STANDARD",
        checksum_algorithm=upload.checksum_algorithm or None,
        checksum_type=type_of(upload),
    )


def _part_view(part: UploadPart, upload: Upload) -> shapes.Part:
    checksum = part_checksum_view(part.checksum_algorithm, part.checksum) if upload.checksum_algorithm else {}
    return shapes.Part(
        part_number=part.number, last_modified=part.modified_at, e_tag=f'"{part.etag}"', size=part.size, **checksum
    )
