"""Versioning of a bucket, and the list of its versions.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html, API_ListObjectVersions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import NamedTuple, NoReturn, cast

from msgspec.structs import replace

from watchword.core.errors import ApiError
from watchword.directory.buckets import SEQUENCE_MAX, Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.checksums import checksum_type
from watchword.services.s3.faults import (
    access_denied,
    invalid_argument,
    invalid_bucket_state,
    invalid_request,
    malformed_xml,
    not_implemented,
)
from watchword.services.s3.lists import KEYS_MAX, Encode, encoder, limited, prefix_views
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.owners import Owners
from watchword.services.s3.rolling import LAST, rolled_page
from watchword.services.s3.unbuilt import refuse_unbuilt
from watchword.services.s3.versions import NULL, is_version_id, version_named


@operation("s3:PutBucketVersioning", writes=True)
def put_bucket_versioning(call: Call[shapes.PutBucketVersioningRequest], directory: Directory) -> None:
    """Switch versioning on, or suspend it. Raises NoSuchBucket, MalformedXML, InvalidBucketState under Object Lock."""
    asked = call.request
    bucket = bucket_of(asked, directory, call.region)
    status = asked.versioning_configuration.status
    if asked.versioning_configuration.mfa_delete == "Enabled":
        _refuse_mfa_delete(call)
    if status not in ("Enabled", "Suspended"):
        raise malformed_xml()
    if bucket.has_object_lock and status != "Enabled":
        raise invalid_bucket_state(
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        )
    directory.buckets.replace(replace(bucket, versioning=status))


def _refuse_mfa_delete(call: Call[shapes.PutBucketVersioningRequest]) -> NoReturn:
    """Raise what S3 does where it demands or takes no MFA code, and NotImplemented where it would look at one."""
    if call.request.mfa is None:
        raise access_denied("Mfa Authentication must be used for this request")
    if call.caller.session is not None:
        raise invalid_request("DevPay and Mfa are mutually exclusive authorization methods.")
    # DIFFERS: 0013. MFA delete is not there.
    raise not_implemented("MfaDelete")


@operation("s3:GetBucketVersioning")
def get_bucket_versioning(
    call: Call[shapes.GetBucketVersioningRequest], directory: Directory
) -> shapes.GetBucketVersioningOutput:
    """Say whether versions are kept. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, call.region)
    return shapes.GetBucketVersioningOutput(status=bucket.versioning or None)


class _Row(NamedTuple):
    """A version in the list of all."""

    key: str
    order: int
    """0 for what is read by the key alone."""
    stored: StoredObject


@operation("s3:ListObjectVersions", pages_itself=True)
def list_object_versions(
    call: Call[shapes.ListObjectVersionsRequest], directory: Directory
) -> shapes.ListObjectVersionsOutput:
    """List all versions and delete markers, by key and from the newest. Raises NoSuchBucket, InvalidArgument."""
    asked = call.request
    refuse_unbuilt(asked)
    bucket = bucket_of(asked, directory, call.region)
    if asked.max_keys is not None and asked.max_keys < 0:
        raise ApiError("InvalidArgument", "max-keys cannot be negative", fields={"ArgumentName": "max-keys"})
    limit = min(limited(asked.max_keys), KEYS_MAX)
    prefix, key_marker = asked.prefix or "", asked.key_marker or ""
    after = (key_marker, _row_marker(asked, bucket, directory))
    encode = encoder(asked.encoding_type)
    page = rolled_page(
        lambda key, row: _rows(directory, bucket.name, prefix, key, row),
        prefix=prefix,
        delimiter=asked.delimiter or "",
        after=after,
        limit=limit,
    )
    views = _Views(bucket, Owners(directory), encode, key_marker if after[1] != LAST else "")
    for row in page.rows:
        views.add(row)
    last = page.rows[-1] if page.is_truncated and page.rows and not page.last_prefix else None
    return shapes.ListObjectVersionsOutput(
        is_truncated=page.is_truncated,
        key_marker=encode(key_marker),
        version_id_marker=asked.version_id_marker or "",
        next_key_marker=encode(page.last_prefix or (last.key if last else "")) if page.is_truncated else None,
        next_version_id_marker=(last.stored.version or NULL) if last else None,
        versions=cast("list[shapes.ObjectVersion]", views.versions),
        delete_markers=cast("list[shapes.DeleteMarkerEntry]", views.markers),
        name=bucket.name,
        prefix=encode(prefix),
        delimiter=encode(asked.delimiter) if asked.delimiter else None,
        max_keys=limit,
        common_prefixes=prefix_views(page.prefixes, encode),
        encoding_type=asked.encoding_type,
    )


def _row_marker(asked: shapes.ListObjectVersionsRequest, bucket: Bucket, directory: Directory) -> str:
    """After which row of the marker's key the page begins. Raises InvalidArgument."""
    version = asked.version_id_marker
    if version is None:
        return LAST
    if not asked.key_marker:
        message = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(message, "version-id-marker", version)
    if not version:
        raise invalid_argument("A version-id marker cannot be empty.", "version-id-marker", version)
    if not is_version_id(version):
        raise invalid_argument("Invalid version id specified", "version-id-marker", version)
    stored = version_named(directory, bucket.name, asked.key_marker, version)
    if stored is None:
        return LAST
    is_current = directory.objects.get(bucket.name, asked.key_marker) == stored
    return "" if is_current else f"{SEQUENCE_MAX - stored.sequence:015d}"


def _rows(directory: Directory, bucket: str, prefix: str, key: str, row: str) -> Iterator[_Row]:
    """Every version after a row of a key; the empty row stands for the key's object."""
    objects = directory.objects.under(bucket, beginning=prefix, after=(bucket, key) if key else None)
    versions = directory.versions.under(bucket, beginning=prefix, after=(bucket, key, row) if key else None)
    return merge(
        (_Row(stored.key, 0, stored) for stored in objects),
        (_Row(stored.key, 1, stored) for stored in versions),
        key=lambda each: each[:2],
    )


class _Views:
    """The entries of a list as it shows them."""

    def __init__(self, bucket: Bucket, owners: Owners, encode: Encode, key_before: str) -> None:
        self._bucket = bucket
        self._owners = owners
        self._encode = encode
        self._key_before = key_before
        """The key of the entry before: what is not the first of its key is not the latest."""
        self.versions: list[shapes.ObjectVersion | None] = []
        """With a gap for each delete marker, so that one order can be told for both."""
        self.markers: list[shapes.DeleteMarkerEntry | None] = []
        """With a gap for each version."""

    def add(self, row: _Row) -> None:
        stored = row.stored
        is_latest = row.order == 0 or row.key != self._key_before
        self._key_before = row.key
        shown = self._owners[stored.account or self._bucket.account]
        if stored.is_delete_marker:
            self.versions.append(None)
            self.markers.append(
                shapes.DeleteMarkerEntry(
                    owner=shown,
                    key=self._encode(stored.key),
                    version_id=stored.version or NULL,
                    is_latest=is_latest,
                    last_modified=stored.modified_at,
                )
            )
            return
        self.markers.append(None)
        self.versions.append(
            shapes.ObjectVersion(
                e_tag=f'"{stored.etag}"',
                checksum_algorithm=[stored.checksum_algorithm] if stored.checksum else None,
                checksum_type=checksum_type(stored.checksum) if stored.checksum else None,
                size=stored.size,
                storage_class=stored.storage_class or "STANDARD",
                key=self._encode(stored.key),
                version_id=stored.version or NULL,
                is_latest=is_latest,
                last_modified=stored.modified_at,
                owner=shown,
            )
        )
