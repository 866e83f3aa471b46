"""A second factor is proposed to those who can come by one, with the way to it; others are told why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.policy_pools import ANONYMOUS, FEDERATED, LINKED, ROOT, SERVICE, SESSION, USER, A

from watchword.policy.access import AccessRequest, Policies, SourcedPolicy
from watchword.policy.changes import Change, Owner
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.explain import explain
from watchword.policy.language import parse_document
from watchword.policy.principals import Kind, Principal
from watchword.policy.remedies import remedies
from watchword.policy.variables import ContextValue

IS_PRESENT = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
IS_FRESH = {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}
IS_ABSENT = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}


def allow(action: str = "s3:*", effect: str = "Allow", **more: Any) -> SourcedPolicy:
    statement = {"Effect": effect, "Action": action, "Resource": "*", **more}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    layer = Layer.RESOURCE if "Principal" in more else Layer.IDENTITY
    return SourcedPolicy(PolicySource(layer, "p"), CompiledDocument(parse_document(text)))


PRESENT = Policies(identity=(allow(Condition=IS_PRESENT),))
FRESH = Policies(identity=(allow(Condition=IS_FRESH),))
WITHOUT = Policies(identity=(allow(),), resource=allow("s3:*", "Deny", Principal="*", Condition=IS_ABSENT))


def asking(
    caller: Principal, context: dict[str, ContextValue] | None = None, action: str = "s3:GetObject"
) -> AccessRequest:
    return AccessRequest(caller, action, "arn:aws:s3:::plans/a.txt", A, context or {})


def factors(request: AccessRequest, policies: Policies) -> list[Change]:
    """Every change of the proposed ones that is a second factor."""
    return [
        change
        for remedy in remedies(request, policies)
        for change in remedy.changes
        if change.key is not None and "multifactor" in change.key.lower()
    ]


@pytest.mark.parametrize(
    ("caller", "policies", "owner", "how"),
    [
        (USER, PRESENT, Owner.CALLER, "get-session-token"),
        (USER, FRESH, Owner.CALLER, "get-session-token"),
        (USER, WITHOUT, Owner.CALLER, "get-session-token"),
        (ROOT, WITHOUT, Owner.CALLER, "get-session-token"),
        (SESSION, PRESENT, Owner.SESSION, "begin the session anew"),
        (SESSION, FRESH, Owner.SESSION, "begin the session anew"),
        (SESSION, WITHOUT, Owner.SESSION, "begin the session anew"),
    ],
)
def test_who_can_come_by_a_factor_is_told_how(caller: Principal, policies: Policies, owner: Owner, how: str) -> None:
    found = factors(asking(caller), policies)
    assert found
    assert {change.owner for change in found} == {owner}
    assert all(how in change.how for change in found)
    assert explain(asking(caller), policies).notes == ()


def test_the_request_for_a_session_brings_the_code_itself() -> None:
    policies = Policies(identity=(allow("sts:AssumeRole", Condition=IS_PRESENT),))
    found = factors(asking(USER, action="sts:AssumeRole"), policies)
    assert found
    for change in found:
        assert change.how == "give SerialNumber and TokenCode with the request"


@pytest.mark.parametrize("condition", [IS_PRESENT, IS_FRESH])
@pytest.mark.parametrize(
    ("caller", "why"),
    [
        (FEDERATED, "GetFederationToken takes no code"),
        (SERVICE, "a service never has MFA"),
        (LINKED, "a service never has MFA"),
        (ANONYMOUS, "sign it"),
    ],
)
def test_who_can_never_have_a_factor_is_told_why_and_what_else(
    caller: Principal, why: str, condition: dict[str, Any]
) -> None:
    principals = {"Service": caller.name} if caller.kind is Kind.SERVICE else "*"
    resource = allow(Principal=principals, Condition=condition)
    policies = Policies(identity=(allow(Condition=condition),), resource=resource)
    explanation = explain(asking(caller), policies)
    assert not explanation.decision.is_allowed
    assert not factors(asking(caller), policies)
    (note,) = explanation.notes
    assert why in note


def test_a_deny_of_those_without_a_factor_is_explained_to_a_federated_user() -> None:
    denying = allow("*", "Deny", Condition=IS_ABSENT)
    policies = Policies(identity=(allow(), denying), session=(allow(),))
    request = asking(FEDERATED, {"aws:multifactorauthpresent": "false"})
    explanation = explain(request, policies)
    assert explanation.notes
    assert explanation.remedies[0].changes
    assert not factors(request, policies)


def test_nothing_is_said_of_factors_where_no_policy_asks_for_one() -> None:
    for condition in ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"Bool": {"aws:MultiFactorAuthPresent": "false"}}):
        policies = Policies(identity=(allow("s3:PutObject", Condition=condition),), session=(allow(),))
        request = asking(FEDERATED, {"aws:multifactorauthpresent": "false"})
        explanation = explain(request, policies)
        assert not explanation.decision.is_allowed
        assert explanation.notes == ()
