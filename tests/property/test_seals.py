"""seal∘open == id, for values and for sessions; and no token opens for a key that it was not issued for."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.core.errors import PackedPolicyTooLarge, TokenInvalid
from watchword.core.ids import AccountId
from watchword.credentials.keyring import new_keyring
from watchword.credentials.sealing import Sealer
from watchword.credentials.session_seals import MintingKeys, SessionSealer, SignedSealer
from watchword.credentials.sessions import SESSION_PURPOSE, Session, SessionKind, issue_session, open_session

_random_bytes = random.Random(3).randbytes
_KEYRING = new_keyring(_random_bytes)
_SEALER = Sealer(_KEYRING, SESSION_PURPOSE, _random_bytes)
_SEALS = (_SEALER, SessionSealer(MintingKeys(_KEYRING), _random_bytes, signs=True))
_OPENS = (SessionSealer(MintingKeys(_KEYRING), _random_bytes), SignedSealer(MintingKeys(_KEYRING), _random_bytes))
_texts = st.text(max_size=64)
_tags = st.lists(st.tuples(_texts, _texts), max_size=5).map(tuple)
_moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
_sessions = st.builds(
    Session,
    kind=st.sampled_from(SessionKind),
    account=st.from_regex(r"[0-9]{12}", fullmatch=True).map(AccountId),
    principal_id=_texts,
    issued_at=_moments,
    expires_at=_moments,
    principal_name=_texts,
    session_name=_texts,
    mfa_at=st.none() | _moments,
    chain_depth=st.integers(0, 5),
    tags=_tags,
    transitive_tag_keys=st.lists(_texts, max_size=3).map(tuple),
    source_identity=_texts,
    policy=st.text(max_size=500),
    policy_arns=st.lists(_texts, max_size=3).map(tuple),
    context=_tags,
)


@given(st.binary(max_size=2000), st.text(max_size=100), st.integers(0, 2**32 - 1))
def test_opening_a_sealed_value_gives_the_value(plain: bytes, owner: str, period: int) -> None:
    assert _SEALER.open(_SEALER.seal(plain, owner, period=period), owner) == plain


@given(_sessions, st.sampled_from(_SEALS))
def test_opening_an_issued_session_gives_the_session(session: Session, sealer: Sealer) -> None:
    try:
        issued = issue_session(session, sealer=sealer, random_bytes=_random_bytes)
    except PackedPolicyTooLarge:
        return
    for opener in _OPENS if sealer is _SEALS[1] else _OPENS[:1]:
        opened = open_session(issued.token, issued.access_key_id, sealer=opener)
        assert (opened.session, opened.secret) == (session, issued.secret)
    assert issued.packed_policy_percent <= 100


@given(
    st.text(max_size=200) | st.from_regex(r"(A[QgA-Za-z]AAAAB)?[A-Za-z0-9+/]{0,400}={0,2}", fullmatch=True),
    st.text(max_size=20),
)
def test_no_invented_token_opens(token: str, access_key_id: str) -> None:
    for opener in _OPENS:
        with pytest.raises(TokenInvalid):
            open_session(token, access_key_id, sealer=opener)


def test_issuing_at_any_hour_of_a_day_opens_again() -> None:
    start = datetime(2026, 11, 24, tzinfo=UTC)
    for hour in range(24):
        at = start + timedelta(hours=hour)
        session = Session(
            kind=SessionKind.SESSION_TOKEN,
            account=AccountId("123456789012"),
            principal_id="AIDAX",
            issued_at=at,
            expires_at=at + timedelta(hours=36),
        )
        issued = issue_session(session, sealer=_SEALER, random_bytes=_random_bytes)
        assert open_session(issued.token, issued.access_key_id, sealer=_SEALER).session == session
