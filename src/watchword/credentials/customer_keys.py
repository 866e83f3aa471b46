"""Keys that customers bring with every request: bodies sealed under them, which nobody here can read without them.

Rules:

* The key itself is never kept. Of it a record keeps a check: a salt, and what is derived from key and salt.
* A sealed body is a salt of its own and chunks of 64 KiB, each AES-256-GCM under a key derived (HKDF-SHA256) from the
  customer's key and that salt, with the chunk's number as nonce. No derived key meets two bodies, so no nonce comes
  twice; a chunk that is changed, moved, or taken from another body does not open.
* How long a body is, its record knows: a body that was cut is shorter than that. The record knows the body's salt as
  well: a whole body that was put in the place of another one, of this key and this length, does not open. What was
  sealed before records kept salts opens by the salt that it says itself.

Never decides whether a key is asked for, and never reads or writes anything.

Source: NIST SP 800-38D; RFC 5869 (HKDF); https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import md5

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from watchword.core.errors import SealBroken
from watchword.core.http import Read

KEY_BYTES = 32
SALT_BYTES = 32
CHUNK_BYTES = 64 * 1024
_TAG_BYTES = 16
_SEALED_BYTES = CHUNK_BYTES + _TAG_BYTES
_BODY = b"watchword: body under a customer's key"
_CHECK = b"watchword: check of a customer's key"


class CustomerKey:
    """One key, for the time of a request. Shows itself to nobody."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a customer's key has 256 bits")
        self._key = key

    def __repr__(self) -> str:
        return "CustomerKey(…)"

    @property
    def md5(self) -> str:
        """Base64, as answers repeat it."""
        return b64encode(md5(self._key, usedforsecurity=False).digest()).decode()

    def check(self, salt: bytes) -> str:
        """What a record keeps, to know the key again."""
        return f"{salt.hex()}:{self._derived(salt, _CHECK).hex()}"

    def fits(self, check: str) -> bool:
        """True when a record's check was made of this key."""
        return hmac.compare_digest(self.check(bytes.fromhex(check.partition(":")[0])), check)

    def seal(self, pieces: Iterable[bytes], salt: bytes) -> Iterator[bytes]:
        """Seal a body that comes in pieces. `salt` is drawn for this body alone."""
        aead = self._aead(salt)
        yield salt
        waiting = bytearray()
        number = 0
        for piece in pieces:
            waiting += piece
            whole = len(waiting) // CHUNK_BYTES * CHUNK_BYTES
            for start in range(0, whole, CHUNK_BYTES):
                yield aead.encrypt(_nonce(number), bytes(waiting[start : start + CHUNK_BYTES]), None)
                number += 1
            del waiting[:whole]
        if waiting:
            yield aead.encrypt(_nonce(number), bytes(waiting), None)

    def open_range(self, read: Read, offset: int, length: int, salt: bytes = b"") -> bytes:
        """Open a range of a sealed body, whose bytes `read(offset, length)` gives. Raises SealBroken.

        Shorter than asked for when the body ends before. `salt` is what its record keeps; empty: the body's own word.
        """
        if not length:
            return b""
        aead = self._aead(salt or read(0, SALT_BYTES))
        first, last = offset // CHUNK_BYTES, (offset + length - 1) // CHUNK_BYTES
        sealed = memoryview(read(SALT_BYTES + first * _SEALED_BYTES, (last - first + 1) * _SEALED_BYTES))
        chunks: list[bytes] = []
        try:
            for number, start in enumerate(range(0, len(sealed), _SEALED_BYTES), first):
                chunks.append(aead.decrypt(_nonce(number), sealed[start : start + _SEALED_BYTES], None))
        except InvalidTag:
            raise SealBroken("a body does not open") from None
        start = offset - first * CHUNK_BYTES
        return b"".join(chunks)[start : start + length]

    def _aead(self, salt: bytes) -> AESGCM:
        return AESGCM(self._derived(salt, _BODY))

    def _derived(self, salt: bytes, purpose: bytes) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt, purpose).derive(self._key)


def sealed_size(size: int) -> int:
    """How many bytes a body of this size has when it is sealed; a body of none is never sealed."""
    return SALT_BYTES + size + _TAG_BYTES * -(-size // CHUNK_BYTES) if size else 0


def _nonce(number: int) -> bytes:
    return number.to_bytes(12)
