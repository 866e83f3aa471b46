"""Finds what an S3 request is about, for the decision: bucket and object ARNs, the owner, the bucket's policy.

A bucket that does not exist is told to everybody (docs/decisions/0019): resolvers raise NoSuchBucket, or what
`nothing_there` makes of the name. What is reached through an access point has the access point's own resource before
it (`through`), with the access point's policy; both must allow.
Source: AWS's service authorization reference for S3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from watchword.directory.access_points import AccessPoint
from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.services.authorization import EachResolver, FurtherResolver, Resource
from watchword.services.call import Authenticated
from watchword.services.s3 import shapes
from watchword.services.s3.access_points import Place, facts_of, place_behind, place_of
from watchword.services.s3.acl_policies import policy_over_bucket, policy_over_object, policy_over_point
from watchword.services.s3.copy_sources import read_source
from watchword.services.s3.directory_buckets import directory_resource
from watchword.services.s3.faults import malformed_xml
from watchword.services.s3.lookups import BucketRequest, ObjectRequest, nothing_there
from watchword.services.s3.names import DIRECTORY_SUFFIX
from watchword.services.s3.versions import is_version_id, version_named

DELETIONS_MAX = 1000


class WriteRequest(Protocol):
    """A request that writes at a key."""

    @property
    def bucket(self) -> str: ...
    @property
    def key(self) -> str: ...


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
    if request.bucket.endswith(DIRECTORY_SUFFIX):
        return _new_directory(request, request.bucket, caller)
    return Resource(bucket_arn(request.bucket), caller.account)


def bucket(request: BucketRequest, directory: Directory, caller: Authenticated) -> Resource:
    """The bucket itself."""
    return _in_bucket(request.bucket, None, directory, caller, request)


def object_place(request: WriteRequest, directory: Directory, caller: Authenticated) -> Resource:
    """A key, whether or not there is an object: where one is written or deleted."""
    version = getattr(request, "version_id", None)
    return _in_bucket(request.bucket, request.key, directory, caller, request, version)


def stored_object(request: ObjectRequest, directory: Directory, caller: Authenticated) -> Resource:
    """An object that is to be read; it may be missing from its bucket."""
    return _object(request.bucket, request.key, request.version_id, directory, caller, request)


def matched_object(request: WriteRequest, directory: Directory, caller: Authenticated) -> Resource:
    """The object that a request to write or delete must find as it says."""
    return _object(request.bucket, request.key, None, directory, caller, request)


def copy_source(
    request: shapes.CopyObjectRequest | shapes.UploadPartCopyRequest, directory: Directory, caller: Authenticated
) -> Resource:
    """The object that is to be copied. Raises InvalidArgument, NoSuchBucket."""
    source = read_source(request.copy_source)
    return _object(source.bucket, source.key, source.version, directory, caller, request)


def copied_tags(request: shapes.CopyObjectRequest, directory: Directory, caller: Authenticated) -> Resource | None:
    """The object whose tags are copied with it; None when it has none, or gets others. Raises InvalidArgument."""
    source = copy_source(request, directory, caller)
    return source if source.object_tags and request.tagging_directive in (None, "COPY") else None


def tagged_copy(request: shapes.CopyObjectRequest, directory: Directory, caller: Authenticated) -> Resource | None:
    """Where a copy gets the tags of its source; None when there are none, or others. Raises InvalidArgument."""
    return None if copied_tags(request, directory, caller) is None else object_place(request, directory, caller)


def source_bucket(
    request: shapes.CopyObjectRequest | shapes.UploadPartCopyRequest, directory: Directory, caller: Authenticated
) -> Resource:
    """The bucket of what is to be copied. Raises InvalidArgument."""
    return _in_bucket(read_source(request.copy_source).bucket, None, directory, caller, request)


def _object(
    name: str, key: str, version: str | None, directory: Directory, caller: Authenticated, request: object
) -> Resource:
    found, point = directory.buckets.get(name), None
    if found is None:
        place = place_behind(name, directory)
        found, point = place.bucket, place.point
        if found is None:
            return _missing(name, key, place, directory, caller)
    if found.zone:
        return _directory(found, directory, caller, request)
    if version is None:
        stored = directory.objects.get(found.name, key)
    else:
        # What cannot be a version is missing here like any other, so that it does not tell that there is a bucket.
        stored = version_named(directory, found.name, key, version) if is_version_id(version) else None
    resource = Resource(
        object_arn(found.name, key),
        (stored.account if stored is not None and found.has_acls else "") or found.account,
        tags=found.tags if found.has_abac else (),
        policy=policy_over_object(found, stored, directory, caller.account, point),
        is_missing=stored is None,
        is_public_blocked=False,
        is_version=version is not None,
        object_tags=stored.tags if stored is not None else (),
        bucket_tags=found.tags,
    )
    return resource if point is None else _through(point, found, key, resource, directory, caller)


def deletions(
    request: shapes.DeleteObjectsRequest, directory: Directory, caller: Authenticated
) -> Sequence[tuple[str, Resource]]:
    """Each key to delete; one that must have a certain ETag must also be readable. Raises MalformedXML."""
    asked = request.delete.objects
    if not 1 <= len(asked) <= DELETIONS_MAX or not all(each.key for each in asked):
        raise malformed_xml()
    place = place_of(request.bucket, directory)
    found: list[tuple[str, Resource]] = []
    for each in asked:
        is_version = each.version_id is not None
        resource = _at(place, request.bucket, each.key, directory, caller, request, each.version_id)
        found.append(("s3:DeleteObjectVersion" if is_version else "s3:DeleteObject", resource))
        if each.e_tag not in (None, "*"):
            found.append(("s3:GetObject", _object(request.bucket, each.key, None, directory, caller, request)))
        if request.bypass_governance_retention:
            found.append(("s3:BypassGovernanceRetention", resource))
    return found


def place_arn(place: Place, name: str, key: str | None) -> str:
    """The ARN by which a request's bucket, or a key in it, is decided last."""
    if place.bucket is not None and place.bucket.zone:
        return place.bucket.arn
    bucket = name if place.point is None else place.point.bucket
    return bucket_arn(bucket) if key is None else object_arn(bucket, key)


def _in_bucket(
    name: str,
    key: str | None,
    directory: Directory,
    caller: Authenticated,
    request: object,
    version: str | None = None,
) -> Resource:
    return _at(place_of(name, directory), name, key, directory, caller, request, version)


def _at(
    place: Place,
    name: str,
    key: str | None,
    directory: Directory,
    caller: Authenticated,
    request: object,
    version: str | None = None,
) -> Resource:
    """A bucket, or a key in it, where something may be written."""
    found, point = place.bucket, place.point
    if found is None:
        return _missing(name, key, place, directory, caller, version)
    if found.zone:
        return _directory(found, directory, caller, request)
    resource = Resource(
        place_arn(place, name, key),
        found.account,
        tags=found.tags if found.has_abac else (),
        policy=policy_over_bucket(found, directory, caller.account, point),
        is_public_blocked=False,
        is_version=version is not None,
        version_id=version,
        bucket_tags=found.tags,
    )
    return resource if point is None else _through(point, found, key, resource, directory, caller)


def _missing(
    name: str,
    key: str | None,
    place: Place,
    directory: Directory,
    caller: Authenticated,
    version: str | None = None,
) -> Resource:
    """What leads to no bucket. Raises NoSuchBucket, NoSuchAccessPoint, InvalidBucketName.

    INVARIANT: an access point of one's own tells nobody whose a bucket is: one that is there, and not whose the access
    point says, is judged like one that is.
    """
    point = place.point
    if point is None or directory.buckets.get(point.bucket) is None:
        raise nothing_there(name, place)
    resource = Resource(
        place_arn(place, name, key), point.bucket_account, is_version=version is not None, version_id=version
    )
    return _through(point, None, key, resource, directory, caller)


def _directory(found: Bucket, directory: Directory, caller: Authenticated, request: object) -> Resource:
    policy = policy_over_bucket(found, directory, caller.account)
    return directory_resource(request, found.arn, found.account, caller, policy)


def _new_directory(request: object, name: str, caller: Authenticated) -> Resource:
    """A directory bucket that is not there."""
    arn = f"arn:aws:s3express::{caller.account}:bucket/{name}"
    return directory_resource(request, arn, caller.account, caller, None, is_regional=True)


def _through(
    point: AccessPoint,
    bucket: Bucket | None,
    key: str | None,
    behind: Resource,
    directory: Directory,
    caller: Authenticated,
) -> Resource:
    """What is reached through an access point, with the access point before it."""
    facts = facts_of(point)
    before = replace(
        behind,
        arn=point.arn if key is None else f"{point.arn}/object/{key}",
        account=point.account,
        tags=point.tags,
        policy=policy_over_point(point, bucket, directory, caller.account),
        is_missing=False,
        is_public_blocked=False,
        access_point=facts,
    )
    return replace(behind, through=before, access_point=facts)


RESOLVERS: dict[str, FurtherResolver] = {
    "none": none,
    "matched_object": matched_object,
    "new_bucket": new_bucket,
    "bucket": bucket,
    "object_place": object_place,
    "stored_object": stored_object,
    "copied_tags": copied_tags,
    "copy_source": copy_source,
    "source_bucket": source_bucket,
    "tagged_copy": tagged_copy,
}
EACH: dict[str, EachResolver] = {"deletions": deletions}
OF_ACCOUNTS = frozenset({"none", "new_bucket", "bucket", "object_place", "source_bucket"})
"""Those that read nothing but what belongs to accounts, which objects do not: what they find stands as long as that."""
