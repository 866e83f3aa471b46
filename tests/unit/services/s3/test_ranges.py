"""Which part of an object a Range header or a part number means."""

from __future__ import annotations

import pytest

from watchword.core.errors import ApiError
from watchword.services.s3.ranges import Part, asked_part

SIZE = 10


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-3", Part(0, 4, "bytes 0-3/10")),
        ("bytes=0-0", Part(0, 1, "bytes 0-0/10")),
        ("bytes=9-9", Part(9, 1, "bytes 9-9/10")),
        ("bytes=4-", Part(4, 6, "bytes 4-9/10")),
        ("bytes=4-99", Part(4, 6, "bytes 4-9/10")),
        ("bytes=-3", Part(7, 3, "bytes 7-9/10")),
        ("bytes=-99", Part(0, 10, "bytes 0-9/10")),
    ],
)
def test_a_range_is_cut_to_the_object(asked: str, part: Part) -> None:
    assert asked_part(asked, None, SIZE) == part


@pytest.mark.parametrize(
    "asked",
    [None, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "0-3", "lines=0-3", "bytes=a-b", "bytes=0-1x"],
)
def test_what_is_no_single_range_means_the_whole_object(asked: str | None) -> None:
    assert asked_part(asked, None, SIZE) == Part(0, SIZE, None)


@pytest.mark.parametrize(
    ("asked", "size"),
    [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=" + "9" * 30 + "-", 10)],
)
def test_a_range_outside_of_the_object_is_refused(asked: str, size: int) -> None:
    with pytest.raises(ApiError) as refused:
        asked_part(asked, None, size)
    assert (refused.value.code, refused.value.status) == ("InvalidRange", 416)
    assert refused.value.fields == {"RangeRequested": asked, "ActualObjectSize": str(size)}


def test_a_suffix_of_an_empty_object_is_refused() -> None:
    with pytest.raises(ApiError, match="InvalidRange"):
        asked_part("bytes=-5", None, 0)


def test_the_first_part_is_the_whole_object_with_its_range() -> None:
    assert asked_part(None, 1, SIZE) == Part(0, 10, "bytes 0-9/10")
    assert asked_part(None, 1, 0) == Part(0, 0, None)


@pytest.mark.parametrize(
    ("asked", "number", "code"),
    [
        (None, 2, "InvalidPartNumber"),
        (None, 0, "InvalidArgument"),
        (None, 10_001, "InvalidArgument"),
        ("bytes=0-1", 1, "InvalidRequest"),
    ],
)
def test_a_part_number_that_cannot_be_is_refused(asked: str | None, number: int, code: str) -> None:
    with pytest.raises(ApiError, match=code):
        asked_part(asked, number, SIZE)
