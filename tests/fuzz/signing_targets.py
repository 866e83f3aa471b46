"""What must hold of bytes that strangers send to the signing code, whatever they are: one function a parser.

Called by Hypothesis and over the kept corpus in `test_signing_targets.py`, and by a coverage-guided fuzzer in
`atheris_signing.py`. Nothing but SignatureError and ApiError may come out, and no spelling may have two meanings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.signing.canonical import canonical_query, canonical_verbatim_path, query_pairs
from watchword.signing.chunks import ChunkDecoder, ChunkProver
from watchword.signing.claims import Rules
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.keys import SigningKey
from watchword.signing.multipart import FormDecoder
from watchword.signing.verification import proving_key, read_claim, verify

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
REFUSED = (SignatureError, ApiError)
_DATA_BYTES_MAX = 64 * 1024
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
            lines.append((name.lower(), value.strip()))
    head = RequestHead(method.decode("latin-1"), path or b"/", query, lines)
    for service, dialect in (("s3", Dialect.S3), ("sts", Dialect.QUERY), ("iam", Dialect.JSON)):
        try:
            claim = read_claim(head, Rules(service, dialect), NOW, takes_v2=True)
            if claim is not None:
                verify(claim, proving_key(claim, "a secret that nobody knows"), hashlib.sha256(data).hexdigest())
                raise AssertionError("proved without the secret")
        except REFUSED:
            pass
    _check_spellings(path, query)


def _check_spellings(path: bytes, query: bytes) -> None:
    try:
        once = canonical_verbatim_path(path)
        if canonical_verbatim_path(once) != once:
            raise AssertionError(f"{path!r} has two canonical spellings")
        written = canonical_query(query_pairs(query))
        if canonical_query(query_pairs(written)) != written:
            raise AssertionError(f"{query!r} has two canonical spellings")
    except REFUSED:
        pass


def check_chunks(data: bytes) -> None:
    """A byte of choices, then an aws-chunked body: at once and in pieces it comes to the same."""
    choices, body = (data[0], data[1:_DATA_BYTES_MAX]) if data else (0, b"")

    def decoder() -> ChunkDecoder:
        prover = None
        if choices & 1:
            prover = ChunkProver(SigningKey(b"key"), "20260314T150926Z", "scope", "seed")
        return ChunkDecoder(choices >> 2, prover, ["x-amz-checksum-crc32"] if choices & 2 else [])

    _same_in_pieces(decoder, body, ChunkDecoder.feed, ChunkDecoder.finish)


def check_form(data: bytes) -> None:
    """An upload form with the boundary `b`: at once and in pieces it comes to the same."""
    _same_in_pieces(lambda: FormDecoder(b"b"), data[:_DATA_BYTES_MAX], FormDecoder.feed, _form_end)


def _form_end(decoder: FormDecoder) -> object:
    decoder.finish()
    return decoder.form


def _same_in_pieces(
    make: Callable[[], D], body: bytes, feed: Callable[[D, bytes], bytes], finish: Callable[[D], object]
) -> None:
    size = 1 + sum(body) % 7
    results: list[object] = []
    for pieces in ([body], [body[at : at + size] for at in range(0, len(body), size)]):
        decoder = make()
        try:
            data = b"".join([feed(decoder, piece) for piece in pieces])
            results.append((data, finish(decoder)))
        except REFUSED as error:
            results.append(str(error))
    if results[0] != results[1]:
        raise AssertionError(f"at once {results[0]!r:.200}, in pieces {results[1]!r:.200}")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "canonicalizer": check_canonicalizer,
    "chunks": check_chunks,
    "form": check_form,
}
