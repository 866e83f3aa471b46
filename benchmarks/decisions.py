"""What it costs to keep recent decisions, and to explain one: one process, microseconds a request.

Run: .venv/bin/python benchmarks/decisions.py
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from watchword.core.http import RequestHead
from watchword.gateway.authenticate import Proof
from watchword.gateway.authorize import Asked
from watchword.gateway.decisions import Decisions, Trail
from watchword.gateway.exchange import Exchange
from watchword.gateway.identify import identify
from watchword.policy.access import AccessRequest, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.evaluate import PrincipalPlan, decide
from watchword.policy.explain import explain
from watchword.policy.language import Condition, Document, Statement
from watchword.policy.principals import Kind, Principal
from watchword.services.call import Authenticated

ACCOUNT = "111111111111"
ARN = f"arn:aws:iam::{ACCOUNT}:user/bob"
BOB = Principal(Kind.USER, ACCOUNT, ARN, "AIDAUUUUUUUUUUUUUUUUU", ARN, "AIDAUUUUUUUUUUUUUUUUU", "bob")
CONTEXT = {"aws:securetransport": "true", "aws:sourceip": "10.1.2.3"}
REQUEST = AccessRequest(BOB, "s3:GetObject", "arn:aws:s3:::plans/home/bob/a.txt", ACCOUNT, CONTEXT)
PLAIN = Statement("Allow", ("s3:*",), resources=("*",))
CONDITIONED = msgspec.structs.replace(
    PLAIN,
    conditions=(
        Condition("Bool", "aws:SecureTransport", ("true",)),
        Condition("IpAddress", "aws:SourceIp", ("10.0.0.0/8",)),
    ),
)
REQUESTS = 5_000


class _Nowhere:
    """A file that asks for nothing: the benchmark drains by itself."""

    def __init__(self, drain: Callable[[int], bytes]) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def sourced(*statements: Statement) -> SourcedPolicy:
    return SourcedPolicy(PolicySource(Layer.IDENTITY, "p"), CompiledDocument(Document(statements, "2012-10-17")))


def exchange_of(trail: Trail) -> Exchange:
    head = RequestHead("GET", b"/plans/home/bob/a.txt", b"", [(b"host", b"127.0.0.1")])
    made = Exchange(head, datetime.now(UTC), "9514dde9-6341-454a-8422-c45f036f03dd", identify(head, "us-east-1"))
    made.operation_name = "GetObject"
    made.proof = Proof(Authenticated(BOB, "AKIAUZDEQPUTUAVD326X"), msgspec.Raw(b"{}"))
    around: Any = None
    rules: Any = None
    made.asked = Asked(around, made.target.service.dialect, rules, trail)
    return made


def keep(name: str, statement: Statement) -> None:
    decisions = Decisions(_Nowhere)
    plan = PrincipalPlan(BOB, identity=(sourced(statement),))
    decision = decide(plan, REQUEST)
    exchanges = [exchange_of(decisions.trail()) for _ in range(REQUESTS)]
    best_on, best_off, size = float("inf"), float("inf"), 0
    trail = decisions.trail()
    for _ in range(5):
        started = time.perf_counter()
        for exchange in exchanges:
            trail = decisions.trail()
            trail.add(plan, REQUEST, decision, None, None, None)
            decisions.note(exchange, None)
        kept = time.perf_counter()
        for exchange in exchanges:
            assert exchange.asked is not None
            assert exchange.asked.trail is not None
            exchange.asked.trail.checks[:] = trail.checks
        drained = time.perf_counter()
        size = len(decisions.drain(1))
        ended = time.perf_counter()
        best_on, best_off = min(best_on, kept - started), min(best_off, ended - drained)
    on, off = best_on / REQUESTS * 1e6, best_off / REQUESTS * 1e6
    print(f"{name:<44} {on:5.2f} µs on the way, {off:5.2f} µs behind, {size // REQUESTS} bytes a request")


def explained(name: str, *statements: Statement) -> None:
    policies = Policies(identity=(sourced(*statements),))
    seconds = min(timeit.repeat(lambda: explain(REQUEST, policies), number=20, repeat=3)) / 20
    print(f"{name:<44} {seconds * 1e6:8.0f} µs")


if __name__ == "__main__":
    keep("keep: one Allow of everything", PLAIN)
    keep("keep: an Allow with two conditions", CONDITIONED)
    unrelated = tuple(Statement("Allow", (f"sqs:Action{number}",), resources=("*",)) for number in range(50))
    explained("explain: allowed, 51 statements", *unrelated, PLAIN)
    explained("explain: refused, 50 statements", *unrelated)
    explained(
        "explain: refused by a Deny, 52 statements", *unrelated, PLAIN, Statement("Deny", ("s3:*",), resources=("*",))
    )
