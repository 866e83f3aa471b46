"""A signed request that somebody has changed on its way, part by part: never accepted."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.signing import SignedRequest, read_vectors

from watchword.signing.canonical import _known_names  # pyright: ignore[reportPrivateUsage]
from watchword.signing.claims import _known_credential, _known_date  # pyright: ignore[reportPrivateUsage]
from watchword.signing.errors import SignatureError
from watchword.signing.verification import read_claim

VECTORS = [each for form in ("header", "query", "v4a-header", "v4a-query") for each in read_vectors(form)]
UNSIGNED_HEADERS = {b"content-type", b"content-length"}


def refuse(request: SignedRequest, what: str) -> None:
    try:
        request.verify()
    except SignatureError:
        return
    pytest.fail(f"accepted: {what}")


def changed(value: bytes) -> Iterator[bytes]:
    """A value cut, extended, and with one character changed at its beginning, middle and end."""
    yield value + b"x"
    yield b"x" + value
    if value:
        yield value[:-1]
        yield value[1:]
        for at in {0, len(value) // 2, len(value) - 1}:
            other = b"y" if value[at : at + 1] == b"x" else b"x"
            yield value[:at] + other + value[at + 1 :]


def signed_header_names(request: SignedRequest) -> frozenset[bytes]:
    return request.verify().signed.known


def vectors(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("request_", VECTORS, ids=[f"{name} {vector.name}" for vector in VECTORS])


@vectors("method")
def test_another_method(request_: SignedRequest) -> None:
    for method in ("DELETE", "get", request_.method + " "):
        refuse(replace(request_, method=method), f"method {method}")


@vectors("path")
def test_another_path(request_: SignedRequest) -> None:
    for path in (request_.path + b"x", request_.path + b"%20", b"/x" + request_.path, b"/other"):
        refuse(replace(request_, path=path), f"path {path!r}")


@vectors("query")
def test_another_query(request_: SignedRequest) -> None:
    query = request_.query
    more = b"extra=1" if not query else query + b"&extra=1"
    refuse(replace(request_, query=more), "a parameter more")
    refuse(replace(request_, query=b"extra=1&" + query), "a parameter before")
    pieces = query.split(b"&") if query else []
    for at, piece in enumerate(pieces):
        without = b"&".join(pieces[:at] + pieces[at + 1 :])
        refuse(replace(request_, query=without), f"without {piece!r}")
        for value in changed(piece):
            if value + b"=" == piece:
                continue  # `acl` and `acl=` are the same parameter
            other = b"&".join([*pieces[:at], value, *pieces[at + 1 :]])
            refuse(replace(request_, query=other), f"{piece!r} as {value!r}")


@vectors("header")
def test_another_value_of_a_signed_header(request_: SignedRequest) -> None:
    for name in signed_header_names(request_):
        if name not in dict(request_.headers):
            continue
        value = request_.header(name)
        for other in changed(value):
            refuse(request_.with_header(name, other), f"{name!r} {other!r}")
        refuse(request_.with_header(name, b""), f"{name!r} emptied")
        if value:
            refuse(request_.without_header(name), f"{name!r} removed")
        doubled = replace(request_, headers=(*request_.headers, (name, value)))
        refuse(doubled, f"{name!r} sent twice")


@vectors("authorization")
def test_another_authorization(request_: SignedRequest) -> None:
    if b"authorization" not in dict(request_.headers):
        return
    value = request_.header(b"authorization")
    key, _, rest = value.partition(b"/")
    scope, _, tail = rest.partition(b", SignedHeaders=")
    signed, _, signature = tail.partition(b", Signature=")
    for other in changed(scope):
        refuse(request_.with_header(b"authorization", value.replace(scope, other)), f"scope {other!r}")
    for other in (*changed(signed), signed + b";x-amz-extra", signed + b";host", signed.replace(b"host;", b"")):
        refuse(request_.with_header(b"authorization", value.replace(signed, other)), f"signed headers {other!r}")
    for other in (*changed(signature), signature.upper(), b"", b"0" * 64, signature + b" " + signature):
        if other != signature:
            refuse(request_.with_header(b"authorization", value.replace(signature, other)), f"signature {other!r}")
    assert re.match(rb"AWS4-(HMAC|ECDSA-P256)-SHA256 Credential=", key)


@vectors("amz")
def test_an_added_x_amz_header(request_: SignedRequest) -> None:
    for name in (b"x-amz-target", b"x-amz-security-token", b"x-amz-acl", b"x-amz-copy-source", b"x-amz-date"):
        if name not in dict(request_.headers):
            refuse(request_.with_header(name, b"evil"), f"an added {name!r}")


@vectors("body")
def test_another_body(request_: SignedRequest) -> None:
    if request_.service == "s3":
        return  # S3 bodies are checked by the payload reader: tests/attacks/test_chunked_uploads.py
    for body in (request_.body + b"x", b"x" + request_.body, request_.body[:-1] + b"!"):
        refuse(replace(request_, body=body), f"body {body!r}")


@vectors("scope")
def test_another_service_region_or_time(request_: SignedRequest) -> None:
    refuse(replace(request_, service="iam" if request_.service == "sts" else "sts"), "another service")
    refuse(replace(request_, region="ap-south-1"), "another region")
    refuse(replace(request_, now=request_.now + timedelta(seconds=3601)), "an hour later")
    refuse(replace(request_, now=request_.now - timedelta(seconds=901)), "too early")


@vectors("mixed")
def test_a_header_and_a_query_signature_together(request_: SignedRequest) -> None:
    if request_.query.find(b"X-Amz-Signature") >= 0:
        refuse(request_.with_header(b"authorization", b"AWS4-HMAC-SHA256 x"), "both")
    else:
        more = b"X-Amz-Algorithm=AWS4-HMAC-SHA256"
        refuse(replace(request_, query=request_.query + b"&" + more if request_.query else more), "both")


def test_a_name_signed_many_times_over_costs_nothing() -> None:
    request = next(vector for vector in VECTORS if vector.name == "header: root by botocore")
    value = request.header(b"authorization")
    names = b";".join([b"x"] * 4000)
    many = value.replace(b"SignedHeaders=", b"SignedHeaders=" + names + b";")
    refuse(request.with_header(b"x", b"v" * 8000).with_header(b"authorization", many), "a name signed 4000 times")


def test_what_strangers_send_is_not_kept() -> None:
    request = next(vector for vector in VECTORS if vector.name == "header: root by botocore")
    value = request.header(b"authorization")
    before = sum(memory.cache_info().currsize for memory in (_known_credential, _known_date, _known_names))
    for at in range(50):
        long = str(at).encode() * 1000
        for sent in (
            request.with_header(b"authorization", value.replace(b"SignedHeaders=", b"SignedHeaders=" + long + b";")),
            request.with_header(b"authorization", value.replace(b"Credential=", b"Credential=" + long)),
            request.with_header(b"x-amz-date", long),
        ):
            with contextlib.suppress(SignatureError):
                read_claim(sent.head, sent.rules, sent.now)
    after = sum(memory.cache_info().currsize for memory in (_known_credential, _known_date, _known_names))
    assert after - before <= 3
