"""Finds what an S3 Control request is about: the account that it names, or a bucket by ARN.

Source: AWS's service authorization reference for S3.
"""

from __future__ import annotations

from typing import Protocol

from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.services.authorization import Resolver, Resource
from watchword.services.call import Authenticated

_BUCKET = "arn:aws:s3:::"


class AccountRequest(Protocol):
    @property
    def account_id(self) -> str: ...


class ArnRequest(AccountRequest, Protocol):
    @property
    def resource_arn(self) -> str: ...


def account(request: AccountRequest, directory: Directory, caller: Authenticated) -> Resource:
    """The account, which has no ARN: another's is another account's."""
    return Resource("*", request.account_id)


def tagged(request: ArnRequest, directory: Directory, caller: Authenticated) -> Resource:
    """A bucket by its ARN, whichever account the request names."""
    bucket = bucket_named(request.resource_arn, directory)
    if bucket is None:
        return Resource(request.resource_arn, request.account_id)
    return Resource(
        bucket.arn,
        bucket.account,
        tags=bucket.tags if bucket.has_abac else (),
        policy=None if _is_shut(bucket, directory, caller) else bucket.bound_policy or bucket.policy,
        bucket_tags=bucket.tags,
    )


def _is_shut(bucket: Bucket, directory: Directory, caller: Authenticated) -> bool:
    """True when the policy is public, public policies are restricted, and the caller is of another account."""
    if not bucket.is_policy_public or caller.account == bucket.account:
        return False
    account = directory.s3_accounts.get(bucket.account)
    blocks = (bucket.public_access, account.public_access if account is not None else None)
    return any(block is not None and block.restrict_public_buckets for block in blocks)


def bucket_named(arn: str, directory: Directory) -> Bucket | None:
    """The bucket with this ARN; None when there is none."""
    return directory.buckets.get(arn.removeprefix(_BUCKET)) if arn.startswith(_BUCKET) else None


RESOLVERS: dict[str, Resolver] = {"account": account, "tagged": tagged}
