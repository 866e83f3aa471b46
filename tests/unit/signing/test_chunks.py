"""aws-chunked uploads: AWS's published example, and what is refused."""

from __future__ import annotations

import base64
import hashlib

import pytest
from tests.support.payloads import (
    NOW,
    SIGNED,
    SIGNED_TRAILER,
    UNSIGNED_TRAILER,
    read,
    reader_of,
    sign_upload,
    streamed,
    upload,
)

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.signing.checksums import new_checksum
from watchword.signing.chunks import ChunkDecoder, ChunkProver, ChunkSigner
from watchword.signing.errors import Dialect, Kind, SignatureError
from watchword.signing.keys import derive_signing_key
from watchword.signing.signer import Signed

BIG, SMALL = b"a" * 65536, b"a" * 1024
CRC32C = {"x-amz-checksum-crc32c": "sOO8/Q=="}


def crc32c(data: bytes) -> str:
    checksum = new_checksum("crc32c")
    checksum.update(data)
    return base64.b64encode(checksum.digest()).decode()


def code_of(head: RequestHead, signed: Signed, wire: bytes) -> tuple[str, int]:
    with pytest.raises(ApiError) as caught:
        upload(head, signed, wire)
    return caught.value.code, caught.value.status


def test_the_published_example_has_the_published_signatures() -> None:
    headers = {
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "content-encoding": "aws-chunked",
        "content-length": "66824",
        "x-amz-decoded-content-length": "66560",
    }
    _, signed = sign_upload(headers, SIGNED)
    assert signed.signature == "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    signer = ChunkSigner(signed.key, signed.amz_date, signed.scope, signed.signature)
    assert [signer.chunk(hashlib.sha256(data).hexdigest()) for data in (BIG, SMALL, b"")] == [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]


KEY = derive_signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3")
SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
SCOPE = "20130524/us-east-1/s3/aws4_request"


def published_trailer_signer() -> ChunkSigner:
    return ChunkSigner(KEY, NOW.strftime("%Y%m%dT%H%M%SZ"), SCOPE, SEED)


def published_trailer_prover() -> ChunkProver:
    return ChunkProver(KEY, NOW.strftime("%Y%m%dT%H%M%SZ"), SCOPE, SEED)


def test_the_published_trailer_has_the_published_signature() -> None:
    signer = published_trailer_signer()
    chunks = [signer.chunk(hashlib.sha256(data).hexdigest()) for data in (BIG, SMALL, b"")]
    assert chunks[2] == "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"
    assert signer.trailer(CRC32C) == "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\n\r\n"])
def test_trailer_lines_may_end_in_any_of_three_ways(end: str) -> None:
    maker = published_trailer_signer()
    signature = maker.chunk(hashlib.sha256(b"").hexdigest())
    trailer = maker.trailer(CRC32C)
    lines = [f"x-amz-checksum-crc32c:sOO8/Q=={end}", f"x-amz-trailer-signature:{trailer}{end}"]
    wire = f"0;chunk-signature={signature}\r\n" + "".join(lines) + "\r\n"
    decoder = ChunkDecoder(0, published_trailer_prover(), list(CRC32C))
    assert decoder.feed(wire.encode()) == b""
    assert decoder.finish() == CRC32C


@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
@pytest.mark.parametrize("step", [1, 7, 8192, 1_000_000])
def test_a_body_is_decoded_however_it_arrives(mode: str, step: int) -> None:
    trailers = None if mode == SIGNED else CRC32C
    chunks = [BIG, SMALL] if step > 1 else [SMALL]
    if step == 1 and trailers:
        trailers = {"x-amz-checksum-crc32c": crc32c(SMALL)}
    head, signed, wire = streamed(chunks, mode, trailers)
    data, digest = read(reader_of(head, signed), [wire[at : at + step] for at in range(0, len(wire), step)])
    assert data == b"".join(chunks)
    assert digest.size == len(data)
    assert digest.checksums["md5"] == hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert digest.stated == (("crc32c", trailers["x-amz-checksum-crc32c"]) if trailers else None)


def test_an_empty_body_is_only_the_closing_frame() -> None:
    head, signed, wire = streamed([])
    assert upload(head, signed, wire)[0] == b""


def test_chunks_before_the_last_are_at_least_8_kib() -> None:
    head, signed, wire = streamed([b"abc", b"de"])
    with pytest.raises(ApiError) as caught:
        upload(head, signed, wire)
    error = caught.value
    assert (error.code, error.fields) == ("InvalidChunkSizeError", {"Chunk": "2", "BadChunkSize": "3"})
    assert error.message == "Only the last chunk is allowed to have a size less than 8192 bytes"


def test_a_frame_without_its_signature_is_refused() -> None:
    head, signed, _ = streamed([b"abc"])
    with pytest.raises(SignatureError) as caught:
        upload(head, signed, b"3\r\nabc\r\n0\r\n\r\n")
    assert caught.value.code(Dialect.S3) == ("SignatureDoesNotMatch", 403)


@pytest.mark.parametrize(
    "wire",
    [
        b"zz\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"3\nabc\r\n0\r\n\r\n",
        b"3;ext=1\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcXX0\r\n\r\n",
        b"3\r\nabc\r\n",
        b"3\r\nab",
        b"3\r\nabc\r\n0\r\n",
        b"3\r\nabc\r\n0\r\n\r",
        b"2\r\nab\r\n0\r\n\r\n",
        b"4\r\nabcd\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"0" * 17 + b"3\r\nabc\r\n0\r\n\r\n",
        b"0" * 300,
        b"",
    ],
)
def test_what_is_not_the_announced_body_is_incomplete(wire: bytes) -> None:
    head, signed, good = streamed([b"abc"], UNSIGNED_TRAILER)
    assert good == b"3\r\nabc\r\n0\r\n\r\n"
    assert code_of(head, signed, wire) == ("IncompleteBody", 400)


@pytest.mark.parametrize(
    "block",
    [
        b"\r\n",
        b"x-amz-checksum-crc32:A\r\nx-amz-checksum-crc32:A\r\n\r\n",
        b"x-amz-checksum-crc32c:A\r\n\r\n",
        b"x-amz-checksum-crc32:A\r\nx-amz-meta-a:b\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"x-amz-checksum-crc32:A\r\nx-amz-trailer-signature:00\r\n\r\n",
        b"x-amz-checksum-crc32:" + b"A" * 5000 + b"\r\n\r\n",
        b"x-amz-checksum-crc32:A\r\n\r\n0\r\n\r\n",
        b"x-amz-checksum-crc32:A\r\n",
    ],
)
def test_trailers_are_those_that_were_announced_and_nothing_else(block: bytes) -> None:
    head, signed, _ = streamed([b"abc"], UNSIGNED_TRAILER, {"x-amz-checksum-crc32": "NSRBwg=="})
    assert code_of(head, signed, b"3\r\nabc\r\n0\r\n" + block) == ("MalformedTrailerError", 400)


def test_a_mode_without_trailers_takes_none() -> None:
    head, signed, wire = streamed([b"abc"])
    assert code_of(head, signed, wire[:-2] + b"x-amz-checksum-crc32:A\r\n\r\n") == ("MalformedTrailerError", 400)


def test_signed_trailers_need_their_signature() -> None:
    head, signed, wire = streamed([b"abc"], SIGNED_TRAILER, {"x-amz-checksum-crc32": "NSRBwg=="})
    at = wire.index(b"x-amz-trailer-signature")
    assert code_of(head, signed, wire[:at] + b"\r\n") == ("MalformedTrailerError", 400)


def test_a_forged_trailer_is_a_mismatch() -> None:
    head, signed, wire = streamed([b"abc"], SIGNED_TRAILER, {"x-amz-checksum-crc32": "NSRBwg=="})
    with pytest.raises(SignatureError) as caught:
        upload(head, signed, wire.replace(b"NSRBwg==", b"NSRBwA=="))
    assert caught.value.kind is Kind.MISMATCH


def test_a_huge_chunk_passes_through_as_it_arrives() -> None:
    decoder = ChunkDecoder(5 << 30, None, [])
    assert decoder.feed(b"140000000\r\n") == b""
    for _ in range(64):
        assert len(decoder.feed(BIG)) == len(BIG)


def test_a_chunk_beyond_the_decoded_length_is_refused_before_its_data() -> None:
    with pytest.raises(ApiError, match="IncompleteBody"):
        ChunkDecoder(9, None, []).feed(b"a\r\n")


def test_a_closing_frame_before_the_decoded_length_is_refused() -> None:
    with pytest.raises(ApiError, match="IncompleteBody"):
        ChunkDecoder(4, None, []).feed(b"3\r\nabc\r\n0\r\n")
