"""What the signing code's parsers mean, said as plainly as possible: slow, whole bodies at once, no fast ways.

`signing_targets.py` compares the real ones with these on whatever a fuzzer thinks of. None stands for a refusal.

Source: the grammars at the top of `signing/canonical.py` and `signing/chunks.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import quote_from_bytes, unquote_to_bytes

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f][0-9A-Fa-f])")


def spelled(raw: bytes) -> bytes:
    """Everything escaped but what never is."""
    return quote_from_bytes(raw, "-._~").encode()


def canonical_path(raw: bytes) -> bytes | None:
    """Dot segments and empty ones out, then every segment escaped once more."""
    if _BAD_ESCAPE.search(raw):
        return None
    kept: list[bytes] = []
    for segment in raw.split(b"/"):
        if segment == b"..":
            if not kept:
                return None
            kept.pop()
        elif segment not in (b"", b"."):
            kept.append(segment)
    path = b"/" + b"/".join(map(spelled, kept))
    return path + b"/" if kept and raw.endswith(b"/") else path


def canonical_verbatim_path(raw: bytes) -> bytes | None:
    """Every segment unescaped and escaped."""
    if _BAD_ESCAPE.search(raw):
        return None
    return b"/".join([spelled(unquote_to_bytes(segment)) for segment in raw.split(b"/")])


def canonical_query(raw: bytes) -> bytes | None:
    """Every name and value unescaped and escaped, then sorted."""
    if _BAD_ESCAPE.search(raw):
        return None
    pairs: list[tuple[bytes, bytes]] = []
    for piece in raw.split(b"&"):
        if piece:
            name, _, value = piece.replace(b"+", b"%20").partition(b"=")
            pairs.append((spelled(unquote_to_bytes(name)), spelled(unquote_to_bytes(value))))
    return b"&".join([name + b"=" + value for name, value in sorted(pairs)])


def header_lines(names: Collection[bytes], fields: Mapping[bytes, bytes]) -> bytes:
    """A line for each name, white space in values made single."""
    return b"".join([name + b":" + re.sub(rb"[ \t]+", b" ", fields.get(name, b"")) + b"\n" for name in names])


def chunked(
    body: bytes, size: int, line: re.Pattern[bytes], is_proved: Callable[[str], bool], announced: Collection[str]
) -> tuple[bytes, dict[str, str]] | None:
    """The data and the trailers of an aws-chunked body. `line` has the size and, if frames are signed, a signature."""
    data, at, sizes = b"", 0, [8192]
    while True:
        end = body.find(b"\n", at)
        match = line.fullmatch(body[at : end + 1]) if 0 <= end < at + 256 else None
        if match is None or (line.groups > 1 and not is_proved(match[2].decode())):
            return None
        at, count = end + 1, int(match[1], 16)
        if count == 0:
            break
        data += body[at : at + count]
        at += count
        if body[at : at + 2] != b"\r\n" or sizes[-1] < 8192 or len(data) > size:
            return None
        sizes.append(count)
        at += 2
    trailers = _trailers(body[at:])
    if len(data) != size or trailers is None:
        return None
    signature = trailers.pop("x-amz-trailer-signature", None)
    is_signed = line.groups > 1 and bool(trailers)
    if trailers.keys() != set(announced) or is_signed != (signature is not None):
        return None
    return None if signature is not None and not is_proved(signature) else (data, trailers)


def _trailers(block: bytes) -> dict[str, str] | None:
    if block == b"\r\n":
        return {}
    if len(block) > 4096 or not re.search(rb"\n\r?\n\Z", block):
        return None
    found: dict[str, str] = {}
    for line in block.split(b"\n"):
        text = line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        name, colon, value = text.partition(":")
        if text and (not colon or name.lower() in found):
            return None
        if text:
            found[name.lower()] = value.strip()
    return found or None
