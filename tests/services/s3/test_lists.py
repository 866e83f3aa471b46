"""Listing keys: prefixes, delimiters, pages, in both versions of the API."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, refusal

KEYS = ["a", "b/1", "b/2", "b/c/1", "b/c/2", "c", "d/1", "e f", "g+h"]


@pytest.fixture(scope="module")
def full(acme: Account) -> str:
    s3 = acme.administrator.client("s3")
    s3.create_bucket(Bucket="full-bucket")
    for key in KEYS:
        s3.put_object(Bucket="full-bucket", Key=key, Body=key.encode())
    return "full-bucket"


def keys(page: dict[str, Any]) -> list[str]:
    return [each["Key"] for each in page.get("Contents", [])]


def prefixes(page: dict[str, Any]) -> list[str]:
    return [each["Prefix"] for each in page.get("CommonPrefixes", [])]


def test_a_question_for_restored_objects_finds_none_archived(s3: Any, full: str) -> None:
    # Nothing is ever archived here, and what is not archived has no RestoreStatus at AWS either.
    for operation in (s3.list_objects, s3.list_objects_v2):
        page = operation(Bucket=full, OptionalObjectAttributes=["RestoreStatus"])
        assert keys(page) == KEYS
        assert all("RestoreStatus" not in each for each in page["Contents"])


def test_all_keys(s3: Any, full: str) -> None:
    page = s3.list_objects_v2(Bucket=full)
    assert keys(page) == KEYS
    assert (page["KeyCount"], page["MaxKeys"], page["IsTruncated"], page["Name"]) == (9, 1000, False, full)
    first = page["Contents"][0]
    assert (first["Size"], first["StorageClass"], first["ChecksumAlgorithm"]) == (1, "STANDARD", ["CRC32"])
    assert "Owner" not in first
    owned = s3.list_objects_v2(Bucket=full, FetchOwner=True)["Contents"][0]["Owner"]
    assert owned == s3.list_objects(Bucket=full)["Contents"][0]["Owner"]


def test_a_delimiter_rolls_keys_up(s3: Any, full: str) -> None:
    for call in (s3.list_objects, s3.list_objects_v2):
        page = call(Bucket=full, Delimiter="/")
        assert (keys(page), prefixes(page)) == (["a", "c", "e f", "g+h"], ["b/", "d/"])
        page = call(Bucket=full, Delimiter="/", Prefix="b/")
        assert (keys(page), prefixes(page)) == (["b/1", "b/2"], ["b/c/"])
        page = call(Bucket=full, Delimiter="/", Prefix="b")
        assert (keys(page), prefixes(page)) == ([], ["b/"])
        page = call(Bucket=full, Prefix="x")
        assert (keys(page), page["IsTruncated"]) == ([], False)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_pages(s3: Any, full: str, operation: str, size: int) -> None:
    paginator = s3.get_paginator(operation)
    pages = list(paginator.paginate(Bucket=full, PaginationConfig={"PageSize": size}))
    assert [key for page in pages for key in keys(page)] == KEYS
    assert {len(keys(page)) for page in pages[:-1]} <= {size}
    rolled = list(paginator.paginate(Bucket=full, Delimiter="/", PaginationConfig={"PageSize": size}))
    assert [key for page in rolled for key in keys(page)] == ["a", "c", "e f", "g+h"]
    assert [prefix for page in rolled for prefix in prefixes(page)] == ["b/", "d/"]


def test_where_a_list_begins(s3: Any, full: str) -> None:
    assert keys(s3.list_objects_v2(Bucket=full, StartAfter="c")) == ["d/1", "e f", "g+h"]
    assert keys(s3.list_objects(Bucket=full, Marker="cc")) == ["d/1", "e f", "g+h"]
    page = s3.list_objects(Bucket=full, Delimiter="/", Marker="b/1")
    assert (keys(page), prefixes(page)) == (["c", "e f", "g+h"], ["d/"])
    first = s3.list_objects_v2(Bucket=full, MaxKeys=2)
    after = s3.list_objects_v2(Bucket=full, ContinuationToken=first["NextContinuationToken"], StartAfter="g")
    assert keys(after) == KEYS[2:]
    assert after["ContinuationToken"] == first["NextContinuationToken"]


def test_a_marker_comes_with_a_delimiter_only(s3: Any, full: str) -> None:
    assert "NextMarker" not in s3.list_objects(Bucket=full, MaxKeys=1)
    assert s3.list_objects(Bucket=full, MaxKeys=2, Delimiter="/")["NextMarker"] == "b/"


def test_no_entries_asked_for(s3: Any, full: str) -> None:
    page = s3.list_objects_v2(Bucket=full, MaxKeys=0)
    assert (page["KeyCount"], page["IsTruncated"], page["MaxKeys"]) == (0, False, 0)
    assert s3.list_objects_v2(Bucket=full, MaxKeys=5000)["MaxKeys"] == 1000


@pytest.mark.parametrize(
    ("parameters", "argument"),
    [
        ({"MaxKeys": -1}, "maxKeys"),
        ({"ContinuationToken": "x"}, "continuation-token"),
        ({"ContinuationToken": ""}, ""),
    ],
)
def test_an_argument_that_cannot_be(s3: Any, full: str, parameters: dict[str, Any], argument: str) -> None:
    code, message = refusal(s3.list_objects_v2, Bucket=full, **parameters)
    assert code == "InvalidArgument"
    assert argument in message or "continuation token" in message
