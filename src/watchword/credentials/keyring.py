"""Master keys: the newest seals, all of them open.

A key is 32 random bytes with a number. Rotation adds a key with the next number; a key may be dropped when nothing
that it sealed is in use any more. The text form is one line a key, `NUMBER BASE64`, so that a file, an environment
variable and the output of a command can carry it. Where the text is kept is for `server/` to know.

Nothing is sealed under a master key itself, only under keys that are derived from it.
Source: RFC 5869 (HKDF).
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from watchword.core.errors import OperatorError, SealBroken
from watchword.core.ids import RandomBytes

KEY_BYTES = 32
_NUMBER_MAX = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One master key."""

    number: int
    """1 or more; stands in the header of what the key sealed."""
    material: bytes = field(repr=False)


class Keyring:
    """All master keys of one system."""

    __slots__ = ("_by_number", "newest")

    def __init__(self, keys: Iterable[MasterKey]) -> None:
        self._by_number = {key.number: key for key in keys}
        self.newest = self._by_number[max(self._by_number)]
        """The key that seals."""

    def find(self, number: int) -> MasterKey | None:
        """The key with this number, if it is held."""
        return self._by_number.get(number)

    @property
    def newest_number(self) -> int:
        """The number of the key that seals."""
        return self.newest.number

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of all keys that are held."""
        return tuple(self._by_number)

    def derive(self, purpose: str, number: int, period: int) -> bytes:
        """The 32 bytes of one purpose and one period under a master key. Raises SealBroken when it is not held."""
        key = self._by_number.get(number)
        if key is None:
            raise SealBroken("no such master key")
        return HKDF(SHA256(), 32, salt=None, info=f"watchword {purpose} {period}".encode()).derive(key.material)

    def rotated(self, random_bytes: RandomBytes) -> Keyring:
        """A keyring with one more key, which seals from now on."""
        return Keyring([*self._by_number.values(), _new_key(self.newest.number + 1, random_bytes)])

    def only_newest(self) -> Keyring:
        """A keyring of the key that seals alone: what the others sealed does not open any more."""
        return Keyring([self.newest])

    def text(self) -> str:
        """The keys in their text form, oldest first. Secret."""
        keys = sorted(self._by_number.values(), key=lambda key: key.number)
        return "".join(f"{key.number} {binascii.b2a_base64(key.material).decode()}" for key in keys)

    def __repr__(self) -> str:
        return f"Keyring(numbers={sorted(self._by_number)})"


def new_keyring(random_bytes: RandomBytes) -> Keyring:
    """A keyring with one fresh key, number 1."""
    return Keyring([_new_key(1, random_bytes)])


def parse_keyring(text: str) -> Keyring:
    """Read the text form. Raises OperatorError, which quotes nothing of the keys."""
    keys: dict[int, MasterKey] = {}
    for position, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        key = _parse_line(line)
        if key is None or key.number in keys:
            raise OperatorError(
                f"line {position} of the master key is not `NUMBER BASE64-OF-32-BYTES` with a number of its own"
            )
        keys[key.number] = key
    if not keys:
        raise OperatorError("the master key is empty")
    return Keyring(keys.values())


def _new_key(number: int, random_bytes: RandomBytes) -> MasterKey:
    return MasterKey(number, random_bytes(KEY_BYTES))


def _parse_line(line: str) -> MasterKey | None:
    number, _, encoded = line.strip().partition(" ")
    if not (number.isascii() and number.isdigit() and 0 < int(number[:11]) <= _NUMBER_MAX):
        return None
    try:
        material = binascii.a2b_base64(encoded.strip().encode(), strict_mode=True)
    except (ValueError, UnicodeEncodeError):
        return None
    return MasterKey(int(number), material) if len(material) == KEY_BYTES else None
