"""The typed values that conditions compare: numbers, dates, IP addresses and networks, bytes, ARNs.

Decides which texts are such values; what is none gives None. Never decides what a comparison with None means.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")
_EPOCH = re.compile(r"[+-]?(?:[0-9]{1,19}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\Z")
_YEAR = re.compile(r"[0-9]{4}\Z")
_INT64_MAX = 2**63 - 1
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[Tt]([0-9]{1,2})(?::([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?)?)?)?\Z"
)
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Address(NamedTuple):
    """An IP address. IPv4 addresses mapped into IPv6 are IPv4."""

    bits: int
    """32 or 128."""
    number: int


class Network(NamedTuple):
    """The addresses that agree with `number` in the bits of `mask`."""

    bits: int
    number: int
    mask: int

    def holds(self, address: Address) -> bool:
        return address.bits == self.bits and address.number & self.mask == self.number


@lru_cache(maxsize=1024)
def parse_number(text: str) -> Decimal | None:
    """A decimal number of any precision; leading zeros and a sign are accepted."""
    return Decimal(text) if _NUMBER.match(text) else None


@lru_cache(maxsize=1024)
def parse_date(text: str) -> int | None:
    """Milliseconds since 1970 of an ISO 8601 date (the W3C's subset) or of seconds since 1970.

    Four digits are a year. A time without a zone is UTC.
    """
    if _EPOCH.match(text) and not _YEAR.match(text):
        seconds = Decimal(text)
        return int(seconds * 1000) if abs(seconds) <= _INT64_MAX else None
    found = _DATE.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    milliseconds = int(((fraction or "") + "000")[:3])
    try:
        moment = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return None
    offset = 0
    if zone is not None and zone not in "Zz":
        offset = int(zone[1:3]) * 60 + int(zone[3:].removeprefix(":") or 0)
        offset = -offset if zone[0] == "-" else offset
    return (moment - _ZERO) // _MILLISECOND + milliseconds - offset * 60_000


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """An IPv4 or IPv6 address."""
    if ":" not in text:
        number = _ipv4(text)
        return None if number is None else Address(32, number)
    address = _ipv6(text)
    if address is None:
        return None
    mapped = address.ipv4_mapped
    if mapped is None:
        return None if "." in text else Address(128, int(address))
    return Address(32, int(mapped))


def parse_network(text: str) -> Network | None:
    """A CIDR network or a single address.

    Host bits of an IPv4 network are ignored; an IPv6 network with host bits set, or with an IPv4 address for its end,
    is none, as at AWS.
    """
    host, slash, length = text.partition("/")
    bits = 128 if ":" in host else 32
    if bits == 128:
        address = None if "." in host else _ipv6(host)
        number = None if address is None else int(address)
    else:
        number = _ipv4(host)
    prefix = _prefix(length, bits) if slash else bits
    if number is None or prefix is None:
        return None
    mask = ((1 << prefix) - 1) << (bits - prefix)
    if bits == 128 and number & ~mask:
        return None
    return Network(bits, number & mask, mask)


def parse_base64(text: str) -> bytes | None:
    """The bytes of a base64 text, if it is the one that they are written as."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == text else None


def lowered(text: str) -> str:
    """The text in lower case, as AWS compares it: characters beyond the basic plane stay what they are.

    Those still count as letters where a sigma ends a word.
    """
    lower = text.lower()
    if text.isascii() or max(text) <= "\uffff":
        return lower
    kept: list[str] = []
    at = 0
    for character in text:
        length = len(character.lower())
        kept.append(character if character > "\uffff" else lower[at : at + length])
        at += length
    return "".join(kept)


def is_true(text: str) -> bool:
    """True for `true` in any case; every other text is false."""
    return text.lower() == "true"


def _ipv4(text: str) -> int | None:
    octets = text.split(".")
    if len(octets) != 4:
        return None
    number = 0
    for octet in octets:
        if not (octet.isascii() and octet.isdigit() and len(octet) <= 9) or int(octet) > 255:
            return None
        number = number << 8 | int(octet)
    return number


def _ipv6(text: str) -> IPv6Address | None:
    """An IPv6 address, also where AWS reads what others do not.

    An empty group at the beginning is zero, a colon at the end is passed over, and so are colons next to `::`.
    """
    if text.startswith(":") and not text.startswith("::"):
        text = "0" + text
    left, compressed, right = text.partition("::")
    if compressed and "::" not in right:
        text = f"{left}::{right.strip(':')}"
    elif not compressed:
        text = text.removesuffix(":")
    try:
        return None if "%" in text else IPv6Address(text)
    except AddressValueError:
        return None


def _prefix(text: str, bits: int) -> int | None:
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9) or int(digits) > bits:
        return None
    return int(digits)
