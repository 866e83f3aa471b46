"""The fast engine says what the literal meaning says: the same outcome, layer, policy, statement and reason.

Examples a test: 300 by default; 4,000 with HYPOTHESIS_PROFILE=ci, 20,000 in all; fifty times as many with nightly, a
million in all, in rounds, since Hypothesis remembers every example of a round. A million take about two hours of one
core; in two processes, out of the way of other work:

    HYPOTHESIS_PROFILE=nightly nice -n 19 .venv/bin/pytest -n 2 tests/differential/test_policy_spec.py
"""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support import policies as generate

from watchword.policy import evaluate, spec
from watchword.policy.access import AccessRequest, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.conditions import compile_condition
from watchword.policy.decision import Layer, Outcome, PolicySource
from watchword.policy.language import Condition, Document, Effect
from watchword.policy.operators import Comparison, parse_operator
from watchword.policy.principals import NOBODY
from watchword.policy.spec_conditions import meets, wildcards_match
from watchword.policy.variables import ContextValue
from watchword.policy.wildcards import Pattern, parse_pattern

EXAMPLES = {100: 300, 1000: 4_000, 100_000: 4_000}.get(settings().max_examples, 300)
ROUNDS = 50 if settings().max_examples == 100_000 else 1
COMPARISONS: tuple[str, ...] = get_args(Comparison)
NEGATED = (
    "StringEquals", "StringEqualsIgnoreCase", "StringLike", "NumericEquals", "DateEquals", "IpAddress", "ArnLike",
)  # fmt: skip
"""The comparisons that have a negated form."""
QUANTIFIERS = ("", "ForAllValues", "ForAnyValue")
in_rounds = pytest.mark.parametrize("turn", range(1, ROUNDS + 1))


@in_rounds
@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.all_policies)
def test_both_engines_decide_alike(turn: int, request: AccessRequest, policies: Policies) -> None:
    assert evaluate.decide_policies(policies, request) == spec.decide(request, policies)


@in_rounds
@settings(max_examples=EXAMPLES)
@given(st.lists(generate.requests, min_size=2, max_size=4), generate.all_policies)
def test_a_plan_that_is_kept_decides_like_a_new_one(
    turn: int, requests: list[AccessRequest], policies: Policies
) -> None:
    plans: dict[str, evaluate.PrincipalPlan] = {}
    for request in requests * 2:
        caller = request.principal
        plan = plans.setdefault(
            f"{caller.kind} {caller.is_service_linked}",
            evaluate.PrincipalPlan(
                caller,
                identity=policies.identity,
                boundary=policies.boundary,
                session=policies.session,
                scps=policies.scps,
            ),
        )
        rcps = None if policies.rcps is None else evaluate.ControlPlan(policies.rcps)
        decision = evaluate.decide(
            plan, request, resource_policy=policies.resource, rcps=rcps, endpoint=policies.endpoint
        )
        assert decision == spec.decide(request, policies)


@in_rounds
@settings(max_examples=EXAMPLES)
@given(st.text("ab*?\N{GRINNING FACE}", max_size=12), st.text("ab\N{GRINNING FACE}", max_size=12))
def test_wildcards_by_segments_match_what_the_plain_reading_matches(turn: int, pattern: str, text: str) -> None:
    parts = parse_pattern(pattern)
    assert Pattern(parts).matches(text) is wildcards_match(parts, text)


@in_rounds
@settings(max_examples=EXAMPLES)
@given(generate.conditions(), generate.contexts, st.sampled_from(["Allow", "Deny"]), st.booleans())
def test_compiled_conditions_mean_what_they_say(
    turn: int, condition: Condition, context: dict[str, ContextValue], effect: Effect, has_variables: bool
) -> None:
    compiled = compile_condition(condition, effect=effect, has_variables=has_variables)
    assert compiled(context.get) is meets(condition, context.get, effect=effect, has_variables=has_variables)


@in_rounds
@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.documents(has_principal=True))
def test_compiled_statements_reach_whom_they_name(turn: int, request: AccessRequest, document: Document) -> None:
    policy = SourcedPolicy(PolicySource(Layer.ENDPOINT, ""), CompiledDocument(document))
    for statement, compiled in zip(document.statements, CompiledDocument(document).statements, strict=True):
        reach = NOBODY
        if compiled.speaks_of(request.action.lower()):
            reach = compiled.reach(request.resource, request.context.get, request.principal)
        assert reach == spec.reach(statement, policy, request)


of_ci = pytest.mark.skipif(EXAMPLES < 4_000, reason="takes half a minute: runs with HYPOTHESIS_PROFILE=ci")


def repeatable(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


@of_ci
def test_the_random_requests_meet_every_answer_that_the_engine_has() -> None:
    """What is compared here is no narrower than what can be decided."""
    met: set[tuple[Outcome, str, Layer | None]] = set()

    @repeatable(1_500)
    @given(generate.requests, generate.all_policies)
    def collect(request: AccessRequest, policies: Policies) -> None:
        decision = spec.decide(request, policies)
        met.add((decision.outcome, decision.reason, decision.layer))

    collect()
    granting = (Layer.IDENTITY, Layer.RESOURCE, Layer.TRUST)
    expected = {
        *((Outcome.EXPLICIT_DENY, "explicit deny", layer) for layer in Layer),
        *((Outcome.IMPLICIT_DENY, "no policy allows", layer) for layer in Layer),
        *((Outcome.IMPLICIT_DENY, "policy cannot be evaluated", layer) for layer in Layer),
        *((Outcome.ALLOW, "allowed by policy", layer) for layer in granting),
        (Outcome.IMPLICIT_DENY, "no session policy given", Layer.SESSION),
        (Outcome.ALLOW, "allowed to root", None),
        (Outcome.ALLOW, "not controlled by policies", None),
    }
    assert expected - met == set()


@of_ci
def test_the_random_conditions_meet_and_fail_every_operator() -> None:
    """With a value of the request, not only because the key is missing."""
    met: set[tuple[str, bool, bool]] = set()

    @repeatable(6_000)
    @given(generate.conditions(), generate.contexts)
    def collect(condition: Condition, context: dict[str, ContextValue]) -> None:
        nonlocal met
        asked = parse_operator(condition.operator)
        if asked is not None and isinstance(context.get(condition.key.lower()), str):
            holds = meets(condition, context.get, effect="Allow", has_variables=True)
            met |= {(asked.comparison, asked.is_negated, holds), (asked.quantifier, asked.is_negated, holds)}

    collect()
    asked = [
        *((comparison, False) for comparison in COMPARISONS),
        *((comparison, True) for comparison in NEGATED),
        *((quantifier, is_negated) for quantifier in QUANTIFIERS for is_negated in (False, True)),
    ]
    expected = {(name, is_negated, holds) for name, is_negated in asked for holds in (False, True)}
    assert expected - met == set()
