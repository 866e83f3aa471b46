"""Where the bytes of an object in parts lie: its ranges and its numbered parts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from watchword.core.errors import Lost
from watchword.credentials.customer_keys import CustomerKey
from watchword.directory.buckets import StoredObject
from watchword.directory.directory import Directory
from watchword.directory.objects import BlobRange
from watchword.directory.uploads import Assembly, Piece
from watchword.services.s3.customer_keys import opener_of
from watchword.services.s3.faults import invalid_part_number
from watchword.services.s3.ranges import Part, check_part_number, part_at


def assembly_of(stored: StoredObject, directory: Directory) -> Assembly:
    """The parts of an object in parts. Raises Lost."""
    # Read, not looked up: a long list that is kept between requests would take the place of many short records.
    found = next(directory.assemblies.under(stored.blob, limit=1), None)
    if found is None:
        raise Lost(f"the list of parts `{stored.blob}` is lost")
    return found


def pieces_of(
    stored: StoredObject, directory: Directory, offset: int, length: int, key: CustomerKey | None
) -> list[BlobRange]:
    """The ranges of blobs that hold a range of an object in parts. `length` is not 0."""
    return cut(assembly_of(stored, directory).pieces, offset, length, key)


def all_pieces(stored: StoredObject, directory: Directory, key: CustomerKey | None) -> list[BlobRange]:
    """The ranges of blobs that hold an object, in parts or whole."""
    if not stored.size:
        return []
    if stored.parts:
        return pieces_of(stored, directory, 0, stored.size, key)
    return [BlobRange(stored.blob, 0, stored.size, opener_of(key, stored.seal))]


def cut(pieces: Sequence[Piece], offset: int, length: int, key: CustomerKey | None = None) -> list[BlobRange]:
    """The ranges of blobs behind a range of what the pieces make together."""
    ends = list(accumulate(piece.size for piece in pieces))
    found: list[BlobRange] = []
    at = bisect_right(ends, offset)
    while length:
        piece = pieces[at]
        start = offset - (ends[at] - piece.size)
        taken = min(piece.size - start, length)
        if taken:
            found.append(BlobRange(piece.blob, start, taken, opener_of(key, piece.seal)))
        offset, length, at = offset + taken, length - taken, at + 1
    return found


def numbered_piece(stored: StoredObject, directory: Directory, asked_range: str | None, number: int) -> Part:
    """The part of an object in parts that was uploaded with this number among the others.

    Raises InvalidPartNumber, InvalidArgument, InvalidRequest.
    """
    check_part_number(asked_range, number)
    if number > stored.parts:
        raise invalid_part_number(number, stored.parts)
    pieces = assembly_of(stored, directory).pieces
    start = sum(piece.size for piece in pieces[: number - 1])
    size, checksum = pieces[number - 1].size, pieces[number - 1].checksum
    part = part_at(start, start + size - 1, stored.size) if size else Part(start, 0, None)
    return part._replace(checksum=checksum)
