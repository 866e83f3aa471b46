"""Clients and documents for access points: SDKs put the access point before the host, where here no resolver looks."""

from __future__ import annotations

from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.services.s3.conftest import s3_client
from tests.services.s3.test_control import control_client
from tests.support.house import REGION, Account, Keys, allow, policy

_numbers = count(1)
EVERYBODY = {"Principal": "*"}
OPEN = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}


def through_points(keys: Keys, **options: Any) -> Any:
    """S3 as boto3 speaks it to access points by their ARN: `NAME-ACCOUNT` stands before the host."""
    client = s3_client(keys, **options)
    address = keys.endpoint.partition("//")[2]

    def resolve(request: Any, **_more: Any) -> None:
        parts = urlsplit(str(request.url))
        if parts.netloc != address:
            request.headers["Host"] = parts.netloc
            request.url = urlunsplit(parts._replace(netloc=address))

    client.meta.events.register("before-send.s3", resolve)
    return client


def arn_of(account: str, name: str, region: str = REGION) -> str:
    return f"arn:aws:s3:{region}:{account}:accesspoint/{name}"


def new_point(owner: Account, bucket: str, **options: Any) -> str:
    """Make an access point of an account; gives back its ARN."""
    name = f"point-{next(_numbers)}"
    control_client(owner.administrator).create_access_point(AccountId=owner.id, Name=name, Bucket=bucket, **options)
    return arn_of(owner.id, name)


def delegate(bucket: str, *owners: str, key: str = "s3:DataAccessPointAccount") -> str:
    """A bucket policy that leaves everything to the access points of these accounts, or to these access points."""
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return policy(allow("s3:*", resources, Condition={"StringEquals": {key: list(owners)}}, **EVERYBODY))


def point_policy(arn: str, *actions: str, who: Any = "*", **more: Any) -> str:
    """A policy of an access point that lets somebody in."""
    return policy(allow(list(actions), [arn, f"{arn}/object/*"], Principal=who, **more))


def put_policy(owner: Account, arn: str, document: str) -> None:
    control_client(owner.administrator).put_access_point_policy(
        AccountId=owner.id, Name=arn.rpartition("/")[2], Policy=document
    )


def alias_of(owner: Account, arn: str) -> str:
    control = control_client(owner.administrator)
    return control.get_access_point(AccountId=owner.id, Name=arn.rpartition("/")[2])["Alias"]
