"""Finds what an S3 Control request is about: the account that it names, an access point, or a bucket by ARN.

What is about an access point is decided by the caller's policies alone: the policy of an access point speaks only of
requests that come through it.
Source: AWS's service authorization reference for S3.
"""

from __future__ import annotations

from typing import Protocol

from watchword.directory.access_points import AccessPoint, access_point_arn
from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.services.authorization import AccessPointFacts, Resolver, Resource
from watchword.services.call import Authenticated
from watchword.services.s3control import shapes

_BUCKET = "arn:aws:s3:::"


class AccountRequest(Protocol):
    @property
    def account_id(self) -> str: ...


class ArnRequest(AccountRequest, Protocol):
    @property
    def resource_arn(self) -> str: ...


class NamedRequest(AccountRequest, Protocol):
    @property
    def name(self) -> str: ...


def account(request: AccountRequest, directory: Directory, caller: Authenticated) -> Resource:
    """The account, which has no ARN: another's is another account's."""
    return Resource("*", request.account_id)


def new_access_point(request: shapes.CreateAccessPointRequest, directory: Directory, caller: Authenticated) -> Resource:
    """An access point that is to be made, in the region of the request."""
    origin = "Internet" if request.vpc_configuration is None else "VPC"
    tags = tuple((tag.key, tag.value) for tag in request.tags or ())
    return Resource(
        access_point_arn("", request.account_id, request.name),
        request.account_id,
        access_point=AccessPointFacts("", request.account_id, origin, tags),
        is_regional=True,
    )


def access_point(request: NamedRequest, directory: Directory, caller: Authenticated) -> Resource:
    """An access point of the account that the request names."""
    point = directory.access_points.get(request.account_id, request.name)
    if point is None:
        return Resource(access_point_arn("", request.account_id, request.name), request.account_id, is_regional=True)
    return _point(point.arn, point)


def access_point_facts(request: NamedRequest, directory: Directory, caller: Authenticated) -> Resource:
    """What AWS decides without a resource, but by the facts of an access point."""
    point = directory.access_points.get(request.account_id, request.name)
    return Resource("*", request.account_id) if point is None else _point("*", point)


def _point(arn: str, point: AccessPoint) -> Resource:
    facts = AccessPointFacts(point.arn, point.account, point.network_origin, point.tags)
    return Resource(arn, point.account, tags=point.tags, access_point=facts)


def tagged(request: ArnRequest, directory: Directory, caller: Authenticated) -> Resource:
    """A bucket or access point by its ARN, whichever account the request names."""
    point = point_named(request.resource_arn, directory)
    if point is not None:
        return _point(point.arn, point)
    bucket = bucket_named(request.resource_arn, directory)
    if bucket is None:
        return Resource(request.resource_arn, account_in(request.resource_arn) or request.account_id)
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


def point_named(arn: str, directory: Directory) -> AccessPoint | None:
    """The access point with this ARN; None when there is none."""
    _, slash, name = arn.partition(":accesspoint/")
    point = directory.access_points.get(account_in(arn), name) if slash else None
    return point if point is not None and point.arn == arn else None


def account_in(arn: str) -> str:
    """The account in an ARN; empty when there is none."""
    parts = arn.split(":")
    return parts[4] if len(parts) >= 6 else ""


RESOLVERS: dict[str, Resolver] = {
    "access_point": access_point,
    "access_point_facts": access_point_facts,
    "account": account,
    "new_access_point": new_access_point,
    "tagged": tagged,
}
