"""Encoded authorization messages: why a request was refused, sealed for the account that it happened in.

The one who was refused can hand the message on, and only those whom the account permits to
`sts:DecodeAuthorizationMessage` can read it. It opens for no other account, and never with a byte changed.
Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import zlib

from watchword.core.errors import SealBroken
from watchword.credentials.sealing import Sealer

MESSAGE_PURPOSE = "authorization-message"
"""The purpose of the sealer that these functions take."""
MESSAGE_CHARACTERS_MAX = 10_240
_TEXT_BYTES_MAX = 1 << 20


def encode_message(text: str, account: str, *, sealer: Sealer) -> str:
    """Seal a message's text for an account: URL-safe base64. Raises ValueError when the message gets too long."""
    sealed = sealer.seal_token(zlib.compress(text.encode()), account)
    if len(sealed) > MESSAGE_CHARACTERS_MAX:
        raise ValueError("the authorization message is too long")
    return sealed


def decode_message(message: str, account: str, *, sealer: Sealer) -> str:
    """The text of a message of this account. Raises SealBroken."""
    packed = sealer.open_token(message, account)
    try:
        return zlib.decompressobj().decompress(packed, _TEXT_BYTES_MAX).decode()
    except (ValueError, zlib.error):
        raise SealBroken("an authorization message is damaged") from None
