"""Whatever strangers send, the signing code parses or refuses it; everything that a fuzzer once found stays so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.signing_targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
WORDS = {
    "canonicalizer": [
        *(b"GET", b"PUT", b"\n", b"/", b"..", b"%", b"%2f", b"%zz", b"?", b"&", b"=", b"+", b" ", b";", b":", b","),
        *(b"host:h", b"authorization:", b"AWS4-HMAC-SHA256 ", b"AWS4-ECDSA-P256-SHA256 ", b"AWS a:b", b"Credential="),
        *(b"AKIA/20260314/us-east-1/s3/aws4_request", b"AKIA/20260314/sts/aws4_request", b"SignedHeaders=host"),
        *(b"Signature=" + b"0" * 64, b"x-amz-date:20260314T150926Z", b"x-amz-content-sha256:UNSIGNED-PAYLOAD"),
        *(
            b"X-Amz-Algorithm=AWS4-HMAC-SHA256",
            b"X-Amz-Credential=",
            b"X-Amz-Date=20260314T150926Z",
            b"X-Amz-Expires=9",
        ),
        *(b"AWSAccessKeyId=a", b"Expires=1900000000", b"Signature=x", b"x-amz-region-set:*", b"\xff", b"\x00"),
    ],
    "chunks": [
        *(b"\x00", b"\x01", b"\x02", b"\x03", b"\x10", b"\x0c", b"4", b"0", b"\r\n", b"\n", b"\r", b";", b"data", b":"),
        *(
            b";chunk-signature=" + b"0" * 64,
            b"x-amz-checksum-crc32:AAAAAA==",
            b"x-amz-trailer-signature:",
            b"fffffffff",
        ),
    ],
    "form": [
        *(b"--b", b"--b--", b"\r\n", b"\n", b"--", b"b", b"Content-Disposition: form-data; ", b'name="file"', b"data"),
        *(b'name="key"', b'filename="f"', b"\r\n\r\n", b";", b'"', b"\\", b"x" * 5000, b"\xff"),
    ],
}


@pytest.mark.parametrize("target", TARGETS)
@given(data=st.data())
def test_anything(target: str, data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.sampled_from(WORDS[target]) | st.binary(max_size=4), max_size=24))
    TARGETS[target](b"".join(pieces))


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus(target: str) -> None:
    kept = sorted((CORPUS / target).iterdir())
    assert kept
    for case in kept:
        TARGETS[target](case.read_bytes())
