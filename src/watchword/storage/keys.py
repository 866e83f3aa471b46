r"""Keys as bytes that sort as the tuples do.

Each part is its UTF-8 bytes and one zero byte. A zero byte inside a part is written 00 FF; since FF begins no UTF-8
character, and since 00 followed by FF is no end of a part, the encoding is unambiguous and prefix-free part by part.

    ("a",) = 61 00   <   ("a", "b") = 61 00 62 00   <   ("a\0b",) = 61 00 FF 62 00   <   ("ab",) = 61 62 00

Never looks at what a part means: folding of case is the record type's affair.
"""

from __future__ import annotations

from watchword.directory.ports import Key

_AFTER_ALL = b"\xff"
"""Above every byte that can follow within a range: what begins a part, ends one, or begins an escape."""


def encode_key(parts: Key) -> bytes:
    """The bytes of a key, or of the whole parts that begin one."""
    if not parts:
        return b""
    text = "\0".join(parts)
    if text.count("\0") == len(parts) - 1:
        return _utf8(text) + b"\0"
    return b"".join(_escape(part) + b"\0" for part in parts)


def decode_key(encoded: bytes) -> Key:
    """The parts of an encoded key."""
    if not encoded:
        return ()
    if b"\0\xff" not in encoded:
        return tuple(encoded[:-1].decode("utf-8", "surrogatepass").split("\0"))
    pieces = encoded[:-1].replace(b"\0\xff", b"\xff").split(b"\0")
    return tuple(piece.replace(b"\xff", b"\0").decode("utf-8", "surrogatepass") for piece in pieces)


def key_range(prefix: Key, beginning: str = "") -> tuple[bytes, bytes]:
    """The range, end excluded, of the keys that begin with whole parts and whose next part begins with a text."""
    low = encode_key(prefix)
    if beginning:
        low += _escape(beginning)
    # INVARIANT: after whole parts an FF can only be the rest of an escaped zero, so of a longer part: outside.
    return low, low + _AFTER_ALL


def key_after(encoded: bytes) -> bytes:
    """The smallest bytes above an encoded key."""
    return encoded + b"\0"


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _escape(part: str) -> bytes:
    return _utf8(part).replace(b"\0", b"\0\xff")
