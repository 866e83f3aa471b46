"""The checksum that is kept with an object: the one that its writer gave, which was proved as the body came.

# DIFFERS: 0005. An object that was written without a checksum has none; AWS then computes one for itself.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from watchword.protocols.names import attribute_name
from watchword.services.s3.crc_combination import POLYNOMIALS, combine
from watchword.signing.checksums import Checksum, new_checksum

ALGORITHMS = (
    "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128",
)  # fmt: skip
UNKNOWN_ALGORITHM = (
    "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
    "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
)
ATTRIBUTES = {algorithm: attribute_name(f"Checksum{algorithm}") for algorithm in ALGORITHMS}
"""The attribute of requests and answers that holds a checksum of the algorithm."""


def kept_checksum(stated: tuple[str, str] | None) -> tuple[str, str]:
    """Algorithm as it is kept, and base64 value; two empty texts when there is none."""
    return ("", "") if stated is None else (stated[0].upper(), stated[1])


def checksum_type(checksum: str) -> str:
    """`COMPOSITE` for the checksum of the parts' checksums, which ends with their number, else `FULL_OBJECT`."""
    return "COMPOSITE" if "-" in checksum else "FULL_OBJECT"


def checksum_view(algorithm: str, value: str) -> dict[str, Any]:
    """A kept checksum as members of an answer; nothing when there is none."""
    return {ATTRIBUTES[algorithm]: value, "checksum_type": checksum_type(value)} if value else {}


def part_checksum_view(algorithm: str, value: str) -> dict[str, Any]:
    """A part's checksum as a member of an answer; nothing when there is none."""
    return {ATTRIBUTES[algorithm]: value} if value else {}


def stated_checksum(asked: Any, algorithm: str) -> str | None:
    """The checksum of an algorithm that a request's members give."""
    return getattr(asked, ATTRIBUTES[algorithm])


def composite(algorithm: str, checksums: Sequence[str]) -> str:
    """The checksum of the parts' checksums, with their number behind it."""
    digest = new_checksum(algorithm.lower())
    for value in checksums:
        digest.update(b64decode(value))
    return f"{b64encode(digest.digest()).decode()}-{len(checksums)}"


def combined(algorithm: str, parts: Sequence[tuple[str, int]]) -> str:
    """The CRC of a whole from those of its parts and their sizes."""
    whole = 0
    for value, size in parts:
        whole = combine(algorithm, whole, int.from_bytes(b64decode(value)), size)
    width, _ = POLYNOMIALS[algorithm]
    return b64encode(whole.to_bytes(width // 8)).decode()


def sum_of(digest: Checksum) -> str:
    """The value of a checksum that ran to its end."""
    return b64encode(digest.digest()).decode()
