"""Escapes in forms mean what they mean in any URL, however they are mixed."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote

from hypothesis import given
from hypothesis import strategies as st

from watchword.core.errors import ApiError
from watchword.protocols.forms import read_parameters

pieces = st.sampled_from(["a", "%", "%41", "%2f", "%2F", "%C3%A9", "%c3", "%0", "%zz", "+", "é", "%25", "%7F", "%80"])


@given(st.lists(pieces, max_size=8).map("".join))
def test_any_value_is_read_as_the_standard_library_reads_it(value: str) -> None:
    try:
        expected = parse_qsl(f"Name={value}", keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        expected = None
    try:
        found = read_parameters(f"Name={value}".encode())
    except ApiError:
        found = None
    assert found == (None if expected is None else dict(expected))


@given(st.text(max_size=40))
def test_what_is_escaped_comes_back(value: str) -> None:
    assert read_parameters(f"Name={quote(value, safe='')}".encode()) == {"Name": value}
