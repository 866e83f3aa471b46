"""Signed session tokens: who holds the keys that open them can make none, and no bit of one can be changed."""

from __future__ import annotations

import base64
import itertools
import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from watchword.core.errors import PackedPolicyTooLarge, SealBroken, TokenInvalid
from watchword.core.ids import AccountId
from watchword.credentials.keyring import Keyring, new_keyring
from watchword.credentials.sealing import Sealer
from watchword.credentials.session_seals import OPENING_PURPOSE, MintingKeys, SessionSealer, SignedSealer
from watchword.credentials.sessions import (
    SESSION_PURPOSE,
    TOKEN_CHARACTERS_MAX,
    IssuedSession,
    Session,
    SessionKind,
    issue_session,
    open_session,
    period_of,
)

_random_bytes = random.Random(11).randbytes
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEYRING = new_keyring(_random_bytes)
SESSION = Session(
    kind=SessionKind.ROLE,
    account=AccountId("123456789012"),
    principal_id="AROAEXAMPLEEXAMPLEAB1",
    principal_name="deployer",
    session_name="build-7",
    issued_at=NOW,
    expires_at=NOW + timedelta(hours=1),
)


class OpeningKeys:
    """What a node holds that only opens: it asked for these, and counts how often."""

    def __init__(self, keyring: Keyring) -> None:
        self._keys = MintingKeys(keyring)
        self.opened: dict[tuple[int, int], bytes] = {}
        self.verifications = 0

    @property
    def newest_number(self) -> int:
        return self._keys.newest_number

    def derive(self, purpose: str, number: int, period: int) -> bytes:
        assert purpose == OPENING_PURPOSE
        return self.opened.setdefault((number, period), self._keys.derive(purpose, number, period))

    def verifying_key(self, number: int) -> Ed25519PublicKey:
        self.verifications += 1
        return self._keys.verifying_key(number)


def issue(keyring: Keyring = KEYRING, session: Session = SESSION, *, signs: bool = True) -> IssuedSession:
    sealer = SessionSealer(MintingKeys(keyring), _random_bytes, signs=signs)
    return issue_session(session, sealer=sealer, random_bytes=_random_bytes)


@pytest.fixture
def keys() -> OpeningKeys:
    return OpeningKeys(KEYRING)


@pytest.fixture
def opener(keys: OpeningKeys) -> Sealer:
    return SignedSealer(keys, _random_bytes)


FULL = SessionSealer(MintingKeys(KEYRING), _random_bytes)


def test_every_node_opens_a_signed_token(opener: Sealer) -> None:
    issued = issue()
    for sealer in (opener, FULL):
        opened = open_session(issued.token, issued.access_key_id, sealer=sealer)
        assert (opened.session, opened.secret) == (SESSION, issued.secret)
    assert base64.b64decode(issued.token)[0] == 2
    assert "=" not in issued.token


def test_a_token_of_format_1_opens_where_the_master_key_is_and_nowhere_else(opener: Sealer) -> None:
    issued = issue(signs=False)
    assert base64.b64decode(issued.token)[0] == 1
    assert open_session(issued.token, issued.access_key_id, sealer=FULL).session == SESSION
    with pytest.raises(TokenInvalid):
        open_session(issued.token, issued.access_key_id, sealer=opener)


@pytest.mark.parametrize("signs", [False, True], ids=["format 1", "format 2"])
def test_every_flipped_bit_of_a_token_is_noticed(opener: Sealer, *, signs: bool) -> None:
    issued = issue(signs=signs)
    raw = base64.b64decode(issued.token)
    for position, bit in itertools.product(range(len(raw)), range(8)):
        changed = bytearray(raw)
        changed[position] ^= 1 << bit
        for sealer in (opener, FULL):
            with pytest.raises(TokenInvalid):
                open_session(base64.b64encode(changed).decode(), issued.access_key_id, sealer=sealer)


def test_every_truncation_of_a_signed_token_is_noticed(opener: Sealer) -> None:
    issued = issue()
    for length in range(len(issued.token)):
        for sealer in (opener, FULL):
            with pytest.raises(TokenInvalid):
                open_session(issued.token[:length], issued.access_key_id, sealer=sealer)


def test_a_signed_token_beside_another_access_key_id(opener: Sealer) -> None:
    first, second = issue(), issue()
    open_session(first.token, first.access_key_id, sealer=opener)
    for sealer in (opener, FULL):
        with pytest.raises(TokenInvalid):
            open_session(first.token, second.access_key_id, sealer=sealer)


def test_who_stole_the_opening_keys_mints_nothing(keys: OpeningKeys, opener: Sealer) -> None:
    """All that a node holds: the keys of an hour, the public key, a genuine token with its signature."""
    issued = issue()
    open_session(issued.token, issued.access_key_id, sealer=opener)
    raw = base64.b64decode(issued.token)
    period = period_of(NOW)
    assert (1, period) in keys.opened

    class Stolen(Sealer):
        """Seals under the key that opens, in the format and for the purpose of signed tokens."""

        format_number = 2

    sealer = Stolen(keys, OPENING_PURPOSE, _random_bytes)
    plain = sealer.open(raw[:-64], issued.access_key_id)
    assert issued.secret.reveal().encode() == base64.b64encode(plain[1:31])  # who holds the keys can read a token
    unsigned = sealer.seal(plain, issued.access_key_id, period=period)
    own = Ed25519PrivateKey.from_private_bytes(keys.opened[1, period])
    for signature in (b"", bytes(64), raw[-64:], own.sign(unsigned)):
        forged = base64.b64encode(unsigned + signature).decode()
        for each in (opener, FULL):
            with pytest.raises(TokenInvalid):
                open_session(forged, issued.access_key_id, sealer=each)
    relabelled = base64.b64encode(b"\x01" + unsigned[1:]).decode()
    with pytest.raises(TokenInvalid):
        open_session(relabelled, issued.access_key_id, sealer=FULL)


def test_the_keys_of_one_purpose_say_nothing_of_another() -> None:
    period = period_of(NOW)
    purposes = ("access-key", SESSION_PURPOSE, OPENING_PURPOSE, "session-token-signature", "page-marker")
    derived = {KEYRING.derive(purpose, 1, each) for purpose in purposes for each in (0, period)}
    assert len(derived) == 2 * len(purposes)


def test_a_node_that_only_opens_cannot_be_made_to_sign(opener: Sealer) -> None:
    with pytest.raises(TypeError, match="cannot make them"):
        issue_session(SESSION, sealer=opener, random_bytes=_random_bytes)


def test_a_strangers_token_makes_a_node_ask_for_no_opening_key(keys: OpeningKeys, opener: Sealer) -> None:
    raw = bytearray(base64.b64decode(issue().token))
    for period in range(50):
        raw[5:9] = period.to_bytes(4)
        with pytest.raises(SealBroken):
            opener.open(bytes(raw), "ASIAX")
    assert keys.opened == {}


def test_a_token_is_verified_once(keys: OpeningKeys, opener: Sealer) -> None:
    issued = issue()
    for _ in range(5):
        open_session(issued.token, issued.access_key_id, sealer=opener)
    assert keys.verifications == 1
    raw = bytearray(base64.b64decode(issued.token))
    raw[-1] ^= 1
    for _ in range(2):
        with pytest.raises(SealBroken):
            opener.open(bytes(raw), issued.access_key_id)
    assert keys.verifications == 3


def test_tokens_open_after_a_rotation_and_new_ones_are_signed_with_the_new_key() -> None:
    rotated = KEYRING.rotated(_random_bytes)
    old, new = issue(), issue(rotated)
    opener = SignedSealer(OpeningKeys(rotated), _random_bytes)
    for each in (old, new):
        assert open_session(each.token, each.access_key_id, sealer=opener).session == SESSION
    assert base64.b64decode(new.token)[1:5] == (2).to_bytes(4)
    before = SignedSealer(OpeningKeys(KEYRING), _random_bytes)
    with pytest.raises(TokenInvalid):
        open_session(new.token, new.access_key_id, sealer=before)
    first, second = (MintingKeys(rotated).verifying_key(number) for number in (1, 2))
    signed = base64.b64decode(old.token)
    with pytest.raises(InvalidSignature):
        second.verify(signed[-64:], signed[:-64])
    assert first.public_bytes_raw() != second.public_bytes_raw()


def test_policies_and_tags_fit_exactly_when_the_percentage_says_so() -> None:
    noise = base64.b64encode(_random_bytes(6000)).decode()
    accepted: list[int] = []
    refused: list[int] = []
    for size in range(3000, 4400, 40):
        try:
            issued = issue(session=msgspec.structs.replace(SESSION, policy=noise[:size]))
        except PackedPolicyTooLarge as error:
            refused.append(error.percent)
        else:
            assert len(issued.token) <= TOKEN_CHARACTERS_MAX
            accepted.append(issued.packed_policy_percent)
    assert max(accepted) <= 100 < min(refused)
    assert accepted + refused == sorted(accepted + refused)


def test_nothing_secret_shows_in_a_representation(opener: Sealer) -> None:
    shown = f"{FULL!r}{opener!r}{MintingKeys(KEYRING)!r}"
    assert KEYRING.newest.material.hex() not in shown
    assert "bytes" not in shown
