"""Access points of S3: create, describe, list, delete. What comes through them is decided by `s3`.

An access point may lead to a bucket of another account, whose owner has not been asked: until the bucket's policy lets
the access point in, it opens nothing, and whoever makes it learns nothing.
# DIFFERS: 0005. An access point's name is unique in its account; at AWS in its account and region.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessPoint.html and its neighbours.
"""

from __future__ import annotations

import re
from itertools import islice

from msgspec.structs import asdict

from watchword.core.ids import AccountId, RandomBytes, is_account_id
from watchword.directory.access_points import AccessPoint
from watchword.directory.buckets import PublicAccessBlock
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3control import shapes
from watchword.services.s3control.faults import (
    access_point_already_owned,
    invalid_request,
    no_such_access_point,
    no_such_bucket,
    not_implemented,
    too_many_access_points,
)
from watchword.services.s3control.resources import NamedRequest
from watchword.services.s3control.tagging import checked_tags

POINTS_MAX = 10_000
"""Of one account."""
LISTED_MAX = 1000
"""Of one page."""
_NAME = re.compile(r"(?!xn--)[a-z0-9][a-z0-9-]{1,48}[a-z0-9](?<!-s3alias)(?<!--op-s3)(?<!--ol-s3)\Z")
_VPC = re.compile(r"vpc-[a-z0-9]{1,32}\Z")
_ALIAS_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_ALIAS_RANDOM = 34
_ALIAS_NAME = 20
"""Letters of the name that an alias begins with: 63 characters are the most."""


@operation("s3control:CreateAccessPoint", writes=True)
def create_access_point(
    call: Call[shapes.CreateAccessPointRequest], directory: Directory, random_bytes: RandomBytes
) -> shapes.CreateAccessPointResult:
    """Create an access point in the region of the request.

    Raises InvalidRequest, NoSuchBucket for a bucket that should be the account's own, AccessPointAlreadyOwnedByYou,
    TooManyAccessPoints.
    """
    asked = call.request
    if asked.scope is not None:
        raise not_implemented("Scope")
    if not _NAME.match(asked.name):
        raise invalid_request("The access point name is not valid.")
    vpc = asked.vpc_configuration.vpc_id if asked.vpc_configuration is not None else ""
    if asked.vpc_configuration is not None and not _VPC.match(vpc):
        raise invalid_request("The VPC id is not valid.")
    owner = asked.bucket_account_id or asked.account_id
    if not is_account_id(owner):
        raise invalid_request("The bucket account id is not valid.")
    if owner == asked.account_id:
        _check_own_bucket(asked.bucket, owner, call.region, directory)
    _check_free(asked, directory)
    point = AccessPoint(
        account=AccountId(asked.account_id),
        name=asked.name,
        region=call.region,
        alias=_new_alias(asked.name, random_bytes),
        bucket=asked.bucket,
        bucket_account=AccountId(owner),
        created_at=call.now.replace(microsecond=0),
        vpc=vpc,
        public_access=_block(asked.public_access_block_configuration),
        tags=checked_tags((), asked.tags or ()),
    )
    directory.access_points.add(point)
    return shapes.CreateAccessPointResult(access_point_arn=point.arn, alias=point.alias)


def _check_own_bucket(name: str, account: str, region: str, directory: Directory) -> None:
    bucket = directory.buckets.get(name)
    if bucket is None or bucket.account != account:
        raise no_such_bucket(name)
    if bucket.zone:
        raise not_implemented("Bucket")
    if bucket.region != region:
        raise invalid_request("An access point must be created in the Region of its bucket.")


def _check_free(asked: shapes.CreateAccessPointRequest, directory: Directory) -> None:
    if directory.access_points.get(asked.account_id, asked.name) is not None:
        raise access_point_already_owned(asked.name)
    # INVARIANT: no bucket is called as clients call this access point before the host of an endpoint.
    if directory.buckets.get(f"{asked.name}-{asked.account_id}") is not None:
        raise invalid_request(f"A bucket is called `{asked.name}-{asked.account_id}`.")
    if directory.access_points.count(asked.account_id) >= POINTS_MAX:
        raise too_many_access_points()


def _block(asked: shapes.PublicAccessBlockConfiguration | None) -> PublicAccessBlock:
    """What an access point shuts, for ever; when nothing is said of it, everything."""
    if asked is None:
        return PublicAccessBlock()
    return PublicAccessBlock(
        block_public_acls=asked.block_public_acls is not False,
        ignore_public_acls=asked.ignore_public_acls is not False,
        block_public_policy=asked.block_public_policy is not False,
        restrict_public_buckets=asked.restrict_public_buckets is not False,
    )


def _new_alias(name: str, random_bytes: RandomBytes) -> str:
    number = int.from_bytes(random_bytes(24))
    letters: list[str] = []
    for _ in range(_ALIAS_RANDOM):
        number, letter = divmod(number, len(_ALIAS_LETTERS))
        letters.append(_ALIAS_LETTERS[letter])
    return f"{name[:_ALIAS_NAME]}-{''.join(letters)}-s3alias"


def point_of(request: NamedRequest, directory: Directory, region: str) -> AccessPoint:
    """The access point of a request. Raises NoSuchAccessPoint."""
    point = directory.access_points.get(request.account_id, request.name)
    if point is None or point.region != region:
        raise no_such_access_point(request.name)
    return point


@operation("s3control:GetAccessPoint")
def get_access_point(call: Call[shapes.GetAccessPointRequest], directory: Directory) -> shapes.GetAccessPointResult:
    """Describe an access point. Raises NoSuchAccessPoint."""
    point = point_of(call.request, directory, call.region)
    block = point.public_access
    return shapes.GetAccessPointResult(
        name=point.name,
        bucket=point.bucket,
        network_origin=point.network_origin,
        vpc_configuration=_vpc_view(point),
        public_access_block_configuration=shapes.PublicAccessBlockConfiguration(**asdict(block)),
        creation_date=point.created_at,
        alias=point.alias,
        access_point_arn=point.arn,
        # DIFFERS: 0005. AWS names its endpoints here; clients of ours put the name before the host of the endpoint.
        endpoints={},
        bucket_account_id=point.bucket_account,
    )


def _vpc_view(point: AccessPoint) -> shapes.VpcConfiguration | None:
    return shapes.VpcConfiguration(vpc_id=point.vpc) if point.vpc else None


@operation("s3control:ListAccessPoints", pages_itself=True)
def list_access_points(
    call: Call[shapes.ListAccessPointsRequest], directory: Directory
) -> shapes.ListAccessPointsResult:
    """List the access points of an account in this region, or those of one bucket, by name. Raises InvalidRequest."""
    asked = call.request
    if asked.data_source_id is not None or asked.data_source_type is not None:
        raise not_implemented("dataSourceType")
    limit = LISTED_MAX if asked.max_results is None else asked.max_results
    if not 1 <= limit <= LISTED_MAX:
        raise invalid_request(f"The number of results must be between 1 and {LISTED_MAX}.")
    if asked.next_token is not None and not _NAME.match(asked.next_token):
        raise invalid_request("The next token is not valid.")
    chosen = (
        point
        for point in directory.access_points.under(
            asked.account_id, after=(asked.account_id, asked.next_token) if asked.next_token else None
        )
        if point.region == call.region and asked.bucket in (None, point.bucket)
    )
    rows = list(islice(chosen, limit + 1))
    return shapes.ListAccessPointsResult(
        access_point_list=[
            shapes.AccessPoint(
                name=point.name,
                network_origin=point.network_origin,
                vpc_configuration=_vpc_view(point),
                bucket=point.bucket,
                access_point_arn=point.arn,
                alias=point.alias,
                bucket_account_id=point.bucket_account,
            )
            for point in rows[:limit]
        ],
        # The last name of the page: it grants nothing, and says nothing that the page does not.
        next_token=rows[limit - 1].name if len(rows) > limit else None,
    )


@operation("s3control:DeleteAccessPoint", writes=True)
def delete_access_point(call: Call[shapes.DeleteAccessPointRequest], directory: Directory) -> Answer[None]:
    """Delete an access point with its policy; the bucket stays. Raises NoSuchAccessPoint."""
    directory.access_points.remove(point_of(call.request, directory, call.region))
    return Answer(None, 204)
