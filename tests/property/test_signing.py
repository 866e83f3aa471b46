"""Laws of signatures: what is signed verifies, canonical spellings are stable, framing does not matter."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.payloads import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, read, reader_of, streamed

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.signing.canonical import (
    canonical_head,
    canonical_path,
    canonical_query,
    canonical_verbatim_path,
    query_pairs,
    signed_names,
)
from watchword.signing.claims import Rules, parse_basic_date, parse_header_date
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.signer import Credentials, Target, presign, sign_request
from watchword.signing.verification import read_claim, verify

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
SAFE = "-._~"
# A query that bears one of these is a signature, or a part of one; what a client signs has none.
SIGNING_PARAMETERS = re.compile(r"x-amz-|AWSAccessKeyId|Signature|Expires", re.IGNORECASE)

pieces = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
segments = st.lists(st.one_of(pieces, st.sampled_from([".", "..", "", "a", "-_.~"])), max_size=6)
escaped_paths = segments.map(lambda parts: "/" + "/".join(quote(part, SAFE) for part in parts))
raw_queries = st.lists(st.tuples(pieces, pieces), max_size=6).map(
    lambda pairs: "&".join(f"{quote(name, SAFE)}={quote(value, SAFE)}" for name, value in pairs)
)
own_queries = raw_queries.filter(lambda query: not SIGNING_PARAMETERS.search(query))
bodies = st.binary(max_size=64)
names = st.from_regex(r"x-[a-z]{1,8}", fullmatch=True)
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
headers = st.dictionaries(names, values, max_size=4)
raw = st.binary(max_size=40).map(lambda data: data.replace(b"?", b""))


def slow_verbatim(path: bytes) -> bytes:
    return b"/".join(quote(unquote_to_bytes(part), SAFE).encode() for part in path.split(b"/"))


def slow_query(query: bytes) -> bytes:
    pairs = [piece.partition(b"=") for piece in query.replace(b"+", b"%20").split(b"&") if piece]
    spelled = [(quote(unquote_to_bytes(name), SAFE), quote(unquote_to_bytes(value), SAFE)) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(spelled)).encode()


@given(raw)
def test_the_fast_way_spells_paths_as_the_slow_way_does(path: bytes) -> None:
    path = b"/" + path
    try:
        spelled = canonical_verbatim_path(path)
    except SignatureError:
        assert re.search(rb"%(?![0-9A-Fa-f]{2})", path)
    else:
        assert spelled == slow_verbatim(path)
        assert canonical_verbatim_path(spelled) == spelled


@given(st.one_of(raw, raw_queries.map(str.encode)))
def test_the_fast_way_spells_queries_as_the_slow_way_does(query: bytes) -> None:
    try:
        spelled = canonical_query(query_pairs(query))
    except SignatureError:
        assert re.search(rb"%(?![0-9A-Fa-f]{2})", query)
    else:
        assert spelled == slow_query(query)
        assert canonical_query(query_pairs(spelled)) == spelled


@given(raw_queries, st.randoms())
def test_the_order_of_parameters_does_not_matter(query: str, random: Random) -> None:
    parts = query.split("&")
    random.shuffle(parts)
    assert canonical_query(query_pairs("&".join(parts).encode())) == canonical_query(query_pairs(query.encode()))


@given(escaped_paths)
def test_a_normal_path_has_no_dots_and_no_double_slashes(path: str) -> None:
    try:
        spelled = canonical_path(path.encode())
    except SignatureError:
        assert ".." in path
    else:
        assert spelled.startswith(b"/")
        assert not {b".", b".."} & set(spelled.split(b"/"))
        assert b"//" not in spelled


@given(st.dictionaries(st.binary(max_size=6).map(bytes.lower), st.binary(max_size=20), min_size=1, max_size=5))
def test_headers_never_make_more_lines_than_there_are_names(fields: dict[bytes, bytes]) -> None:
    known = [name for name in fields if name.isalnum()]
    signed = signed_names(";".join(sorted(name.decode("latin-1") for name in known if name.isascii())))
    head = canonical_head("GET", b"/", b"", signed, fields)
    assert head.count(b"\n") == len(signed.names) + 5


@given(st.text(max_size=30))
def test_a_date_is_read_or_refused_never_anything_else(text: str) -> None:
    for moment in (parse_basic_date(text), parse_header_date(text)):
        assert moment is None or moment.at.strftime("%Y%m%dT%H%M%SZ") == moment.basic


@pytest.mark.parametrize("s3", [False, True])
@given(
    method=st.sampled_from(["GET", "PUT", "POST"]), path=escaped_paths, query=own_queries, extra=headers, body=bodies
)
def test_what_is_signed_verifies(
    s3: bool, method: str, path: str, query: str, extra: dict[str, str], body: bytes
) -> None:
    keys, target = Credentials("AKIA", "secret", "token"), Target("s3" if s3 else "sts", "us-east-1", s3=s3)
    rules = Rules(target.service, Dialect.S3 if s3 else Dialect.QUERY)
    digest = None if s3 else hashlib.sha256(body).hexdigest()
    try:
        signed = sign_request(method, f"http://host{path}?{query}", extra, body, keys, target, NOW)
    except SignatureError:
        assert not s3
        assert ".." in path
        return
    lines = [(name.encode(), value.strip().encode()) for name, value in signed.headers.items()]
    claim = read_claim(RequestHead(method, path.encode(), query.encode(), lines), rules, NOW)
    assert claim is not None
    verify(claim, signed.key, digest)
    url = presign(method, f"http://host{path}?{query}", extra, keys, target, NOW, expires_seconds=60, body=body)
    lines = [(b"host", b"host"), *((name.encode(), value.strip().encode()) for name, value in extra.items())]
    claim = read_claim(RequestHead(method, path.encode(), url.partition("?")[2].encode(), lines), rules, NOW)
    assert claim is not None
    verify(claim, signed.key, digest)


@given(
    sizes=st.lists(st.integers(8192, 9000), max_size=3),
    last=st.integers(1, 100),
    mode=st.sampled_from([SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER]),
    cuts=st.lists(st.integers(0, 30_000), max_size=8),
)
def test_a_body_is_the_same_however_it_is_cut(sizes: list[int], last: int, mode: str, cuts: list[int]) -> None:
    chunks = [bytes([65 + at]) * size for at, size in enumerate([*sizes, last])]
    head, signed, wire = streamed(chunks, mode)
    at = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    parts = [wire[begin:end] for begin, end in pairwise(at)]
    assert read(reader_of(head, signed), parts)[0] == b"".join(chunks)


@given(st.binary(max_size=200), st.sampled_from([SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER]))
def test_any_bytes_are_a_body_or_an_error_never_anything_else(wire: bytes, mode: str) -> None:
    head, signed, _ = streamed([b"abc"], mode)
    try:
        read(reader_of(head, signed), [wire])
    except (ApiError, SignatureError):
        return
    assert mode == UNSIGNED_TRAILER


authorizations = st.one_of(
    st.text(st.characters(max_codepoint=255), max_size=60),
    st.text("=,; /", max_size=30).map(lambda text: "AWS4-HMAC-SHA256 Credential" + text),
)


@given(authorizations, st.text(st.characters(max_codepoint=255), max_size=20), st.sampled_from(list(Dialect)), raw)
def test_any_request_makes_a_claim_or_an_error_never_anything_else(
    authorization: str, date: str, dialect: Dialect, query: bytes
) -> None:
    lines = [(b"authorization", authorization.encode("latin-1")), (b"x-amz-date", date.encode("latin-1"))]
    for fields in (lines, [(b"host", b"h")]):
        head = RequestHead("GET", b"/" + query, b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=" + query, fields)
        with pytest.raises(SignatureError):
            read_claim(head, Rules("sts", dialect), NOW)
