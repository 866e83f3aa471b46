"""Why does a signature not match? Finds the mistake that a client made, where it is one that clients make.

Each known mistake is made on purpose: a canonical request as a faulty client would have written it. The one that the
given signature proves is what the client signed, and its first line that differs from the right one is the answer.

Decides nothing about anybody, and is never asked before a request was refused. It works with the key that refused, so
its answer is for those who may see the request, not for the caller: it would say which half of a guess was right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from watchword.core.http import RequestHead
from watchword.signing.canonical import canonical_path, canonical_query, canonical_verbatim_path, encode, query_pairs
from watchword.signing.claims import Claim
from watchword.signing.errors import SignatureError
from watchword.signing.keys import Prover
from watchword.signing.modes import UNSIGNED

_EMPTY_SHA256 = hashlib.sha256().hexdigest()
_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_NAMES = ("the method", "the path", "the query string", "a header", "the signed header names", "the payload hash")


class Mismatch(NamedTuple):
    """The first line in which what was signed differs from what should have been."""

    part: str
    """Which part of the canonical request it is."""
    reason: str
    """What the client did."""
    line: int
    """Of the canonical request, from 1."""
    expected: str
    signed: str


class _Variant(NamedTuple):
    reason: str
    text: str


def explain_mismatch(head: RequestHead, claim: Claim, key: Prover, body_sha256: str | None) -> Mismatch | None:
    """Find the first line that differs from what a correct client would have signed; None where it cannot be told.

    `body_sha256` is the body's digest in lower-case hex where it is known, which is what S3 needs to tell a wrong one.
    None also means that the secret is another, or that the signature was changed.
    """
    if claim.string_to_sign is not None:
        return None
    right = claim.canonical_head.decode("utf-8", "surrogateescape").split("\n")
    payload_hash = body_sha256 if claim.payload_hash is None else claim.payload_hash
    right[-1] = payload_hash or _EMPTY_SHA256
    middle = right[3:-1]
    methods = [_Variant("", right[0]), *(_Variant(f"signed {each}", each) for each in _METHODS if each != right[0])]
    paths = [_Variant("", right[1]), *_paths(head, right[1])]
    queries = [_Variant("", right[2]), *_queries(head, claim, right[2])]
    blocks = [_Variant("", "\n".join(middle)), *_blocks(head, middle)]
    hashes = [_Variant("", right[-1]), *_hashes(right[-1], body_sha256)]
    for parts in product(methods, paths, queries, blocks, hashes):
        if sum(1 for part in parts if part.reason) > 2:
            continue  # two mistakes at once are rare, three are a guess
        signed = "\n".join(part.text for part in parts)
        if _proves(claim, key, signed):
            reason = "; ".join(part.reason for part in parts if part.reason)
            return _first_difference(right, signed.split("\n"), reason)
    return None


def _proves(claim: Claim, key: Prover, canonical: str) -> bool:
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    text = f"{claim.algorithm}\n{claim.amz_date}\n{claim.scope.text}\n{digest}"
    return key.proves(text.encode(), claim.signature)


def _first_difference(right: list[str], signed: list[str], reason: str) -> Mismatch | None:
    for at, (expected, given) in enumerate(zip(right, signed, strict=False)):
        if expected != given:
            last = len(right) - 1
            part = _NAMES[at] if at < 3 else _NAMES[{last: 5, last - 1: 4}.get(at, 3)]
            return Mismatch(part, reason, at + 1, expected, given)
    return None


def _paths(head: RequestHead, right: str) -> Iterator[_Variant]:
    raw = head.raw_path
    spellings = {
        "left the path as it was written": lambda: raw,
        "encoded the path once, as for S3": lambda: canonical_verbatim_path(raw),
        "encoded the path twice": lambda: b"/".join(
            [encode(part) for part in canonical_verbatim_path(raw).split(b"/")]
        ),
        "resolved dots and slashes, as for other services": lambda: canonical_path(raw),
        "decoded the path": lambda: unquote_to_bytes(raw),
        "left out the slash at the end": lambda: raw.rstrip(b"/") or b"/",
        "added a slash at the end": lambda: raw + b"/",
        "escaped the slashes of the path": lambda: quote_from_bytes(raw[1:], "-._~").encode(),
    }
    for reason, spell in spellings.items():
        try:
            text = spell().decode("utf-8", "surrogateescape")
        except SignatureError:
            continue
        if text != right:
            yield _Variant(reason, text)


def _queries(head: RequestHead, claim: Claim, right: str) -> Iterator[_Variant]:
    pieces = [piece for piece in head.query_string.split(b"&") if not piece.startswith(b"X-Amz-Signature=")]
    raw = b"&".join(pieces)
    pairs = query_pairs(raw) if raw else []
    spellings = {
        "left the query string as it was written": raw,
        "did not sort the parameters": b"&".join([b"%b=%b" % pair for pair in pairs]),
        "left out the `=` of parameters without a value": b"&".join(
            [name + (b"=" + value if value else b"") for name, value in sorted(pairs)]
        ),
        "wrote spaces as `+`": canonical_query(pairs).replace(b"%20", b"+"),
        "did not escape slashes": canonical_query(pairs).replace(b"%2F", b"/"),
        "wrote escapes in lower case": _lower_escapes(canonical_query(pairs)),
        "left out the query string": b"",
        "sorted name and value as one text": b"&".join(sorted([b"%b=%b" % pair for pair in pairs])),
    }
    for reason, text in spellings.items():
        shown = text.decode("utf-8", "surrogateescape")
        if shown != right:
            yield _Variant(reason, shown)


def _lower_escapes(text: bytes) -> bytes:
    first, *rest = text.split(b"%")
    return b"%".join([first, *(piece[:2].lower() + piece[2:] for piece in rest)])


def _blocks(head: RequestHead, middle: list[str]) -> Iterator[_Variant]:
    """Header lines, the empty line and the signed names, as faulty clients write them."""
    right = "\n".join(middle)
    host = head.host
    name, colon, _ = host.rpartition(":")
    others = {f"{host}:80", f"{host}:443"} if not colon else {name}
    for other in (*sorted(others), host.lower()):
        if other != host:
            yield _Variant(f"signed the host `{other}`", right.replace(f"host:{host}", f"host:{other}", 1))
    raw: list[str] = []
    for line in middle[:-2]:
        header = line.partition(":")[0]
        raw.append(f"{header}:{(head.header(header.encode()) or b'').decode('utf-8', 'surrogateescape')}")
    spaced = "\n".join([*raw, *middle[-2:]])
    if spaced != right:
        yield _Variant("kept repeated spaces in a header", spaced)
    yield _Variant("left out the empty line after the headers", "\n".join([*middle[:-2], middle[-1]]))
    lines = [line for line in middle[:-2] if not line.startswith("content-type:")]
    if len(lines) != len(middle) - 2:
        yield _Variant("signed an empty content-type", right.replace(_line_of(middle, "content-type"), "content-type:"))


def _line_of(middle: list[str], header: str) -> str:
    return next(line for line in middle if line.startswith(f"{header}:"))


def _hashes(right: str, body_sha256: str | None) -> Iterator[_Variant]:
    known = {
        "signed the hash of an empty body": _EMPTY_SHA256,
        "signed the payload as unsigned": UNSIGNED,
        "signed the hash of the body": body_sha256 or right,
        "left the payload hash empty": "",
        "wrote the payload hash in upper case": right.upper(),
    }
    for reason, text in known.items():
        if text != right:
            yield _Variant(reason, text)
