"""The checksums of the `x-amz-checksum-*` family, computed piece by piece.

Decides which algorithms exist and how long their values are. Never compares secrets: a checksum is no signature.
awscrt is loaded with the first checksum that needs it (35 ms and 7 MiB); zlib's CRC32 and hashlib come with Python.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable
from typing import Any, Protocol

SIZES_BYTES = {
    "crc32": 4,
    "crc32c": 4,
    "crc64nvme": 8,
    "sha1": 20,
    "sha256": 32,
    "sha512": 64,
    "md5": 16,
    "xxhash64": 8,
    "xxhash3": 8,
    "xxhash128": 16,
}
"""Every algorithm by its lower-case name, and the bytes of its value."""
HEADER_PREFIX = "x-amz-checksum-"
HEADERS = {HEADER_PREFIX + name: name for name in SIZES_BYTES}
"""Algorithm by header name."""


class Checksum(Protocol):
    """A running checksum."""

    def update(self, data: bytes | memoryview, /) -> object:
        """Take the next bytes."""
        ...

    def digest(self) -> bytes:
        """The value over all that came, big-endian. Call it once."""
        ...


class _Crc:
    __slots__ = ("_size_bytes", "_step", "_value")

    def __init__(self, step: Callable[[Any, int], int], size_bytes: int) -> None:
        self._step = step
        self._size_bytes = size_bytes
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size_bytes)


class _XxHash:
    __slots__ = ("_update", "digest")

    def __init__(self, algorithm: str) -> None:
        from awscrt.checksums import XXHash

        makers = {
            "xxhash64": XXHash.new_xxhash64,
            "xxhash3": XXHash.new_xxhash3_64,
            "xxhash128": XXHash.new_xxhash3_128,
        }
        state = makers[algorithm]()
        self._update = state.update
        self.digest = state.finalize

    def update(self, data: bytes | memoryview, /) -> None:
        self._update(bytes(data))  # it takes no views


def new_checksum(algorithm: str) -> Checksum:
    """Begin a checksum. `algorithm` is a key of `SIZES_BYTES`."""
    if algorithm == "crc32":
        return _Crc(zlib.crc32, 4)
    if algorithm in {"crc32c", "crc64nvme"}:
        from awscrt import checksums

        return _Crc(checksums.crc32c if algorithm == "crc32c" else checksums.crc64nvme, SIZES_BYTES[algorithm])
    if algorithm.startswith("xxhash"):
        return _XxHash(algorithm)
    return hashlib.new(algorithm, usedforsecurity=False)


def read_base64(text: str, size_bytes: int) -> bytes | None:
    """Decode a value that must be exactly `size_bytes` long; None when it is anything else."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return value if len(value) == size_bytes else None
