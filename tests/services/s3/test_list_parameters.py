"""Parameters of S3's lists that are wrong: told in S3's words and order, as others have measured them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account
from tests.support.raw_requests import get

ENCODING = "Invalid Encoding Method specified in Request"
NUMBER = "Provided {} not an integer or within integer range"
RANGE = "Argument {} must be an integer between 0 and 2147483647"


@pytest.mark.parametrize(
    ("query", "message", "name", "value"),
    [
        ("max-keys=abc", NUMBER.format("max-keys"), "max-keys", "abc"),
        ("max-keys=1.5", NUMBER.format("max-keys"), "max-keys", "1.5"),
        ("max-keys=2147483648", NUMBER.format("max-keys"), "max-keys", "2147483648"),
        ("list-type=2&max-keys=x&max-keys=1", NUMBER.format("max-keys"), "max-keys", "x"),
        ("max-keys=-1", RANGE.format("maxKeys"), "maxKeys", "-1"),
        ("list-type=2&max-keys=-01", RANGE.format("maxKeys"), "maxKeys", "-1"),
        ("uploads&max-uploads=abc", NUMBER.format("max-uploads"), "max-uploads", "abc"),
        ("uploads&max-uploads=-1", RANGE.format("max-uploads"), "max-uploads", "-1"),
        ("list-type=2&continuation-token=x", "The continuation token provided is incorrect", "continuation-token", ""),
        ("versions&max-keys=-1", "max-keys cannot be negative", "max-keys", ""),
        # Of several wrong ones, the first is told.
        ("versions&max-keys=a&version-id-marker=&encoding-type=x", NUMBER.format("max-keys"), "max-keys", "a"),
        (
            "versions&version-id-marker=&encoding-type=x",
            "A version-id marker cannot be specified without a key marker.",
            "version-id-marker",
            "",
        ),
        (
            "versions&key-marker=k&version-id-marker=&encoding-type=x",
            "A version-id marker cannot be empty.",
            "version-id-marker",
            "",
        ),
        (
            "versions&key-marker=k&version-id-marker=bad-vid&encoding-type=x",
            "Invalid version id specified",
            "version-id-marker",
            "bad-vid",
        ),
        ("versions&key-marker=k&encoding-type=x", ENCODING, "encoding-type", "x"),
    ],
)
def test_a_wrong_parameter_is_told(acme: Account, bucket: str, query: str, message: str, name: str, value: str) -> None:
    answer = get(acme.administrator, f"/{bucket}?{query}").send()
    assert answer.error == (400, "InvalidArgument", message)
    assert (answer.element("ArgumentName"), answer.element("ArgumentValue")) == (name, value)


@pytest.mark.parametrize("query", ["max-keys=", "list-type=2&max-keys=&x=1", "versions&max-keys=", "list-type=3"])
def test_an_empty_limit_is_none(acme: Account, bucket: str, query: str) -> None:
    answer = get(acme.administrator, f"/{bucket}?{query}").send()
    assert (answer.status, answer.element("MaxKeys")) == (200, "1000")


@pytest.mark.parametrize("number", ["0", "abc", "10001", "-1"])
def test_a_part_has_a_number(acme: Account, s3: Any, bucket: str, number: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = get(acme.administrator, f"/{bucket}/k?partNumber={number}").send()
    expected = "Part number must be an integer between 1 and 10000, inclusive"
    assert answer.error == (400, "InvalidArgument", expected)
    assert (answer.element("ArgumentName"), answer.element("ArgumentValue")) == ("partNumber", number)
