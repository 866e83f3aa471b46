"""Access key ids: spelled as base32 spells their bytes, whatever the noise."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from watchword.core.ids import account_of_access_key, new_access_key_id

accounts = st.integers(0, 10**12 - 1).map(lambda number: f"{number:012}")


@given(accounts, st.binary(min_size=5, max_size=5))
def test_an_id_is_the_base32_of_its_account_and_its_noise(account: str, noise: bytes) -> None:
    made = new_access_key_id("ASIA", account, lambda _count: noise)
    data = base64.b32decode(made[4:])
    assert (made[:4], len(made)) == ("ASIA", 20)
    assert int.from_bytes(data[:6]) == 1 << 47 | int(account) << 7 | noise[0] & 0x7F
    assert data[6:] == noise[1:]
    assert account_of_access_key(made) == account
