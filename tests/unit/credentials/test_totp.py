"""One-time codes against the tables of RFC 4226 (appendix D) and RFC 6238 (appendix B)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.credentials.secret_text import SecretText
from watchword.credentials.totp import code_at, matching_pair, matching_steps, new_seed, step_at

RFC_SEED = SecretText(base64.b32encode(b"12345678901234567890").decode())
BY_COUNT = ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489")
BY_TIME = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""Eight digits, of which the last six are the code of six."""

seeds = st.binary(min_size=40, max_size=40).map(lambda key: SecretText(base64.b32encode(key).decode()))
steps = st.integers(10, 2**40)


@pytest.mark.parametrize(("count", "code"), list(enumerate(BY_COUNT)))
def test_codes_by_count(count: int, code: str) -> None:
    assert code_at(RFC_SEED, count) == code


@pytest.mark.parametrize(("seconds", "code"), list(BY_TIME.items()))
def test_codes_by_time(seconds: int, code: str) -> None:
    assert code_at(RFC_SEED, step_at(datetime.fromtimestamp(seconds, UTC))) == code[-6:]


@given(seeds, steps, st.integers(0, 40))
def test_a_code_is_found_where_it_is_right(seed: SecretText, first: int, offset: int) -> None:
    tried = range(first, first + 41)
    assert first + offset in matching_steps(seed, code_at(seed, first + offset), tried)
    assert all(
        code_at(seed, step) == code_at(seed, first) for step in matching_steps(seed, code_at(seed, first), tried)
    )


@given(seeds, steps)
def test_a_pair_is_two_codes_in_a_row(seed: SecretText, first: int) -> None:
    earlier, later, after = (code_at(seed, first + number) for number in range(3))
    tried = range(first - 5, first + 6)
    assert first + 1 in matching_pair(seed, earlier, later, tried)
    assert first + 1 not in matching_pair(seed, after, later, tried) or after == earlier


def test_seeds_differ_and_do_not_show() -> None:
    noise = iter([bytes(40), bytes([1] * 40)])
    first, second = (new_seed(lambda _: next(noise)) for _ in range(2))
    assert first.reveal() != second.reveal()
    assert first.reveal() not in repr(first)
