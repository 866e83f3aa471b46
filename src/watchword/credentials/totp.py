"""One-time codes of virtual MFA devices: HOTP of the time (RFC 4226, RFC 6238), six digits, steps of thirty seconds.

Decides which code a seed gives at a step, and at which of some steps a code is right. Codes are compared in constant
time and every step is tried, so that the time taken tells nothing. Never decides which steps are to be tried, or
whether a code was used before: that is for whoever keeps the device.

Source: RFC 4226 section 5.3 and RFC 6238 section 4.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha1
from typing import Final

from watchword.core.ids import RandomBytes
from watchword.credentials.sealing import Sealer
from watchword.credentials.secret_text import SecretText

SEED_PURPOSE = "mfa-seed"
"""The purpose of the sealer that these functions take."""
STEP_SECONDS: Final = 30
_SEED_BYTES: Final = 40
"""No longer than a block of SHA-1: HMAC would hash a longer key first."""
_BLOCK_BYTES: Final = 64
_DIGITS: Final = 6


def new_seed(random_bytes: RandomBytes) -> SecretText:
    """A new seed: 64 characters of base32."""
    return SecretText(base64.b32encode(random_bytes(_SEED_BYTES)).decode())


def seal_seed(sealer: Sealer, seed: SecretText, device_id: str) -> bytes:
    """Seal a seed so that it opens only for this device."""
    return sealer.seal(seed.reveal().encode(), device_id)


def open_seed(sealer: Sealer, sealed: bytes, device_id: str) -> SecretText:
    """Open a sealed seed. Raises SealBroken."""
    return SecretText(sealer.open(sealed, device_id).decode())


def step_at(moment: datetime) -> int:
    """The number of the step that a moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(seed: SecretText, step: int) -> str:
    """The code of a step, with leading zeros."""
    return _Codes(seed).at(step)


def matching_steps(seed: SecretText, code: str, steps: Iterable[int]) -> list[int]:
    """The steps at which the code is right: mostly none or one."""
    code_of = _Codes(seed).at
    return [step for step in steps if hmac.compare_digest(code_of(step), code)]


def matching_pair(seed: SecretText, first: str, second: str, steps: Iterable[int]) -> list[int]:
    """The steps at which `second` is right and, at the step before, `first`."""
    return [step for step in matching_steps(seed, second, steps) if matching_steps(seed, first, (step - 1,))]


class _Codes:
    """The codes of one seed. What HMAC hashes of the key is hashed once: a search looks at thousands of steps."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, seed: SecretText) -> None:
        key = base64.b32decode(seed.reveal()).ljust(_BLOCK_BYTES, b"\0")
        # RFC 4226 says SHA-1, whose weakness is not one of HMAC's.
        self._inner = sha1(bytes(byte ^ 0x36 for byte in key), usedforsecurity=False)
        self._outer = sha1(bytes(byte ^ 0x5C for byte in key), usedforsecurity=False)

    def at(self, step: int) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(step.to_bytes(8))
        outer.update(inner.digest())
        digest = outer.digest()
        offset = digest[-1] & 0xF
        number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
        return f"{number % 10**_DIGITS:0{_DIGITS}}"
