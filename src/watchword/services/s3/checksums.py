"""The checksum that is kept with an object: the one that its writer gave, which was proved as the body came.

# DIFFERS: 0005. An object that was written without a checksum has none; AWS then computes one for itself.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

from typing import Any

from watchword.protocols.names import attribute_name

ALGORITHMS = (
    "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128",
)  # fmt: skip
ATTRIBUTES = {algorithm: attribute_name(f"Checksum{algorithm}") for algorithm in ALGORITHMS}
"""The attribute of requests and answers that holds a checksum of the algorithm."""


def kept_checksum(stated: tuple[str, str] | None) -> tuple[str, str]:
    """Algorithm as it is kept, and base64 value; two empty texts when there is none."""
    return ("", "") if stated is None else (stated[0].upper(), stated[1])


def checksum_view(algorithm: str, value: str) -> dict[str, Any]:
    """A kept checksum as members of an answer; nothing when there is none."""
    return {ATTRIBUTES[algorithm]: value, "checksum_type": "FULL_OBJECT"} if value else {}
