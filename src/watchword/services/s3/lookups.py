"""Finds the bucket or object that a request is about, and says where it is instead.

Callers hold a `Call`: whether they may know is decided. Source: the errors of each operation in the S3 API reference.
"""

from __future__ import annotations

from email.utils import format_datetime
from typing import Protocol

from watchword.core.errors import ApiError
from watchword.core.ids import is_account_id
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.services.s3.access_points import ALIAS_SUFFIX, Place, place_behind
from watchword.services.s3.faults import (
    access_denied,
    delete_marker_asked,
    delete_marker_met,
    invalid_bucket_name,
    invalid_owner,
    method_not_allowed,
    no_such_access_point,
    no_such_bucket,
    no_such_key,
    no_such_version,
    not_implemented,
    permanent_redirect,
)
from watchword.services.s3.names import DIRECTORY_SUFFIX, check_key, was_bucket_name
from watchword.services.s3.versions import NULL, newest_marker, version_named

THROUGH_POINTS = frozenset(
    f"{name}Request"
    for name in (
        "AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload DeleteObject "
        "DeleteObjectTagging DeleteObjects GetBucketAcl GetBucketCors GetBucketLocation "
        "GetBucketNotificationConfiguration GetBucketPolicy GetObject GetObjectAcl GetObjectAttributes "
        "GetObjectLegalHold GetObjectRetention GetObjectTagging HeadBucket HeadObject ListMultipartUploads "
        "ListObjectVersions ListObjects ListObjectsV2 ListParts PutObject PutObjectAcl PutObjectLegalHold "
        "PutObjectRetention PutObjectTagging UploadPart UploadPartCopy"
    ).split()
)
"""Requests that access points take. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-service-api-support.html"""
_DEEDS = {"Get": ("GET", "ACCESSPOINT"), "Put": ("PUT", "ACCESSPOINT"), "Del": ("DELETE", "ACCESSPOINT")}


IN_DIRECTORY_BUCKETS = frozenset(
    f"{name}Request"
    for name in (
        "AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload DeleteBucket "
        "DeleteBucketPolicy DeleteObject DeleteObjects GetBucketPolicy GetObject GetObjectAttributes HeadBucket "
        "HeadObject ListMultipartUploads ListObjectsV2 ListParts PutBucketPolicy PutObject UploadPart UploadPartCopy"
    ).split()
)
"""Requests that directory buckets take."""
_NOT_IN_DIRECTORY_BUCKETS = (
    "acl grant_full_control grant_read grant_read_acp grant_write_acp object_lock_mode object_lock_legal_hold_status "
    "object_lock_retain_until_date sse_customer_algorithm tagging version_id website_redirect_location"
).split()


class BucketRequest(Protocol):
    """Any request on a bucket."""

    @property
    def bucket(self) -> str: ...
    @property
    def expected_bucket_owner(self) -> str | None: ...


class ObjectRequest(BucketRequest, Protocol):
    """Any request on an object that is there."""

    @property
    def key(self) -> str: ...
    @property
    def version_id(self) -> str | None: ...


def bucket_of(request: BucketRequest, directory: Directory, region: str) -> Bucket:
    """The bucket of a request that was signed for `region`; empty stands for any.

    Raises NoSuchBucket, InvalidBucketName, PermanentRedirect when it lives in another region, AccessDenied when it is
    not the expected owner's; through an access point NoSuchAccessPoint, and MethodNotAllowed for what is about buckets.
    """
    bucket = directory.buckets.get(request.bucket)
    if bucket is None:
        bucket = _bucket_behind(request, directory)
    if bucket.zone:
        _check_supported(request)
    expected = request.expected_bucket_owner
    if expected is not None and expected != bucket.account:
        raise access_denied() if is_account_id(expected) else invalid_owner(expected)
    if region and region != bucket.region:
        raise permanent_redirect(bucket.name, bucket.region)
    return bucket


def _check_supported(request: BucketRequest) -> None:
    """Raise NotImplemented for what directory buckets do not take."""
    name = type(request).__name__
    if name not in IN_DIRECTORY_BUCKETS:
        raise ApiError("NotImplemented", f"{name.removesuffix('Request')} is not for directory buckets.", 501)
    for attribute in _NOT_IN_DIRECTORY_BUCKETS:
        if getattr(request, attribute, None) is not None:
            raise not_implemented(attribute.replace("_", "-"))


def _bucket_behind(request: BucketRequest, directory: Directory) -> Bucket:
    """The bucket behind the access point of a request."""
    place, name = place_behind(request.bucket, directory), type(request).__name__
    if place.bucket is None:
        raise nothing_there(request.bucket, place)
    if name not in THROUGH_POINTS:
        raise method_not_allowed(*_DEEDS.get(name[:3], ("POST", "ACCESSPOINT")))
    return place.bucket


def nothing_there(name: str, place: Place) -> ApiError:
    """The error for a name that leads to no bucket."""
    if place.missing_arn:
        return no_such_access_point(place.missing_arn.rpartition("/")[2])
    is_legal = place.point is not None or was_bucket_name(name) or name.endswith((DIRECTORY_SUFFIX, ALIAS_SUFFIX))
    return no_such_bucket(name) if is_legal else invalid_bucket_name(name)


def object_of(
    request: ObjectRequest, directory: Directory, region: str, *, method: str = "GET"
) -> tuple[Bucket, StoredObject]:
    """The object of a request, in the version that it names, and its bucket.

    Raises what `bucket_of` raises, and NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker, KeyTooLongError,
    InvalidURI, InvalidArgument.
    """
    bucket = bucket_of(request, directory, region)
    key, version = request.key, request.version_id
    check_key(key)
    if version is None:
        stored = directory.objects.get(bucket.name, key)
        if stored is None:
            raise missing_key(directory, bucket, key)
        return bucket, stored
    stored = version_named(directory, bucket.name, key, version)
    if stored is None:
        raise no_such_version(key, version)
    if stored.is_delete_marker:
        raise delete_marker_asked(stored.version or NULL, format_datetime(stored.modified_at, usegmt=True), method)
    return bucket, stored


def missing_key(directory: Directory, bucket: Bucket, key: str) -> ApiError:
    """The error for a key without an object, which may be hidden by a delete marker."""
    marker = newest_marker(directory, bucket, key)
    return no_such_key(key) if marker is None else delete_marker_met(key, marker.version or NULL)
