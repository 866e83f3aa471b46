"""Seals of session tokens: who may mint a token, and who may only open one.

    format 1   sealed                                              opened by whoever could seal it
    format 2   sealed under another key, then signed with Ed25519  opened with the keys of its hour, made by nobody else

Rules:

* The signature covers the access key id and all that is sealed, header included, and is verified before a key is
  looked for: a stranger's token costs one verification and asks nobody for anything.
* The signing key and the opening keys follow from the master key by purposes of their own; none follows from another.
  A new master key is a new signing key; its number stands in the token, and every key that is held verifies.
* A token that was verified is remembered by its digest, so that it costs one verification a process.

Never decides whether a session may still be used.
Source: RFC 8032 (Ed25519); docs/decisions/0014.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from watchword.core.errors import SealBroken
from watchword.core.ids import RandomBytes
from watchword.credentials.keyring import Keyring
from watchword.credentials.sealing import SEAL_BYTES, Sealer, SealingKeys, master_key_number
from watchword.credentials.sessions import SESSION_PURPOSE

OPENING_PURPOSE = "signed-session-token"
_SIGNING_PURPOSE = "session-token-signature"
_SIGNATURE_BYTES = 64
_CONTEXT = b"watchword session token 2\0"
_VERIFIED_HELD = 100_000
"""Digests of tokens that were verified: 32 bytes each."""


class TokenKeys(SealingKeys, Protocol):
    """What opens signed tokens: the keys of their hours, and public keys by master key."""

    def verifying_key(self, number: int, /) -> Ed25519PublicKey:
        """The public key that goes with a master key. Raises SealBroken when there is none."""
        ...


class MintingKeys:
    """`TokenKeys` of a node that has the master keys, and so may sign."""

    __slots__ = ("_keyring", "signing_key")

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self.signing_key = cache(self._signing_key)

    @property
    def newest_number(self) -> int:
        return self._keyring.newest_number

    @property
    def numbers(self) -> tuple[int, ...]:
        """Master keys whose tokens open."""
        return self._keyring.numbers

    def derive(self, purpose: str, number: int, period: int, /) -> bytes:
        return self._keyring.derive(purpose, number, period)

    def verifying_key(self, number: int, /) -> Ed25519PublicKey:
        return self.signing_key(number).public_key()

    def _signing_key(self, number: int) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._keyring.derive(_SIGNING_PURPOSE, number, 0))

    def __repr__(self) -> str:
        return "<MintingKeys>"


class SignedSealer(Sealer):
    """Opens tokens of format 2, and makes them when it was given `MintingKeys`."""

    __slots__ = ("_token_keys", "_verified")

    format_number = 2

    def __init__(self, keys: TokenKeys, random_bytes: RandomBytes) -> None:
        super().__init__(keys, OPENING_PURPOSE, random_bytes)
        self._token_keys = keys
        self._verified: dict[bytes, None] = {}

    @property
    def added_bytes(self) -> int:
        return SEAL_BYTES + _SIGNATURE_BYTES

    def seal(self, plain: bytes, owner: str, *, period: int = 0) -> bytes:
        """Seal and sign. Raises TypeError on a node that may only open."""
        if not isinstance(self._token_keys, MintingKeys):
            raise TypeError("this node opens session tokens and cannot make them")
        sealed = super().seal(plain, owner, period=period)
        return sealed + self._token_keys.signing_key(master_key_number(sealed)).sign(_signed_text(sealed, owner))

    def open(self, sealed: bytes, owner: str) -> bytes:
        """Verify, then open. Raises SealBroken, and whatever asking for a key raises."""
        if len(sealed) < self.added_bytes or sealed[0] != self.format_number:
            raise SealBroken("a signed value was cut, or has another format")
        signed, signature = sealed[:-_SIGNATURE_BYTES], sealed[-_SIGNATURE_BYTES:]
        text = _signed_text(signed, owner)
        digest = sha256(text + signature).digest()
        if digest not in self._verified:
            try:
                self._token_keys.verifying_key(master_key_number(signed)).verify(signature, text)
            except InvalidSignature:
                raise SealBroken("a signed value is not genuine") from None
            self._remember(digest)
        return super().open(signed, owner)

    def _remember(self, digest: bytes) -> None:
        # INVARIANT: only what was verified is remembered, by a digest of all that was.
        if len(self._verified) >= _VERIFIED_HELD:
            with suppress(KeyError, RuntimeError, StopIteration):  # another thread was first
                del self._verified[next(iter(self._verified))]
        self._verified[digest] = None


class SessionSealer(Sealer):
    """The seal of a node that has the master keys: opens both formats, makes the one that it was told to make."""

    __slots__ = ("_signed", "_signs")

    def __init__(self, keys: MintingKeys, random_bytes: RandomBytes, *, signs: bool = False) -> None:
        """`signs`: tokens are made for nodes that can only open them, which costs a signature each."""
        super().__init__(keys, SESSION_PURPOSE, random_bytes)
        self._signed = SignedSealer(keys, random_bytes)
        self._signs = signs

    @property
    def added_bytes(self) -> int:
        return self._signed.added_bytes if self._signs else SEAL_BYTES

    def seal(self, plain: bytes, owner: str, *, period: int = 0) -> bytes:
        if self._signs:
            return self._signed.seal(plain, owner, period=period)
        return super().seal(plain, owner, period=period)

    def open(self, sealed: bytes, owner: str) -> bytes:
        if sealed[:1] == b"\x02":
            return self._signed.open(sealed, owner)
        return super().open(sealed, owner)


def _signed_text(sealed: bytes, owner: str) -> bytes:
    name = owner.encode("utf-8", "surrogateescape")
    return b"".join((_CONTEXT, len(name).to_bytes(4), name, sealed))
