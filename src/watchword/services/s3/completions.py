"""Finishing a multipart upload: its parts become one object, as they lie.

    (1) the list: ascending, every part there with its ETag and checksum, all but the last of 5 MiB at least
    (2) the whole: ETag from the parts' MD5s, checksum from theirs; what the client says of it must be true, and of a
        composite checksum's parts it says each one's
    (3) the object takes the place of what has its key; parts that are not on the list go

A request that finished an upload may come again, with the same list, and gets the same answer.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import md5, sha256
from itertools import chain, pairwise
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from watchword.core.errors import ApiError
from watchword.core.ids import RandomBytes
from watchword.directory.bodies import Bodies
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.directory.uploads import Assembly, Piece, Upload, UploadPart
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3 import shapes
from watchword.services.s3.access_points import place_of
from watchword.services.s3.checksums import ALGORITHMS, checksum_view, combined, composite, stated_checksum
from watchword.services.s3.conditions import check_write
from watchword.services.s3.customer_keys import asked_key, completing_key, key_headers, refuse_blocked
from watchword.services.s3.drafts import encryption_view
from watchword.services.s3.faults import (
    entity_too_large,
    entity_too_small,
    invalid_part,
    invalid_part_order,
    invalid_request,
    malformed_xml,
    no_such_upload,
)
from watchword.services.s3.locks import default_retention
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.resources import object_arn
from watchword.services.s3.unbuilt import refuse_unbuilt
from watchword.services.s3.uploads import type_of
from watchword.services.s3.versions import put_version, shown_version

PART_BYTES_MIN = 5 * 1024**2
"""Of all parts but the last."""
PARTS_MAX = 10_000
WHOLE_BYTES_MAX = 50 * 1024**4

Request = shapes.CompleteMultipartUploadRequest


@operation("s3:CompleteMultipartUpload", writes=True)
def complete_multipart_upload(
    call: Call[Request], directory: Directory, objects: Bodies, random_bytes: RandomBytes
) -> Answer[shapes.CompleteMultipartUploadOutput]:
    """Make the object. Raises NoSuchBucket, NoSuchUpload, InvalidPart, InvalidPartOrder, EntityTooSmall, BadDigest."""
    asked = call.request
    refuse_unbuilt(asked)
    bucket = bucket_of(asked, directory, call.region)
    listed = _listed(asked)
    upload = directory.uploads.get(bucket.name, asked.key, asked.upload_id)
    if upload is None:
        return _answer(asked, _finished(asked, bucket, directory), bucket, directory)
    if upload.draft.customer_key:
        refuse_blocked(call, bucket, object_arn(bucket.name, asked.key))
    completing_key(asked_key(asked), upload.draft, is_needed=bool(upload.checksum_algorithm))
    if asked.if_match is not None or asked.if_none_match is not None:
        check_write(asked.if_match, asked.if_none_match, directory.objects.get(bucket.name, asked.key), asked.key)
    parts = _chosen(upload, listed, directory)
    whole = _whole(asked, upload, parts)
    _check_complete(upload, listed)
    whole = replace(whole, modified_at=call.now.replace(microsecond=0))
    if not whole.retention_mode:
        whole = replace(whole, **default_retention(bucket, call.now))
    stored = put_version(directory, objects, random_bytes, bucket, whole)
    _keep_parts(asked, upload, parts, directory, objects)
    return _answer(asked, stored, bucket, directory)


def _listed(asked: Request) -> Sequence[shapes.CompletedPart]:
    """Step (1), what the list alone tells. Raises MalformedXML, InvalidPartOrder."""
    listed = asked.multipart_upload.parts if asked.multipart_upload else None
    if not listed or len(listed) > PARTS_MAX or any(part.part_number is None for part in listed):
        raise malformed_xml()
    numbers = [part.part_number or 0 for part in listed]
    if any(before >= after for before, after in pairwise(numbers)):
        raise invalid_part_order(asked.upload_id)
    return listed


def _chosen(upload: Upload, listed: Sequence[shapes.CompletedPart], directory: Directory) -> list[UploadPart]:
    """Step (1), the parts themselves. Raises InvalidPart, EntityTooSmall, EntityTooLarge."""
    present = {part.number: part for part in directory.upload_parts.under(upload.id)}
    chosen: list[UploadPart] = []
    for each in listed:
        number, etag = each.part_number or 0, (each.e_tag or "").strip('"')
        part = present.get(number)
        if part is None or part.etag != etag or not _is_checksum_right(each, part):
            raise invalid_part(upload.id, number, etag)
        chosen.append(part)
    for part in chosen[:-1]:
        if part.size < PART_BYTES_MIN:
            raise entity_too_small(part.size, PART_BYTES_MIN, part.number, part.etag)
    size = sum(part.size for part in chosen)
    if size > WHOLE_BYTES_MAX:
        raise entity_too_large(size, WHOLE_BYTES_MAX)
    return chosen


def _is_checksum_right(listed: shapes.CompletedPart, part: UploadPart) -> bool:
    if not part.checksum:
        return True
    return stated_checksum(listed, part.checksum_algorithm) in (None, part.checksum)


def _whole(asked: Request, upload: Upload, parts: Sequence[UploadPart]) -> StoredObject:
    """Step (2). Raises InvalidRequest, BadDigest."""
    size = sum(part.size for part in parts)
    if asked.mpu_object_size not in (None, size):
        raise invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {asked.mpu_object_size} does not match what was "
            f"computed: {size}"
        )
    kind = type_of(upload)
    if asked.checksum_type is not None and asked.checksum_type != kind:
        raise invalid_request(
            f"The upload was created using the {kind or 'null'} checksum mode. The complete request must use the same "
            "checksum mode."
        )
    algorithm, checksum = upload.checksum_algorithm, ""
    if algorithm and upload.is_composite:
        checksum = composite(algorithm, [part.checksum for part in parts])
    elif algorithm:
        checksum = combined(algorithm, [(part.checksum, part.size) for part in parts])
    _check_stated(asked, algorithm, checksum)
    digest = md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False)
    return replace(
        upload.draft,
        blob=upload.id,
        size=size,
        etag=f"{digest.hexdigest()}-{len(parts)}",
        parts=len(parts),
        checksum_algorithm=algorithm,
        checksum=checksum,
    )


def _check_stated(asked: Request, algorithm: str, checksum: str) -> None:
    for name in ALGORITHMS:
        value = stated_checksum(asked, name)
        if value is None:
            continue
        if name != algorithm or value not in (checksum, checksum.partition("-")[0]):
            raise ApiError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def _check_complete(upload: Upload, listed: Sequence[shapes.CompletedPart]) -> None:
    """Raise InvalidRequest for a part without the checksum that the upload's consists of."""
    for each in listed if upload.is_composite else ():
        if stated_checksum(each, upload.checksum_algorithm) is None:
            name = upload.checksum_algorithm.lower()
            raise invalid_request(
                f"The upload was created using a {name} checksum. The complete request must include the checksum for "
                f"each part. It was missing for part {each.part_number} in the request."
            )


def _keep_parts(
    asked: Request, upload: Upload, parts: Sequence[UploadPart], directory: Directory, objects: Bodies
) -> None:
    """Step (3). The parts on the list stay where they are."""
    pieces = tuple(Piece(part.number, part.blob, part.size, part.checksum, part.seal) for part in parts)
    directory.assemblies.add(Assembly(upload=upload.id, pieces=pieces, digest=_digest(asked)))
    kept = {part.number for part in parts}
    for part in list(directory.upload_parts.under(upload.id)):
        if part.number not in kept:
            directory.upload_parts.remove(part)
            objects.release(part.blob, directory.transaction)
    directory.uploads.remove(upload)


def _digest(asked: Request) -> str:
    return sha256(msgspec.json.encode(asked.multipart_upload)).hexdigest()


def _finished(asked: Request, bucket: Bucket, directory: Directory) -> StoredObject:
    """The object that the same request made before. Raises NoSuchUpload."""
    found = chain(
        directory.objects.where("blob", asked.upload_id, limit=1),
        directory.versions.where("blob", asked.upload_id, limit=1),
    )
    stored = next((each for each in found if (each.bucket, each.key) == (bucket.name, asked.key)), None)
    assembly = directory.assemblies.get(asked.upload_id) if stored is not None else None
    if stored is None or assembly is None or assembly.digest != _digest(asked):
        raise no_such_upload(asked.upload_id)
    return stored


def _answer(
    asked: Request, stored: StoredObject, bucket: Bucket, directory: Directory
) -> Answer[shapes.CompleteMultipartUploadOutput]:
    # What came through an access point is found there again; the bucket behind it has its own element.
    point = place_of(asked.bucket, directory).point
    output = shapes.CompleteMultipartUploadOutput(
        # DIFFERS: 0013. AWS names the host as well, which an operation does not know.
        location=f"/{bucket.name if point is None else point.alias}/{quote(stored.key)}",
        bucket=bucket.name,
        key=stored.key,
        e_tag=f'"{stored.etag}"',
        server_side_encryption=encryption_view(stored),
        version_id=shown_version(stored, bucket) if bucket.versioning == "Enabled" else None,
        **checksum_view(stored.checksum_algorithm, stored.checksum),
    )
    return Answer(output, headers=key_headers(asked_key(asked)))
