"""Recent decisions: all that is needed to decide a request once more, exactly as it was decided.

On the way of a request only references are kept (`Trail`, `Decisions.note`); they become lines of JSON in batches: a
few times a second, and when a batch is full, so that what requests hold is let go while it is still in the processor's
cache. A line of a request names documents, policy sets and callers by digest; those stand in lines of their own,
written again for every file (`generation`), so that a file is whole by itself.

INVARIANT: no secret is written: neither keys, tokens, signatures nor bodies. What is written of a context are the keys
that the policies ask for which speak of the action, with the values that decided.

Never decides anything, and never whether a request may go on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import msgspec

from watchword.core.errors import ApiError, WatchwordError
from watchword.gateway.decision_lines import (
    CallerLine,
    CheckLine,
    DecisionLine,
    DocumentLine,
    Line,
    MismatchLine,
    PoliciesLine,
    Stood,
)
from watchword.gateway.names import read_scope
from watchword.policy.access import AccessRequest, Policies, ResourceRule, SourcedPolicy
from watchword.policy.changes import located
from watchword.policy.compiled import CompiledDocument, CompiledStatement
from watchword.policy.decision import Decision
from watchword.policy.evaluate import ControlPlan, PrincipalPlan
from watchword.policy.language import print_document
from watchword.policy.variables import ContextValue, variable_names
from watchword.services.call import Authenticated

if TYPE_CHECKING:
    from watchword.gateway.authenticate import Gate
    from watchword.gateway.exchange import Exchange

WAITING_MAX: Final = 20_000
"""Decisions that wait to be written; more are dropped, the newest first."""
BATCH_MAX: Final = 64
"""Decisions that wait before a request writes them itself."""
MISMATCHES_MAX: Final = 16
"""Signatures that are looked into in one second."""
_KEPT_MAX: Final = 8_192
_TEXT_MAX: Final = 512
_SECRET: Final = (
    "security-token",
    "session-token",
    "customer-key",
    "x-amz-mfa",
    "tokencode",
    "authenticationcode",
    "password",
    "webidentitytoken",
    "samlassertion",
)
"""Parts of the names of headers and parameters that hold a secret, in lower case."""


class Checked(NamedTuple):
    """One check, by reference."""

    plan: PrincipalPlan
    request: AccessRequest
    decision: Decision
    policy: SourcedPolicy | None
    rcps: ControlPlan | None
    endpoint: SourcedPolicy | None
    values: Mapping[str, ContextValue]


_NOTHING: Final[Mapping[str, ContextValue]] = {}


class Asks:
    """The context keys that policies ask for, by policy set and action, found once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[object, tuple[str, ...]]] = {}

    def of(self, holder: object, documents: Iterable[CompiledDocument | None], action: str) -> tuple[str, ...]:
        """The keys of the statements that speak of an action. `documents` must be those of `holder`, always."""
        key = (id(holder), action)
        known = self._known.get(key)
        if known is None:
            folded = action.lower()
            names = [
                name.lower()
                for document in documents
                if document is not None
                for statement in document.statements
                if statement.speaks_of(folded)
                for name in _names(statement)
            ]
            if len(self._known) >= _KEPT_MAX:
                self._known.clear()
            # The holder is kept with its id, which could otherwise be given to another.
            known = self._known[key] = (holder, tuple(dict.fromkeys(names)))
        return known[1]

    def asked(
        self,
        plan: PrincipalPlan,
        action: str,
        policy: SourcedPolicy | None,
        rcps: ControlPlan | None,
        endpoint: SourcedPolicy | None,
    ) -> tuple[str, ...]:
        """The keys that all policies of one check ask for."""
        known = self._known.get((id(plan), action))
        keys = known[1] if known is not None else self.of(plan, _documents(plan.policies), action)
        for each in (policy, endpoint):
            if each is not None and each.document is not None:
                keys += self.of(each.document, (each.document,), action)
        if rcps is not None:
            keys += self.of(rcps, (each.document for level in rcps.levels for each in level), action)
        return keys


def _documents(policies: Policies) -> Iterable[CompiledDocument | None]:
    return (policy.document for _, policy in located(policies))


def _names(statement: CompiledStatement) -> Iterable[str]:
    """The keys of a statement's conditions and variables, and what an exception to it would ask for."""
    read = statement.statement
    for condition in read.conditions:
        yield condition.key
        for value in condition.values:
            yield from variable_names(value)
    for resource in read.resources or ():
        yield from variable_names(resource)
    if read.effect == "Deny":
        yield "aws:PrincipalArn"


class Trail:
    """The checks of one request, in order."""

    __slots__ = ("_asks", "checks")

    def __init__(self, asks: Asks) -> None:
        self._asks = asks
        self.checks: list[Checked] = []

    def add(
        self,
        plan: PrincipalPlan,
        request: AccessRequest,
        decision: Decision,
        policy: SourcedPolicy | None,
        rcps: ControlPlan | None,
        endpoint: SourcedPolicy | None,
    ) -> None:
        """Keep a decision that was just taken, with the values of the context that its policies ask for."""
        keys = self._asks.asked(plan, request.action, policy, rcps, endpoint)
        get = request.context.get
        try:
            values = {key: get(key) for key in keys} if keys else _NOTHING
        except WatchwordError:
            # INVARIANT: the decision is taken: what is only kept for later never stops a request.
            values = _NOTHING
        self.checks.append(Checked(plan, request, decision, policy, rcps, endpoint, values))


class DecisionFile(Protocol):
    """Where the lines go: asks for them a few times a second, until it is closed."""

    def flush(self) -> None:
        """Ask now, and write."""
        ...

    def close(self) -> None:
        """Ask once more, write, and let go."""
        ...


class Decisions:
    """Decisions of one process on their way to the file."""

    def __init__(self, open_file: Callable[[Callable[[int], bytes]], DecisionFile], gate: Gate | None = None) -> None:
        """`gate` is asked where a signature went wrong."""
        self._gate = gate
        self._mismatches_left = 0
        self._mismatches_second: datetime | None = None
        self._asks = Asks()
        self._waiting: deque[tuple[Exchange, ApiError | None]] = deque()
        self._refs: dict[int, tuple[object, str]] = {}
        self._written: set[str] = set()
        self._generation = -1
        self._encoder = msgspec.json.Encoder()
        self._file = open_file(self.drain)

    def trail(self) -> Trail:
        """An empty trail for a request."""
        return Trail(self._asks)

    def note(self, exchange: Exchange, error: ApiError | None) -> None:
        """Take a request that was answered, or refused with `error`."""
        waiting = self._waiting
        if len(waiting) < WAITING_MAX:
            waiting.append((exchange, error))
            if not len(waiting) % BATCH_MAX:
                self._file.flush()

    def close(self) -> None:
        """Write what waits; the last call."""
        self._file.close()

    def drain(self, generation: int) -> bytes:
        """The lines of what was noted since the last call. A new generation begins a file that is whole by itself."""
        if generation != self._generation or len(self._refs) > _KEPT_MAX:
            self._generation = generation
            self._refs.clear()
            self._written.clear()
        lines: list[Line] = []
        for _ in range(len(self._waiting)):
            exchange, error = self._waiting.popleft()
            line = self._line(exchange, error, lines)
            lines.append(line)  # after the lines that it names
        return self._encoder.encode_lines(lines)

    def _line(self, exchange: Exchange, error: ApiError | None, lines: list[Line]) -> DecisionLine:
        target, proof, asked = exchange.target, exchange.proof, exchange.asked
        head = exchange.head
        line = DecisionLine(
            exchange.request_id,
            exchange.now,
            target.service.name,
            exchange.operation_name,
            target.region,
            head.client_address,
        )
        if proof is None:
            scope = read_scope(head.header(b"authorization"), head.query_string)
            if scope is not None:
                line.access_key_id = scope.access_key_id[:_TEXT_MAX]
                line.scope = f"{scope.region}/{scope.service}"
            if error is not None and error.code == "SignatureDoesNotMatch":
                line.mismatch = self._mismatch(exchange)
        else:
            line.caller = self._caller(proof.caller, lines)
            if proof.claim is not None:
                claim = proof.claim
                line.access_key_id, line.scope = claim.access_key_id, claim.scope.text
                line.signed_at, line.form = claim.amz_date, claim.form
        if error is not None:
            line.error, line.message = error.code, error.message[:_TEXT_MAX]
        if asked is not None and asked.trail is not None:
            line.checks = tuple([self._check(each, lines) for each in asked.trail.checks])
        return line

    def _mismatch(self, exchange: Exchange) -> MismatchLine | None:
        """Where a signature went wrong. A flood of wrong ones is not looked into one by one."""
        second = exchange.now.replace(microsecond=0)
        if second != self._mismatches_second:
            self._mismatches_second, self._mismatches_left = second, MISMATCHES_MAX
        if self._gate is None or self._mismatches_left == 0:
            return None
        self._mismatches_left -= 1
        head, now = exchange.head, exchange.now
        try:
            claim = self._gate.claim(head, exchange.target.rules(), now)
            found = None if claim is None else self._gate.explain(head, claim, exchange.body_sha256, now)
        except WatchwordError:
            return None
        if found is None:
            return MismatchLine("", "the secret access key is another, or the signature was changed on its way")
        shown = f"{found.expected}\n{found.signed}".lower()
        if any(name in shown for name in _SECRET):
            return MismatchLine(found.part, found.reason)
        return MismatchLine(found.part, found.reason, found.expected[:_TEXT_MAX], found.signed[:_TEXT_MAX])

    def _check(self, checked: Checked, lines: list[Line]) -> CheckLine:
        request = checked.request
        known = self._refs.get(id(checked.plan))
        return CheckLine(
            request.action,
            request.resource,
            request.resource_account,
            checked.decision.outcome,
            known[1] if known is not None else self._policies(checked.plan, checked.plan.policies, lines),
            "" if checked.rcps is None else self._policies(checked.rcps, Policies(rcps=checked.rcps.levels), lines),
            None if checked.endpoint is None else self._stood(checked.endpoint, lines),
            None if checked.policy is None else self._stood(checked.policy, lines),
            checked.values,
            request.resource_rule is ResourceRule.REQUIRED,
        )

    def _policies(self, holder: object, policies: Policies, lines: list[Line]) -> str:
        known = self._refs.get(id(holder))
        if known is not None:
            return known[1]
        stood = tuple(self._stood(policy, lines, place.level) for place, policy in located(policies))
        line = PoliciesLine(
            "",
            stood,
            policies.session is not None,
            None if policies.scps is None else len(policies.scps),
            None if policies.rcps is None else len(policies.rcps),
        )
        return self._named(holder, line, lines)

    def _stood(self, policy: SourcedPolicy, lines: list[Line], level: int | None = None) -> Stood:
        source, document = policy.source, policy.document
        name = ""
        if document is not None:
            known = self._refs.get(id(document))
            line = DocumentLine("", print_document(document.document)) if known is None else None
            name = known[1] if line is None and known is not None else self._named(document, line, lines)
        return Stood(source.layer, source.id, name, source.arn, level)

    def _caller(self, caller: Authenticated, lines: list[Line]) -> str:
        known = self._refs.get(id(caller))
        if known is not None:
            return known[1]
        session = caller.session
        facts: dict[str, Any] | None = None
        if session is not None:
            facts = {
                "kind": session.kind.name.lower(),
                "issued_at": session.issued_at,
                "expires_at": session.expires_at,
                "mfa_at": session.mfa_at,
                "source_identity": session.source_identity,
                "tags": session.tags,
            }
        return self._named(caller, CallerLine("", caller.principal, caller.access_key_id, facts), lines)

    def _named(self, holder: object, line: Any, lines: list[Line]) -> str:
        """Give a line its digest as id, write it once a file, and remember whom it stands for."""
        line.id = name = sha256(self._encoder.encode(line)).hexdigest()[:16]
        if name not in self._written:
            self._written.add(name)
            lines.append(line)
        self._refs[id(holder)] = (holder, name)
        return name
