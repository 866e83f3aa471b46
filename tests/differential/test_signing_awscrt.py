"""What awscrt signs by SigV4 and SigV4a, in headers and in URLs, is taken; frames of SigV4a are proved one by one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import awscrt.auth
import awscrt.http
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.core.http import RequestHead
from watchword.signing.chunks import ChunkDecoder, ChunkProver
from watchword.signing.claims import Claim, Rules, covers_region
from watchword.signing.ecdsa_keys import derive_ecdsa_key
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.keys import V4, V4A
from watchword.signing.signer import Credentials, Target, sign_chunks, sign_request
from watchword.signing.verification import proving_key, read_claim, verify

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
CRT: Any = awscrt.auth
"""Has no types."""

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10)
paths = st.lists(words.filter(lambda word: word not in {".", ".."}), max_size=4).map(
    lambda parts: "/" + "/".join(quote(part, "-._~") for part in parts)
)
# Those of version 2 beside a signature of version 4 are two kinds of credentials.
names = words.filter(lambda word: not word.lower().startswith("x-amz-") and word not in ("AWSAccessKeyId", "Signature"))
queries = st.lists(st.tuples(names, words), max_size=4).map(
    lambda pairs: "&".join(f"{quote(name, '-._~')}={quote(value, '-._~')}" for name, value in pairs)
)
region_sets = st.sampled_from(["us-east-1", "*", "us-*", "eu-west-1,us-east-1", "*-east-*"])
tokens = st.one_of(st.none(), st.text("abcXYZ012/+=", min_size=1, max_size=40))


def signed_by_awscrt(
    version: str, service: str, form: str, path: str, query: str, body: bytes, token: str | None, region: str
) -> RequestHead:
    is_s3 = service == "s3"
    headers = awscrt.http.HttpHeaders([("host", "127.0.0.1:4566")])
    request = awscrt.http.HttpRequest("POST", path + (f"?{query}" if query else ""), headers)
    types: Any = CRT.AwsSignatureType
    digest = hashlib.sha256(body).hexdigest()
    config = CRT.AwsSigningConfig(
        algorithm=CRT.AwsSigningAlgorithm.V4_ASYMMETRIC if version == V4A else CRT.AwsSigningAlgorithm.V4,
        signature_type=types.HTTP_REQUEST_HEADERS if form == "header" else types.HTTP_REQUEST_QUERY_PARAMS,
        credentials_provider=CRT.AwsCredentialsProvider.new_static(KEY, SECRET, token),
        region=region,
        service=service,
        date=NOW,
        use_double_uri_encode=not is_s3,
        should_normalize_uri_path=not is_s3,
        signed_body_value="UNSIGNED-PAYLOAD" if is_s3 and form == "query" else digest,
        signed_body_header_type=CRT.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256
        if is_s3 and form == "header"
        else CRT.AwsSignedBodyHeaderType.NONE,
        expiration_in_seconds=3600 if form == "query" else None,
    )
    signed: Any = CRT.aws_sign_request(request, config).result(10)
    lines = [(name.lower().encode(), value.encode()) for name, value in signed.headers]
    path, _, query = signed.path.partition("?")
    return RequestHead("POST", path.encode(), query.encode(), lines)


def prove(head: RequestHead, service: str, body: bytes) -> Claim:
    claim = read_claim(head, Rules(service, Dialect.S3 if service == "s3" else Dialect.QUERY, "us-east-1"), NOW)
    assert claim is not None
    verify(claim, proving_key(claim, SECRET), None if service == "s3" else hashlib.sha256(body).hexdigest())
    return claim


@pytest.mark.parametrize("version", [V4, V4A])
@pytest.mark.parametrize("form", ["header", "query"])
@pytest.mark.parametrize("service", ["sts", "s3"])
@given(path=paths, query=queries, body=st.binary(max_size=40), token=tokens, region_set=region_sets)
def test_signatures_of_awscrt_are_taken(
    version: str, service: str, form: str, path: str, query: str, body: bytes, token: str | None, region_set: str
) -> None:
    region = region_set if version == V4A else "us-east-1"
    claim = prove(signed_by_awscrt(version, service, form, path, query, body, token, region), service, body)
    assert (claim.algorithm, claim.access_key_id, claim.session_token) == (version, KEY, token)


@pytest.mark.parametrize(
    ("region_set", "covered"),
    [
        ("us-east-1", True),
        ("eu-west-1, us-east-1", True),
        ("us-*", True),
        ("*", True),
        ("*-1", True),
        ("us-*-1", True),
        ("us-*east*-1", True),
        ("", False),
        ("us-east", False),
        ("us-east-11", False),
        ("US-EAST-1", False),
        ("eu-*", False),
        ("us-east-1*1", False),
        ("*us-east-1-*", False),
    ],
)
def test_region_sets(region_set: str, covered: bool) -> None:
    assert covers_region(region_set, "us-east-1") is covered


TRAILERS = {"x-amz-checksum-crc32c": "sOO8/Q=="}


def framed() -> tuple[bytes, ChunkDecoder]:
    """A signed body in two frames and trailers, and what proves it."""
    credentials = Credentials(KEY, SECRET)
    target = Target("s3", "*", s3=True, algorithm=V4A)
    signed = sign_request("PUT", "http://h/b/k", {}, b"", credentials, target, NOW, payload_hash="x")
    wire = b"".join(sign_chunks(signed, [b"a" * 8192, b"b" * 9], TRAILERS))
    key = derive_ecdsa_key(SECRET, KEY).proving_key()
    prover = ChunkProver(key, signed.amz_date, signed.scope, signed.signature, V4A)
    return wire, ChunkDecoder(8201, prover, list(TRAILERS))


def test_frames_are_padded_and_proved() -> None:
    wire, decoder = framed()
    line = wire.partition(b"\r\n")[0]
    assert len(line.partition(b"chunk-signature=")[2]) == 144
    assert decoder.feed(wire) == b"a" * 8192 + b"b" * 9
    assert decoder.finish() == TRAILERS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"aaaa", b"aaab"),
        (b"bbb", b"bcb"),
        (b"sOO8", b"sOO9"),
        (b"2000;", b"1fff;"),
        (b"signature=30", b"signature=31"),
    ],
)
def test_frames_that_were_changed_are_refused(old: bytes, new: bytes) -> None:
    wire, decoder = framed()
    assert old in wire
    with pytest.raises(SignatureError):  # noqa: PT012 - either step may be the one that finds it
        decoder.feed(wire.replace(old, new, 1))
        decoder.finish()


def test_frames_in_another_order_are_refused() -> None:
    wire, decoder = framed()
    second = wire.index(b"9;chunk-signature=")
    end = wire.index(b"0;chunk-signature=", second + 20)
    with pytest.raises(SignatureError):
        decoder.feed(wire[second:end] + wire[:second] + wire[end:])
