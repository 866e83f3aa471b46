"""What a front node asks for: once, and never without bound because a stranger knows an access key's id."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from watchword.core.errors import SealBroken, Unavailable
from watchword.core.http import RequestHead
from watchword.core.ids import AccessKeyId, AccountId
from watchword.directory.access_keys import AccessKey
from watchword.gateway.asked_keys import ASKED_AT_ONCE, PROVED_HELD, TRIED_HELD, AskedSigningKeys
from watchword.gateway.key_questions import Answer, Busy, Given, HandedOn, Question, Refused, SigningKey
from watchword.signing.claims import Claim, Rules
from watchword.signing.ecdsa_keys import derive_ecdsa_key
from watchword.signing.errors import Dialect
from watchword.signing.keys import V4A, signing_key_bytes
from watchword.signing.signer import Credentials, Target, sign_request
from watchword.signing.verification import read_claim

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RECORD = AccessKey(
    id=AccessKeyId(KEY_ID),
    account=AccountId("123456789012"),
    owner_id="AIDAEXAMPLE",
    sealed_secret=b"",
    status="Active",
    created_at=NOW,
)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@dataclass
class Desk:
    """Gives keys of one secret, and remembers what it was asked."""

    asked: list[Question] = field(default_factory=list[Question])
    answer: Answer | None = None

    def ask(self, question: Question, /) -> Answer:
        self.asked.append(question)
        if self.answer is not None:
            return self.answer
        assert isinstance(question, SigningKey)
        if question.algorithm == V4A:
            return Given(derive_ecdsa_key(SECRET, question.access_key_id).proving_key().to_bytes())
        return Given(signing_key_bytes(SECRET, question.date, question.region, question.service))

    def hand_on(self, request: HandedOn, /) -> Answer:
        raise AssertionError("nothing is handed on here")


@dataclass
class Node:
    desk: Desk
    keys: AskedSigningKeys
    clock: list[float]

    def uses(self, region: str = "us-east-1", *, secret: str = SECRET, days: int = 0, v4a: bool = False) -> bool:
        """Have a signed request verified; True when it proves genuine."""
        now = NOW + timedelta(days=days)
        claim = claim_of(region, secret, now, v4a=v4a)
        key = self.keys.of(RECORD)(claim)
        text = claim.string_to_sign
        if text is None:
            import hashlib

            digest = hashlib.sha256(claim.canonical_head + EMPTY.encode()).hexdigest()
            text = f"{claim.algorithm}\n{claim.amz_date}\n{claim.scope.text}\n{digest}".encode()
        return key.proves(text, claim.signature)


def claim_of(region: str, secret: str, now: datetime, *, v4a: bool) -> Claim:
    target = Target("sts", region, algorithm=V4A) if v4a else Target("sts", region)
    signed = sign_request("POST", "http://h/", {}, b"", Credentials(KEY_ID, secret), target, now)
    lines = [(name.lower().encode(), value.encode()) for name, value in signed.headers.items()]
    claim = read_claim(
        RequestHead("POST", b"/", b"", lines), Rules("sts", Dialect.QUERY, served_region="us-east-1"), now
    )
    assert claim is not None
    return claim


def invented(number: int) -> str:
    """A region that is written like one."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    return f"us-{letters}-1"


@pytest.fixture
def node() -> Node:
    desk, clock = Desk(), [0.0]
    return Node(desk, AskedSigningKeys(desk, lambda: clock[0], frozenset({"us-east-1"})), clock)


def test_a_key_is_asked_for_once_a_scope(node: Node) -> None:
    for _ in range(3):
        assert node.uses("us-east-1")
        assert node.uses("eu-west-1")
        assert not node.uses("us-east-1", secret="wrong")
    assert [question.region for question in node.desk.asked if isinstance(question, SigningKey)] == [
        "us-east-1",
        "eu-west-1",
    ]


def test_the_public_key_of_sigv4a_is_good_for_every_day(node: Node) -> None:
    for days in range(3):
        assert node.uses("us-east-1", days=days, v4a=True)
    assert len(node.desk.asked) == 1


def test_a_stranger_who_signs_for_invented_regions_is_put_off(node: Node) -> None:
    refused = 0
    for number in range(ASKED_AT_ONCE * 4):
        try:
            assert not node.uses(invented(number), secret="unknown")
        except Unavailable:
            refused += 1
    assert len(node.desk.asked) == ASKED_AT_ONCE
    assert refused == ASKED_AT_ONCE * 3
    node.clock[0] += 1
    assert not node.uses(invented(1000), secret="unknown")


def test_the_owner_is_served_while_a_stranger_signs_with_the_id(node: Node) -> None:
    assert node.uses("ap-south-1")
    for day in range(3):
        for number in range(TRIED_HELD * 2):
            node.clock[0] += 1
            assert not node.uses(invented(number), secret="unknown", days=day)
        while True:
            try:
                node.uses(invented(10_000 + len(node.desk.asked)), secret="unknown", days=day)
            except Unavailable:
                break
        asked = len(node.desk.asked)
        assert node.uses("ap-south-1", days=day), "where it signed before"
        assert node.uses("us-east-1", days=day), "a region of this node"
        with pytest.raises(Unavailable):
            node.uses("sa-east-1", days=day)
        assert len(node.desk.asked) - asked == (1 if day == 0 else 2)


def test_what_a_stranger_may_have_asked_for_in_the_usual_places_is_soon_all_there(node: Node) -> None:
    for _ in range(5):
        for days in range(8):
            assert not node.uses("us-east-1", secret="unknown", days=days)
    assert len(node.desk.asked) == 8


def test_keys_are_bounded(node: Node) -> None:
    for number in range(PROVED_HELD + 50):
        node.clock[0] += 1
        assert node.uses(invented(number))
    asked = len(node.desk.asked)
    assert node.uses(invented(PROVED_HELD + 49))
    assert len(node.desk.asked) == asked
    assert node.uses(invented(0))
    assert len(node.desk.asked) == asked + 1


def test_what_is_forgotten_is_asked_for_again(node: Node) -> None:
    assert node.uses()
    node.keys.forget(KEY_ID)
    assert node.uses()
    assert len(node.desk.asked) == 2


@pytest.mark.parametrize(("answer", "error"), [(Refused(), SealBroken), (Busy(), Unavailable)])
def test_what_is_not_given_is_not_held(node: Node, answer: Answer, error: type[Exception]) -> None:
    node.desk.answer = answer
    with pytest.raises(error):
        node.uses()
    node.desk.answer = None
    assert node.uses()
