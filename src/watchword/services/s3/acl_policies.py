"""What lets callers in at a bucket, an object or an access point: the policy and the ACL, as one policy text.

An ACL is a list of allows, so it is evaluated as statements that stand behind those of the bucket policy. What Block
Public Access shuts is left out: a public policy for callers of other accounts and of none, grants to everybody.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#acl-access-policy-permission-mapping;
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Literal, cast

from watchword.core.arn import root_arn
from watchword.directory.access_points import AccessPoint
from watchword.directory.buckets import Bucket, Grant, PublicAccessBlock, StoredObject
from watchword.directory.directory import Directory
from watchword.policy.language import parse_json
from watchword.services.s3.access_points import within_vpc
from watchword.services.s3.acls import ALL_USERS, AUTHENTICATED_USERS, is_public

Kind = Literal["bucket", "object"]

NOTHING_BLOCKED = PublicAccessBlock(
    block_public_acls=False, ignore_public_acls=False, block_public_policy=False, restrict_public_buckets=False
)
# A bucket's list is asked about keys only where objects are written: its PutObjectAcl is that of the object's writer.
_ACTIONS: dict[Kind, dict[str, tuple[str, ...]]] = {
    "bucket": {
        "READ": ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
        "WRITE": (
            "s3:PutObject",
            "s3:PutObjectAcl",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
        ),
        "READ_ACP": ("s3:GetBucketAcl",),
        "WRITE_ACP": ("s3:PutBucketAcl",),
    },
    "object": {
        "READ": ("s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"),
        "READ_ACP": ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
        "WRITE_ACP": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
    },
}


def effective_block(bucket: Bucket, directory: Directory, point: AccessPoint | None = None) -> PublicAccessBlock:
    """What is shut by the bucket, by its account, or by the access point that a request goes through."""
    own = bucket.public_access or NOTHING_BLOCKED
    shut = either(own, account_block(bucket.account, directory))
    return shut if point is None else either(shut, point.public_access)


def account_block(account: str, directory: Directory) -> PublicAccessBlock:
    """What an account shuts for all that it owns."""
    settings = directory.s3_accounts.get(account)
    return settings.public_access if settings is not None and settings.public_access is not None else NOTHING_BLOCKED


def either(one: PublicAccessBlock, other: PublicAccessBlock) -> PublicAccessBlock:
    """What is shut by one of two blocks."""
    return PublicAccessBlock(
        block_public_acls=one.block_public_acls or other.block_public_acls,
        ignore_public_acls=one.ignore_public_acls or other.ignore_public_acls,
        block_public_policy=one.block_public_policy or other.block_public_policy,
        restrict_public_buckets=one.restrict_public_buckets or other.restrict_public_buckets,
    )


def policy_over_point(
    point: AccessPoint, bucket: Bucket | None, directory: Directory, caller_account: str
) -> str | None:
    """What lets callers in at an access point: its policy, if they come from where they must."""
    policy = point.bound_policy or point.policy
    # INVARIANT: as with buckets, a public policy that is restricted opens nothing to other accounts, and to nobody;
    # here the access point, its account, the bucket and the bucket's account each may restrict it.
    if policy is not None and point.is_policy_public and caller_account != point.account:
        block = either(point.public_access, account_block(point.account, directory))
        block = block if bucket is None else either(block, effective_block(bucket, directory))
        policy = _denials(policy) if block.restrict_public_buckets else policy
    return within_vpc(policy, point.vpc) if point.vpc else policy


def policy_over_bucket(
    bucket: Bucket, directory: Directory, caller_account: str, point: AccessPoint | None = None
) -> str | None:
    """What lets callers in at a bucket, and at keys in it where objects are written."""
    policy = _bucket_policy(bucket, directory, caller_account, point)
    if not (bucket.grants and bucket.has_acls):
        return policy
    return merged(policy, _counted(bucket.grants, bucket, directory, point), "bucket")


def policy_over_object(
    bucket: Bucket,
    stored: StoredObject | None,
    directory: Directory,
    caller_account: str,
    point: AccessPoint | None = None,
) -> str | None:
    """What lets callers in at an object. The policy of the bucket denies objects that are another's, but opens none."""
    is_others = stored is not None and stored.account not in ("", bucket.account) and bucket.has_acls
    policy = _bucket_policy(bucket, directory, caller_account, point)
    if is_others and policy is not None:
        policy = _denials(policy)
    if stored is None and bucket.grants and bucket.has_acls:
        # Who may list may hear that there is no such object.
        readers = tuple(grant for grant in bucket.grants if grant.permission in ("READ", "FULL_CONTROL"))
        return merged(policy, _counted(readers, bucket, directory, point), "object")
    if stored is None or not (stored.grants and bucket.has_acls):
        return policy
    return merged(policy, _counted(stored.grants, bucket, directory, point), "object")


def _bucket_policy(bucket: Bucket, directory: Directory, caller_account: str, point: AccessPoint | None) -> str | None:
    if bucket.policy is None:
        return None
    # INVARIANT: callers of other accounts, and of none, never pass by a public policy that is restricted.
    if bucket.is_policy_public and caller_account != bucket.account and _is_restricted(bucket, directory, point):
        return _denials(bucket.bound_policy or bucket.policy)
    return bucket.bound_policy or bucket.policy


def _is_restricted(bucket: Bucket, directory: Directory, point: AccessPoint | None) -> bool:
    own = bucket.public_access
    return (own is not None and own.restrict_public_buckets) or effective_block(
        bucket, directory, point
    ).restrict_public_buckets  # fmt: skip


def _counted(
    grants: tuple[Grant, ...], bucket: Bucket, directory: Directory, point: AccessPoint | None
) -> tuple[Grant, ...]:
    if is_public(grants) and effective_block(bucket, directory, point).ignore_public_acls:
        return tuple(grant for grant in grants if not is_public((grant,)))
    return grants


@lru_cache(maxsize=1024)
def _denials(policy: str) -> str | None:
    """What a policy denies; None when it denies nothing."""
    document = cast("dict[str, Any]", parse_json(policy))
    statements = document["Statement"]
    listed = cast("list[dict[str, Any]]", statements if isinstance(statements, list) else [statements])
    denials = [statement for statement in listed if statement["Effect"] == "Deny"]
    return json.dumps({**document, "Statement": denials}) if denials else None


@lru_cache(maxsize=1024)
def merged(policy: str | None, grants: tuple[Grant, ...], kind: Kind) -> str | None:
    """A policy with a list's grants behind its statements; the policy itself when they grant nothing."""
    added = [statement for grant in grants if (statement := _statement(grant, kind)) is not None]
    if not added:
        return policy
    empty: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
    document = cast("dict[str, Any]", parse_json(policy)) if policy else empty
    statements = document["Statement"]
    document["Statement"] = [*(statements if isinstance(statements, list) else [statements]), *added]
    return json.dumps(document)


def _statement(grant: Grant, kind: Kind) -> dict[str, Any] | None:
    by_permission = _ACTIONS[kind]
    if grant.permission == "FULL_CONTROL":
        actions = [action for each in by_permission.values() for action in each]
    else:
        actions = list(by_permission.get(grant.permission, ()))
    if not actions:
        return None
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    if grant.grantee == ALL_USERS:
        return {**statement, "Principal": "*"}
    if grant.grantee == AUTHENTICATED_USERS:
        known = {"StringNotEquals": {"aws:PrincipalType": "Anonymous"}}
        return {**statement, "Principal": {"AWS": "*"}, "Condition": known}
    if grant.grantee.startswith("http"):
        return None
    return {**statement, "Principal": {"AWS": root_arn(grant.grantee)}}
