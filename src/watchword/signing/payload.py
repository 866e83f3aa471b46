"""The body of an S3 request: decode it, and prove that it is the one that was signed and summed.

    (1) mode        what x-amz-content-sha256 says, as the verified claim has it; a stranger may only send unsigned
    (2) length      Content-Length, or x-amz-decoded-content-length for aws-chunked
    (3) checksums   Content-MD5, one x-amz-checksum-* in the head or announced as a trailer
    (4) at the end  size, then chain and trailers, then SHA-256, then Content-MD5, then the checksum

Decides whether a body is whole and true. Never stores it and never buffers it: what it takes it hands on.

INVARIANT: nothing may be made of the bytes until `finish` has returned.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html;
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html;
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection, Mapping
from typing import NamedTuple

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.signing.checksums import HEADER_PREFIX, HEADERS, SIZES_BYTES, Checksum, new_checksum, read_base64
from watchword.signing.chunks import ChunkDecoder, ChunkProver, incomplete_body
from watchword.signing.claims import Claim
from watchword.signing.errors import Kind, SignatureError
from watchword.signing.keys import Prover
from watchword.signing.modes import STREAMING, UNSIGNED, UNSIGNED_TRAILER, check_payload_hash

_SDK_ALGORITHM = "x-amz-sdk-checksum-algorithm"
_HEX_DIGESTS = frozenset({"md5", "sha256"})


class PayloadDigest(NamedTuple):
    """What is known of a body that came whole and true."""

    size: int
    """Bytes after decoding."""
    checksums: Mapping[str, str]
    """Every digest that was computed: lower-case hex for md5 and sha256, base64 for the others."""
    stated: tuple[str, str] | None
    """The checksum that the client gave and that is true: algorithm in lower case, value in base64."""


class _Expected(NamedTuple):
    size: int
    sha256: str | None
    md5: bytes | None
    algorithm: str | None
    """The algorithm of the client's checksum."""
    checksum: str | None
    """Its value, unless it comes in a trailer."""


class PayloadReader:
    """Takes a body in pieces of any size; made by `payload_reader`."""

    __slots__ = ("_decoder", "_digests", "_expected", "_size")

    def __init__(self, expected: _Expected, decoder: ChunkDecoder | None, wanted: Collection[str]) -> None:
        names = set(wanted)
        if expected.sha256 is not None:
            names.add("sha256")
        if expected.md5 is not None:
            names.add("md5")
        if expected.algorithm is not None:
            names.add(expected.algorithm)
        self._expected = expected
        self._decoder = decoder
        self._digests: dict[str, Checksum] = {name: new_checksum(name) for name in sorted(names)}
        self._size = 0

    @property
    def declared_size(self) -> int:
        """The bytes that the data will have, as the request says; more are never handed on."""
        return self._expected.size

    def feed(self, wire: bytes) -> bytes:
        """Take the next piece of the body as it came and give the data in it. Raises SignatureError or ApiError."""
        data = wire if self._decoder is None else self._decoder.feed(wire)
        self._take(data, len(data))
        return data

    def parts(self, wire: memoryview) -> list[memoryview]:
        """As `feed`, for a piece that is lent: gives the places in it where the data lies, and copies nothing."""
        if self._decoder is None:
            self._take(wire, len(wire))
            return [wire]
        parts = self._decoder.parts(wire)
        for part in parts:
            self._take(part, len(part))
        return parts

    def _take(self, data: bytes | memoryview, size: int) -> None:
        self._size += size
        if self._size > self._expected.size:
            raise incomplete_body()
        for digest in self._digests.values():
            digest.update(data)

    def finish(self) -> PayloadDigest:
        """Say that the body has ended. Raises SignatureError or ApiError unless it is whole and true."""
        trailers = self._decoder.finish() if self._decoder is not None else {}
        expected = self._expected
        if self._size != expected.size:
            raise incomplete_body()
        values = {name: digest.digest() for name, digest in self._digests.items()}
        if expected.sha256 is not None and not hmac.compare_digest(values["sha256"].hex(), expected.sha256):
            raise _sha256_mismatch(expected.sha256, values["sha256"].hex())
        if expected.md5 is not None and values["md5"] != expected.md5:
            raise _md5_mismatch(expected.md5, values["md5"])
        algorithm, stated = expected.algorithm, None
        if algorithm is not None:
            text = expected.checksum if expected.checksum is not None else trailers[HEADER_PREFIX + algorithm]
            stated = (algorithm, check_checksum(algorithm, text, values[algorithm]))
        return PayloadDigest(self._size, {name: digest_text(name, value) for name, value in values.items()}, stated)


def payload_reader(
    head: RequestHead,
    claim: Claim | None,
    key: Prover | None,
    *,
    wanted: Collection[str] = ("md5",),
    sums_body: bool = True,
    is_object: bool = True,
) -> PayloadReader:
    """Make the reader of a request's body. `claim` is verified with `key`; both are None for a stranger.

    `wanted` are digests to compute whatever the client sends. `sums_body` is False for CompleteMultipartUpload, whose
    x-amz-checksum-* headers speak of the object; `is_object` is False for documents, which have no trailers. Raises
    SignatureError or ApiError for heads that cannot be right.
    """
    payload_hash = _payload_hash(head, claim)  # (1)
    mode = STREAMING.get(payload_hash)
    if mode is not None and mode.trailers and not is_object:
        raise SignatureError(Kind.REQUEST, "The value of x-amz-content-sha256 header is invalid.")
    size = _content_length(head) if mode is None else _decoded_length(head)  # (2)
    stated = _StatedChecksums(head)
    md5 = _content_md5(head)  # (3)
    announced = _announced_trailers(head) if mode is not None and mode.trailers else []
    algorithm, checksum = stated.one(announced) if sums_body else (None, None)
    sha256 = None if mode is not None or payload_hash == UNSIGNED else payload_hash.lower()
    decoder = None
    if mode is not None:
        prover = None
        if mode.signed_chunks:
            if claim is None or key is None:
                raise ValueError("signed frames need the key of the request")
            prover = ChunkProver(key, claim.amz_date, claim.scope.text, claim.signature, claim.algorithm)
        decoder = ChunkDecoder(size, prover, announced)
    return PayloadReader(_Expected(size, sha256, md5, algorithm, checksum), decoder, wanted)


def _payload_hash(head: RequestHead, claim: Claim | None) -> str:
    if claim is not None:
        value = claim.payload_hash or UNSIGNED
        check_payload_hash(value, head.method)
        mode = STREAMING.get(value)
        if mode is not None and mode.signed_chunks and mode.algorithm != claim.algorithm:
            raise SignatureError(Kind.REQUEST, "The value of x-amz-content-sha256 header is invalid.")
    else:
        value = head.header_text(b"x-amz-content-sha256") or UNSIGNED
        check_payload_hash(value, head.method)
        if value not in {UNSIGNED, UNSIGNED_TRAILER}:
            raise ApiError(
                "InvalidRequest",
                "Anonymous requests don't support this x-amz-content-sha256 value."
                f" Please use {UNSIGNED} or {UNSIGNED_TRAILER}.",
            )
    return value


def _content_length(head: RequestHead) -> int:
    text = head.header_text(b"content-length")
    if text is None:
        if head.header(b"transfer-encoding") is not None:
            message = "A header you provided implies functionality that is not implemented"
            raise ApiError("NotImplemented", message, 501, fields={"Header": "Transfer-Encoding"})
        return 0
    return _number(text)


def _decoded_length(head: RequestHead) -> int:
    text = head.header_text(b"x-amz-decoded-content-length")
    if text is None:
        raise _missing_length()
    return _number(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise incomplete_body()
    return int(text)


def _missing_length() -> ApiError:
    return ApiError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)


def _content_md5(head: RequestHead) -> bytes | None:
    text = head.header_text(b"content-md5")
    if text is None:
        return None
    value = read_base64(text, 16)
    if value is None:
        raise ApiError("InvalidDigest", "The Content-MD5 you specified was invalid.", fields={"Content-MD5": text})
    return value


def _announced_trailers(head: RequestHead) -> list[str]:
    names = [name.strip().lower() for name in (head.header_text(b"x-amz-trailer") or "").split(",")]
    announced = [name for name in names if name]
    if any(name not in HEADERS for name in announced):
        raise ApiError("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
    return announced


class _StatedChecksums:
    """The x-amz-checksum-* header lines of a request.

    Those in the parameters of a presigned URL are none: S3 does not obey them, and SDKs that sign a URL before there is
    a body put in the checksum of an empty one.
    """

    __slots__ = ("_algorithm", "_found")

    def __init__(self, head: RequestHead) -> None:
        values = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.fields.items()}
        self._found = [(HEADERS[name], value) for name, value in values.items() if name in HEADERS]
        self._algorithm = values.get(_SDK_ALGORITHM)

    def one(self, announced: list[str]) -> tuple[str | None, str | None]:
        """The algorithm and the value, which is None when it comes in a trailer. Raises ApiError for two of them."""
        found: list[tuple[str, str | None]] = [*self._found, *((HEADERS[name], None) for name in announced)]
        if len(found) > 1:
            raise _invalid_request(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
            )
        if not found:
            if self._algorithm is not None:
                raise _invalid_request(
                    f"{_SDK_ALGORITHM} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers"
                    " were found."
                )
            return None, None
        algorithm, value = found[0]
        if self._algorithm is not None and self._algorithm.lower() != algorithm:
            raise _invalid_request(f"Value for {_SDK_ALGORITHM} header is invalid.")
        if value is not None and read_base64(value, SIZES_BYTES[algorithm]) is None:
            raise _invalid_request(f"Value for {HEADER_PREFIX}{algorithm} header is invalid.")
        return algorithm, value


def stated_checksum(head: RequestHead) -> tuple[str, str] | None:
    """The algorithm and value of the one x-amz-checksum-* header, or None. Raises ApiError for wrong or several."""
    algorithm, value = _StatedChecksums(head).one([])
    return None if algorithm is None or value is None else (algorithm, value)


def check_checksum(algorithm: str, stated: str, computed: bytes) -> str:
    """Raise ApiError (BadDigest) unless the value that was stated, in base64, is the computed one; gives it back."""
    value = read_base64(stated, SIZES_BYTES[algorithm])
    if value is None:
        raise _invalid_request(f"Value for {HEADER_PREFIX}{algorithm} trailing header is invalid.")
    if value != computed:
        raise ApiError("BadDigest", f"The {algorithm.upper()} you specified did not match the calculated checksum.")
    return stated


def _invalid_request(message: str) -> ApiError:
    return ApiError("InvalidRequest", message)


def _sha256_mismatch(stated: str, computed: str) -> ApiError:
    return ApiError(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        fields={"ClientComputedContentSHA256": stated, "S3ComputedContentSHA256": computed},
    )


def _md5_mismatch(stated: bytes, computed: bytes) -> ApiError:
    return ApiError(
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        fields={
            "ExpectedDigest": stated.hex(),
            "CalculatedDigest": base64.b64encode(computed).decode(),
        },
    )


def digest_text(name: str, value: bytes) -> str:
    """A computed digest as it is passed on: lower-case hex for md5 and sha256, base64 for the others."""
    return value.hex() if name in _HEX_DIGESTS else base64.b64encode(value).decode()
