"""Session tokens: what they carry, how large they get, and what breaks them."""

from __future__ import annotations

import base64
import itertools
import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from watchword.core.errors import PackedPolicyTooLarge, TokenInvalid
from watchword.core.ids import AccountId, account_of_access_key
from watchword.credentials.keyring import new_keyring
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import (
    SESSION_PURPOSE,
    TOKEN_CHARACTERS_MAX,
    IssuedSession,
    Session,
    SessionKind,
    issue_session,
    open_session,
)

_random_bytes = random.Random(7).randbytes
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEYRING = new_keyring(_random_bytes)
SEALER = Sealer(KEYRING, SESSION_PURPOSE, _random_bytes)
SESSION = Session(
    kind=SessionKind.ROLE,
    account=AccountId("123456789012"),
    principal_id="AROAEXAMPLEEXAMPLEAB1",
    principal_name="deployer",
    session_name="build-7",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)


def issue(session: Session = SESSION, *, token_characters_min: int = 0) -> IssuedSession:
    return issue_session(session, sealer=SEALER, random_bytes=_random_bytes, token_characters_min=token_characters_min)


def test_issued_session_opens_to_itself_with_its_secret() -> None:
    issued = issue()
    opened = open_session(issued.token, issued.access_key_id, sealer=SEALER)
    assert opened.session == SESSION
    assert opened.secret == issued.secret
    assert len(issued.secret.reveal()) == 40
    assert issued.access_key_id.startswith("ASIA")
    assert account_of_access_key(issued.access_key_id) == "123456789012"


def test_two_sessions_of_the_same_role_share_nothing() -> None:
    first, second = issue(), issue()
    assert first.secret != second.secret
    assert first.token != second.token
    assert first.access_key_id != second.access_key_id


def test_token_beside_another_access_key_id() -> None:
    first, second = issue(), issue()
    with pytest.raises(TokenInvalid):
        open_session(first.token, second.access_key_id, sealer=SEALER)


def test_every_flipped_bit_of_a_token_is_noticed() -> None:
    issued = issue()
    raw = base64.b64decode(issued.token)
    for position, bit in itertools.product(range(len(raw)), range(8)):
        changed = bytearray(raw)
        changed[position] ^= 1 << bit
        with pytest.raises(TokenInvalid):
            open_session(base64.b64encode(changed).decode(), issued.access_key_id, sealer=SEALER)


def test_every_truncation_of_a_token_is_noticed() -> None:
    issued = issue()
    for length in range(len(issued.token)):
        with pytest.raises(TokenInvalid):
            open_session(issued.token[:length], issued.access_key_id, sealer=SEALER)


@pytest.mark.parametrize("suffix", ["=", "A", "AAAA", "\n", " ", "\0", "é", "=" * 4096])
def test_token_with_something_appended(suffix: str) -> None:
    issued = issue()
    with pytest.raises(TokenInvalid):
        open_session(issued.token + suffix, issued.access_key_id, sealer=SEALER)


@pytest.mark.parametrize("characters", range(60))
def test_token_has_one_spelling(characters: int) -> None:
    issued = issue(msgspec.structs.replace(SESSION, session_name="x" * characters))
    assert "=" not in issued.token


def test_token_whose_version_was_raised() -> None:
    issued = issue()
    raw = base64.b64decode(issued.token)
    assert raw[0] == 1
    with pytest.raises(TokenInvalid):
        open_session(base64.b64encode(b"\x02" + raw[1:]).decode(), issued.access_key_id, sealer=SEALER)


def test_token_of_another_system() -> None:
    issued = issue()
    stranger = Sealer(new_keyring(_random_bytes), SESSION_PURPOSE, _random_bytes)
    with pytest.raises(TokenInvalid):
        open_session(issued.token, issued.access_key_id, sealer=stranger)


def test_value_sealed_for_another_purpose_is_no_token() -> None:
    issued = issue_session(SESSION, sealer=Sealer(KEYRING, "marker", _random_bytes), random_bytes=_random_bytes)
    with pytest.raises(TokenInvalid):
        open_session(issued.token, issued.access_key_id, sealer=SEALER)


def test_token_opens_after_the_master_key_was_rotated() -> None:
    issued = issue()
    rotated = Sealer(KEYRING.rotated(_random_bytes), SESSION_PURPOSE, _random_bytes)
    assert open_session(issued.token, issued.access_key_id, sealer=rotated).session == SESSION


def test_sealed_value_with_a_field_of_a_later_version_is_refused() -> None:
    body = msgspec.msgpack.encode(msgspec.to_builtins(SESSION, builtin_types=[datetime]) | {"future": True})
    plain = b"\0" + bytes(30) + len(body).to_bytes(2) + body
    token = base64.b64encode(SEALER.seal(plain, "ASIAX")).decode()
    with pytest.raises(TokenInvalid):
        open_session(token, "ASIAX", sealer=SEALER)


def test_kind_that_does_not_exist_is_refused() -> None:
    body = msgspec.msgpack.encode(msgspec.to_builtins(SESSION, builtin_types=[datetime]) | {"k": "z"})
    plain = b"\0" + bytes(30) + len(body).to_bytes(2) + body
    with pytest.raises(TokenInvalid):
        open_session(base64.b64encode(SEALER.seal(plain, "ASIAX")).decode(), "ASIAX", sealer=SEALER)


def test_times_are_whole_seconds_rounded_down() -> None:
    issued = issue(msgspec.structs.replace(SESSION, issued_at=NOW.replace(microsecond=999_999)))
    assert open_session(issued.token, issued.access_key_id, sealer=SEALER).session.issued_at == NOW


def test_session_is_expired_from_its_last_second_on() -> None:
    assert not SESSION.is_expired(SESSION.expires_at - timedelta(seconds=1))
    assert SESSION.is_expired(SESSION.expires_at)


def test_session_without_policies_and_tags_uses_no_policy_space() -> None:
    issued = issue()
    assert issued.packed_policy_percent == 0
    assert 0 < issued.token_percent < 15


def test_policy_that_compresses_well_takes_its_true_share() -> None:
    policy = '{"Statement":[' + ",".join(['{"Effect":"Allow","Action":"s3:*","Resource":"*"}'] * 40) + "]}"
    issued = issue(msgspec.structs.replace(SESSION, policy=policy))
    assert 1 <= issued.packed_policy_percent <= 10
    assert open_session(issued.token, issued.access_key_id, sealer=SEALER).session.policy == policy


def test_policies_and_tags_fit_exactly_when_the_percentage_says_so() -> None:
    noise = base64.b64encode(_random_bytes(6000)).decode()
    accepted: list[int] = []
    refused: list[int] = []
    for size in range(3000, 4600, 40):
        try:
            issued = issue(msgspec.structs.replace(SESSION, policy=noise[:size]))
        except PackedPolicyTooLarge as error:
            refused.append(error.percent)
        else:
            assert len(issued.token) <= TOKEN_CHARACTERS_MAX
            accepted.append(issued.packed_policy_percent)
    assert accepted
    assert refused
    assert max(accepted) <= 100 < min(refused)
    assert accepted + refused == sorted(accepted + refused)


@pytest.mark.parametrize("wished", [1, 1000, 1001, 1002, 1003, 4095, 4096])
def test_token_is_padded_to_the_wished_length(wished: int) -> None:
    issued = issue(token_characters_min=wished)
    assert wished <= len(issued.token) <= TOKEN_CHARACTERS_MAX
    assert len(issued.token) < max(wished, len(issue().token)) + 4
    assert open_session(issued.token, issued.access_key_id, sealer=SEALER).session == SESSION


def test_neither_the_secret_nor_the_token_shows_in_a_representation() -> None:
    issued = issue()
    opened = open_session(issued.token, issued.access_key_id, sealer=SEALER)
    for shown in (repr(issued), f"{issued}", repr(opened), repr(opened.session), repr(SEALER)):
        assert issued.secret.reveal() not in shown
        assert issued.token not in shown
