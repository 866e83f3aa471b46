"""The desk of a node that holds the keys: what it gives to front nodes, and what it never does.

Rules:

* A signing key is given for one active access key of an existing principal, for one day, region and service; of SigV4a
  the public key. The day is one on which a signature could still be valid: a presigned URL lives for a week.
* The key that opens session tokens is given for one hour of issue, of those whose tokens can still be alive.
* What signs tokens, what opens secrets at rest, and the secrets themselves are given to nobody.
* Every node has an allowance, and all of them together have one, so that one node which calls itself many gets little
  more. What is beyond them is answered `Busy` and costs nothing.
* Every key that was given, and every refusal, leaves a line in DIR/keys-given.jsonl: who asked, for what, when; no key.

Never decides who may ask: `server/key_service.py` does, by the peer's credentials.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

import msgspec

from watchword.core.errors import SealBroken
from watchword.credentials.session_seals import OPENING_PURPOSE, MintingKeys
from watchword.credentials.sessions import period_of
from watchword.gateway.allowance import Allowance
from watchword.gateway.authenticate import SealedSecrets
from watchword.gateway.key_questions import (
    PROTOCOL_VERSION,
    Answer,
    Busy,
    EndpointFacts,
    Given,
    OpeningKey,
    Question,
    Refused,
    SigningKey,
    Start,
    Started,
)
from watchword.gateway.paging import MARKER_PURPOSE
from watchword.gateway.surroundings import VpcEndpoint
from watchword.signing.keys import V4, V4A, signing_key_bytes

log = logging.getLogger("watchword.keys")

ASKED_AT_ONCE = 4_000
ASKED_PER_SECOND = 1_000
"""Of each node. A node asks once a day for each access key, region and service that it meets."""
NODES_AT_ONCE = 4
"""How many allowances all nodes have together, at each process of this one."""
PRESIGNED_DAYS_MAX = 7
SESSION_HOURS_MAX = 36
NAME_CHARACTERS_MAX = 64
"""Of a region, and of a service."""
_NODES_HELD = 1_024
_LINES_WAITING_MAX = 50_000


class Node(NamedTuple):
    """Who asks."""

    uid: int
    pid: int


class LogFile(Protocol):
    """Where lines go that the desk hands over when it is asked for them."""

    def close(self) -> None: ...


class KeyDesk:
    """Answers the questions of front nodes, on behalf of one process."""

    def __init__(
        self,
        secrets: SealedSecrets,
        keys: MintingKeys,
        endpoints: Mapping[str, VpcEndpoint],
        open_log: Callable[[Callable[[int], bytes]], LogFile],
    ) -> None:
        self._secrets = secrets
        self._keys = keys
        self.endpoints = endpoints
        """The VPC endpoints that are known here: requests of others cannot be handed on."""
        self._allowances: dict[Node, Allowance] = {}
        self._all: Allowance | None = None
        self._busy: set[Node] = set()
        self._lines: deque[bytes] = deque(maxlen=_LINES_WAITING_MAX)
        self._log = open_log(self._drain)

    def answer(self, question: Question, node: Node, now: datetime) -> Answer:
        """Answer one question. Raises Unavailable when the store cannot be read."""
        if not self._may_ask(node, now):
            return Busy()
        match question:
            case Start():
                return self._start(question)
            case OpeningKey():
                answer = self._opening_key(question, now)
            case SigningKey():
                answer = self._signing_key(question, now)
        self._note(question, answer, node, now)
        return answer

    def close(self) -> None:
        """Write what waits; the last call."""
        self._log.close()

    def _may_ask(self, node: Node, now: datetime) -> bool:
        moment = now.timestamp()
        allowance = self._allowances.get(node)
        if allowance is None:
            if len(self._allowances) >= _NODES_HELD:
                forgotten = next(iter(self._allowances))
                self._busy.discard(forgotten)
                del self._allowances[forgotten]
            allowance = self._allowances[node] = Allowance(ASKED_AT_ONCE, ASKED_PER_SECOND, moment)
        if self._all is None:
            self._all = Allowance(NODES_AT_ONCE * ASKED_AT_ONCE, NODES_AT_ONCE * ASKED_PER_SECOND, moment)
        may_ask = allowance.take(moment) and self._all.take(moment)
        if may_ask:
            self._busy.discard(node)
        elif node not in self._busy:
            self._busy.add(node)
            log.warning("process %d asks for too many keys and is put off", node.pid)
        return may_ask

    def _start(self, question: Start) -> Answer:
        if question.version != PROTOCOL_VERSION:
            return Refused()
        numbers = self._keys.numbers
        return Started(
            self._keys.newest_number,
            {number: self._keys.verifying_key(number).public_bytes_raw() for number in numbers},
            {number: self._keys.derive(MARKER_PURPOSE, number, 0) for number in numbers},
            {name: EndpointFacts.of(each) for name, each in self.endpoints.items()},
        )

    def _opening_key(self, question: OpeningKey, now: datetime) -> Answer:
        age = period_of(now) - question.period
        # INVARIANT: the keys of hours to come stay here, so that a node which was broken into knows none of them.
        if not -1 <= age <= SESSION_HOURS_MAX + 1:
            return Refused()
        try:
            return Given(self._keys.derive(OPENING_PURPOSE, question.number, question.period))
        except SealBroken:
            return Refused()

    def _signing_key(self, question: SigningKey, now: datetime) -> Answer:
        if question.algorithm not in (V4, V4A) or not _is_a_day_of_signatures(question.date, now):
            return Refused()
        # A request for a service that is not served is proved, too, before it is told so.
        if not question.service or not _are_names(question.region, question.service):
            return Refused()
        secret = self._secrets.active(question.access_key_id)
        if secret is None:
            return Refused()
        if question.algorithm == V4A:
            from watchword.signing.ecdsa_keys import derive_ecdsa_key

            public = derive_ecdsa_key(secret.reveal(), question.access_key_id).proving_key()
            return Given(public.to_bytes())
        return Given(signing_key_bytes(secret.reveal(), question.date, question.region, question.service))

    def _note(self, question: OpeningKey | SigningKey, answer: Answer, node: Node, now: datetime) -> None:
        line: dict[str, object] = {"time": now, "pid": node.pid, "uid": node.uid}
        if isinstance(question, SigningKey):
            line["accessKeyId"] = question.access_key_id[:128]
            line["algorithm"] = question.algorithm
            line["scope"] = (
                f"{question.date[:8]}/{question.region[:NAME_CHARACTERS_MAX]}/{question.service[:NAME_CHARACTERS_MAX]}"
            )
        else:
            line["tokensOfHour"] = question.period
            line["masterKey"] = question.number
        line["given"] = isinstance(answer, Given)
        self._lines.append(msgspec.json.encode(line) + b"\n")

    def _drain(self, _generation: int) -> bytes:
        lines: list[bytes] = []
        while self._lines:
            lines.append(self._lines.popleft())
        return b"".join(lines)


def _are_names(*texts: str) -> bool:
    """True for texts that can stand between the slashes of a scope."""
    return all(len(text) <= NAME_CHARACTERS_MAX and "/" not in text for text in texts)


def _is_a_day_of_signatures(text: str, now: datetime) -> bool:
    """True when a signature of that day could be valid now, clocks that differ by minutes included."""
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    today = now.date()
    is_near = today - timedelta(days=PRESIGNED_DAYS_MAX + 1) <= day <= today + timedelta(days=1)
    return is_near and text == day.strftime("%Y%m%d")
