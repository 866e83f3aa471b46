"""Sealed values, master keys and secret texts: nothing opens where it should not, nothing shows."""

from __future__ import annotations

import base64
import copy
import json
import random

import pytest

from watchword.core.errors import OperatorError, SealBroken
from watchword.credentials.access_keys import ACCESS_KEY_PURPOSE, new_access_key, open_secret, seal_secret
from watchword.credentials.keyring import Keyring, MasterKey, new_keyring, parse_keyring
from watchword.credentials.sealing import Sealer
from watchword.credentials.secret_text import SecretText

_random_bytes = random.Random(11).randbytes
KEYRING = new_keyring(_random_bytes)
SEALER = Sealer(KEYRING, "test", _random_bytes)
OWNER = "owner"


def test_sealed_value_moved_to_another_record() -> None:
    sealed = SEALER.seal(b"secret", OWNER)
    assert SEALER.open(sealed, OWNER) == b"secret"
    with pytest.raises(SealBroken):
        SEALER.open(sealed, "another owner")


def test_sealed_value_used_for_another_purpose() -> None:
    with pytest.raises(SealBroken):
        Sealer(KEYRING, "other", _random_bytes).open(SEALER.seal(b"secret", OWNER), OWNER)


def test_sealed_value_moved_to_another_period() -> None:
    sealed = bytearray(SEALER.seal(b"secret", OWNER, period=5))
    sealed[8] = 6
    with pytest.raises(SealBroken):
        SEALER.open(bytes(sealed), OWNER)


def test_every_changed_byte_is_noticed() -> None:
    sealed = SEALER.seal(b"secret", OWNER)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 0xFF
        with pytest.raises(SealBroken):
            SEALER.open(bytes(changed), OWNER)


def test_every_truncation_is_noticed() -> None:
    sealed = SEALER.seal(b"secret", OWNER)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            SEALER.open(sealed[:length], OWNER)


def test_same_value_is_never_sealed_twice_alike() -> None:
    assert SEALER.seal(b"secret", OWNER) != SEALER.seal(b"secret", OWNER)


def test_rotated_keyring_opens_the_old_and_seals_with_the_new() -> None:
    rotated = KEYRING.rotated(_random_bytes)
    new_sealer = Sealer(rotated, "test", _random_bytes)
    assert new_sealer.open(SEALER.seal(b"old", OWNER), OWNER) == b"old"
    with pytest.raises(SealBroken):
        SEALER.open(new_sealer.seal(b"new", OWNER), OWNER)


def test_master_key_that_was_dropped_opens_nothing() -> None:
    rotated = KEYRING.rotated(_random_bytes)
    only_new = Sealer(Keyring([rotated.newest]), "test", _random_bytes)
    with pytest.raises(SealBroken):
        only_new.open(SEALER.seal(b"old", OWNER), OWNER)


def test_sealed_text_is_url_safe_and_has_one_alphabet() -> None:
    texts = [SEALER.seal_text("x" * length, OWNER) for length in range(40)]
    assert all(SEALER.open_text(text, OWNER) == "x" * length for length, text in enumerate(texts))
    joined = "".join(texts)
    assert not set(joined) & set("+/=")
    with_dash = next(text for text in texts if "-" in text)
    with pytest.raises(SealBroken):
        SEALER.open_text(with_dash.replace("-", "+"), OWNER)


@pytest.mark.parametrize("text", ["", "A", "AAAA", "é", "=", "A" * 100, "\0"])
def test_text_that_was_never_sealed(text: str) -> None:
    with pytest.raises(SealBroken):
        SEALER.open_text(text, OWNER)


def test_secret_of_one_access_key_under_the_id_of_another() -> None:
    sealer = Sealer(KEYRING, ACCESS_KEY_PURPOSE, _random_bytes)
    mine, yours = new_access_key("123456789012", _random_bytes), new_access_key("123456789012", _random_bytes)
    assert open_secret(sealer, mine.access_key_id, seal_secret(sealer, mine)) == mine.secret
    with pytest.raises(SealBroken):
        open_secret(sealer, yours.access_key_id, seal_secret(sealer, mine))


def test_keyring_survives_being_written_down() -> None:
    keyring = KEYRING.rotated(_random_bytes)
    again = parse_keyring(keyring.text())
    assert again.newest == keyring.newest
    assert again.find(1) == KEYRING.newest


_KEY = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        _KEY,
        f"0 {_KEY}",
        f"-1 {_KEY}",
        f"4294967296 {_KEY}",
        f"{'9' * 5000} {_KEY}",
        f"1 {_KEY}\n1 {_KEY}",
        "1 AAAA",
        f"1 {_KEY} x",
        "1 é",
        f"² {_KEY}",
    ],
)
def test_master_key_text_that_is_wrong_is_an_operators_error_without_the_key(text: str) -> None:
    with pytest.raises(OperatorError) as caught:
        parse_keyring(text)
    assert _KEY not in str(caught.value)


def test_secrets_do_not_show() -> None:
    secret = SecretText("hush")
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret:>40}", "%s" % secret, repr([secret])):  # noqa: UP031
        assert "hush" not in shown
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)
    key = MasterKey(1, b"hush" * 8)
    assert "hush" not in repr(key)
    assert "hush" not in repr(Keyring([key]))


def test_secrets_compare_by_value() -> None:
    assert SecretText("a") == SecretText("a")
    assert SecretText("a") != SecretText("b")
    assert SecretText("a") != "a"
