"""The ACLs of buckets and objects: put, get. In buckets without ACLs they can be read, and set to what is so.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html, API_PutObjectAcl.html
"""

from __future__ import annotations

from msgspec.structs import replace

from watchword.directory.buckets import Bucket, Grant
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.access_points import place_of
from watchword.services.s3.acl_policies import effective_block
from watchword.services.s3.acls import asks_for_acl, document_grants, grant_views, header_grants, is_public
from watchword.services.s3.faults import access_denied, acl_not_supported, invalid_request, missing_acl
from watchword.services.s3.lookups import bucket_of, object_of
from watchword.services.s3.owners import Owners
from watchword.services.s3.versions import change_version


@operation("s3:PutBucketAcl", writes=True)
def put_bucket_acl(call: Call[shapes.PutBucketAclRequest], directory: Directory) -> None:
    """Set the ACL of a bucket.

    Raises NoSuchBucket, AccessControlListNotSupported, MalformedACLError, AccessDenied for a blocked public one.
    """
    bucket = bucket_of(call.request, directory, call.region)
    grants = _asked(call.request, bucket, directory, bucket.account)
    if grants is not None:
        directory.buckets.replace(replace(bucket, grants=grants))


@operation("s3:GetBucketAcl")
def get_bucket_acl(call: Call[shapes.GetBucketAclRequest], directory: Directory) -> shapes.GetBucketAclOutput:
    """Give the ACL of a bucket. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, call.region)
    grants = bucket.grants if bucket.has_acls else ()
    owners = Owners(directory)
    views = grant_views(grants, bucket.account, owners)
    return shapes.GetBucketAclOutput(owner=owners[bucket.account], grants=views)


@operation("s3:PutObjectAcl", writes=True)
def put_object_acl(call: Call[shapes.PutObjectAclRequest], directory: Directory) -> shapes.PutObjectAclOutput:
    """Set the ACL of an object. Raises NoSuchKey and what `put_bucket_acl` raises."""
    bucket, stored = object_of(call.request, directory, call.region, method="PUT")
    grants = _asked(call.request, bucket, directory, stored.account or bucket.account)
    if grants is not None:
        change_version(directory, stored, replace(stored, grants=grants))
    return shapes.PutObjectAclOutput()


@operation("s3:GetObjectAcl")
def get_object_acl(call: Call[shapes.GetObjectAclRequest], directory: Directory) -> shapes.GetObjectAclOutput:
    """Give the ACL of an object. Raises NoSuchKey."""
    bucket, stored = object_of(call.request, directory, call.region)
    account = (stored.account if bucket.has_acls else "") or bucket.account
    grants = stored.grants if bucket.has_acls else ()
    owners = Owners(directory)
    return shapes.GetObjectAclOutput(owner=owners[account], grants=grant_views(grants, account, owners))


def _asked(
    asked: shapes.PutBucketAclRequest | shapes.PutObjectAclRequest,
    bucket: Bucket,
    directory: Directory,
    owner_account: str,
) -> tuple[Grant, ...] | None:
    """The grants that a request sets; None in a bucket without ACLs, where only what is so can be asked."""
    document = asked.access_control_policy
    if document is None and not asks_for_acl(asked):
        raise missing_acl()
    if document is not None and asks_for_acl(asked):
        raise invalid_request("You may not specify both headers and a body")
    if not bucket.has_acls:
        _refuse_change(asked, directory, owner_account)
        return None
    if document is None:
        grants = header_grants(asked, directory, owner_account, bucket.account)
    else:
        grants = document_grants(document, directory, owner_account)
    point = place_of(asked.bucket, directory).point
    if is_public(grants) and effective_block(bucket, directory, point).block_public_acls:
        raise access_denied()
    return grants


def _refuse_change(
    asked: shapes.PutBucketAclRequest | shapes.PutObjectAclRequest, directory: Directory, owner_account: str
) -> None:
    if asked.acl == "bucket-owner-full-control":
        return
    document = asked.access_control_policy
    if document is not None and document_grants(document, directory, owner_account) == ():
        return
    raise acl_not_supported()
