"""Which bucket a request means: the one that it names, or the one behind the access point that it names.

What stands where a bucket's name does may be a bucket, the alias of an access point, an access point's ARN (with a
slash or a colon before the name), or `NAME-ACCOUNT`, which clients put before the host of an endpoint of ours. A bucket
and an access point never share a name of that last kind: `is_taken` keeps them apart.
An access point whose bucket is not there, or is by now another account's, leads nowhere.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple, cast

from watchword.directory.access_points import AccessPoint, access_point_arn
from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.policy.language import parse_json
from watchword.services.authorization import AccessPointFacts

ALIAS_SUFFIX = "-s3alias"
_ARN = re.compile(r"arn:aws:s3:([a-z0-9-]*):([0-9]{12}):accesspoint[/:]([a-z0-9-]{3,50})\Z")
_HOST_NAME = re.compile(r"([a-z0-9][a-z0-9-]{1,48}[a-z0-9])-([0-9]{12})\Z")


class Place(NamedTuple):
    """What a request names, as far as it is there."""

    bucket: Bucket | None = None
    point: AccessPoint | None = None
    """What the request goes through."""
    missing_arn: str = ""
    """The ARN of an access point that is not there, when the request surely means one."""


def place_of(name: str, directory: Directory) -> Place:
    """What `name` stands for, in the place of a bucket's name."""
    bucket = directory.buckets.get(name)
    return place_behind(name, directory) if bucket is None else Place(bucket)


def bucket_named(name: str, directory: Directory) -> Bucket | None:
    """The bucket that `name` leads to, if any."""
    return place_of(name, directory).bucket


def is_point_named(name: str) -> bool:
    """True for a name that can only be an access point's."""
    return name.startswith("arn:") or name.endswith(ALIAS_SUFFIX)


def place_behind(name: str, directory: Directory) -> Place:
    """What a name stands for that is no bucket's."""
    if name.endswith(ALIAS_SUFFIX):
        point = directory.access_points.seek("alias", name)
        return Place() if point is None else _through(point, directory)
    match = _ARN.match(name)
    if match is not None:
        region, account, own = match.groups()
        point = directory.access_points.get(account, own)
        if point is None or region not in ("", point.region):
            return Place(missing_arn=access_point_arn(region or "*", account, own))
        return _through(point, directory)
    match = _HOST_NAME.match(name)
    point = None if match is None else directory.access_points.get(match[2], match[1])
    return Place() if point is None else _through(point, directory)


def _through(point: AccessPoint, directory: Directory) -> Place:
    bucket = directory.buckets.get(point.bucket)
    if bucket is not None and (bucket.account, bucket.region, bucket.zone) != (point.bucket_account, point.region, ""):
        bucket = None
    return Place(bucket, point)


def is_taken(bucket: str, account: str, directory: Directory) -> bool:
    """True when an account may not call a bucket so: the name is that of an access point, or another account's.

    Who could call a bucket as others call their access points would get what is meant for these.
    """
    match = _HOST_NAME.match(bucket)
    if match is None:
        return False
    if match[2] != account:
        return directory.accounts.get(match[2]) is not None
    return directory.access_points.get(match[2], match[1]) is not None


def facts_of(point: AccessPoint) -> AccessPointFacts:
    """What policies may ask of an access point."""
    return AccessPointFacts(point.arn, point.account, point.network_origin, point.tags)


def object_key(arn: str) -> str:
    """The key in the ARN of an object, in a bucket or in an access point."""
    _, slash, key = arn.partition("/object/" if ":accesspoint/" in arn else "/")
    return key if slash else ""


@lru_cache(maxsize=1024)
def within_vpc(policy: str | None, vpc: str) -> str:
    """A policy that also denies whatever does not come from one VPC."""
    elsewhere: dict[str, Any] = {
        "Sid": "NetworkOrigin",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:SourceVpc": vpc}},
    }
    empty: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
    document = cast("dict[str, Any]", parse_json(policy)) if policy else empty
    statements = document["Statement"]
    document["Statement"] = [*(statements if isinstance(statements, list) else [statements]), elsewhere]
    return json.dumps(document)
