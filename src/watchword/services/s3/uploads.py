"""Multipart uploads: begin, list, abort. `parts` takes what is uploaded, `completions` makes the object.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator

from watchword.core.ids import RandomBytes
from watchword.directory.bodies import Bodies
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.directory.uploads import Upload
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.checksums import ALGORITHMS, UNKNOWN_ALGORITHM
from watchword.services.s3.crc_combination import POLYNOMIALS
from watchword.services.s3.customer_keys import asked_key, kept_check, key_view, refuse_blocked
from watchword.services.s3.drafts import check_draft, encryption_view, facts, kept_headers, kept_metadata
from watchword.services.s3.faults import invalid_argument, invalid_request, no_such_upload
from watchword.services.s3.lists import Encode, encoder, limited, prefix_views
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.names import check_key
from watchword.services.s3.owners import Owners
from watchword.services.s3.resources import object_arn
from watchword.services.s3.rolling import LAST, rolled_page


@operation("s3:CreateMultipartUpload", writes=True)
def create_multipart_upload(
    call: Call[shapes.CreateMultipartUploadRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreateMultipartUploadOutput:
    """Begin an upload in parts. Raises NoSuchBucket, InvalidRequest, and what an object's writer may get wrong."""
    asked = call.request
    check_key(asked.key)
    check_draft(asked)
    key = asked_key(asked)
    bucket = bucket_of(asked, directory, call.region)
    if key is not None:
        refuse_blocked(call, bucket, object_arn(bucket.name, asked.key))
    algorithm, is_composite = _checksum_asked(asked)
    draft = StoredObject(
        bucket=bucket.name,
        key=asked.key,
        blob="",
        size=0,
        etag="",
        modified_at=call.now.replace(microsecond=0),
        headers=kept_headers(asked),
        metadata=kept_metadata(asked.metadata),
        customer_key=kept_check(key, random_bytes),
        **facts(asked, bucket, directory, call.account, call.now, is_begun=True),
    )
    upload = Upload(
        bucket=bucket.name,
        key=asked.key,
        id=f"{int(call.now.timestamp() * 1_000_000):014x}{random_bytes(20).hex()}",
        account=call.account,
        initiator_arn=call.caller.principal.arn,
        initiated_at=call.now,
        draft=draft,
        checksum_algorithm=algorithm,
        is_composite=is_composite,
    )
    directory.uploads.add(upload)
    return shapes.CreateMultipartUploadOutput(
        bucket=bucket.name,
        key=asked.key,
        upload_id=upload.id,
        server_side_encryption=encryption_view(draft),
        checksum_algorithm=algorithm or None,
        checksum_type=type_of(upload),
        **key_view(key),
    )


def type_of(upload: Upload) -> str | None:
    """How an upload's checksum covers the object, as answers say it."""
    if not upload.checksum_algorithm:
        return None
    return "COMPOSITE" if upload.is_composite else "FULL_OBJECT"


def _checksum_asked(asked: shapes.CreateMultipartUploadRequest) -> tuple[str, bool]:
    """The algorithm of the upload, and whether its checksum is composite. Raises InvalidRequest."""
    algorithm, kind = (asked.checksum_algorithm or "").upper(), asked.checksum_type
    if not algorithm:
        if kind is not None:
            raise invalid_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )
        return "", False
    if algorithm not in ALGORITHMS:
        raise invalid_request(UNKNOWN_ALGORITHM)
    if kind not in (None, "COMPOSITE", "FULL_OBJECT"):
        raise invalid_request("Value for x-amz-checksum-type header is invalid.")
    is_composite = algorithm != "CRC64NVME" if kind is None else kind == "COMPOSITE"
    if (algorithm == "CRC64NVME") if is_composite else (algorithm not in POLYNOMIALS):
        name = "COMPOSITE" if is_composite else "FULL_OBJECT"
        raise invalid_request(
            f"The {name} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        )
    return algorithm, is_composite


def upload_of(bucket: Bucket, key: str, upload_id: str, directory: Directory) -> Upload:
    """The upload of a request. Raises NoSuchUpload."""
    upload = directory.uploads.get(bucket.name, key, upload_id)
    if upload is None:
        raise no_such_upload(upload_id)
    return upload


@operation("s3:AbortMultipartUpload", writes=True)
def abort_multipart_upload(
    call: Call[shapes.AbortMultipartUploadRequest], directory: Directory, objects: Bodies
) -> None:
    """End an upload and let its parts go. Raises NoSuchBucket, NoSuchUpload."""
    asked = call.request
    bucket = bucket_of(asked, directory, call.region)
    remove_upload(upload_of(bucket, asked.key, asked.upload_id, directory), directory, objects)


def remove_upload(upload: Upload, directory: Directory, objects: Bodies) -> None:
    """Remove an upload with its parts."""
    directory.uploads.remove(upload)
    for part in list(directory.upload_parts.under(upload.id)):
        directory.upload_parts.remove(part)
        objects.release(part.blob, directory.transaction)


@operation("s3:ListMultipartUploads", pages_itself=True)
def list_multipart_uploads(
    call: Call[shapes.ListMultipartUploadsRequest], directory: Directory
) -> shapes.ListMultipartUploadsOutput:
    """List the uploads that go on, by key and then by time. Raises NoSuchBucket, InvalidArgument."""
    asked = call.request
    bucket = bucket_of(asked, directory, call.region)
    encode = encoder(asked.encoding_type)
    limit = limited(asked.max_uploads, "max-uploads")
    prefix = asked.prefix or ""

    def rows_after(key: str, upload: str) -> Iterator[Upload]:
        return directory.uploads.under(bucket.name, beginning=prefix, after=(bucket.name, key, upload) if key else None)

    page = rolled_page(
        rows_after,
        prefix=prefix,
        delimiter=asked.delimiter or "",
        after=(asked.key_marker or "", asked.upload_id_marker or LAST),
        limit=limit,
    )
    last, owners = page.rows[-1] if page.rows else None, Owners(directory)
    return shapes.ListMultipartUploadsOutput(
        bucket=bucket.name,
        key_marker=encode(asked.key_marker or ""),
        upload_id_marker=asked.upload_id_marker or "",
        next_key_marker=encode(page.last_prefix or (last.key if last else "")) if page.is_truncated else None,
        next_upload_id_marker=last.id if page.is_truncated and last and not page.last_prefix else None,
        prefix=encode(prefix) if asked.prefix is not None else None,
        delimiter=encode(asked.delimiter) if asked.delimiter else None,
        max_uploads=limit,
        is_truncated=page.is_truncated,
        uploads=[_upload_view(upload, bucket, encode, owners) for upload in page.rows],
        common_prefixes=prefix_views(page.prefixes, encode),
        encoding_type=asked.encoding_type,
    )


def _upload_view(upload: Upload, bucket: Bucket, encode: Encode, owners: Owners) -> shapes.MultipartUpload:
    return shapes.MultipartUpload(
        upload_id=upload.id,
        key=encode(upload.key),
        initiated=upload.initiated_at,
        storage_class=upload.draft.storage_class or "STANDARD",
        owner=owners[upload.draft.account or bucket.account],
        initiator=initiator_view(upload, owners),
        checksum_algorithm=upload.checksum_algorithm or None,
        checksum_type=type_of(upload),
    )


def initiator_view(upload: Upload, owners: Owners) -> shapes.Initiator:
    """Who began an upload."""
    if not upload.account or upload.initiator_arn.endswith(":root"):
        shown = owners[upload.account]
        return shapes.Initiator(id=shown.id, display_name=shown.display_name)
    return shapes.Initiator(id=upload.initiator_arn, display_name=upload.initiator_arn.rpartition("/")[2])


def check_number(number: int) -> None:
    """Raise InvalidArgument for what is no part number."""
    if not 1 <= number <= 10_000:
        message = "Part number must be an integer between 1 and 10000, inclusive"
        raise invalid_argument(message, "partNumber", str(number))
