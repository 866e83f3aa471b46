"""The engine's own promises: failures never allow, plans belong to their caller, nothing is kept without bound."""

from __future__ import annotations

import pytest
from tests.support.policies import full
from tests.support.policy_pools import SESSION, USER

from watchword.policy import spec
from watchword.policy.access import AccessRequest, Policies, SourcedPolicy
from watchword.policy.compiled import ACTIONS_KEPT_MAX, CompiledDocument
from watchword.policy.decision import Layer, Outcome, PolicySource
from watchword.policy.evaluate import PrincipalPlan, decide
from watchword.policy.language import Document, MalformedPolicy, Statement, parse_document
from watchword.policy.variables import ContextValue

ACCOUNT = "111111111111"
BUCKET = "arn:aws:s3:::b"


def test_a_context_that_fails_lets_nothing_pass() -> None:
    class Failing:
        def get(self, key: str, /) -> ContextValue:
            raise RuntimeError("the directory is away")

    document = parse_document(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},'
        '{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"v"}}}]}'
    )
    policy = SourcedPolicy(PolicySource(Layer.IDENTITY, "p"), CompiledDocument(document))
    request = AccessRequest(USER, "s3:GetObject", BUCKET, ACCOUNT, Failing())
    with pytest.raises(RuntimeError):
        decide(PrincipalPlan(USER, identity=(policy,)), request)
    with pytest.raises(RuntimeError):
        spec.decide(request, Policies(identity=(policy,)))


def test_a_plan_is_refused_for_another_kind_of_caller() -> None:
    plan = PrincipalPlan(USER, identity=(full(Layer.IDENTITY),))
    with pytest.raises(ValueError, match="another caller"):
        decide(plan, AccessRequest(SESSION, "s3:GetObject", BUCKET, ACCOUNT, {}))


def test_a_plan_forgets_actions_when_there_are_too_many() -> None:
    plan = PrincipalPlan(USER, identity=(full(Layer.IDENTITY),))
    for number in range(ACTIONS_KEPT_MAX + 10):
        decision = decide(plan, AccessRequest(USER, f"s3:Action{number}", BUCKET, ACCOUNT, {}))
        assert decision.outcome is Outcome.ALLOW
    assert len(plan._by_action) <= ACTIONS_KEPT_MAX  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("layer", [Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION, Layer.SCP])
def test_a_policy_without_resource_is_not_taken_for_one_of_every_resource(layer: Layer) -> None:
    document = CompiledDocument(Document((Statement("Allow", ("*",)),)))
    with pytest.raises(MalformedPolicy, match="must name resources"):
        SourcedPolicy(PolicySource(layer, "p"), document)


@pytest.mark.parametrize("layer", [Layer.RESOURCE, Layer.RCP, Layer.ENDPOINT, Layer.TRUST])
def test_a_policy_without_principal_is_not_taken_for_one_of_everybody(layer: Layer) -> None:
    document = CompiledDocument(Document((Statement("Allow", ("*",), resources=("*",)),)))
    with pytest.raises(MalformedPolicy, match="must name principals"):
        SourcedPolicy(PolicySource(layer, "p"), document)


def test_matching_statements_are_named_in_order() -> None:
    deny = Document((Statement("Allow", ("s3:*",), resources=("*",)), Statement("Deny", ("*",), resources=("*",))))
    denying = SourcedPolicy(PolicySource(Layer.IDENTITY, "denying"), CompiledDocument(deny))
    boundary = full(Layer.BOUNDARY)
    request = AccessRequest(USER, "s3:GetObject", BUCKET, ACCOUNT, {})
    assert spec.matching_statements(request, Policies(identity=(denying,), boundary=boundary)) == (
        spec.Match(denying.source, 0, "Allow"),
        spec.Match(denying.source, 1, "Deny"),
        spec.Match(boundary.source, 0, "Allow"),
    )
