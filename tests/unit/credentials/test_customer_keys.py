"""Bodies under keys of customers: what is sealed opens whole and in every range, and to no other key."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.core.errors import SealBroken
from watchword.credentials.customer_keys import CHUNK_BYTES, SALT_BYTES, CustomerKey, sealed_size

KEY = CustomerKey(b"k" * 32)
SALT = b"s" * SALT_BYTES
BODY = os.urandom(2 * CHUNK_BYTES + 100)
SEALED = b"".join(KEY.seal([BODY], SALT))


def opened(sealed: bytes, offset: int, length: int, key: CustomerKey = KEY) -> bytes:
    return key.open_range(lambda at, size: sealed[at : at + size], offset, length)


@given(st.integers(0, len(BODY)), st.integers(0, len(BODY)))
def test_every_range_opens_to_what_was_sealed(offset: int, length: int) -> None:
    assert opened(SEALED, offset, length) == BODY[offset : offset + length]


@given(st.lists(st.binary(max_size=CHUNK_BYTES + 1), max_size=4))
def test_how_a_body_was_cut_on_its_way_in_does_not_show(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    sealed = b"".join(KEY.seal(pieces, SALT))
    assert sealed == b"".join(KEY.seal([whole], SALT))
    assert not whole or len(sealed) == sealed_size(len(whole))


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_seen(place: int, change: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= change
    with pytest.raises(SealBroken):
        opened(bytes(changed), 0, len(BODY))


def test_chunks_that_changed_places_do_not_open() -> None:
    size = CHUNK_BYTES + 16
    first, second = SEALED[SALT_BYTES : SALT_BYTES + size], SEALED[SALT_BYTES + size : SALT_BYTES + 2 * size]
    with pytest.raises(SealBroken):
        opened(SALT + second + first, 0, 1)


def test_a_chunk_of_another_body_does_not_open() -> None:
    other = b"".join(KEY.seal([BODY], b"t" * SALT_BYTES))
    with pytest.raises(SealBroken):
        opened(SALT + other[SALT_BYTES:], 0, 1)


def test_another_key_opens_nothing_and_fits_no_check() -> None:
    other = CustomerKey(b"o" * 32)
    with pytest.raises(SealBroken):
        opened(SEALED, 0, 1, other)
    check = KEY.check(b"salt")
    assert KEY.fits(check)
    assert not other.fits(check)
    assert KEY.check(b"other salt") != check


def test_a_key_shows_itself_to_nobody_and_has_256_bits() -> None:
    assert "k" * 8 not in f"{KEY!r} {KEY}"
    for size in (0, 16, 31, 33):
        with pytest.raises(ValueError, match="256 bits"):
            CustomerKey(b"k" * size)
