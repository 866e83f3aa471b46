"""Deleting S3 objects, one or many. What is not there is deleted without complaint.

# DIFFERS: 0005. A list of keys needs no Content-MD5 or checksum beside the signature.
Of many, each key was decided by itself: what the caller may not delete comes back as AccessDenied beside the others.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html, API_DeleteObjects.html
"""

from __future__ import annotations

from functools import partial

from watchword.core.errors import ApiError
from watchword.directory.directory import Directory
from watchword.directory.objects import ObjectStore
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.conditions import check_match
from watchword.services.s3.faults import access_denied, no_such_version, not_implemented
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.names import check_key
from watchword.services.s3.resources import object_arn
from watchword.services.s3.unbuilt import refuse_unbuilt


@operation("s3:DeleteObject", writes=True)
def delete_object(call: Call[shapes.DeleteObjectRequest], directory: Directory, objects: ObjectStore) -> None:
    """Delete an object. Raises NoSuchBucket; with If-Match PreconditionFailed, NoSuchKey."""
    asked = call.request
    refuse_unbuilt(asked)
    bucket = bucket_of(asked, directory, call.region)
    _delete(directory, objects, bucket.name, asked.key, asked.if_match)


@operation("s3:DeleteObjects", writes=True)
def delete_objects(
    call: Call[shapes.DeleteObjectsRequest], directory: Directory, objects: ObjectStore
) -> shapes.DeleteObjectsOutput:
    """Delete many objects and tell the fate of each; `Quiet` leaves out those that went well. Raises NoSuchBucket."""
    asked = call.request
    bucket = bucket_of(asked, directory, call.region)
    deleted: list[shapes.DeletedObject] = []
    errors: list[shapes.Error] = []
    for each in asked.delete.objects:
        try:
            refusal = call.refusals.get(object_arn(bucket.name, each.key))
            if refusal is not None:
                raise access_denied(refusal)
            _refuse_settings(each)
            _delete(directory, objects, bucket.name, each.key, each.e_tag)
        except ApiError as error:
            errors.append(
                shapes.Error(key=each.key, version_id=each.version_id, code=error.code, message=error.message)
            )
        else:
            if not asked.delete.quiet:
                deleted.append(shapes.DeletedObject(key=each.key))
    return shapes.DeleteObjectsOutput(deleted=deleted, errors=errors)


def _refuse_settings(each: shapes.ObjectIdentifier) -> None:
    if each.version_id is not None:
        raise no_such_version(each.key, each.version_id)
    if each.last_modified_time is not None:
        raise not_implemented("LastModifiedTime")
    if each.size is not None:
        raise not_implemented("Size")


def _delete(directory: Directory, objects: ObjectStore, bucket: str, key: str, if_match: str | None) -> None:
    check_key(key)
    stored = directory.objects.get(bucket, key)
    if if_match is not None:
        check_match(if_match, stored, key)
    if stored is None:
        return
    directory.objects.remove(stored)
    if stored.blob:
        directory.transaction.after_commit(partial(objects.discard, stored.blob))
