"""An upload whose body somebody has changed on its way: never finished."""

from __future__ import annotations

import base64
import hashlib
import zlib

import pytest
from tests.support.payloads import (
    SIGNED,
    SIGNED_TRAILER,
    UNSIGNED_TRAILER,
    reader_of,
    sign_upload,
    streamed,
    upload,
)

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.signing.errors import SignatureError
from watchword.signing.signer import Signed, sign_chunks

CHUNKS = [b"a" * 8192, b"b" * 8192, b"c" * 8192, b"d" * 10]


def frames(wire: bytes) -> list[bytes]:
    """The frames of a body of `CHUNKS`, the closing one and the trailers as the last."""
    found: list[bytes] = []
    at = 0
    for chunk in CHUNKS:
        end = wire.index(b"\r\n", at) + 2 + len(chunk) + 2
        found.append(wire[at:end])
        at = end
    return [*found, wire[at:]]


def refuse(head: RequestHead, signed: Signed, wire: bytes) -> Exception:
    with pytest.raises((ApiError, SignatureError)) as caught:
        upload(head, signed, wire)
    return caught.value


def test_reordered_chunks() -> None:
    head, signed, wire = streamed(CHUNKS)
    first, second, *rest = frames(wire)
    assert isinstance(refuse(head, signed, b"".join([second, first, *rest])), SignatureError)


def test_a_repeated_chunk() -> None:
    head, signed, wire = streamed(CHUNKS)
    first, second, _, *rest = frames(wire)
    assert isinstance(refuse(head, signed, b"".join([first, second, second, *rest])), SignatureError)


@pytest.mark.parametrize("gone", range(len(CHUNKS)))
def test_a_dropped_chunk(gone: int) -> None:
    head, signed, wire = streamed(CHUNKS)
    parts = frames(wire)
    refuse(head, signed, b"".join(parts[:gone] + parts[gone + 1 :]))


def test_the_closing_frame_moved_up() -> None:
    head, signed, wire = streamed(CHUNKS)
    parts = frames(wire)
    refuse(head, signed, parts[0] + parts[-1])


def test_a_dropped_closing_frame() -> None:
    head, signed, wire = streamed(CHUNKS)
    assert isinstance(refuse(head, signed, b"".join(frames(wire)[:-1])), ApiError)


def test_one_changed_byte_anywhere() -> None:
    chunks = [b"hello, world"]
    for mode in (SIGNED, SIGNED_TRAILER):
        head, signed, wire = streamed(chunks, mode)
        for at in range(len(wire)):
            for other in (wire[at] ^ 1, 0x30, 0x0A):
                changed = wire[:at] + bytes([other]) + wire[at + 1 :]
                if changed != wire and not same_number(wire, changed):
                    refuse(head, signed, changed)


def same_number(wire: bytes, changed: bytes) -> bool:
    """Both write the same chunk size: `c` and `C`."""
    return wire.lower() == changed.lower() and wire[:1] != changed[:1]


@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_a_body_cut_anywhere(mode: str) -> None:
    trailers = None if mode == SIGNED else {"x-amz-checksum-crc32": "_"}
    if trailers:
        trailers["x-amz-checksum-crc32"] = base64.b64encode(zlib.crc32(b"hello, world").to_bytes(4)).decode()
    head, signed, wire = streamed([b"hello, world"], mode, trailers)
    assert upload(head, signed, wire)[0] == b"hello, world"
    for end in range(len(wire)):
        refuse(head, signed, wire[:end])


@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_bytes_after_the_end(mode: str) -> None:
    head, signed, wire = streamed([b"hello, world"], mode)
    for more in (b"x", b"\r\n", b"0\r\n\r\n", wire):
        refuse(head, signed, wire + more)


@pytest.mark.parametrize("claimed", [0, 9, 11, 10**15])
@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_a_lie_about_the_decoded_length(claimed: int, mode: str) -> None:
    head, signed, wire = streamed([b"0123456789"], mode, headers={"x-amz-decoded-content-length": str(claimed)})
    error = refuse(head, signed, wire)
    assert isinstance(error, ApiError)
    assert error.code == "IncompleteBody"


def test_no_byte_more_than_the_decoded_length_is_handed_on() -> None:
    head, signed, wire = streamed([b"0123456789"], UNSIGNED_TRAILER, headers={"x-amz-decoded-content-length": "9"})
    reader = reader_of(head, signed)
    with pytest.raises(ApiError):
        reader.feed(wire)


def test_frames_of_another_request() -> None:
    head, signed, _ = streamed(CHUNKS)
    _, _, other = streamed(CHUNKS, headers={"x-amz-meta-a": "b"})
    assert isinstance(refuse(head, signed, other), SignatureError)


def test_signed_frames_turned_into_unsigned_ones() -> None:
    for mode in (SIGNED, SIGNED_TRAILER):
        head, signed, _ = streamed([b"evil"], mode)
        assert isinstance(refuse(head, signed, b"".join(sign_chunks(None, [b"evil"]))), SignatureError)


def test_a_mode_turned_into_an_unsigned_one() -> None:
    head, signed, _ = streamed([b"evil"])
    lines = [
        (name, UNSIGNED_TRAILER.encode() if name == b"x-amz-content-sha256" else value) for name, value in head.headers
    ]
    weaker = RequestHead(head.method, head.raw_path, head.query_string, lines)
    with pytest.raises(SignatureError):
        upload(weaker, signed, b"".join(sign_chunks(None, [b"evil"])))


def test_a_trailer_from_another_body() -> None:
    good = {"x-amz-checksum-sha256": "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="}
    head, signed, wire = streamed([b"abc"], SIGNED_TRAILER, good)
    assert upload(head, signed, wire)[1].stated == ("sha256", good["x-amz-checksum-sha256"])
    other = hashlib.sha256(b"abd").digest()
    forged = wire.replace(good["x-amz-checksum-sha256"].encode(), base64.b64encode(other))
    assert isinstance(refuse(head, signed, forged), SignatureError)


def test_a_plain_body_swapped_for_another_of_the_same_length() -> None:
    head, signed = sign_upload({"content-length": "4"}, None, b"good")
    error = refuse(head, signed, b"evil")
    assert isinstance(error, ApiError)
    assert error.code == "XAmzContentSHA256Mismatch"
