"""The policy of a bucket: put, get, delete.

It is kept as it was submitted and bound to the unique ids of the users and roles that it names. Only callers of the
bucket's own account may deal with it, whatever it permits to others.
# DIFFERS: 0005. A policy needs no Content-MD5 or checksum beside the signature.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
"""

from __future__ import annotations

from typing import Any

import msgspec

from watchword.directory.bindings import show
from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.policy.language import MalformedPolicy
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3 import shapes
from watchword.services.s3.acl_policies import effective_block
from watchword.services.s3.faults import access_denied, malformed_policy, method_not_allowed, no_such_bucket_policy
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3_policy_documents import of_bucket


def _own_bucket(call: Call[Any], directory: Directory, method: str) -> Bucket:
    bucket = bucket_of(call.request, directory, call.region)
    # INVARIANT: a policy never lets a stranger rewrite it.
    if bucket.account != call.account:
        raise method_not_allowed(method, "BUCKETPOLICY")
    return bucket


@operation("s3:PutBucketPolicy", writes=True)
def put_bucket_policy(call: Call[shapes.PutBucketPolicyRequest], directory: Directory) -> Answer[None]:
    """Set the policy of a bucket.

    Raises NoSuchBucket, MethodNotAllowed, MalformedPolicy, AccessDenied for a blocked public one.
    """
    asked = call.request
    bucket = _own_bucket(call, directory, "PUT")
    try:
        kept = of_bucket(asked.policy, bucket.arn, directory, is_directory_bucket=bool(bucket.zone))
    except MalformedPolicy as error:
        raise malformed_policy(error.message) from None
    if kept.is_public and effective_block(bucket, directory).block_public_policy:
        raise access_denied()
    directory.buckets.replace(
        msgspec.structs.replace(bucket, policy=kept.shown, bound_policy=kept.bound, is_policy_public=kept.is_public)
    )
    return Answer(None, 204)


@operation("s3:GetBucketPolicy")
def get_bucket_policy(
    call: Call[shapes.GetBucketPolicyRequest], directory: Directory
) -> Answer[shapes.GetBucketPolicyOutput]:
    """Give the policy of a bucket. Raises NoSuchBucket, NoSuchBucketPolicy, MethodNotAllowed."""
    bucket = _own_bucket(call, directory, "GET")
    if bucket.policy is None:
        raise no_such_bucket_policy(bucket.name)
    policy = show(bucket.policy, bucket.bound_policy, directory)
    return Answer(shapes.GetBucketPolicyOutput(policy=policy), headers=(("content-type", "application/json"),))


@operation("s3:DeleteBucketPolicy", writes=True)
def delete_bucket_policy(call: Call[shapes.DeleteBucketPolicyRequest], directory: Directory) -> None:
    """Remove the policy of a bucket, if there is one. Raises NoSuchBucket, MethodNotAllowed."""
    bucket = _own_bucket(call, directory, "DELETE")
    if bucket.policy is not None:
        directory.buckets.replace(msgspec.structs.replace(bucket, policy=None, bound_policy="", is_policy_public=False))
