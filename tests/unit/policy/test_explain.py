"""Explanations of single situations: what is said, and what is proposed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.support.policies import full
from tests.support.policy_pools import SESSION, USER, A, B

from watchword.policy.access import AccessRequest, Levels, Policies, ResourceRule, SourcedPolicy
from watchword.policy.changes import Change, Owner
from watchword.policy.compiled import CompiledDocument
from watchword.policy.context_values import turning_value
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.explain import Explanation, LayerReport, explain
from watchword.policy.language import Condition, Statement, parse_document
from watchword.policy.principals import Principal
from watchword.policy.remedies import remedies
from watchword.policy.variables import ContextValue

KEY = "arn:aws:s3:::plans/a.txt"


def sourced(layer: Layer, *statements: dict[str, Any], name: str = "p", arn: str = "") -> SourcedPolicy:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return SourcedPolicy(PolicySource(layer, name, arn), CompiledDocument(parse_document(text)))


def identity(*statements: dict[str, Any], **source: str) -> Policies:
    return Policies(identity=(sourced(Layer.IDENTITY, *statements, **source),))


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def asking(
    context: dict[str, ContextValue] | None = None,
    *,
    caller: Principal = USER,
    owner: str = A,
    action: str = "s3:GetObject",
    resource: str = KEY,
    rule: ResourceRule = ResourceRule.UNION,
) -> AccessRequest:
    return AccessRequest(caller, action, resource, owner, context or {}, rule)


def layer_of(explanation: Explanation, layer: Layer) -> LayerReport:
    (found,) = [each for each in explanation.layers if each.layer is layer]
    return found


def smallest(request: AccessRequest, policies: Policies) -> tuple[Change, ...]:
    return remedies(request, policies)[0].changes


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_a_condition_that_failed_is_shown_with_both_values() -> None:
    policies = identity(allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}))
    explanation = explain(asking({"aws:sourceip": "192.0.2.7"}), policies)
    (report,) = layer_of(explanation, Layer.IDENTITY).policies[0].statements
    assert report.is_near
    assert report.failed == ("Condition",)
    (condition,) = report.conditions
    assert (condition.wanted, condition.actual, condition.is_met) == (("10.0.0.0/8",), "192.0.2.7", False)


def test_variables_are_shown_with_what_they_stand_for() -> None:
    policies = identity(allow("s3:GetObject", "arn:aws:s3:::plans/${aws:username}/*"))
    explanation = explain(asking({"aws:username": "u"}), policies)
    (report,) = layer_of(explanation, Layer.IDENTITY).policies[0].statements
    assert report.failed == ("Resource",)
    assert report.variables == (("aws:username", "u"),)


def test_a_statement_about_something_else_is_not_near() -> None:
    explanation = explain(asking(), identity(allow("sqs:*"), deny("s3:DeleteObject"), allow("s3:ListBucket")))
    reports = layer_of(explanation, Layer.IDENTITY).policies[0].statements
    assert [report.is_near for report in reports] == [False, False, True]


def test_a_request_without_mfa_needs_only_mfa() -> None:
    (change,) = smallest(asking(), identity(allow("s3:*", Condition=MFA)))
    assert (change.kind, change.key, change.value) == ("set context", "aws:MultiFactorAuthPresent", "true")
    assert change.owner is Owner.CALLER


def test_who_may_nothing_needs_one_statement_of_one_action_and_one_resource() -> None:
    (change,) = smallest(asking(), Policies())
    assert change.kind == "add policy"
    assert change.content == Statement("Allow", ("s3:GetObject",), resources=(KEY,))


def test_a_resource_with_a_star_in_its_name_is_named_exactly() -> None:
    (change,) = smallest(asking(resource="arn:aws:s3:::plans/*"), Policies())
    assert change.content is not None
    assert change.content.resources == ("arn:aws:s3:::plans/${*}",)


def test_a_deny_of_others_too_is_kept_for_them() -> None:
    policies = identity(allow("*"), deny("s3:*"), arn=f"arn:aws:iam::{A}:policy/p")
    (change,) = smallest(asking({"aws:principalarn": USER.arn}), policies)
    assert (change.kind, change.statement) == ("except caller", 1)
    assert change.content is not None
    assert change.content.conditions == (Condition("ArnNotEquals", "aws:PrincipalArn", (USER.arn,)),)


def test_a_deny_in_the_callers_own_policy_is_removed() -> None:
    (change,) = smallest(asking({"aws:principalarn": USER.arn}), identity(allow("*"), deny("s3:*")))
    assert (change.kind, change.statement) == ("remove statement", 1)


def test_a_policy_of_aws_is_detached_since_nobody_can_edit_it() -> None:
    arn = "arn:aws:iam::aws:policy/AWSDenyAll"
    policies = Policies(identity=(full(Layer.IDENTITY), sourced(Layer.IDENTITY, deny("*"), name="AWSDenyAll", arn=arn)))
    (change,) = smallest(asking(), policies)
    assert change.kind == "remove policy"


def test_a_service_control_policy_is_not_ones_own() -> None:
    scps: Levels = ((full(Layer.SCP),), (sourced(Layer.SCP, allow("sqs:*"), name="only-sqs"),))
    policies = Policies(identity=(full(Layer.IDENTITY),), scps=scps)
    (remedy,) = remedies(asking(), policies)
    assert not remedy.is_own
    assert remedy.changes[0].owner is Owner.ORGANIZATION
    assert remedy.changes[0].place is not None
    assert remedy.changes[0].place.level == 1
    assert "service control policy" in remedy.obstacles[0]
    assert "management account" in remedy.obstacles[0]


def test_a_resource_control_policy_is_not_ones_own() -> None:
    rcp = sourced(Layer.RCP, deny("s3:*", Principal="*"), name="no-s3")
    policies = Policies(identity=(full(Layer.IDENTITY),), rcps=((full(Layer.RCP), rcp),))
    remedy = remedies(asking(), policies)[0]
    assert not remedy.is_own
    assert "resource control policy `no-s3`" in remedy.obstacles[0]


def test_a_boundary_is_for_those_who_set_boundaries() -> None:
    boundary = sourced(Layer.BOUNDARY, allow("sqs:*"), name="limits")
    remedy = remedies(asking(), Policies(identity=(full(Layer.IDENTITY),), boundary=boundary))[0]
    assert [change.owner for change in remedy.changes] in ([Owner.BOUNDARY], [Owner.RESOURCE_ACCOUNT])
    ways = remedies(asking(), Policies(identity=(full(Layer.IDENTITY),), boundary=boundary))
    by_boundary = next(each for each in ways if each.changes[0].owner is Owner.BOUNDARY)
    assert not by_boundary.is_own
    assert "may set boundaries" in by_boundary.obstacles[0]


def test_across_accounts_the_owner_of_the_resource_must_act() -> None:
    remedy = remedies(asking(owner=B), Policies(identity=(full(Layer.IDENTITY),)))[0]
    assert not remedy.is_own
    assert B in remedy.obstacles[0]


def test_where_no_policy_can_let_in_anybody_it_says_what_to_do_instead() -> None:
    request = asking(owner=B, action="iam:GetUser", resource=f"arn:aws:iam::{B}:user/x")
    (remedy,) = remedies(request, Policies(identity=(full(Layer.IDENTITY),)))
    assert remedy.changes == ()
    assert "assume a role" in remedy.obstacles[0]


def test_a_session_is_let_in_by_its_role_where_that_is_enough() -> None:
    bucket = sourced(Layer.RESOURCE, {**allow("s3:ListBucket"), "Principal": {"AWS": A}})
    ways = remedies(asking(caller=SESSION), Policies(resource=bucket))
    by_resource = next(each for each in ways if each.changes[0].kind == "add statement").changes[0]
    assert by_resource.content is not None
    assert by_resource.content.principals is not None
    assert by_resource.content.principals[0].value == SESSION.issuer_arn


def test_a_limited_session_must_be_named_itself() -> None:
    bucket = sourced(Layer.RESOURCE, {**allow("s3:ListBucket"), "Principal": {"AWS": A}})
    policies = Policies(resource=bucket, session=(sourced(Layer.SESSION, allow("sqs:*")),))
    ways = remedies(asking(caller=SESSION), policies)
    by_resource = next(each for each in ways if each.changes[0].kind == "add statement").changes[0]
    assert by_resource.content is not None
    assert by_resource.content.principals is not None
    assert by_resource.content.principals[0].value == SESSION.arn


def test_a_layer_that_needs_not_allow_says_why() -> None:
    bucket = sourced(Layer.RESOURCE, {**allow("s3:*"), "Principal": {"AWS": USER.arn}})
    explanation = explain(asking(), Policies(resource=bucket))
    layer = layer_of(explanation, Layer.IDENTITY)
    assert (explanation.decision.is_allowed, layer.verdict) == (True, "no impact")
    assert "names the caller itself" in layer.why


def test_an_action_that_no_policy_controls_has_no_layers() -> None:
    explanation = explain(asking(action="sts:GetCallerIdentity", resource="*"), identity(deny("*")))
    assert explanation.decision.is_allowed
    assert explanation.layers == ()


@pytest.mark.parametrize(
    ("asked", "proposed"),
    [("10.0.0.0/8", "10.0.0.1"), ("192.0.2.7", "192.0.2.7"), ("2001:db8::/32", "2001:db8::1")],
)
def test_an_address_of_the_network_is_proposed_and_not_its_name(asked: str, proposed: str) -> None:
    condition = Condition("IpAddress", "aws:SourceIp", (asked,))
    nothing: dict[str, str] = {}
    found = turning_value(condition, nothing.get, True, effect="Allow", has_variables=True)
    assert found == (proposed,)


@pytest.mark.parametrize("layer", [Layer.RESOURCE, Layer.TRUST])
def test_an_unreadable_policy_of_another_accounts_resource_is_written_anew(layer: Layer) -> None:
    """Taking it away would leave a resource that lets no other account in."""
    policies = msgspec.structs.replace(
        identity(allow("s3:GetObject")), resource=SourcedPolicy(PolicySource(layer, "p", ""), None)
    )
    (change,) = smallest(asking(owner=B), policies)
    assert (change.kind, change.owner, change.is_own) == ("replace policy", Owner.RESOURCE_ACCOUNT, False)
