"""Finds the bucket or object that a request is about, and says where it is instead.

Callers hold a `Call`: whether they may know is decided. Source: the errors of each operation in the S3 API reference.
"""

from __future__ import annotations

from typing import Protocol

from watchword.core.ids import is_account_id
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.services.s3.faults import (
    access_denied,
    invalid_bucket_name,
    invalid_owner,
    no_such_bucket,
    no_such_key,
    permanent_redirect,
)
from watchword.services.s3.names import check_key, is_bucket_name


class BucketRequest(Protocol):
    """Any request on a bucket."""

    @property
    def bucket(self) -> str: ...
    @property
    def expected_bucket_owner(self) -> str | None: ...


class ObjectRequest(BucketRequest, Protocol):
    """Any request on an object."""

    @property
    def key(self) -> str: ...


def bucket_of(request: BucketRequest, directory: Directory, region: str) -> Bucket:
    """The bucket of a request that was signed for `region`; empty stands for any.

    Raises NoSuchBucket, InvalidBucketName, PermanentRedirect when it lives in another region, AccessDenied when it is
    not the expected owner's.
    """
    bucket = directory.buckets.get(request.bucket)
    if bucket is None:
        raise no_such_bucket(request.bucket) if is_bucket_name(request.bucket) else invalid_bucket_name(request.bucket)
    expected = request.expected_bucket_owner
    if expected is not None and expected != bucket.account:
        raise access_denied() if is_account_id(expected) else invalid_owner(expected)
    if region and region != bucket.region:
        raise permanent_redirect(bucket.name, bucket.region)
    return bucket


def object_of(request: ObjectRequest, directory: Directory, region: str) -> StoredObject:
    """The object of a request. Raises what `bucket_of` raises, and NoSuchKey, KeyTooLongError, InvalidURI."""
    bucket_of(request, directory, region)
    check_key(request.key)
    stored = directory.objects.get(request.bucket, request.key)
    if stored is None:
        raise no_such_key(request.key)
    return stored
