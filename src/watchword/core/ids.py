"""Identifiers in AWS's form, made from a source of random bytes that the caller passes in.

| prefix | entity                | prefix | entity                 |
|--------|-----------------------|--------|------------------------|
| AKIA   | long-term access key  | AROA   | role                   |
| ASIA   | temporary access key  | AGPA   | group                  |
| AIDA   | user                  | ANPA   | managed policy         |
| AIPA   | instance profile      | ANVA   | managed policy version |

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids; the
account id inside access key ids is documented by `sts:GetAccessKeyInfo` and computed as described in
`account_of_access_key`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NewType

AccountId = NewType("AccountId", str)
"""Twelve decimal digits."""
AccessKeyId = NewType("AccessKeyId", str)
"""`AKIA…` or `ASIA…`, 20 characters."""

RandomBytes = Callable[[int], bytes]
"""A source of unpredictable bytes: `os.urandom` in the product."""

_ACCOUNT_ID = re.compile(r"[0-9]{12}\Z")
_ACCOUNT_SHIFT = 7
_ACCOUNT_MASK = 0x7FFFFFFFFF80
"""Bits 7 to 46 of the first six bytes: the top bit marks ids that carry an account (AWS's since 2019)."""
_CARRIES_ACCOUNT = 0x800000000000
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE32_PAIRS = [first + second for first in _BASE32 for second in _BASE32]
"""Ten bits as two characters."""


def is_account_id(text: str) -> bool:
    """True when `text` is twelve decimal digits."""
    return _ACCOUNT_ID.match(text) is not None


def new_account_id(random_bytes: RandomBytes) -> AccountId:
    """A random account id of twelve digits that does not begin with zero."""
    return AccountId(str(100_000_000_000 + int.from_bytes(random_bytes(8)) % 900_000_000_000))


def new_unique_id(prefix: str, random_bytes: RandomBytes) -> str:
    """A unique id such as `AIDA…`: the prefix and 17 characters of `[A-Z2-7]`, 85 random bits."""
    return prefix + base64.b32encode(random_bytes(15)).decode()[:17]


def new_access_key_id(prefix: str, account: str, random_bytes: RandomBytes) -> AccessKeyId:
    """An access key id that carries its account: the prefix and 16 characters, of which 39 bits are random.

    `prefix` is `AKIA` or `ASIA`. Uniqueness is for the store to check.
    """
    text, bit = _account_part(account)
    noise = random_bytes(5)
    number = (bit | noise[0] & 0x7F) << 32 | int.from_bytes(noise[1:])
    return AccessKeyId(prefix + text + _in_base32(number))


@lru_cache(maxsize=4096)
def _account_part(account: str) -> tuple[str, int]:
    """What the ids of an account have in common: eight characters, and the bit that is left for the next one."""
    head = _CARRIES_ACCOUNT | int(account) << _ACCOUNT_SHIFT
    return _in_base32(head >> 8), head & 0x80


def _in_base32(number: int) -> str:
    """40 bits as eight characters."""
    pairs = _BASE32_PAIRS
    return pairs[number >> 30] + pairs[number >> 20 & 0x3FF] + pairs[number >> 10 & 0x3FF] + pairs[number & 0x3FF]


def account_of_access_key(access_key_id: str) -> AccountId | None:
    """The account that an access key id carries, or None when the id is not of AWS's present form."""
    if len(access_key_id) != 20:
        return None
    try:
        head = int.from_bytes(base64.b32decode(access_key_id[4:])[:6])
    except ValueError:
        return None
    account = (head & _ACCOUNT_MASK) >> _ACCOUNT_SHIFT
    return AccountId(f"{account:012d}") if account < 10**12 else None


def new_secret_access_key(random_bytes: RandomBytes) -> str:
    """A secret access key: 40 characters of the base64 alphabet, 240 random bits."""
    return base64.b64encode(random_bytes(30)).decode()


class RequestIds:
    """Request ids in the form of version 4 UUIDs, as IAM and STS print them; random bytes are drawn for many."""

    __slots__ = ("_ahead", "_random_bytes")

    def __init__(self, random_bytes: RandomBytes) -> None:
        self._random_bytes = random_bytes
        self._ahead: list[str] = []

    def new(self) -> str:
        """The next id."""
        try:
            return self._ahead.pop()
        except IndexError:
            self._ahead = [_uuid(text) for text in _cut(self._random_bytes(_IDS_AHEAD * 16).hex())]
            return self._ahead.pop()


_IDS_AHEAD = 64


def _cut(text: str) -> Iterator[str]:
    return (text[start : start + 32] for start in range(0, len(text), 32))


def _uuid(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"
