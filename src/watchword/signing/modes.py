"""The values of `x-amz-content-sha256`: how an S3 body is framed and what vouches for it.

Decides which values S3 knows. Never reads a body.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import re
from typing import NamedTuple

from watchword.signing.errors import Kind, SignatureError
from watchword.signing.keys import V4, V4A, Algorithm

UNSIGNED = "UNSIGNED-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_CHUNKS_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
ECDSA_CHUNKS = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
ECDSA_CHUNKS_TRAILER = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"

_HEX64 = re.compile(r"[0-9a-fA-F]{64}\Z")
_BODY_METHODS = frozenset({"PUT", "POST"})


class Mode(NamedTuple):
    """How a body is framed."""

    signed_chunks: bool
    trailers: bool
    algorithm: Algorithm = V4
    """The one that signs its chunks."""


STREAMING = {
    UNSIGNED_TRAILER: Mode(signed_chunks=False, trailers=True),
    SIGNED_CHUNKS: Mode(signed_chunks=True, trailers=False),
    SIGNED_CHUNKS_TRAILER: Mode(signed_chunks=True, trailers=True),
    ECDSA_CHUNKS: Mode(signed_chunks=True, trailers=False, algorithm=V4A),
    ECDSA_CHUNKS_TRAILER: Mode(signed_chunks=True, trailers=True, algorithm=V4A),
}


def check_payload_hash(value: str | None, method: str) -> None:
    """Raise SignatureError unless `value` is one that S3 takes for this method."""
    check_known_payload_hash(value)
    if value in STREAMING and method not in _BODY_METHODS:
        raise SignatureError(Kind.REQUEST, "The value of x-amz-content-sha256 header is invalid.")


def check_known_payload_hash(value: str | None) -> None:
    """Raise SignatureError unless `value` is one that S3 knows, for whatever method."""
    if value is None:
        raise SignatureError(Kind.REQUEST, "Missing required header for this request: x-amz-content-sha256")
    if value == UNSIGNED or _HEX64.match(value) or value in STREAMING:
        return
    names = f"{UNSIGNED}, {UNSIGNED_TRAILER}, {SIGNED_CHUNKS}, {SIGNED_CHUNKS_TRAILER}, {ECDSA_CHUNKS}"
    raise SignatureError(
        Kind.ARGUMENT,
        f"x-amz-content-sha256 must be {names}, {ECDSA_CHUNKS_TRAILER} or a valid sha256 value.",
        {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": value},
    )
