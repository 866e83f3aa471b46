"""The part of an object that a reader asks for, by Range or by part number.

S3 serves one range at most: several, and what is not understood, give the whole object.
Source: RFC 9110 section 14; https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from watchword.services.s3.faults import invalid_argument, invalid_part_number, invalid_range, invalid_request

_RANGE = re.compile(r"bytes=([0-9]{0,40})-([0-9]{0,40})\Z")
PARTS_MAX = 10_000


class Part(NamedTuple):
    """A contiguous part of an object."""

    offset: int
    length: int
    content_range: str | None
    """None for the whole object, which is answered with 200."""
    checksum: str = ""
    """That of a part as it was uploaded; empty for any other part, and where there is none."""


def asked_part(asked: str | None, part_number: int | None, size: int) -> Part:
    """The part of an object of `size` bytes.

    Raises InvalidRange, InvalidPartNumber, InvalidArgument, InvalidRequest.
    """
    if part_number is not None:
        return _numbered(asked, part_number, size)
    match = _RANGE.match(asked) if asked else None
    if asked is None or match is None:
        return Part(0, size, None)
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last) if last else size, size - 1)
        if last and int(last) < start:
            return Part(0, size, None)
    elif last:
        start, end = max(size - int(last), 0), size - 1
        if int(last) == 0:
            raise invalid_range(asked, size)
    else:
        return Part(0, size, None)
    if start >= size:
        raise invalid_range(asked, size)
    return part_at(start, end, size)


def _numbered(asked: str | None, number: int, size: int) -> Part:
    check_part_number(asked, number)
    if number > 1:
        raise invalid_part_number(number, 1)
    return part_at(0, size - 1, size) if size else Part(0, 0, None)


def check_part_number(asked: str | None, number: int) -> None:
    """Raise InvalidArgument for what is no part number, InvalidRequest when a range is asked for as well."""
    if not 1 <= number <= PARTS_MAX:
        message = f"Part number must be an integer between 1 and {PARTS_MAX}, inclusive"
        raise invalid_argument(message, "partNumber", str(number))
    if asked is not None:
        raise invalid_request("Cannot specify both Range header and partNumber query parameter")


def part_at(start: int, end: int, size: int) -> Part:
    """The part from the byte `start` to the byte `end`, of an object of `size` bytes."""
    return Part(start, end - start + 1, f"bytes {start}-{end}/{size}")
