"""Make S3 uploads, and read them as a server does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from watchword.core.http import RequestHead
from watchword.signing.claims import Claim, Rules
from watchword.signing.errors import Dialect
from watchword.signing.payload import PayloadDigest, PayloadReader, payload_reader
from watchword.signing.signer import Credentials, Signed, Target, sign_chunks, sign_request
from watchword.signing.verification import read_claim, verify

NOW = datetime(2013, 5, 24, tzinfo=UTC)
KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
S3 = Target("s3", "us-east-1", s3=True)
RULES = Rules("s3", Dialect.S3, "us-east-1")
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
URL = "https://s3.amazonaws.com/examplebucket/chunkObject.txt"


def sign_upload(
    headers: Mapping[str, str], payload_hash: str | None = None, body: bytes = b""
) -> tuple[RequestHead, Signed]:
    """A signed PUT, its head as the server gets it."""
    signed = sign_request("PUT", URL, headers, body, KEYS, S3, NOW, payload_hash=payload_hash)
    return head_of(signed.headers), signed


def head_of(headers: Mapping[str, str]) -> RequestHead:
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    return RequestHead("PUT", b"/examplebucket/chunkObject.txt", b"", lines)


def streamed(
    chunks: Sequence[bytes],
    mode: str = SIGNED,
    trailers: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[RequestHead, Signed, bytes]:
    """An aws-chunked PUT and its body on the wire."""
    fields = {"x-amz-decoded-content-length": str(sum(map(len, chunks))), **(headers or {})}
    if trailers:
        fields.setdefault("x-amz-trailer", ",".join(trailers))
    head, signed = sign_upload(fields, mode)
    wire = b"".join(sign_chunks(None if mode == UNSIGNED_TRAILER else signed, chunks, trailers))
    return head, signed, wire


def reader_of(head: RequestHead, signed: Signed | None, *, sums_body: bool = True) -> PayloadReader:
    """Verify the head, then make the reader of its body; `signed` is None for a stranger."""
    if signed is None:
        return payload_reader(head, None, None)
    return payload_reader(head, verified(head, signed), signed.key, sums_body=sums_body)


def verified(head: RequestHead, signed: Signed) -> Claim:
    claim = read_claim(head, RULES, NOW)
    assert claim is not None
    verify(claim, signed.key, None)
    return claim


def read(reader: PayloadReader, pieces: Iterable[bytes]) -> tuple[bytes, PayloadDigest]:
    """Read a body; raises what the reader raises."""
    data = b"".join([reader.feed(piece) for piece in pieces])
    return data, reader.finish()


def upload(head: RequestHead, signed: Signed | None, wire: bytes) -> tuple[bytes, PayloadDigest]:
    """Read a body that arrives at once."""
    return read(reader_of(head, signed), [wire])
