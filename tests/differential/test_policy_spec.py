"""The fast engine says what the literal meaning says: the same outcome, layer, policy, statement and reason.

Examples a test: 300 by default, 20,000 with HYPOTHESIS_PROFILE=ci in all, a million with nightly.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import policies as generate

from watchword.policy import evaluate, spec
from watchword.policy.access import AccessRequest, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.conditions import compile_condition
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.language import Condition, Document, Effect
from watchword.policy.principals import NOBODY
from watchword.policy.spec_conditions import meets, wildcards_match
from watchword.policy.variables import ContextValue
from watchword.policy.wildcards import Pattern, parse_pattern

EXAMPLES = {100: 300, 1000: 4_000, 100_000: 200_000}.get(settings().max_examples, 300)


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


@settings(max_examples=EXAMPLES)
@given(st.text("ab*?\N{GRINNING FACE}", max_size=12), st.text("ab\N{GRINNING FACE}", max_size=12))
def test_wildcards_by_segments_match_what_the_plain_reading_matches(pattern: str, text: str) -> None:
    parts = parse_pattern(pattern)
    assert Pattern(parts).matches(text) is wildcards_match(parts, text)


@settings(max_examples=EXAMPLES)
@given(generate.conditions, generate.contexts, st.sampled_from(["Allow", "Deny"]), st.booleans())
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
