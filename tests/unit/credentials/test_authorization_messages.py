"""Encoded authorization messages open for their account alone, whole or not at all."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.core.errors import SealBroken
from watchword.credentials.authorization_messages import (
    MESSAGE_CHARACTERS_MAX,
    MESSAGE_PURPOSE,
    decode_message,
    encode_message,
)
from watchword.credentials.keyring import Keyring, MasterKey
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import SESSION_PURPOSE

KEYRING = Keyring((MasterKey(1, bytes(range(32))),))
SEALER = Sealer(KEYRING, MESSAGE_PURPOSE, os.urandom)
ACME, GLOBEX = "111122223333", "444455556666"


@given(st.text(max_size=2000))
def test_a_message_opens_as_it_was(text: str) -> None:
    message = encode_message(text, ACME, sealer=SEALER)
    assert decode_message(message, ACME, sealer=SEALER) == text
    assert message.replace("-", "").replace("_", "").isalnum()


def test_a_message_of_another_account_does_not_open() -> None:
    with pytest.raises(SealBroken):
        decode_message(encode_message("{}", ACME, sealer=SEALER), GLOBEX, sealer=SEALER)


def test_a_seal_of_another_purpose_does_not_open() -> None:
    other = encode_message("{}", ACME, sealer=Sealer(KEYRING, SESSION_PURPOSE, os.urandom))
    with pytest.raises(SealBroken):
        decode_message(other, ACME, sealer=SEALER)


@given(st.integers(0, 60), st.sampled_from(["x", "", "=", "é", "\x00", "+"]))
def test_a_message_that_was_changed_does_not_open(index: int, instead: str) -> None:
    message = encode_message('{"allowed":false}', ACME, sealer=SEALER)
    changed = message[:index] + instead + message[index + 1 :]
    if changed != message:
        with pytest.raises(SealBroken):
            decode_message(changed, ACME, sealer=SEALER)


@given(st.text(max_size=80))
def test_what_is_no_message_does_not_open(text: str) -> None:
    with pytest.raises(SealBroken):
        decode_message(text, ACME, sealer=SEALER)


def test_a_message_fits_into_the_request_that_decodes_it() -> None:
    with pytest.raises(ValueError, match="too long"):
        encode_message(os.urandom(MESSAGE_CHARACTERS_MAX).hex(), ACME, sealer=SEALER)
