"""The keys of Signature Version 4A: an ECDSA pair over P-256 that follows from an ordinary secret access key.

A pair is good for every day, region and service, so verifiers keep only its public half. Signing is deterministic
(RFC 6979): it needs no randomness, and two signatures of one text are equal. Others' signatures are not, so they are
verified and never compared.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (SigV4a); NIST SP
800-108 (counter mode) as AWS's SDKs use it; https://www.rfc-editor.org/rfc/rfc6979
"""

from __future__ import annotations

import hmac
import re
from typing import final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

from watchword.signing.keys import V4A

_ORDER_MINUS_2 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC63254F
_HEX = re.compile(r"(?:[0-9a-f]{2}){8,72}\Z")
_PREFIX = b"\x00\x00\x00\x01" + V4A.encode() + b"\x00"
_BITS = b"\x00\x00\x01\x00"
_signature_of = ECDSA(SHA256(), deterministic_signing=True)
_any_signature = ECDSA(SHA256())


@final
class EcdsaSigningKey:
    """Signs texts as the owner of one access key."""

    __slots__ = ("_key",)

    def __init__(self, key: EllipticCurvePrivateKey) -> None:
        self._key = key

    def sign(self, text: bytes) -> str:
        """The DER signature over the SHA-256 of `text`, in lower-case hex."""
        return self._key.sign(text, _signature_of).hex()

    def proves(self, text: bytes, signature: str) -> bool:
        """True when `signature` is one of `text`."""
        return self.proving_key().proves(text, signature)

    def proving_key(self) -> EcdsaProvingKey:
        """The public half."""
        return EcdsaProvingKey(self._key.public_key())

    def __repr__(self) -> str:
        return "<EcdsaSigningKey>"


@final
class EcdsaProvingKey:
    """Proves signatures of one access key, and can make none."""

    __slots__ = ("_key",)

    def __init__(self, key: EllipticCurvePublicKey) -> None:
        self._key = key

    def proves(self, text: bytes, signature: str) -> bool:
        """True when `signature`, in lower-case hex, is one of `text`. What is no signature at all is refused, too."""
        if not _HEX.match(signature):
            return False
        try:
            self._key.verify(bytes.fromhex(signature), text, _any_signature)
        except InvalidSignature:
            return False
        return True

    def point(self) -> tuple[int, int]:
        """The public key's coordinates."""
        numbers = self._key.public_numbers()
        return numbers.x, numbers.y

    def to_bytes(self) -> bytes:
        """The public key as an uncompressed point of 65 bytes, for a verifier that must not hold the secret."""
        x, y = self.point()
        return b"\x04" + x.to_bytes(32) + y.to_bytes(32)

    @classmethod
    def from_bytes(cls, point: bytes) -> EcdsaProvingKey:
        """The key that `to_bytes` gave. Raises ValueError for what is no point of the curve."""
        return cls(EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point))

    def __repr__(self) -> str:
        return "<EcdsaProvingKey>"


def derive_ecdsa_key(secret: str, access_key_id: str) -> EcdsaSigningKey:
    """Derive the pair of an access key: the first counter that gives a number in the group's range."""
    seed = b"AWS4A" + secret.encode()
    owner = access_key_id.encode()
    for counter in range(1, 255):
        candidate = int.from_bytes(hmac.digest(seed, _PREFIX + owner + bytes((counter,)) + _BITS, "sha256"))
        if candidate <= _ORDER_MINUS_2:
            return EcdsaSigningKey(derive_private_key(candidate + 1, SECP256R1()))
    raise ValueError("no counter gives a key")
