"""User metadata beyond ASCII: read and written as mail does, in encoded words (`=?UTF-8?B?…?=`).

S3 takes the bytes of a header for Latin-1, whatever its sender meant, and what a form or presigned URL says for UTF-8.
Answers carry printable ASCII as it is, and everything else as one encoded word.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html (with AWS's example), RFC 2047
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from quopri import decodestring

_WORDS = re.compile(r"=\?[^?]+\?[BbQq]\?[^? ]*\?=(?:[ \t]+=\?[^?]+\?[BbQq]\?[^? ]*\?=)*")
_WORD = re.compile(r"=\?([^?]+)\?([BbQq])\?([^? ]*)\?=")
_CHARSETS = frozenset({"utf-8", "us-ascii", "iso-8859-1"})


def decoded(text: str) -> str:
    """What a header means that was read as UTF-8: without encoded words, as far as they can be decoded."""
    if not text.isascii():
        text = text.encode("utf-8", "surrogateescape").decode("latin-1")
    if "=?" not in text:
        return text
    return _WORDS.sub(lambda words: "".join(map(_word, _WORD.finditer(words[0]))), text)


def encoded(text: str) -> str:
    """The text as a header may carry it.

    INVARIANT: nothing that was decoded can end a line: what is not printable ASCII is encoded.
    """
    if text.isascii() and (text.isprintable() or text.replace("\t", " ").isprintable()):
        return text
    return f"=?UTF-8?B?{b64encode(text.encode('utf-8', 'replace')).decode()}?="


def _word(match: re.Match[str]) -> str:
    charset, encoding, body = match.groups()
    if charset.lower() not in _CHARSETS:
        return match[0]
    try:
        if encoding in "Bb":
            return b64decode(body, validate=True).decode(charset)
        return decodestring(body.encode("ascii"), header=True).decode(charset)
    except ValueError:  # so are binascii.Error and UnicodeError
        return match[0]
