"""Odd keys: every one is its own object, none is a path."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import refusal

ODD = [
    "a//b", "//", "/", "/a", "a/", ".", "..", "../x", "a/../b", "./a", "%2F", "a%2Fb", "%", "%25", "a+b", "a b", " a",
    "a ", "a?b", "a#b", "a&b=c;d", "?policy", "a\\b", "a\tb", "a\nb", "\x01", "\x7f", "é", "e\u0301", "😀",
    "\U0010ffff", "*'()!~",
    '"<&>"', "x" * 1024, "é" * 512,
]  # fmt: skip


def test_every_odd_key_is_its_own_object(s3: Any, bucket: str) -> None:
    for key in ODD:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode(), Metadata={"odd": "yes"})
    for key in ODD:
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
        assert s3.head_object(Bucket=bucket, Key=key)["Metadata"] == {"odd": "yes"}
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == sorted(ODD, key=str.encode)
    assert [each["Key"] for each in s3.list_objects(Bucket=bucket)["Contents"]] == sorted(ODD, key=str.encode)
    for key in ODD:
        s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize("key", ["x" * 1025, "é" * 513])
def test_a_key_has_a_limit(s3: Any, bucket: str, key: str) -> None:
    for call in (s3.put_object, s3.get_object, s3.delete_object):
        assert refusal(call, Bucket=bucket, Key=key) == ("KeyTooLongError", "Your key is too long")
