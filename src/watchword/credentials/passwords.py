"""Passwords: how one is made, hashed and checked.

argon2id at OWASP's settings (19 MiB, two passes, one lane): about 20 ms. Whoever hashes many at a time bounds them.
Never decides whether a password is good enough: the account's password policy does.
Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""

from __future__ import annotations

import base64

from watchword.core.ids import RandomBytes
from watchword.credentials.secret_text import SecretText

MEMORY_KIB = 19 * 1024
PASSES = 2
_SALT_BYTES = 16


def new_password(random_bytes: RandomBytes) -> SecretText:
    """A password of 120 random bits in groups that can be typed: `abcdef-ghijkl-mnopqr-stuvwx`."""
    letters = base64.b32encode(random_bytes(15)).decode().lower()
    return SecretText("-".join(letters[start : start + 6] for start in range(0, 24, 6)))


def hash_password(password: SecretText, random_bytes: RandomBytes) -> str:
    """The hash with its parameters and salt, in argon2's own text form."""
    from argon2.low_level import Type, hash_secret  # 15 ms to import; needed by few processes

    return hash_secret(
        password.reveal().encode(),
        random_bytes(_SALT_BYTES),
        time_cost=PASSES,
        memory_cost=MEMORY_KIB,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    ).decode()


def is_password(password: SecretText, password_hash: str) -> bool:
    """True when the password is the one that was hashed. An empty hash is nobody's password."""
    from argon2.exceptions import VerificationError
    from argon2.low_level import Type, verify_secret

    if not password_hash:
        return False
    try:
        return verify_secret(password_hash.encode(), password.reveal().encode(), Type.ID)
    except VerificationError:
        return False
