"""Deleting S3 objects, one or many. What is not there is deleted without complaint.

# DIFFERS: 0005. A list of keys needs no Content-MD5 or checksum beside the signature.
Of many, each key was decided by itself: what the caller may not delete comes back as AccessDenied beside the others.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html, API_DeleteObjects.html
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from watchword.core.errors import ApiError
from watchword.core.ids import RandomBytes
from watchword.directory.bodies import Bodies
from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.access_points import place_of
from watchword.services.s3.conditions import check_match
from watchword.services.s3.faults import access_denied, no_such_version, not_implemented
from watchword.services.s3.locks import check_deletable
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.names import DIRECTORY_SUFFIX, check_key
from watchword.services.s3.resources import place_arn
from watchword.services.s3.unbuilt import refuse_unbuilt
from watchword.services.s3.versions import NULL, is_version_id, put_marker, remove_version, version_named


class _Deleted(NamedTuple):
    version: str | None = None
    """The id of what was removed for good, or of the delete marker that was put."""
    is_marker: bool = False


class _Deleting:
    """One request that deletes."""

    def __init__(
        self,
        directory: Directory,
        objects: Bodies,
        random_bytes: RandomBytes,
        bucket: Bucket,
        now: datetime,
        *,
        bypasses: bool,
    ) -> None:
        self._directory = directory
        self._objects = objects
        self._random_bytes = random_bytes
        self._bucket = bucket
        self._now = now
        self._bypasses = bypasses

    def delete(self, key: str, version: str | None, if_match: str | None) -> _Deleted:
        """Delete one object, or one version. Raises PreconditionFailed, NoSuchKey, AccessDenied under a lock."""
        check_key(key)
        bucket, directory = self._bucket, self._directory
        if version is not None:
            return self._delete_version(key, version)
        stored = directory.objects.get(bucket.name, key)
        if if_match is not None:
            check_match(if_match, stored, key)
        if bucket.versioning:
            now = self._now.replace(microsecond=0)
            marker = put_marker(directory, self._objects, self._random_bytes, bucket, key, now)
            return _Deleted(marker.version or NULL, True)
        if stored is not None:
            remove_version(directory, self._objects, stored)
        return _Deleted()

    def _delete_version(self, key: str, version: str) -> _Deleted:
        stored = version_named(self._directory, self._bucket.name, key, version)
        if stored is None:
            return _Deleted(version)
        check_deletable(stored, self._now, bypasses=self._bypasses)
        remove_version(self._directory, self._objects, stored)
        return _Deleted(version, stored.is_delete_marker)


@operation("s3:DeleteObject", writes=True)
def delete_object(
    call: Call[shapes.DeleteObjectRequest], directory: Directory, objects: Bodies, random_bytes: RandomBytes
) -> shapes.DeleteObjectOutput:
    """Delete an object, or one version of it. Raises NoSuchBucket, AccessDenied; with If-Match PreconditionFailed."""
    asked = call.request
    refuse_unbuilt(asked)
    bucket = bucket_of(asked, directory, call.region)
    bypasses = bool(asked.bypass_governance_retention)
    deleting = _Deleting(directory, objects, random_bytes, bucket, call.now, bypasses=bypasses)
    deleted = deleting.delete(asked.key, asked.version_id, asked.if_match)
    return shapes.DeleteObjectOutput(delete_marker=deleted.is_marker or None, version_id=deleted.version)


@operation("s3:DeleteObjects", writes=True)
def delete_objects(
    call: Call[shapes.DeleteObjectsRequest], directory: Directory, objects: Bodies, random_bytes: RandomBytes
) -> shapes.DeleteObjectsOutput:
    """Delete many objects and tell the fate of each; `Quiet` leaves out those that went well. Raises NoSuchBucket."""
    asked = call.request
    place = place_of(asked.bucket, directory)
    is_express = asked.bucket.endswith(DIRECTORY_SUFFIX)
    if not call.account and (
        is_express or all(place_arn(place, asked.bucket, each.key) in call.refusals for each in asked.delete.objects)
    ):
        # The anonymous do not learn whether there is such a bucket.
        raise access_denied()
    bucket = bucket_of(asked, directory, call.region)
    bypasses = bool(asked.bypass_governance_retention)
    deleting = _Deleting(directory, objects, random_bytes, bucket, call.now, bypasses=bypasses)
    deleted: list[shapes.DeletedObject] = []
    errors: list[shapes.Error] = []
    for each in asked.delete.objects:
        try:
            refusal = call.refusals.get(place_arn(place, asked.bucket, each.key))
            if refusal is not None:
                raise access_denied(refusal)
            _refuse_settings(each)
            gone = deleting.delete(each.key, each.version_id, each.e_tag)
        except ApiError as error:
            errors.append(
                shapes.Error(key=each.key, version_id=each.version_id, code=error.code, message=error.message)
            )
        else:
            if not asked.delete.quiet:
                deleted.append(_deleted_view(each, gone))
    return shapes.DeleteObjectsOutput(deleted=deleted, errors=errors)


def _deleted_view(asked: shapes.ObjectIdentifier, gone: _Deleted) -> shapes.DeletedObject:
    return shapes.DeletedObject(
        key=asked.key,
        version_id=asked.version_id,
        delete_marker=gone.is_marker or None,
        delete_marker_version_id=gone.version if gone.is_marker else None,
    )


def _refuse_settings(each: shapes.ObjectIdentifier) -> None:
    if each.version_id is not None and not is_version_id(each.version_id):
        raise no_such_version(each.key, each.version_id)
    if each.last_modified_time is not None:
        raise not_implemented("LastModifiedTime")
    if each.size is not None:
        raise not_implemented("Size")
