"""User metadata beyond ASCII, in the encoded words of mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.services.s3.encoded_words import decoded, encoded


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("plain", "plain"),
        ("=?UTF-8?B?w6k=?=", "é"),
        ("=?utf-8?q?caf=C3=A9_noir?=", "café noir"),
        ("=?iso-8859-1?Q?=E9?=", "é"),
        ("=?UTF-8?B?w6k=?= =?UTF-8?B?w6k=?= x", "éé x"),
        ("a =?UTF-8?B?w6k=?= b", "a é b"),
        ("=?UTF-8?B?w6?=", "=?UTF-8?B?w6?="),
        ("=?UTF-8?B?/w==?=", "=?UTF-8?B?/w==?="),
        ("=?unicode_escape?Q?x?=", "=?unicode_escape?Q?x?="),
        ("=?UTF-8?X?w6k=?=", "=?UTF-8?X?w6k=?="),
        ("=?", "=?"),
        ("é", "Ã©"),
    ],
)
def test_words_are_decoded_where_they_can_be(said: str, kept: str) -> None:
    assert decoded(said) == kept


def test_aws_example() -> None:
    """What AWS's documentation shows for the UTF-8 bytes of `ÄMÄZÕÑ S3` in a header."""
    assert encoded("ÄMÄZÕÑ S3".encode().decode("latin-1")) == "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="


def test_printable_ascii_stays() -> None:
    assert encoded("a b\tc =?x?=") == "a b\tc =?x?="


@given(st.text())
def test_no_text_can_end_a_header(text: str) -> None:
    shown = encoded(decoded(text))
    assert shown.isascii()
    assert not set(shown) & {"\r", "\n", "\0"}


@given(st.text(st.characters(codec="utf-8")).filter(lambda text: not text.isascii()))
def test_what_was_encoded_is_decoded_again(text: str) -> None:
    assert decoded(encoded(text)) == text
