"""SigV4a's keys: AWS's published pair, what is no signature, and what is known of whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.signing.ecdsa_keys import EcdsaProvingKey, derive_ecdsa_key

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
PAIR = derive_ecdsa_key(SECRET, "AKIDEXAMPLE")


def test_the_published_pair() -> None:
    assert PAIR.proving_key().point() == (
        0xB6618F6A65740A99E650B33B6B4B5BD0D43B176D721A3EDFEA7E7D2D56D936B1,
        0x865ED22A7EADC9C5CB9D2CBACA1B3699139FEDC5043DC6661864218330C8E518,
    )


@given(text=st.binary(max_size=200), other=st.binary(max_size=200))
def test_a_signature_proves_its_text_and_no_other(text: bytes, other: bytes) -> None:
    signature = PAIR.sign(text)
    assert PAIR.sign(text) == signature
    assert PAIR.proving_key().proves(text, signature)
    assert PAIR.proving_key().proves(other, signature) == (text == other)


@pytest.mark.parametrize(("secret", "key_id"), [(SECRET + "x", "AKIDEXAMPLE"), (SECRET, "AKIDEXAMPLF")])
def test_another_secret_or_key_id_is_another_pair(secret: str, key_id: str) -> None:
    assert not derive_ecdsa_key(secret, key_id).proving_key().proves(b"text", PAIR.sign(b"text"))


@given(st.one_of(st.text(max_size=200), st.binary(min_size=8, max_size=72).map(bytes.hex)))
def test_what_is_no_signature_proves_nothing(signature: str) -> None:
    assert not PAIR.proving_key().proves(b"text", signature)


def test_another_spelling_of_a_signature_is_refused() -> None:
    signature = PAIR.sign(b"text")
    for other in (signature.upper(), signature + "00", " " + signature, signature + "*", "0x" + signature):
        assert not PAIR.proving_key().proves(b"text", other)
    assert not PAIR.proving_key().proves(b"text", signature[:-2])


def test_the_halves_show_nothing_of_themselves() -> None:
    assert repr(PAIR) == "<EcdsaSigningKey>"
    assert repr(PAIR.proving_key()) == "<EcdsaProvingKey>"
    assert not hasattr(EcdsaProvingKey, "sign")
