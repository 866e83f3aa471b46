"""The keys of a front node: asked for at their first use, kept for the day, and never a secret among them.

Rules:

* A key that was given is kept by access key and scope, apart from what is known of the principal: a change in an
  account costs a look at the directory and no question. When the access key is seen to be gone or inactive, they go.
* Keys are asked for before a signature is verified, since it is verified with them, so strangers who know an access
  key's id can have some asked for. They get nowhere by it: keys that have proved no signature yet are few, make room
  for each other alone, and are asked for within an allowance. Outside of it stand the places where the access key
  signed before, and the served services in the regions of this node: a new day begins for everybody.
* Without the node that holds the keys, what is held serves; everything else is `Unavailable`, never "does not exist".

Never holds a secret access key, a master key or a key that signs tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from watchword.core.errors import SealBroken, Unavailable
from watchword.core.http import HttpResponse, RequestHead
from watchword.credentials.session_seals import OPENING_PURPOSE
from watchword.directory.access_keys import AccessKey
from watchword.gateway.allowance import Allowance
from watchword.gateway.key_questions import (
    PROTOCOL_VERSION,
    Answer,
    Answered,
    Asking,
    Busy,
    Given,
    HandedOn,
    OpeningKey,
    SigningKey,
    Start,
    Started,
)
from watchword.gateway.paging import MARKER_PURPOSE
from watchword.signing.claims import Claim
from watchword.signing.keys import V4A, Prover
from watchword.signing.keys import SigningKey as ScopeKey

ACCESS_KEYS_HELD = 50_000
PROVED_HELD = 256
"""Scopes of each access key that signed something."""
TRIED_HELD = 128
"""Scopes of each access key that signed nothing yet: more than there are expected ones on the days of a week."""
ASKED_AT_ONCE = 32
ASKED_PER_SECOND = 2
"""Scopes of one access key that are asked for without a reason to expect them."""
USUAL_SERVICES = frozenset({"iam", "organizations", "s3", "s3express", "sts"})
"""Signing names of what is served."""
_START_AGAIN_SECONDS = 1.0
"""A token that names an unknown master key asks for the list again, so often at most."""
_DAYS_KEPT = 8

_Place = tuple[str, str]
"""A region and a service."""


class _Held:
    """What is held of one access key. Keys stand under their scope, with its date."""

    __slots__ = ("allowance", "places", "proved", "tried")

    def __init__(self, now: float) -> None:
        self.proved: dict[str, tuple[str, Prover]] = {}
        self.tried: dict[str, tuple[str, Prover]] = {}
        self.places: dict[_Place, None] = {}
        """Where it signed before, on any day."""
        self.allowance = Allowance(ASKED_AT_ONCE, ASKED_PER_SECOND, now)


@final
class _Tried:
    """A key that is remembered for good when it proves a signature."""

    __slots__ = ("_key", "_remember")

    def __init__(self, key: Prover, remember: Callable[[], None]) -> None:
        self._key = key
        self._remember: Callable[[], None] | None = remember

    def proves(self, text: bytes, signature: str) -> bool:
        if not self._key.proves(text, signature):
            return False
        if self._remember is not None:
            self._remember()
            self._remember = None
        return True


class AskedSigningKeys:
    """`LongTermKeys` of a front node. `monotonic` gives seconds; `regions` are those of this node."""

    def __init__(self, desk: Asking, monotonic: Callable[[], float], regions: frozenset[str]) -> None:
        self._desk = desk
        self._monotonic = monotonic
        self._regions = regions
        self._held: dict[str, _Held] = {}

    def of(self, record: AccessKey) -> Callable[[Claim], Prover]:
        """What gives the proving key of a claim. It raises SealBroken for a key that is refused, Unavailable."""
        access_key_id = record.id
        return lambda claim: self._proving_key(access_key_id, claim)

    def forget(self, access_key_id: str) -> None:
        """Let go of the keys of an access key that may not be used any more."""
        self._held.pop(access_key_id, None)

    def _proving_key(self, access_key_id: str, claim: Claim) -> Prover:
        scope = claim.scope
        name = V4A if claim.algorithm == V4A else scope.text
        held = self._held.get(access_key_id)
        if held is None:
            if len(self._held) >= ACCESS_KEYS_HELD:
                self._held.pop(next(iter(self._held)), None)
            held = self._held[access_key_id] = _Held(self._monotonic())
        known = held.proved.get(name) or held.tried.get(name)
        if known is not None:
            return known[1]
        place = (scope.region, scope.service)
        if not self._is_expected(held, place) and not held.allowance.take(self._monotonic()):
            raise Unavailable(f"`{access_key_id}` is used for more scopes than can be asked for")
        key = self._ask(access_key_id, claim)

        def remember() -> None:
            _put(held.proved, name, (scope.date, key), PROVED_HELD)
            if len(held.places) < PROVED_HELD:
                held.places[place] = None
            held.tried.pop(name, None)

        tried = _Tried(key, remember)
        _put(held.tried, name, (scope.date, tried), TRIED_HELD)
        return tried

    def _is_expected(self, held: _Held, place: _Place) -> bool:
        region, service = place
        return place in held.places or (service in USUAL_SERVICES and (region in self._regions or not region))

    def _ask(self, access_key_id: str, claim: Claim) -> Prover:
        scope = claim.scope
        question = SigningKey(access_key_id, claim.algorithm, scope.date, scope.region, scope.service)
        given = _key_of(self._desk.ask(question))
        if claim.algorithm != V4A:
            return ScopeKey(given)
        from watchword.signing.ecdsa_keys import EcdsaProvingKey

        return EcdsaProvingKey.from_bytes(given)


class AskedTokenKeys:
    """`TokenKeys` of a front node, and the keys of its page markers. `monotonic` gives seconds."""

    def __init__(self, desk: Asking, monotonic: Callable[[], float]) -> None:
        self._desk = desk
        self._monotonic = monotonic
        self._started: Started | None = None
        self._started_at = 0.0

    @property
    def newest_number(self) -> int:
        return self._start().newest_number

    def derive(self, purpose: str, number: int, period: int, /) -> bytes:
        """The key that opens the tokens of an hour, or page markers. Raises SealBroken, Unavailable."""
        if purpose == MARKER_PURPOSE:
            return self._known(number).marker_keys[number]
        if purpose == OPENING_PURPOSE:
            return _key_of(self._desk.ask(OpeningKey(number, period)))
        raise SealBroken("this node has no key for that")

    def verifying_key(self, number: int, /) -> Ed25519PublicKey:
        """Raises SealBroken for an unknown master key, Unavailable."""
        return Ed25519PublicKey.from_public_bytes(self._known(number).token_keys[number])

    def _start(self) -> Started:
        if self._started is None:
            answer = _told(self._desk.ask(Start(PROTOCOL_VERSION)))
            if not isinstance(answer, Started):
                raise Unavailable("the node that holds the keys speaks another version")
            self._started, self._started_at = answer, self._monotonic()
        return self._started

    def _known(self, number: int) -> Started:
        """What holds for all requests, asked again when a master key is named that was not there."""
        started = self._start()
        if number not in started.token_keys and self._monotonic() - self._started_at >= _START_AGAIN_SECONDS:
            self._started = None
            started = self._start()
        if number not in started.token_keys:
            raise SealBroken("no such master key")
        return started


class HandOn:
    """Hands requests on that need the master key, whole and unchanged."""

    def __init__(self, desk: Asking) -> None:
        self._desk = desk

    def __call__(self, head: RequestHead, body: bytes) -> HttpResponse:
        """The other node's answer. Raises Unavailable."""
        answer = self._desk.hand_on(HandedOn.of(head, body))
        if not isinstance(answer, Answered):
            raise Unavailable("the node that holds the keys does not take the request")
        return answer.response()


def _told(answer: Answer) -> Answer:
    if isinstance(answer, Busy):
        raise Unavailable("the node that holds the keys is asked for too much by this one")
    return answer


def _key_of(answer: Answer) -> bytes:
    told = _told(answer)
    if isinstance(told, Given):
        return told.key
    raise SealBroken("the key is not given")


def _put(keys: dict[str, tuple[str, Prover]], name: str, held: tuple[str, Prover], held_max: int) -> None:
    """Keep a key; drop those of days that are over, and the oldest when there are too many."""
    if len(keys) >= held_max:
        kept_from = _days_before(held[0], _DAYS_KEPT)
        for each in [each for each, (day, _) in keys.items() if day < kept_from and each != V4A]:
            del keys[each]
    while len(keys) >= held_max:
        del keys[next(iter(keys))]
    keys[name] = held


def _days_before(day: str, days: int) -> str:
    return (datetime.strptime(day, "%Y%m%d") - timedelta(days=days)).strftime("%Y%m%d")  # noqa: DTZ007
