"""Finds what an S3 request is about, for the decision: bucket and object ARNs, the owner, the bucket's policy.

A bucket that does not exist is judged as one of the caller's own.
Source: AWS's service authorization reference for S3.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchword.directory.directory import Directory
from watchword.services.authorization import EachResolver, Resolver, Resource
from watchword.services.call import Authenticated
from watchword.services.s3 import shapes
from watchword.services.s3.faults import malformed_xml
from watchword.services.s3.lookups import BucketRequest, ObjectRequest

DELETIONS_MAX = 1000


def bucket_arn(bucket: str) -> str:
    """A bucket's ARN, which carries neither account nor region."""
    return f"arn:aws:s3:::{bucket}"


def object_arn(bucket: str, key: str) -> str:
    """An object's ARN: the key stands in it as it is."""
    return f"arn:aws:s3:::{bucket}/{key}"


def none(request: object, directory: Directory, caller: Authenticated) -> Resource:
    """Operations without a resource type."""
    return Resource("*", caller.account)


def new_bucket(request: shapes.CreateBucketRequest, directory: Directory, caller: Authenticated) -> Resource:
    """A bucket that is to be made: the caller's, whoever has the name now."""
    return Resource(bucket_arn(request.bucket), caller.account)


def bucket(request: BucketRequest, directory: Directory, caller: Authenticated) -> Resource:
    """The bucket itself."""
    return _in_bucket(bucket_arn(request.bucket), request.bucket, directory, caller)


def object_place(request: ObjectRequest, directory: Directory, caller: Authenticated) -> Resource:
    """A key, whether or not there is an object: where one is written or deleted."""
    return _in_bucket(object_arn(request.bucket, request.key), request.bucket, directory, caller)


def stored_object(request: ObjectRequest, directory: Directory, caller: Authenticated) -> Resource:
    """An object that is to be read; it may be missing from its bucket."""
    found = directory.buckets.get(request.bucket)
    arn = object_arn(request.bucket, request.key)
    if found is None:
        return Resource(arn, caller.account)
    is_missing = directory.objects.get(request.bucket, request.key) is None
    return Resource(arn, found.account, policy=found.bound_policy or found.policy, is_missing=is_missing)


def deletions(
    request: shapes.DeleteObjectsRequest, directory: Directory, caller: Authenticated
) -> Sequence[tuple[str, Resource]]:
    """Each key to delete; one that must have a certain ETag must also be readable. Raises MalformedXML."""
    asked = request.delete.objects
    if not 1 <= len(asked) <= DELETIONS_MAX or not all(each.key for each in asked):
        raise malformed_xml()
    owning = _in_bucket("", request.bucket, directory, caller)
    found: list[tuple[str, Resource]] = []
    for each in asked:
        arn = object_arn(request.bucket, each.key)
        place = Resource(arn, owning.account, policy=owning.policy)
        found.append(("s3:DeleteObject", place))
        if each.e_tag not in (None, "*"):
            found.append(("s3:GetObject", place))
    return found


def _in_bucket(arn: str, name: str, directory: Directory, caller: Authenticated) -> Resource:
    found = directory.buckets.get(name)
    if found is None:
        return Resource(arn, caller.account)
    return Resource(arn, found.account, policy=found.bound_policy or found.policy)


RESOLVERS: dict[str, Resolver] = {
    "none": none,
    "new_bucket": new_bucket,
    "bucket": bucket,
    "object_place": object_place,
    "stored_object": stored_object,
}
EACH: dict[str, EachResolver] = {"deletions": deletions}
