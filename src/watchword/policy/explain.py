"""Why a request is allowed or denied: every layer, every statement, every condition, and what would have changed it.

One structure, made only when somebody asks. It is made with the literal meaning (`spec`), element by element, so that
what it says of a statement is what decided it. Never decides anything itself: `decision` is `spec.decide`'s.

A statement nearly applies when it speaks of the action and the resource and fails on conditions, or on one other
element alone; an Allow also when it speaks of the action's service and fails on the action alone.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html; the verdicts and the
order of the layers are those of IAM's authorization details.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from watchword.policy import spec
from watchword.policy.access import NOT_CONTROLLED, AccessRequest, Policies, ResourceRule, SourcedPolicy
from watchword.policy.decision import Decision, Layer, PolicySource
from watchword.policy.factor_changes import FACTOR_KEYS, why_no_factor
from watchword.policy.language import Effect, Statement
from watchword.policy.principals import NOBODY, Kind, Principal
from watchword.policy.remedies import Remedy, remedies
from watchword.policy.spec_conditions import meets
from watchword.policy.variables import ContextValue, variable_names

Verdict = Literal["allows", "no impact", "does not allow", "denies", "cannot be evaluated", "does not apply"]
Element = Literal["Action", "Resource", "Principal", "Condition"]


class ConditionReport(msgspec.Struct, frozen=True):
    """One key of a Condition block, beside what the request brought."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    """The policy's values, as written."""
    actual: ContextValue
    """The request's value; None when the request has no such key."""
    is_met: bool


class StatementReport(msgspec.Struct, frozen=True):
    """What became of one statement."""

    index: int
    sid: str | None
    effect: Effect
    applies: bool
    is_near: bool
    failed: tuple[Element, ...]
    """The elements that the request does not meet; `Condition` once for each condition."""
    conditions: tuple[ConditionReport, ...]
    variables: tuple[tuple[str, ContextValue], ...]
    """Policy variables of the statement and what they stand for."""
    statement: Statement


class PolicyReport(msgspec.Struct, frozen=True):
    """One policy of a layer."""

    source: PolicySource
    is_readable: bool
    statements: tuple[StatementReport, ...]


class LayerReport(msgspec.Struct, frozen=True):
    """One layer, or one level of a layer of control policies."""

    layer: Layer
    verdict: Verdict
    policies: tuple[PolicyReport, ...]
    level: int | None = None
    """Of control policies: 0 is the organization's root."""
    why: str = ""
    """Why the layer does not apply, or has no impact."""


class Explanation(msgspec.Struct, frozen=True):
    """The whole answer."""

    principal: str
    """The caller's ARN."""
    action: str
    resource: str
    resource_account: str
    decision: Decision
    layers: tuple[LayerReport, ...]
    """In the order in which they are checked."""
    remedies: tuple[Remedy, ...]
    """Empty when the request is allowed; the smallest change first."""
    notes: tuple[str, ...] = ()
    """What is asked of the caller and can never be, with what to do instead: a sentence each."""


def explain(request: AccessRequest, policies: Policies) -> Explanation:
    """Explain what `spec.decide` says of a request."""
    decision, layers = spec.decide(request, policies), tuple(_layers(request, policies))
    return Explanation(
        principal=request.principal.arn,
        action=request.action,
        resource=request.resource,
        resource_account=request.resource_account,
        decision=decision,
        layers=layers,
        remedies=remedies(request, policies),
        notes=() if decision.is_allowed else tuple(_notes(request.principal, layers)),
    )


def _notes(caller: Principal, layers: tuple[LayerReport, ...]) -> Iterator[str]:
    """Why what a statement asks of a caller is beyond it."""
    why = why_no_factor(caller)
    if why and any(
        each.key.lower() in FACTOR_KEYS and each.is_met is (statement.effect == "Deny")
        for layer in layers
        for policy in layer.policies
        for statement in policy.statements
        if statement.is_near or statement.applies
        for each in statement.conditions
    ):
        yield why


def report_policy(policy: SourcedPolicy, request: AccessRequest, *, is_bounded: bool = False) -> PolicyReport:
    """What a policy says of a request, statement by statement."""
    reports = tuple(
        report_statement(each, index, policy, request, is_bounded=is_bounded)
        for index, each in enumerate(spec.statements(policy))
    )
    return PolicyReport(policy.source, policy.document is not None, reports)


def report_statement(
    statement: Statement, index: int, policy: SourcedPolicy, request: AccessRequest, *, is_bounded: bool = False
) -> StatementReport:
    """What a statement says of a request, element by element."""
    get = request.context.get
    has_variables = policy.document is not None and policy.document.document.has_variables
    conditions = tuple(
        ConditionReport(
            each.operator,
            each.key,
            each.values,
            get(each.key.lower()),
            meets(each, get, effect=statement.effect, has_variables=has_variables),
        )
        for each in statement.conditions
    )
    failed: list[Element] = []
    if not spec.matches_action(statement, request.action):
        failed.append("Action")
    if not spec.matches_resource(statement, request.resource, get, has_variables):
        failed.append("Resource")
    bare = msgspec.structs.replace(statement, conditions=())
    if not failed and spec.reach(bare, policy, request, is_bounded=is_bounded) == NOBODY:
        failed.append("Principal")
    failed.extend("Condition" for each in conditions if not each.is_met)
    return StatementReport(
        index=index,
        sid=statement.sid,
        effect=statement.effect,
        applies=not failed,
        is_near=_is_near(statement, failed, request.action),
        failed=tuple(failed),
        conditions=conditions,
        variables=tuple(_variables(statement, request)) if has_variables else (),
        statement=statement,
    )


def _is_near(statement: Statement, failed: list[Element], action: str) -> bool:
    if failed == ["Action"]:
        return _speaks_of_service(statement, action)
    return len(failed) == 1 or set(failed) == {"Condition"}


def _speaks_of_service(statement: Statement, action: str) -> bool:
    service = action.partition(":")[0].lower()
    if statement.effect == "Deny" or statement.is_not_action:
        return False
    return any(each.lower().startswith(f"{service}:") for each in statement.actions)


def _variables(statement: Statement, request: AccessRequest) -> Iterator[tuple[str, ContextValue]]:
    texts = list(statement.resources or ())
    texts += [value for condition in statement.conditions for value in condition.values]
    for name in dict.fromkeys(name for text in texts for name in variable_names(text)):
        yield name, request.context.get(name.lower())


def _layers(request: AccessRequest, policies: Policies) -> Iterator[LayerReport]:
    if request.action.lower() in NOT_CONTROLLED:
        return
    own = spec.applicable(request.principal, policies)
    for (layer, level), there in _groups(request, policies).items():
        yield _layer(layer, level, there, request, own)


def _groups(request: AccessRequest, policies: Policies) -> dict[tuple[Layer, int | None], list[SourcedPolicy]]:
    """The policies by layer and level, in the order of the checks; layers that ask without a policy are there, too."""
    groups: dict[tuple[Layer, int | None], list[SourcedPolicy]] = {}
    for layer, levels in ((Layer.RCP, policies.rcps), (Layer.SCP, policies.scps)):
        groups |= {(layer, level): list(there) for level, there in enumerate(levels or ())}
    if policies.endpoint is not None:
        groups[Layer.ENDPOINT, None] = [policies.endpoint]
    groups[spec.resource_layer(policies), None] = [policies.resource] if policies.resource is not None else []
    if request.principal.account or policies.identity:
        groups[Layer.IDENTITY, None] = list(policies.identity)
    if policies.boundary is not None:
        groups[Layer.BOUNDARY, None] = [policies.boundary]
    if policies.session is not None or request.principal.kind is Kind.FEDERATED_USER:
        groups[Layer.SESSION, None] = list(policies.session or ())
    return groups


def _layer(
    layer: Layer, level: int | None, there: list[SourcedPolicy], request: AccessRequest, own: Policies
) -> LayerReport:
    reports = tuple(report_policy(each, request, is_bounded=spec.is_bounded(each, own)) for each in there)
    exemption = _exemption(layer, request, own)
    verdict, why = ("does not apply", exemption) if exemption else _verdict(layer, reports, request, own)
    return LayerReport(layer, verdict, reports, level, why)


def _verdict(
    layer: Layer, reports: tuple[PolicyReport, ...], request: AccessRequest, own: Policies
) -> tuple[Verdict, str]:
    applying = {each.effect for report in reports for each in report.statements if each.applies}
    is_resource = layer in (Layer.RESOURCE, Layer.TRUST)
    if "Deny" in applying and not (is_resource and spec.keeps_bucket_policy(request)):
        return "denies", ""
    if not all(report.is_readable for report in reports):
        return "cannot be evaluated", "what cannot be evaluated might have denied"
    if "Allow" in applying:
        return "allows", ""
    why = _why_not_needed(layer, request, own)
    return ("no impact", why) if why else ("does not allow", "")


def _exemption(layer: Layer, request: AccessRequest, own: Policies) -> str:
    """Why a layer is not asked about this caller."""
    caller = request.principal
    if caller.kind is Kind.ROOT and layer in (Layer.IDENTITY, Layer.BOUNDARY):
        return "the root user has all permissions of its account"
    if caller.is_service_linked and layer in (Layer.SCP, Layer.RCP, Layer.BOUNDARY):
        return "service-linked roles are exempt"
    if layer in (Layer.SCP, Layer.BOUNDARY, Layer.SESSION, Layer.IDENTITY) and (
        caller.kind not in spec.WITH_IDENTITY_POLICIES and caller.kind is not Kind.ROOT
    ):
        return "the caller has no policies of its own"
    return ""


def _why_not_needed(layer: Layer, request: AccessRequest, own: Policies) -> str:
    """Why a layer that does not allow is no obstacle; empty when it is one."""
    caller = request.principal
    at_home = caller.account == request.resource_account
    is_required = request.resource_rule is ResourceRule.REQUIRED
    if layer in (Layer.RESOURCE, Layer.TRUST):
        if at_home and not is_required and caller.account:
            return "in the account of the resource the caller's own policies can allow"
        return ""
    # What limits the root user (the task policy of AssumeRoot) is passed over by nobody's grant.
    if at_home and caller.kind is not Kind.ROOT and layer in spec.PASSES[spec.resource_reach(request, own)]:
        return f"the {spec.resource_layer(own).value} names the caller itself"
    return ""
