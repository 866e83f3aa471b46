"""The fast engine says what the literal meaning says: the same outcome, layer, policy, statement and reason.

Two ways to look for a difference. Hypothesis draws few cases and makes the one that fails small: 300 a test by default,
3,000 with HYPOTHESIS_PROFILE=ci, 21,000 in all. A plain generator draws many: 2,000 by default, 100,000 with ci, and
with nightly a million in fifty rounds, each of its own seed. In two processes, out of the way of other work:

    HYPOTHESIS_PROFILE=nightly nice -n 19 .venv/bin/pytest -n 2 tests/differential/test_policy_spec.py -k great_numbers
"""

from __future__ import annotations

from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import policies as generate
from tests.support.random_policies import random_condition, random_context, random_policies, random_request

from watchword.policy import evaluate, spec
from watchword.policy.access import AccessRequest, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.conditions import compile_alternatives, compile_condition
from watchword.policy.decision import Layer, Outcome, PolicySource
from watchword.policy.language import Condition, Document, Effect
from watchword.policy.operators import Comparison, parse_operator
from watchword.policy.principals import NOBODY, Kind
from watchword.policy.spec_conditions import meets, wildcards_match
from watchword.policy.variables import ContextValue
from watchword.policy.wildcards import TOGETHER_MIN, Pattern, PatternSet, parse_pattern

EXAMPLES = {100: 300, 1000: 3_000, 100_000: 3_000}.get(settings().max_examples, 300)
ROUNDS = {100: 1, 1000: 5, 100_000: 50}.get(settings().max_examples, 1)
CASES = {100: 2_000}.get(settings().max_examples, 20_000)
"""Of the plain generator, in each round."""
REQUESTS = 4
"""How many requests are decided by the same policies."""
COMPARISONS: tuple[str, ...] = get_args(Comparison)
NEGATED = (
    "StringEquals", "StringEqualsIgnoreCase", "StringLike", "NumericEquals", "DateEquals", "IpAddress", "ArnLike",
)  # fmt: skip
"""The comparisons that have a negated form."""
QUANTIFIERS = ("", "ForAllValues", "ForAnyValue")


@pytest.mark.parametrize("seed", range(1, ROUNDS + 1))
def test_both_engines_decide_alike_in_great_numbers(seed: int) -> None:
    chance = Random(seed)
    for number in range(0, CASES, REQUESTS):
        policies = random_policies(chance)
        kept: dict[tuple[Kind, bool], evaluate.PrincipalPlan] = {}
        rcps = None if policies.rcps is None else evaluate.ControlPlan(policies.rcps)
        for _ in range(REQUESTS):
            request = random_request(chance)
            literally = spec.decide(request, policies)
            kind = (request.principal.kind, request.principal.is_service_linked)
            plan = kept.setdefault(kind, plan_of(request, policies))
            fast = evaluate.decide(
                plan, request, resource_policy=policies.resource, rcps=rcps, endpoint=policies.endpoint
            )
            assert fast == literally, f"seed {seed}, case {number}: {request} {policies}"


def plan_of(request: AccessRequest, policies: Policies) -> evaluate.PrincipalPlan:
    return evaluate.PrincipalPlan(
        request.principal,
        identity=policies.identity,
        boundary=policies.boundary,
        session=policies.session,
        scps=policies.scps,
    )


@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.all_policies)
def test_both_engines_decide_alike(request: AccessRequest, policies: Policies) -> None:
    assert evaluate.decide_policies(policies, request) == spec.decide(request, policies)


@settings(max_examples=EXAMPLES)
@given(st.lists(generate.requests, min_size=2, max_size=4), generate.all_policies)
def test_a_plan_that_is_kept_decides_like_a_new_one(requests: list[AccessRequest], policies: Policies) -> None:
    plans: dict[str, evaluate.PrincipalPlan] = {}
    for request in requests * 2:
        caller = request.principal
        plan = plans.setdefault(
            f"{caller.kind} {caller.is_service_linked}",
            plan_of(request, policies),
        )
        rcps = None if policies.rcps is None else evaluate.ControlPlan(policies.rcps)
        decision = evaluate.decide(
            plan, request, resource_policy=policies.resource, rcps=rcps, endpoint=policies.endpoint
        )
        assert decision == spec.decide(request, policies)


@settings(max_examples=EXAMPLES)
@given(st.text("ab*?\N{GRINNING FACE}", max_size=12), st.text("ab\N{GRINNING FACE}", max_size=12))
def test_wildcards_by_segments_match_what_the_plain_reading_matches(pattern: str, text: str) -> None:
    parts = parse_pattern(pattern)
    assert Pattern(parts).matches(text) is wildcards_match(parts, text)


@settings(max_examples=EXAMPLES)
@given(generate.conditions(), generate.contexts, st.sampled_from(["Allow", "Deny"]), st.booleans())
def test_compiled_conditions_mean_what_they_say(
    condition: Condition, context: dict[str, ContextValue], effect: Effect, has_variables: bool
) -> None:
    compiled = compile_condition(condition, effect=effect, has_variables=has_variables)
    assert compiled(context.get) is meets(condition, context.get, effect=effect, has_variables=has_variables)


@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.documents(has_principal=True))
def test_compiled_statements_reach_whom_they_name(request: AccessRequest, document: Document) -> None:
    policy = SourcedPolicy(PolicySource(Layer.ENDPOINT, ""), CompiledDocument(document))
    for statement, compiled in zip(document.statements, CompiledDocument(document).statements, strict=True):
        reach = NOBODY
        if compiled.speaks_of(request.action.lower()):
            reach = compiled.reach(request.resource, request.context.get, request.principal)
        assert reach == spec.reach(statement, policy, request)


@settings(max_examples=EXAMPLES)
@given(generate.blocks(), generate.contexts, st.sampled_from(["Allow", "Deny"]), st.booleans())
def test_merged_conditions_mean_what_each_says(
    blocks: list[tuple[Condition, ...]],
    context: dict[str, ContextValue],
    effect: Effect,
    has_variables: bool,
) -> None:
    tests = compile_alternatives(blocks, effect=effect, has_variables=has_variables)
    literally = any(
        all(meets(each, context.get, effect=effect, has_variables=has_variables) for each in block) for block in blocks
    )
    assert any(all(test(context.get) for test in block) for block in tests) is literally


@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.documents(has_principal=True, statements_max=6))
def test_statements_asked_together_reach_as_far_as_the_furthest(request: AccessRequest, document: Document) -> None:
    policy = SourcedPolicy(PolicySource(Layer.ENDPOINT, ""), CompiledDocument(document))
    for effect, together in zip(("Deny", "Allow"), CompiledDocument(document).on(request.action), strict=True):
        reaches = [spec.reach(each, policy, request) for each in document.statements if each.effect == effect]
        asked = (request.resource, request.context.get, request.principal)
        assert (0 if together is None else together.reach(*asked)) == max(reaches, default=NOBODY)
        assert (together is not None and together.matches(*asked)) is any(reaches)


def test_many_patterns_match_what_any_of_them_does() -> None:
    chance = Random(0)
    met = 0
    for _ in range(5_000):
        count = chance.choice([1, 3, TOGETHER_MIN, 2 * TOGETHER_MIN])
        patterns = [parse_pattern(random_text(chance, "aab?*b?\N{GRINNING FACE}")) for _ in range(count)]
        text = random_text(chance, "aab\N{GRINNING FACE}")
        literally = any(wildcards_match(each, text) for each in patterns)
        assert PatternSet(map(Pattern, patterns)).matches(text) is literally, (patterns, text)
        met += literally
    assert 1_000 < met < 4_000


def random_text(chance: Random, letters: str) -> str:
    return "".join(chance.choices(letters, k=chance.randrange(9)))


def test_the_random_requests_meet_every_answer_that_the_engine_has() -> None:
    """What is compared here is no narrower than what can be decided."""
    chance = Random(0)
    met: set[tuple[Outcome, str, Layer | None]] = set()
    for _ in range(6_000):
        policies = random_policies(chance)
        for _ in range(REQUESTS):
            decision = spec.decide(random_request(chance), policies)
            met.add((decision.outcome, decision.reason, decision.layer))
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
    assert met == expected


def test_the_random_conditions_meet_and_fail_every_operator() -> None:
    """With a value of the request, not only because the key is missing; with and without each quantifier."""
    chance = Random(0)
    met: set[tuple[str, bool, str, bool]] = set()
    for _ in range(30_000):
        condition, get = random_condition(chance), random_context(chance).get
        asked = parse_operator(condition.operator)
        assert asked
        if isinstance(get(condition.key.lower()), str):
            holds = meets(condition, get, effect="Allow", has_variables=True)
            met.add((asked.comparison, asked.is_negated, asked.quantifier, holds))
    compared = [(comparison, False) for comparison in COMPARISONS if comparison != "Null"]
    compared += [(comparison, True) for comparison in NEGATED]
    expected = {
        *((*each, quantifier, holds) for each in compared for quantifier in QUANTIFIERS for holds in (False, True)),
        *(("Null", False, "", holds) for holds in (False, True)),
        ("Null", False, "ForAllValues", True),
        ("Null", False, "ForAnyValue", False),
    }
    assert met == expected
