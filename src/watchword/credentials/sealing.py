"""Sealing: values at rest or in the hands of strangers, readable and writable only here.

Rules:

* AES-256-GCM. The key is derived (HKDF-SHA256) from a master key for one purpose and one period, so that no derived key
  meets more than 2**32 random nonces, and so that a value sealed for one purpose never opens for another.
* The header (format, master key number, period) and the owner are authenticated: a sealed value cannot be moved to
  another record, and no byte of it can be changed.
* What does not open says `SealBroken` and nothing else.

Never decides what a sealed value means, or whether it is too old.

Source: NIST SP 800-38D (section 8.3: bound on random nonces); RFC 5869 (HKDF).
"""

from __future__ import annotations

import binascii
import struct
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from watchword.core.errors import SealBroken
from watchword.core.ids import RandomBytes

_HEADER = struct.Struct(">BII")
"""Format, number of the master key, period."""
_NONCE_BYTES = 12
_TAG_BYTES = 16
SEAL_BYTES = _HEADER.size + _NONCE_BYTES + _TAG_BYTES
_DERIVED_KEYS_HELD = 256
"""Days of hourly periods under several master keys; a stranger who names other periods costs a derivation each."""


class SealingKeys(Protocol):
    """Where derived keys come from: the master keys, or a node that has them."""

    @property
    def newest_number(self) -> int:
        """The number of the master key that seals."""
        ...

    def derive(self, purpose: str, number: int, period: int, /) -> bytes:
        """The key of one purpose and one period. Raises SealBroken when there is none."""
        ...


class Sealer:
    """Seals and opens values of one purpose."""

    __slots__ = ("_aead", "_keys", "_random_bytes", "purpose")

    format_number = 1
    """The first byte of what it seals, and all that it opens."""

    def __init__(self, keys: SealingKeys, purpose: str, random_bytes: RandomBytes) -> None:
        self.purpose = purpose
        """A constant name, for ever: `access-key`, `session-token`, …"""
        self._keys = keys
        self._random_bytes = random_bytes
        self._aead = lru_cache(_DERIVED_KEYS_HELD)(self._derive)

    @property
    def added_bytes(self) -> int:
        """How many bytes sealing adds."""
        return SEAL_BYTES

    def seal(self, plain: bytes, owner: str, *, period: int = 0) -> bytes:
        """Seal a value for its owner (a record's key, an access key id, …).

        `period` is a number under 2**32; values sealed at a high rate count it up by time, others leave it 0.
        """
        number = self._keys.newest_number
        header = _HEADER.pack(self.format_number, number, period)
        nonce = self._random_bytes(_NONCE_BYTES)
        return header + nonce + self._aead(number, period).encrypt(nonce, plain, header + owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """Open a value that was sealed for this owner. Raises SealBroken."""
        if len(sealed) < SEAL_BYTES:
            raise SealBroken("a sealed value was cut")
        sealed_format, number, period = _HEADER.unpack_from(sealed)
        if sealed_format != self.format_number:
            raise SealBroken("a sealed value has another format")
        header, nonce = sealed[: _HEADER.size], sealed[_HEADER.size : _HEADER.size + _NONCE_BYTES]
        try:
            return self._aead(number, period).decrypt(
                nonce, sealed[_HEADER.size + _NONCE_BYTES :], header + owner.encode()
            )
        except InvalidTag:
            raise SealBroken("a sealed value does not open") from None

    def seal_text(self, text: str, owner: str) -> str:
        """Seal a text into URL-safe base64 without padding."""
        return self.seal_token(text.encode(), owner)

    def open_text(self, sealed: str, owner: str) -> str:
        """Open what `seal_text` gave. Raises SealBroken."""
        return self.open_token(sealed, owner).decode()

    def seal_token(self, plain: bytes, owner: str) -> str:
        """Seal bytes into URL-safe base64 without padding."""
        return _to_token(self.seal(plain, owner))

    def open_token(self, sealed: str, owner: str) -> bytes:
        """Open what `seal_token` gave, in its one spelling. Raises SealBroken."""
        try:
            encoded = sealed.encode("ascii").translate(_FROM_URL_SAFE)
            value = binascii.a2b_base64(encoded + b"=" * (-len(encoded) % 4), strict_mode=True)
        except ValueError:
            raise SealBroken("a sealed text is not base64") from None
        # INVARIANT: no character can be changed. The last one may hold bits that base64 ignores.
        if _to_token(value) != sealed:
            raise SealBroken("a sealed text is not spelled as it was given")
        return self.open(value, owner)

    def _derive(self, number: int, period: int) -> AESGCM:
        return AESGCM(self._keys.derive(self.purpose, number, period))

    def __repr__(self) -> str:
        return f"Sealer(purpose={self.purpose!r})"


def master_key_number(sealed: bytes) -> int:
    """The number of the master key in the header of a sealed value. Raises SealBroken when it was cut."""
    if len(sealed) < SEAL_BYTES:
        raise SealBroken("a sealed value was cut")
    return _HEADER.unpack_from(sealed)[1]


def _to_token(sealed: bytes) -> str:
    return binascii.b2a_base64(sealed, newline=False).translate(_TO_URL_SAFE).rstrip(b"=").decode()


_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_FROM_URL_SAFE = bytes.maketrans(b"-_+/=", b"+/!!!")
