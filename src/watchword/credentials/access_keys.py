"""Access keys: an id that everybody may see and a secret that signs.

Decides how a new long-term key is made and how its secret is kept. Never decides whether a key may be used.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
"""

from __future__ import annotations

from dataclasses import dataclass

from watchword.core.ids import AccessKeyId, RandomBytes, new_access_key_id, new_secret_access_key
from watchword.credentials.sealing import Sealer
from watchword.credentials.secret_text import SecretText

ACCESS_KEY_PURPOSE = "access-key"
"""The purpose of the sealer that these functions take."""


@dataclass(frozen=True, slots=True)
class AccessKeyPair:
    """A long-term access key as its owner gets it, once."""

    access_key_id: AccessKeyId
    secret: SecretText


def new_access_key(account: str, random_bytes: RandomBytes) -> AccessKeyPair:
    """Make a key whose id (`AKIA…`) carries the account. Uniqueness of the id is for the store to check."""
    return AccessKeyPair(
        new_access_key_id("AKIA", account, random_bytes), SecretText(new_secret_access_key(random_bytes))
    )


def seal_secret(sealer: Sealer, pair: AccessKeyPair) -> bytes:
    """Seal the secret so that it opens only for this key id."""
    return sealer.seal(pair.secret.reveal().encode(), pair.access_key_id)


def open_secret(sealer: Sealer, access_key_id: str, sealed_secret: bytes) -> SecretText:
    """Open a sealed secret. Raises SealBroken."""
    return SecretText(sealer.open(sealed_secret, access_key_id).decode())
