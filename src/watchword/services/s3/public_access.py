"""Block Public Access and Object Ownership of a bucket, and whether its policy is public.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from typing import cast, get_args

from msgspec.structs import asdict, replace

from watchword.directory.buckets import Ownership, PublicAccessBlock
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.faults import (
    bucket_acl_with_ownership,
    invalid_argument,
    malformed_xml,
    no_such_bucket_policy,
    no_such_setting,
)
from watchword.services.s3.lookups import bucket_of


@operation("s3:PutPublicAccessBlock", writes=True)
def put_public_access_block(call: Call[shapes.PutPublicAccessBlockRequest], directory: Directory) -> None:
    """Say which ways to the public are shut; what is not said is open. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, call.region)
    asked = call.request.public_access_block_configuration
    block = PublicAccessBlock(
        block_public_acls=bool(asked.block_public_acls),
        ignore_public_acls=bool(asked.ignore_public_acls),
        block_public_policy=bool(asked.block_public_policy),
        restrict_public_buckets=bool(asked.restrict_public_buckets),
    )
    directory.buckets.replace(replace(bucket, public_access=block))


@operation("s3:GetPublicAccessBlock")
def get_public_access_block(
    call: Call[shapes.GetPublicAccessBlockRequest], directory: Directory
) -> shapes.GetPublicAccessBlockOutput:
    """Give what is shut. Raises NoSuchBucket, NoSuchPublicAccessBlockConfiguration."""
    bucket = bucket_of(call.request, directory, call.region)
    block = bucket.public_access
    if block is None:
        message = "The public access block configuration was not found"
        raise no_such_setting("NoSuchPublicAccessBlockConfiguration", message, bucket.name)
    return shapes.GetPublicAccessBlockOutput(
        public_access_block_configuration=shapes.PublicAccessBlockConfiguration(**asdict(block))
    )


@operation("s3:DeletePublicAccessBlock", writes=True)
def delete_public_access_block(call: Call[shapes.DeletePublicAccessBlockRequest], directory: Directory) -> None:
    """Open what the bucket itself shuts. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, call.region)
    directory.buckets.replace(replace(bucket, public_access=None))


def read_ownership(value: str) -> Ownership:
    """An ownership setting. Raises InvalidArgument."""
    if value not in get_args(Ownership):
        raise invalid_argument("Invalid x-amz-object-ownership header: " + value, "x-amz-object-ownership", value)
    return cast("Ownership", value)


@operation("s3:PutBucketOwnershipControls", writes=True)
def put_bucket_ownership_controls(call: Call[shapes.PutBucketOwnershipControlsRequest], directory: Directory) -> None:
    """Say whose new objects are, and whether there are ACLs. Raises NoSuchBucket, MalformedXML.

    ACLs that let others in must be gone before ACLs are switched off: else InvalidBucketAclWithObjectOwnership.
    """
    bucket = bucket_of(call.request, directory, call.region)
    rules = call.request.ownership_controls.rules
    if len(rules) != 1 or rules[0].object_ownership not in get_args(Ownership):
        raise malformed_xml()
    ownership = cast("Ownership", rules[0].object_ownership)
    if ownership == "BucketOwnerEnforced" and any(grant.grantee != bucket.account for grant in bucket.grants):
        raise bucket_acl_with_ownership()
    directory.buckets.replace(replace(bucket, ownership=ownership))


@operation("s3:GetBucketOwnershipControls")
def get_bucket_ownership_controls(
    call: Call[shapes.GetBucketOwnershipControlsRequest], directory: Directory
) -> shapes.GetBucketOwnershipControlsOutput:
    """Give the ownership setting. Raises NoSuchBucket, OwnershipControlsNotFoundError."""
    bucket = bucket_of(call.request, directory, call.region)
    if bucket.ownership is None:
        message = "The bucket ownership controls were not found"
        raise no_such_setting("OwnershipControlsNotFoundError", message, bucket.name)
    rule = shapes.OwnershipControlsRule(object_ownership=bucket.ownership)
    return shapes.GetBucketOwnershipControlsOutput(ownership_controls=shapes.OwnershipControls(rules=[rule]))


@operation("s3:DeleteBucketOwnershipControls", writes=True)
def delete_bucket_ownership_controls(
    call: Call[shapes.DeleteBucketOwnershipControlsRequest], directory: Directory
) -> None:
    """Forget the ownership setting; then writers own what they write. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, call.region)
    directory.buckets.replace(replace(bucket, ownership=None))


@operation("s3:GetBucketPolicyStatus")
def get_bucket_policy_status(
    call: Call[shapes.GetBucketPolicyStatusRequest], directory: Directory
) -> shapes.GetBucketPolicyStatusOutput:
    """Say whether the policy of a bucket is public. Raises NoSuchBucket, NoSuchBucketPolicy."""
    bucket = bucket_of(call.request, directory, call.region)
    if bucket.policy is None:
        raise no_such_bucket_policy(bucket.name)
    return shapes.GetBucketPolicyStatusOutput(policy_status=shapes.PolicyStatus(is_public=bucket.is_policy_public))
