"""What must hold of bytes that strangers send to the signing code, whatever they are: one function a parser.

Called by Hypothesis and over the kept corpus in `test_signing_targets.py`, and by a coverage-guided fuzzer in
`atheris_signing.py`. Nothing but SignatureError and ApiError may come out, no spelling may have two meanings, and the
meaning is the one that `signing_reference.py` says plainly.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from tests.fuzz import signing_reference as plainly

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
from watchword.signing.chunks import ChunkDecoder, ChunkProver
from watchword.signing.claims import Rules
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.keys import V4, V4A
from watchword.signing.multipart import FIELDS_BYTES_MAX, FormDecoder, read_boundary
from watchword.signing.post_claims import read_post_claim
from watchword.signing.post_policies import check_post_policy
from watchword.signing.verification import proving_key, read_claim, verify

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
REFUSED = (SignatureError, ApiError)
_DATA_BYTES_MAX = 64 * 1024
_CONTROLS = bytes([*range(9), *range(10, 32), 127])
"""What no HTTP server lets into a header value."""
_LINES = {
    0: re.compile(rb"([0-9a-fA-F]{1,16})\r\n"),
    1: re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{64})\r\n"),
    5: re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{16,144})\*{0,128}\r\n"),
}
D = TypeVar("D")


def check_canonicalizer(data: bytes) -> None:
    """method LF path LF query LF (name:value LF)*: read, canonical twice over, and never proved by a wrong key."""
    method, _, rest = data.partition(b"\n")
    path, _, rest = rest.partition(b"\n")
    query, _, rest = rest.partition(b"\n")
    lines: list[tuple[bytes, bytes]] = []
    for line in rest.split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            lines.append((name.lower(), value.translate(None, _CONTROLS).strip()))
    head = RequestHead(method.decode("latin-1"), path or b"/", query, lines)
    for service, dialect in (("s3", Dialect.S3), ("sts", Dialect.QUERY), ("iam", Dialect.JSON)):
        claim = _or_none(lambda service=service, dialect=dialect: _claim(head, service, dialect))
        if claim is not None:
            raise AssertionError("proved without the secret")
    _check_spellings(path, query)
    _check_header_lines(head)


def _claim(head: RequestHead, service: str, dialect: Dialect) -> object:
    claim = read_claim(head, Rules(service, dialect), NOW, takes_v2=True)
    if claim is not None:
        verify(claim, proving_key(claim, "a secret that nobody knows"), hashlib.sha256(b"").hexdigest())
    return claim


def _or_none(ask: Callable[[], D]) -> D | None:
    try:
        return ask()
    except REFUSED:
        return None


def _check_spellings(path: bytes, query: bytes) -> None:
    for raw in (path, b"/" + path):
        _same("path", _or_none(lambda raw=raw: canonical_path(raw)), plainly.canonical_path(raw))
    verbatim = _or_none(lambda: canonical_verbatim_path(b"/" + path))
    _same("verbatim path", verbatim, plainly.canonical_verbatim_path(b"/" + path))
    if verbatim is not None:
        _same("spelling of a path", canonical_verbatim_path(verbatim), verbatim)
    written = _or_none(lambda: canonical_query(query_pairs(query)))
    _same("query", written, plainly.canonical_query(query))
    if written is not None:
        _same("spelling of a query", canonical_query(query_pairs(written)), written)


def _check_header_lines(head: RequestHead) -> None:
    names = sorted(head.fields)
    if not names or any(b";" in name for name in names):
        return
    signed = _or_none(lambda: signed_names(b";".join(names).decode("latin-1")))
    if signed is not None and list(signed.names) == names:
        found = canonical_head("GET", b"/", b"", signed, head.fields)
        wanted = b"GET\n/\n\n" + plainly.header_lines(names, head.fields) + b"\n" + signed.text + b"\n"
        _same("headers", found, wanted)


class _Lenient:
    """Proves what begins with a zero, so that a fuzzer gets past the first frame; it remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, str]] = []

    def proves(self, text: bytes, signature: str, /) -> bool:
        self.asked.append((text, signature))
        return signature.startswith("0")


def check_chunks(data: bytes) -> None:
    """A byte of choices, two of the size, then an aws-chunked body: at once, in pieces and plainly it is the same."""
    choices, body = (data[0], data[3:_DATA_BYTES_MAX]) if data else (0, b"")
    size = int.from_bytes(data[1:3])
    announced = ["x-amz-checksum-crc32"] if choices & 2 else []
    asked: list[list[tuple[bytes, str]]] = []

    def decoder() -> ChunkDecoder:
        key = _Lenient()
        asked.append(key.asked)
        algorithm = V4A if choices & 4 else V4
        prover = ChunkProver(key, "20260314T150926Z", "scope", "seed", algorithm) if choices & 1 else None
        return ChunkDecoder(size, prover, announced)

    found = _same_in_pieces(decoder, body, ChunkDecoder.feed, ChunkDecoder.finish)
    line = _LINES[choices & 5 if choices & 1 else 0]
    _same("chunks", found, plainly.chunked(body, size, line, lambda signature: signature.startswith("0"), announced))
    if found is not None:
        _same("chain of signatures", asked[0], asked[1])


def check_form(data: bytes) -> None:
    """An upload form with the boundary `b`: at once and in pieces it is the same, and nothing in it is made up."""
    body = data[:_DATA_BYTES_MAX]
    found = _same_in_pieces(lambda: FormDecoder(b"b"), body, FormDecoder.feed, _form_end)
    _or_none(lambda: read_boundary(b"multipart/form-data" + body[:512]))
    if found is None:
        return
    file, fields = found
    _same("file", file + b"\r\n--b" in b"\r\n" + body, True)
    raw = [value.encode("utf-8", "surrogateescape") for value in fields.values()]
    _same("fields", all(value in b"\r\n" + body for value in raw), True)
    _same("bytes before the file", sum(map(len, raw)) <= FIELDS_BYTES_MAX, True)
    claim = _or_none(lambda: read_post_claim(fields, Rules("s3", Dialect.S3), NOW, takes_v2=True))
    if claim is not None and _or_none(lambda: verify(claim, proving_key(claim, "nobody knows it"), None) or 1):
        raise AssertionError("proved without the secret")
    _or_none(lambda: check_post_policy(fields.get("policy", ""), fields, NOW))


def _form_end(decoder: FormDecoder) -> dict[str, str]:
    decoder.finish()
    assert decoder.form is not None
    return dict(decoder.form.fields)


F = TypeVar("F")


def _same_in_pieces(
    make: Callable[[], D], body: bytes, feed: Callable[[D, bytes], bytes], finish: Callable[[D], F]
) -> tuple[bytes, F] | None:
    size = 1 + sum(body) % 7
    whole, pieces = [body], [body[at : at + size] for at in range(0, len(body), size)]
    first, second = (_read(make(), each, feed, finish) for each in (whole, pieces))
    _same("in pieces", second, first)
    return None if isinstance(first, str) else first


def _read(
    decoder: D, pieces: list[bytes], feed: Callable[[D, bytes], bytes], finish: Callable[[D], F]
) -> tuple[bytes, F] | str:
    try:
        data = b"".join([feed(decoder, piece) for piece in pieces])
        return data, finish(decoder)
    except REFUSED as error:
        return str(error)


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{what}: {found!r:.200}, wanted {wanted!r:.200}")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "canonicalizer": check_canonicalizer,
    "chunks": check_chunks,
    "form": check_form,
}
