"""Buckets to play with."""

from __future__ import annotations

from itertools import count
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.support.house import REGION, Account, Keys

_numbers = count(1)


def new_name() -> str:
    """A bucket name that no other test uses."""
    return f"bucket-{next(_numbers)}"


def s3_client(keys: Keys, region: str = REGION, **options: Any) -> Any:
    """S3 as boto3 speaks it by itself, for a region, until it is told of another."""
    connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    settings = {
        "endpoint_url": keys.endpoint,
        "aws_access_key_id": keys.access_key_id,
        "aws_secret_access_key": keys.secret_access_key,
        "config": Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    }
    return connect("s3", region_name=region, **(settings | options))


@pytest.fixture(scope="module")
def s3(acme: Account) -> Any:
    """S3 as the administrator of acme."""
    return acme.administrator.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket of acme."""
    name = new_name()
    s3.create_bucket(Bucket=name)
    return name
