"""Buckets to play with."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from tests.support.house import Account

_numbers = count(1)


def new_name() -> str:
    """A bucket name that no other test uses."""
    return f"bucket-{next(_numbers)}"


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
