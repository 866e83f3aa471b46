r"""The canonical request: one spelling for every request that means the same.

    METHOD \n path \n query \n (name:value \n)* \n signed names \n payload hash

Decides spellings only; never whether a request is authentic. Each part has a fast way, taken when a regular
expression proves that the text is canonical already, and a complete way for everything else.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
(steps 1 and 2), https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4 for dot segments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from watchword.signing.errors import Kind, SignatureError

Pair = tuple[bytes, bytes]
"""A query parameter: name and value, both in canonical encoding."""

# An escape of a character that must be escaped, in upper case: any but those of A-Z a-z 0-9 - . _ ~
_ESCAPE = rb"%(?!2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)[0-9A-F]{2}"
# Loops are unrolled, so that each text matches in one way and a mismatch is found in linear time; possessive
# quantifiers would say the same, but CPython 3.11.2, which Debian 12 has, matches some of them where nothing matches.
_TEXT = rb"[A-Za-z0-9._~-]*"
_WORD = _TEXT + rb"(?:" + _ESCAPE + _TEXT + rb")*"
_SEGMENT = rb"[A-Za-z0-9_~-][A-Za-z0-9._~-]*"
_PATH_TEXT = rb"[A-Za-z0-9._~/-]*"

_CANONICAL_QUERY = re.compile(_WORD + rb"=" + _WORD + rb"(?:&" + _WORD + rb"=" + _WORD + rb")*\Z")
_PLAIN_PATH = re.compile(rb"/(?:" + _SEGMENT + rb"/)*(?:" + _SEGMENT + rb")?\Z")
_CANONICAL_VERBATIM_PATH = re.compile(rb"/" + _PATH_TEXT + rb"(?:" + _ESCAPE + _PATH_TEXT + rb")*\Z")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})(.{0,2})", re.DOTALL)
_SAFE = "-._~"
_NAMES_LENGTH_MAX = 512


class SignedNames(NamedTuple):
    """The header names that a signature covers, in lower case, in the order given."""

    text: bytes
    """Joined with `;`."""
    names: tuple[bytes, ...]
    known: frozenset[bytes]
    pick: Callable[[Mapping[bytes, bytes]], tuple[bytes, ...] | bytes]
    """Takes the values of the names; KeyError when one is absent."""
    template: bytes
    """A line for each name, an empty one and the names: to be filled with `%` and what `pick` gives."""


def signed_names(text: str) -> SignedNames:
    """Split a SignedHeaders value. Raises SignatureError (MISMATCH) when a name stands in it twice."""
    return _known_names(text) if len(text) <= _NAMES_LENGTH_MAX else _split_names(text)


def _split_names(text: str) -> SignedNames:
    raw = text.lower().encode("utf-8", "surrogateescape")
    names = tuple(raw.split(b";"))
    known = frozenset(names)
    if len(known) != len(names):
        # A long value signed many times over would cost far more than it took to send.
        raise SignatureError(Kind.MISMATCH)
    lines = [name.replace(b"%", b"%%") + b":%b\n" for name in names]
    template = b"".join(lines) + b"\n" + raw.replace(b"%", b"%%") + b"\n"
    return SignedNames(raw, names, known, itemgetter(*names), template)


# INVARIANT: strangers fill this memory, so what goes in is short and what stays is bounded.
_known_names = lru_cache(maxsize=512)(_split_names)


def encode(raw: bytes) -> bytes:
    """Percent-encode all but `A-Z a-z 0-9 - . _ ~`; a space is `%20`."""
    return quote_from_bytes(raw, _SAFE).encode()


def canonical_path(raw: bytes) -> bytes:
    """The path for every service but S3: dot segments and repeated slashes resolved, each segment encoded again.

    Raises SignatureError (MALFORMED_URI) for a bad escape and for a path that climbs above its root.
    """
    if raw == b"/" or _PLAIN_PATH.match(raw):
        return raw
    if _BAD_ESCAPE.search(raw):
        raise SignatureError(Kind.MALFORMED_URI)
    kept: list[bytes] = []
    segments = raw.split(b"/")
    for segment in segments:
        if segment == b"..":
            if not kept:
                raise SignatureError(Kind.MALFORMED_URI)
            kept.pop()
        elif segment not in (b"", b"."):
            kept.append(encode(segment))
    if not kept:
        return b"/"
    tail = b"/" if segments[-1] == b"" else b""
    return b"/" + b"/".join(kept) + tail


def canonical_verbatim_path(raw: bytes) -> bytes:
    """The path for S3: every segment stays, decoded once and encoded again. `%2F` stays apart from `/`.

    Raises SignatureError (MALFORMED_URI) for a bad escape.
    """
    if _CANONICAL_VERBATIM_PATH.match(raw):
        return raw
    if _BAD_ESCAPE.search(raw):
        raise SignatureError(Kind.MALFORMED_URI)
    return b"/".join([encode(unquote_to_bytes(segment)) for segment in raw.split(b"/")]) or b"/"


def query_pairs(raw: bytes) -> list[Pair]:
    """The parameters of a query string in canonical encoding, in the order sent; duplicates stay.

    Raises SignatureError (MALFORMED_QUERY) for a bad escape.
    """
    if _CANONICAL_QUERY.match(raw):
        return [(name, value) for name, _, value in [piece.partition(b"=") for piece in raw.split(b"&")]]
    bad = _BAD_ESCAPE.search(raw)
    if bad:
        rest = bad[1].partition(b"&")[0]
        if len(rest) < 2:
            raise SignatureError(Kind.MALFORMED_QUERY, "Incomplete trailing escape % sequence")
        text = rest.decode("ascii", "backslashreplace")
        raise SignatureError(Kind.MALFORMED_QUERY, f"Illegal hex character in escape % pattern: %{text}")
    pieces = [piece.partition(b"=") for piece in raw.replace(b"+", b" ").split(b"&") if piece]
    return [(encode(unquote_to_bytes(name)), encode(unquote_to_bytes(value))) for name, _, value in pieces]


def canonical_query(pairs: Iterable[Pair]) -> bytes:
    """Pairs sorted by name, then by value, in byte order."""
    return b"&".join([b"%b=%b" % pair for pair in sorted(pairs)])


def canonical_head(method: str, path: bytes, query: bytes, signed: SignedNames, fields: Mapping[bytes, bytes]) -> bytes:
    """The canonical request up to its payload hash. `path` and `query` are canonical.

    A signed name without a header counts as an empty value.
    """
    try:
        block = signed.template % signed.pick(fields)
    except KeyError:
        block = b""
    # Looked for between the first space and the last: a session token, which is long, has none.
    at = block.find(b" ")
    has_run = at >= 0 and block.find(b"  ", at, block.rfind(b" ") + 1) >= 0
    if not block or has_run or b"\t" in block or block.count(b"\n") != len(signed.names) + 2:
        lines = [b"%b:%b\n" % (name, b" ".join(fields.get(name, b"").split())) for name in signed.names]
        block = b"%b\n%b\n" % (b"".join(lines), signed.text)
    return b"%b\n%b\n%b\n%b" % (method.encode("latin-1"), path, query, block)
