"""What an explanation promises: it says what was decided, and what it proposes allows."""

from __future__ import annotations

from hypothesis import given, settings
from tests.support import policies as generate

from watchword.policy import spec
from watchword.policy.access import AccessRequest, Policies, ResourceRule
from watchword.policy.changes import Change, apply_change
from watchword.policy.evaluate import decide_policies
from watchword.policy.explain import explain
from watchword.policy.remedies import remedies

EXAMPLES = {100: 150, 1000: 2_000, 100_000: 50_000}.get(settings().max_examples, 150)


def after(changes: tuple[Change, ...], request: AccessRequest, policies: Policies) -> tuple[AccessRequest, Policies]:
    for change in changes:
        request, policies = apply_change(change, request, policies)
    return request, policies


@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.all_policies)
def test_what_is_proposed_allows_the_request(request: AccessRequest, policies: Policies) -> None:
    for remedy in remedies(request, policies):
        if remedy.changes:
            now, then = after(remedy.changes, request, policies)
            assert decide_policies(then, now).is_allowed


@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.all_policies)
def test_every_refusal_has_a_remedy_or_says_why_there_is_none(request: AccessRequest, policies: Policies) -> None:
    found = remedies(request, policies)
    assert bool(found) is not decide_policies(policies, request).is_allowed
    for remedy in found:
        assert remedy.is_own is (not remedy.obstacles)
        if not remedy.changes:
            is_abroad = request.principal.account != request.resource_account
            assert is_abroad or request.resource_rule is ResourceRule.REQUIRED
            assert policies.resource is None


@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.all_policies)
def test_no_context_value_or_statement_is_proposed_in_vain(request: AccessRequest, policies: Policies) -> None:
    for remedy in remedies(request, policies):
        for at, change in enumerate(remedy.changes):
            if change.kind in ("set context", "add policy", "add statement"):
                others = remedy.changes[:at] + remedy.changes[at + 1 :]
                now, then = after(others, request, policies)
                assert not decide_policies(then, now).is_allowed


@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.all_policies)
def test_an_explanation_names_the_statements_that_match(request: AccessRequest, policies: Policies) -> None:
    explanation = explain(request, policies)
    assert explanation.decision == decide_policies(policies, request)
    named = [
        (policy.source, statement.index, statement.effect)
        for layer in explanation.layers
        if layer.verdict != "does not apply"
        for policy in layer.policies
        for statement in policy.statements
        if statement.applies
    ]
    if explanation.layers:
        matching = [tuple(match) for match in spec.matching_statements(request, policies)]
        assert sorted(named, key=repr) == sorted(matching, key=repr)


@settings(max_examples=EXAMPLES)
@given(generate.requests, generate.all_policies)
def test_a_layer_that_denies_or_does_not_allow_is_in_the_way(request: AccessRequest, policies: Policies) -> None:
    """An allowed request has no layer in its way, a refused one has at least one."""
    explanation = explain(request, policies)
    in_the_way = [layer for layer in explanation.layers if layer.verdict in ("denies", "cannot be evaluated")]
    missing = [layer for layer in explanation.layers if layer.verdict == "does not allow"]
    if explanation.decision.is_allowed:
        assert not in_the_way
        assert not missing
    else:
        assert in_the_way or missing
