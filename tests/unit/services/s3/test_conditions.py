"""Conditional requests: who gets the object, who gets 304, who gets 412."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from watchword.core.errors import ApiError
from watchword.directory.buckets import StoredObject
from watchword.services.s3.conditions import check_match, check_read, check_write
from watchword.services.s3.shapes import GetObjectRequest

MODIFIED = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
NOW = MODIFIED + timedelta(days=10)
EARLIER, LATER = MODIFIED - timedelta(seconds=1), MODIFIED + timedelta(seconds=1)
STORED = StoredObject(bucket="b", key="k", blob="", size=0, etag="abc", modified_at=MODIFIED)


def status(
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    if_modified_since: datetime | None = None,
    if_unmodified_since: datetime | None = None,
) -> int:
    request = GetObjectRequest(
        bucket="b",
        key="k",
        if_match=if_match,
        if_none_match=if_none_match,
        if_modified_since=if_modified_since,
        if_unmodified_since=if_unmodified_since,
    )
    try:
        check_read(request, STORED, NOW)
    except ApiError as error:
        return error.status
    return 200


@pytest.mark.parametrize("etag", ['"abc"', "abc", "*", '"x", "abc"'])
def test_a_matching_etag(etag: str) -> None:
    assert status(if_match=etag) == 200
    assert status(if_none_match=etag) == 304


@pytest.mark.parametrize("etag", ['"abd"', "ABC", 'W/"abc"', '""', ""])
def test_another_etag(etag: str) -> None:
    assert status(if_match=etag) == 412
    assert status(if_none_match=etag) == 200


def test_dates() -> None:
    assert status(if_modified_since=EARLIER) == 200
    assert status(if_modified_since=MODIFIED) == 304
    assert status(if_modified_since=LATER) == 304
    assert status(if_unmodified_since=EARLIER) == 412
    assert status(if_unmodified_since=MODIFIED) == 200


def test_a_date_in_the_future_is_no_condition() -> None:
    assert status(if_modified_since=NOW + timedelta(seconds=1)) == 200


def test_an_etag_outweighs_a_date() -> None:
    assert status(if_match="abc", if_unmodified_since=EARLIER) == 200
    assert status(if_none_match="abd", if_modified_since=LATER) == 200
    assert status(if_none_match="abc", if_modified_since=EARLIER) == 304


def write_code(existing: StoredObject | None, if_match: str | None, if_none_match: str | None) -> str:
    try:
        check_write(if_match, if_none_match, existing, "k")
    except ApiError as error:
        return error.code
    return "written"


def test_a_write_that_must_be_the_first() -> None:
    assert write_code(None, None, "*") == "written"
    assert write_code(STORED, None, "*") == "PreconditionFailed"
    assert write_code(None, None, '"abc"') == "NotImplemented"


def test_a_write_that_must_find_what_it_knows() -> None:
    assert write_code(STORED, '"abc"', None) == "written"
    assert write_code(STORED, '"abd"', None) == "PreconditionFailed"
    assert write_code(None, '"abc"', None) == "NoSuchKey"


def test_a_deletion_that_must_find_what_it_knows() -> None:
    check_match("*", STORED, "k")
    with pytest.raises(ApiError, match="NoSuchKey"):
        check_match("*", None, "k")
    with pytest.raises(ApiError, match="PreconditionFailed"):
        check_match("abd", STORED, "k")
