"""What a request that writes an object says of it, beside its bytes: headers, metadata, tags, class, lock, ACL.

PutObject, CreateMultipartUpload, CopyObject and POST forms say it in the same words. `check_draft` needs nothing but
the request; `facts` knows the bucket.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.services.s3.access_points import place_of
from watchword.services.s3.acl_policies import effective_block
from watchword.services.s3.acls import asks_for_acl, header_grants, is_public
from watchword.services.s3.customer_keys import refuse_both
from watchword.services.s3.encoded_words import decoded
from watchword.services.s3.faults import (
    access_denied,
    acl_not_supported,
    invalid_argument,
    invalid_encryption,
    invalid_redirect_location,
    invalid_storage_class,
    metadata_too_large,
    not_implemented,
)
from watchword.services.s3.locks import asked_lock, is_lock_asked, new_lock
from watchword.services.s3.names import DIRECTORY_SUFFIX
from watchword.services.s3.tags import header_tags
from watchword.services.s3.unbuilt import refuse_unbuilt

METADATA_BYTES_MAX = 2048
STORAGE_CLASSES = frozenset(
    "STANDARD REDUCED_REDUNDANCY STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING GLACIER DEEP_ARCHIVE GLACIER_IR".split()
)
EXPRESS = "EXPRESS_ONEZONE"
"""The only class in directory buckets."""
# DIFFERS: 0013. Every class is kept and shown, and read at once: nothing is archived.
_KEPT_HEADERS = (
    ("cache-control", "cache_control"),
    ("content-disposition", "content_disposition"),
    ("content-encoding", "content_encoding"),
    ("content-language", "content_language"),
    ("content-type", "content_type"),
    ("expires", "expires"),
)


def check_draft(asked: Any) -> None:
    """Check what is said of a new object.

    Raises MetadataTooLarge, InvalidStorageClass, InvalidTag, InvalidRedirectLocation, InvalidArgument, NotImplemented.
    """
    if asked.metadata:
        _check_metadata(asked.metadata)
    classes = (EXPRESS,) if asked.bucket.endswith(DIRECTORY_SUFFIX) else STORAGE_CLASSES
    if asked.storage_class is not None and asked.storage_class not in classes:
        raise invalid_storage_class(asked.storage_class)
    if asked.server_side_encryption is not None or asked.ssekms_key_id is not None:
        _check_asked_encryption(asked)
    if asked.tagging:
        header_tags(asked.tagging)
    if asked.website_redirect_location is not None:
        _check_redirect(asked.website_redirect_location)
    refuse_unbuilt(asked)


def _check_redirect(location: str) -> None:
    _check_value("x-amz-website-redirect-location", location)
    if not location.startswith(("/", "http://", "https://")):
        raise invalid_redirect_location()


def _check_asked_encryption(asked: Any) -> None:
    """Raise InvalidArgument for what does not go together, NotImplemented for keys of KMS."""
    algorithm = asked.server_side_encryption
    if algorithm is not None:
        refuse_both(asked)
    if asked.ssekms_key_id is not None and algorithm in (None, "AES256"):
        header = "x-amz-server-side-encryption"
        message = f"Server Side Encryption with AWS KMS managed key requires HTTP header {header} : aws:kms"
        raise invalid_argument(message, header, str(algorithm or "null"))
    check_encryption(algorithm)


def check_encryption(algorithm: str | None) -> None:
    """Raise NotImplemented for keys of KMS, InvalidArgument for what is no encryption."""
    if algorithm in (None, "AES256"):
        return
    if algorithm in ("aws:kms", "aws:kms:dsse", "aws:fsx", "aws:backup"):
        raise not_implemented("x-amz-server-side-encryption")
    raise invalid_encryption(algorithm)


def facts(
    asked: Any, bucket: Bucket, directory: Directory, caller_account: str, now: datetime, *, is_begun: bool = False
) -> dict[str, Any]:
    """The fields of the record that the request and the bucket decide, but for headers and metadata.

    What is only begun gets the bucket's retention when it is finished, from then on.
    Raises AccessControlListNotSupported, AccessDenied for public ACLs, InvalidRequest, InvalidArgument.
    """
    found: dict[str, Any] = {}
    if asked.tagging:
        found["tags"] = header_tags(asked.tagging)
    if bucket.zone:
        found["storage_class"] = EXPRESS
    elif asked.storage_class not in (None, "STANDARD"):
        found["storage_class"] = asked.storage_class
    if (asked.server_side_encryption is not None or bucket.has_encryption) and asked.sse_customer_algorithm is None:
        found["is_encryption_asked"] = True
    if asked.website_redirect_location is not None:
        found["redirect"] = asked.website_redirect_location
    if bucket.has_object_lock or is_lock_asked(asked):
        found.update((asked_lock if is_begun else new_lock)(asked, bucket, now))
    if bucket.has_acls:
        found.update(_ownership(asked, bucket, directory, caller_account))
    elif asked.acl != "bucket-owner-full-control" and asks_for_acl(asked):
        raise acl_not_supported()
    return found


def _ownership(asked: Any, bucket: Bucket, directory: Directory, caller_account: str) -> dict[str, Any]:
    is_given = bucket.ownership == "BucketOwnerPreferred" and asked.acl == "bucket-owner-full-control"
    # DIFFERS: 0013. What nobody in particular writes is the bucket owner's.
    account = bucket.account if is_given or not caller_account else caller_account
    grants = header_grants(asked, directory, account, bucket.account) if asks_for_acl(asked) else ()
    point = place_of(asked.bucket, directory).point
    if is_public(grants) and effective_block(bucket, directory, point).block_public_acls:
        raise access_denied()
    return {"account": "" if account == bucket.account else account, "grants": grants}


def kept_metadata(metadata: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    """User metadata as records keep it."""
    return tuple((name.lower(), decoded(value)) for name, value in metadata.items()) if metadata else ()


def kept_headers(asked: Any) -> tuple[tuple[str, str], ...]:
    """The header lines that an object is served with. Raises InvalidArgument."""
    found: list[tuple[str, str]] = []
    for name, attribute in _KEPT_HEADERS:
        value = getattr(asked, attribute)
        if value is not None and name == "content-encoding":
            value = ",".join(each for each in value.split(",") if each.strip().lower() != "aws-chunked").strip() or None
        if value is not None:
            _check_value(name, value)
            found.append((name, value))
    return tuple(found)


def encryption_view(stored: StoredObject) -> str | None:
    """What answers say of a version's encryption: what its writer asked for."""
    return "AES256" if stored.is_encryption_asked else None


def _check_metadata(metadata: Mapping[str, str]) -> None:
    size = sum(len(name.encode()) + len(value.encode("utf-8", "surrogateescape")) for name, value in metadata.items())
    if size > METADATA_BYTES_MAX:
        raise metadata_too_large(size, METADATA_BYTES_MAX)
    for name, value in metadata.items():
        _check_value(f"x-amz-meta-{name}", value)


def _check_value(name: str, value: str) -> None:
    # INVARIANT: nothing that a request says can begin a header line of its own.
    if any((character < " " and character != "\t") or character == "\x7f" for character in value):
        raise invalid_argument("Header value cannot be represented", name, value)
