"""S3 bodies: digests, checksums, lengths."""

from __future__ import annotations

import base64
import hashlib
import zlib

import pytest
from tests.support.payloads import (
    KEYS,
    NOW,
    RULES,
    S3,
    SIGNED,
    UNSIGNED_TRAILER,
    URL,
    head_of,
    read,
    reader_of,
    sign_upload,
    streamed,
    upload,
    verified,
)

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.signing.checksums import SIZES_BYTES, new_checksum
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.payload import payload_reader
from watchword.signing.signer import presign
from watchword.signing.verification import read_claim, verify

BODY = b"123456789"
CRC32 = base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
MD5 = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()

CHECK_VALUES = {
    "crc32": "cbf43926",
    "crc32c": "e3069283",
    "crc64nvme": "ae8b14860a799888",
    "sha1": hashlib.sha1(BODY, usedforsecurity=False).hexdigest(),
    "sha256": hashlib.sha256(BODY).hexdigest(),
    "sha512": hashlib.sha512(BODY).hexdigest(),
    "md5": hashlib.md5(BODY, usedforsecurity=False).hexdigest(),
}
"""Of the nine digits; the CRCs are the check values of their definitions."""


def put(body: bytes = BODY, payload_hash: str | None = None, sent: bytes | None = None, **headers: str) -> object:
    fields = {"content-length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head, signed = sign_upload(fields, payload_hash, body)
    return upload(head, signed, body if sent is None else sent)[1]


def refusal(body: bytes = BODY, payload_hash: str | None = None, sent: bytes | None = None, **headers: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        put(body, payload_hash, sent, **headers)
    return caught.value


@pytest.mark.parametrize("algorithm", CHECK_VALUES)
def test_checksums_have_their_published_check_values(algorithm: str) -> None:
    checksum = new_checksum(algorithm)
    for at in range(len(BODY)):
        checksum.update(BODY[at : at + 1])
    assert checksum.digest().hex() == CHECK_VALUES[algorithm]


@pytest.mark.parametrize("algorithm", SIZES_BYTES)
def test_every_algorithm_is_checked_in_a_header(algorithm: str) -> None:
    checksum = new_checksum(algorithm)
    checksum.update(BODY)
    value = base64.b64encode(checksum.digest()).decode()
    name = f"x-amz-checksum-{algorithm}"
    head, signed = sign_upload({"content-length": "9", name: value}, None, BODY)
    assert upload(head, signed, BODY)[1].stated == (algorithm, value)
    head, signed = sign_upload({"content-length": "9", name: value}, "UNSIGNED-PAYLOAD", BODY)
    with pytest.raises(ApiError) as caught:
        upload(head, signed, b"123456780")
    assert (caught.value.code, caught.value.message) == (
        "BadDigest",
        f"The {algorithm.upper()} you specified did not match the calculated checksum.",
    )


def test_a_body_gives_its_digests() -> None:
    head, signed = sign_upload({"content-length": "9"}, None, BODY)
    reader = reader_of(head, signed)
    assert reader.declared_size == 9
    data, digest = read(reader, [b"1234", b"", b"56789"])
    assert (data, digest.size, digest.stated) == (BODY, 9, None)
    assert digest.checksums == {name: CHECK_VALUES[name] for name in ("md5", "sha256")}


def test_another_body_than_the_signed_one_is_refused() -> None:
    error = refusal(sent=b"123456780")
    assert (error.code, error.status) == ("XAmzContentSHA256Mismatch", 400)
    assert error.fields == {
        "ClientComputedContentSHA256": hashlib.sha256(BODY).hexdigest(),
        "S3ComputedContentSHA256": hashlib.sha256(b"123456780").hexdigest(),
    }


@pytest.mark.parametrize("sent", [b"12345678", b"1234567890", b""])
def test_another_length_than_the_announced_one_is_incomplete(sent: bytes) -> None:
    assert refusal(sent=sent).code == "IncompleteBody"
    assert refusal(payload_hash="UNSIGNED-PAYLOAD", sent=sent).code == "IncompleteBody"


def test_content_md5_is_checked() -> None:
    put(content_md5=MD5)
    error = refusal(payload_hash="UNSIGNED-PAYLOAD", sent=b"123456780", content_md5=MD5)
    assert (error.code, error.message) == ("BadDigest", "The Content-MD5 you specified did not match what we received.")


@pytest.mark.parametrize(
    "value", ["", "nonsense", "AAAA", MD5[:-1], hashlib.md5(BODY, usedforsecurity=False).hexdigest()]
)
def test_what_is_no_md5_is_an_invalid_digest(value: str) -> None:
    error = refusal(content_md5=value)
    assert (error.code, error.status, error.message) == (
        "InvalidDigest",
        400,
        "The Content-MD5 you specified was invalid.",
    )


@pytest.mark.parametrize("value", ["", "AAAA", "AAAAAAA=", "!!!!!!==", "AAAAAA==,AAAAAA=="])
def test_what_is_no_checksum_is_refused_before_the_body(value: str) -> None:
    error = refusal(x_amz_checksum_crc32=value)
    assert (error.code, error.message) == ("InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid.")


def test_two_checksums_are_one_too_many() -> None:
    message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
    assert refusal(x_amz_checksum_crc32=CRC32, x_amz_checksum_sha1="x").message == message
    head, signed, _ = streamed(
        [BODY], UNSIGNED_TRAILER, {"x-amz-checksum-crc32": CRC32}, headers={"x-amz-checksum-crc32c": "AAAAAA=="}
    )
    with pytest.raises(ApiError, match="Expecting a single"):
        reader_of(head, signed)


def test_an_announced_algorithm_needs_its_checksum() -> None:
    assert refusal(x_amz_sdk_checksum_algorithm="CRC32").message == (
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were"
        " found."
    )


def test_an_announced_algorithm_is_that_of_the_checksum() -> None:
    put(x_amz_sdk_checksum_algorithm="CRC32", x_amz_checksum_crc32=CRC32)
    error = refusal(x_amz_sdk_checksum_algorithm="SHA1", x_amz_checksum_crc32=CRC32)
    assert error.message == "Value for x-amz-sdk-checksum-algorithm header is invalid."


def test_checksums_of_an_object_are_not_those_of_the_body() -> None:
    head, signed = sign_upload({"content-length": "9", "x-amz-checksum-crc32": "AAAAAA==-2"}, None, BODY)
    assert read(reader_of(head, signed, sums_body=False), [BODY])[0] == BODY


def test_a_trailing_checksum_is_checked() -> None:
    head, signed, wire = streamed([BODY], UNSIGNED_TRAILER, {"x-amz-checksum-crc32": CRC32})
    assert upload(head, signed, wire)[1].stated == ("crc32", CRC32)
    with pytest.raises(ApiError) as caught:
        upload(head, signed, wire.replace(BODY, b"123456780"))
    assert caught.value.message == "The CRC32 you specified did not match the calculated checksum."


def test_only_checksums_may_trail() -> None:
    head, signed, _ = streamed([BODY], UNSIGNED_TRAILER, {"x-amz-meta-a": "b"})
    with pytest.raises(ApiError) as caught:
        reader_of(head, signed)
    assert (caught.value.code, caught.value.message) == (
        "InvalidRequest",
        "The value specified in the x-amz-trailer header is not supported",
    )


def test_a_stream_states_its_decoded_length() -> None:
    head, signed = sign_upload({}, SIGNED)
    with pytest.raises(ApiError) as caught:
        reader_of(head, signed)
    assert (caught.value.code, caught.value.status) == ("MissingContentLength", 411)


def test_a_plain_body_states_its_length() -> None:
    head, signed = sign_upload({"transfer-encoding": "chunked"}, "UNSIGNED-PAYLOAD")
    with pytest.raises(ApiError) as caught:
        reader_of(head, signed)
    assert (caught.value.code, caught.value.status) == ("NotImplemented", 501)
    assert caught.value.fields == {"Header": "Transfer-Encoding"}


@pytest.mark.parametrize("length", ["-1", "x", "1_0", "٣", ""])
def test_a_length_is_a_number(length: str) -> None:
    head, signed = sign_upload({"x-amz-decoded-content-length": length}, SIGNED)
    with pytest.raises(ApiError) as caught:
        reader_of(head, signed)
    assert caught.value.code == "IncompleteBody"


def test_a_stranger_may_send_unsigned_bodies_only() -> None:
    assert read(payload_reader(head_of({"content-length": "9"}), None, None), [BODY])[0] == BODY
    for value in (hashlib.sha256(BODY).hexdigest(), SIGNED):
        with pytest.raises(ApiError, match="Anonymous requests don't support"):
            payload_reader(head_of({"content-length": "9", "x-amz-content-sha256": value}), None, None)


def test_a_get_cannot_stream() -> None:
    head, signed = sign_upload({"x-amz-decoded-content-length": "0"}, SIGNED)
    with pytest.raises(SignatureError) as caught:
        payload_reader(RequestHead("GET", head.raw_path, b"", head.headers), verified(head, signed), signed.key)
    assert caught.value.answer(Dialect.S3).message == "The value of x-amz-content-sha256 header is invalid."


def test_frames_of_another_algorithm_than_the_request_are_refused() -> None:
    head, signed = sign_upload({"x-amz-decoded-content-length": "0"}, "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")
    with pytest.raises(SignatureError) as caught:
        reader_of(head, signed)
    answer = caught.value.answer(Dialect.S3)
    assert (answer.code, answer.message) == (
        "InvalidRequest",
        "The value of x-amz-content-sha256 header is invalid.",
    )


def test_a_checksum_in_a_presigned_url_says_nothing_of_the_body() -> None:
    url = presign("PUT", f"{URL}?x-amz-checksum-crc32={CRC32}", {}, KEYS, S3, NOW, expires_seconds=60)
    lines = [(b"host", b"s3.amazonaws.com"), (b"content-length", b"9")]
    head = RequestHead("PUT", b"/examplebucket/chunkObject.txt", url.partition("?")[2].encode(), lines)
    claim = read_claim(head, RULES, NOW)
    assert claim is not None
    key = sign_upload({})[1].key
    verify(claim, key, None)
    assert read(payload_reader(head, claim, key), [b"123456780"])[1].stated is None


def test_awscrt_is_loaded_only_when_it_is_needed() -> None:
    import subprocess
    import sys

    code = (
        "import sys, watchword.signing.payload, watchword.signing.verification\n"
        "from watchword.signing.checksums import new_checksum\n"
        "new_checksum('crc32'), new_checksum('sha256')\n"
        "assert 'awscrt' not in sys.modules and '_awscrt' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
