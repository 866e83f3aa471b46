"""The smallest change that would have allowed a refused request.

How it is found: decide; name the obstacle; lift it with one change; decide again, until the request is allowed. This is
done along a few ways (by the request's context, by the caller's policies, by the resource's policy), changes that turn
out not to be needed are left out, and the ways are put in order: what the caller's account can do itself first, then
the fewest and lightest changes. Whatever is proposed has been applied and decided: it allows.

Never proposes to widen a statement: what is added allows one action on one resource to one caller, a Deny is kept for
everybody else where it can be. Where no way leads through the caller's own account, `Remedy.obstacles` says why.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from itertools import product
from typing import Final

import msgspec
from msgspec.structs import replace

from watchword.policy import spec
from watchword.policy.access import AccessRequest, Policies, ResourceRule, SourcedPolicy
from watchword.policy.changes import (
    AWS_MANAGED,
    Change,
    Owner,
    Place,
    apply_change,
    located,
    owner_of,
    policies_at,
    with_exception,
)
from watchword.policy.context_values import turning_value
from watchword.policy.decision import Decision, Layer, Outcome
from watchword.policy.factor_changes import context_change
from watchword.policy.language import PrincipalPattern, Statement
from watchword.policy.obstacles import obstacle
from watchword.policy.principals import NOBODY, Kind, Principal
from watchword.policy.spec_conditions import meets

CHANGES_MAX: Final = 64
"""A request that needs more changes than this is not worth a list."""
_WITH_RESOURCE_POLICIES: Final = frozenset(
    "backup ecr elasticfilesystem es events glue kinesis kms lambda logs s3 secretsmanager sns sqs".split()
)
"""Services whose resources may have a policy where none is yet, by the service field of their ARNs."""


class Remedy(msgspec.Struct, frozen=True):
    """Changes which, all together, make the request allowed."""

    changes: tuple[Change, ...]
    """Empty when nothing can: see `obstacles`."""
    is_own: bool
    """True when the caller or an administrator of the caller's account can make all of them."""
    obstacles: tuple[str, ...] = ()
    """Why the caller's account cannot do it alone, a sentence each."""


class _Way(msgspec.Struct, frozen=True):
    """What a search prefers."""

    lifts_by_request: bool
    """A Deny is lifted by another context rather than by another policy."""
    grants_by_request: bool
    """An Allow that is there is met by another context, rather than another one added."""
    by_resource: bool


_WAYS: Final = tuple(_Way(*preferences) for preferences in product((True, False), (True, False), (False, True)))


def remedies(request: AccessRequest, policies: Policies) -> tuple[Remedy, ...]:
    """All ways to get a refused request allowed, the smallest change first; one without changes when there is none.

    Empty when the request is allowed.
    """
    if spec.decide(request, policies).is_allowed:
        return ()
    found: dict[tuple[Change, ...], None] = {}
    for way in _WAYS:
        changes = _search(request, policies, way)
        if changes is not None:
            found[tuple(changes)] = None
    if not found:
        return (Remedy((), False, (obstacle(request, policies, None),)),)
    ranked = sorted(found, key=_weight)
    return tuple(_remedy(request, policies, changes) for changes in ranked)


def _remedy(request: AccessRequest, policies: Policies, changes: tuple[Change, ...]) -> Remedy:
    foreign = [change for change in changes if not change.is_own]
    reasons = dict.fromkeys(obstacle(request, policies, change) for change in foreign)
    return Remedy(changes, not foreign, tuple(reasons))


def _weight(changes: tuple[Change, ...]) -> tuple[int, int]:
    """What others must do counts most; then what is changed for more than this one request."""
    foreign = sum(not change.is_own for change in changes)
    return foreign, sum(_WEIGHTS.get(change.kind, 3) for change in changes)


_WEIGHTS: Final = {"set context": 2, "add statement": 3, "add policy": 3, "except caller": 4, "remove policy": 5}


def _search(request: AccessRequest, policies: Policies, way: _Way) -> list[Change] | None:
    changes: list[Change] = []
    now, then = request, policies
    while len(changes) < CHANGES_MAX:
        decision = spec.decide(now, then)
        if decision.is_allowed:
            return _needed(request, policies, changes)
        step = _step(decision, now, then, way)
        if not step:
            return None
        for change in step:
            now, then = apply_change(change, now, then)
        changes += step
    return None


def _needed(request: AccessRequest, policies: Policies, changes: list[Change]) -> list[Change]:
    """Leave out what later changes made unnecessary. Only changes that move no other's place can be left out."""
    kept = list(changes)
    for change in changes:
        if change.kind in ("remove statement", "remove policy"):
            continue
        without = [each for each in kept if each is not change]
        if is_remedy(request, policies, without):
            kept = without
    return kept


def is_remedy(request: AccessRequest, policies: Policies, changes: list[Change]) -> bool:
    """True when the request is allowed after these changes."""
    for change in changes:
        if change.place is not None and change.kind != "add policy":
            there = policies_at(policies, change.place)
            if change.place.index >= len(there):
                return False
        request, policies = apply_change(change, request, policies)
    return spec.decide(request, policies).is_allowed


def _step(decision: Decision, request: AccessRequest, policies: Policies, way: _Way) -> list[Change]:
    """The changes that lift the obstacle which a decision names."""
    if decision.outcome is Outcome.EXPLICIT_DENY:
        return _against_deny(request, policies, way)
    if decision.reason == "policy cannot be evaluated":
        return _against_unreadable(request, policies)
    assert decision.layer is not None
    layer = decision.layer
    if layer in (Layer.RESOURCE, Layer.TRUST) and spec.resource_reach(request, policies) != NOBODY:
        layer = Layer.IDENTITY  # the resource names the account: what is missing is the caller's own policy
    return _grant(layer, request, policies, way)


def _change(request: AccessRequest, change: Change) -> Change:
    """The change, and whether the caller's account can make it."""
    at_home = request.principal.account == request.resource_account
    own = change.owner in _OWN or (change.owner is Owner.RESOURCE_ACCOUNT and at_home)
    return replace(change, is_own=own and bool(request.principal.account))


_OWN: Final = (Owner.CALLER, Owner.ACCOUNT, Owner.SESSION)


def _changed(
    request: AccessRequest,
    kind: str,
    place: Place,
    policy: SourcedPolicy | None = None,
    *,
    statement: int | None = None,
    content: Statement | None = None,
) -> Change:
    fields = Change(
        kind,  # type: ignore[arg-type]
        owner_of(place.layer),
        False,
        place,
        None if policy is None else policy.source,
        statement,
        content,
    )
    return _change(request, fields)


def _against_deny(request: AccessRequest, policies: Policies, way: _Way) -> list[Change]:
    own = spec.applicable(request.principal, policies)
    spared = own.resource if spec.keeps_bucket_policy(request) else None
    for place, policy in located(own):
        for index, statement in enumerate(spec.statements(policy)):
            if policy is not spared and spec.denies(statement, policy, request, own):
                return _lift(request, policies, way, place, policy, index, statement)
    return []


def _lift(
    request: AccessRequest,
    policies: Policies,
    way: _Way,
    place: Place,
    policy: SourcedPolicy,
    index: int,
    statement: Statement,
) -> list[Change]:
    """Make one Deny not apply."""
    if way.lifts_by_request:
        denies = _count_denies(request, policies)
        for condition in statement.conditions:
            change = _turned(request, policy, statement, condition.key, wanted=False)
            if change is not None and _count_denies(*apply_change(change, request, policies)) < denies:
                return [change]
    is_aws_managed = policy.source.arn.startswith(AWS_MANAGED)
    spared = with_exception(statement, _principal_arn(request.principal))
    if _is_shared(place, policy) and not is_aws_managed and not spec.denies(spared, policy, request, policies):
        return [_changed(request, "except caller", place, policy, statement=index, content=spared)]
    if is_aws_managed and place.layer in (Layer.IDENTITY, Layer.SESSION):
        return [_changed(request, "remove policy", place, policy, statement=index)]
    return [_changed(request, "remove statement", place, policy, statement=index)]


def _count_denies(request: AccessRequest, policies: Policies) -> int:
    return sum(match.effect == "Deny" for match in spec.matching_statements(request, policies))


def _is_shared(place: Place, policy: SourcedPolicy) -> bool:
    """True when the policy says something of others than this caller."""
    if place.layer is Layer.IDENTITY:
        return policy.source.arn != "" or policy.source.id.startswith("group_")
    return place.layer is not Layer.SESSION


def _principal_arn(caller: Principal) -> str:
    return caller.issuer_arn if caller.kind is Kind.ASSUMED_ROLE else caller.arn


def _against_unreadable(request: AccessRequest, policies: Policies) -> list[Change]:
    own = spec.applicable(request.principal, policies)
    for place, policy in located(own):
        if policy.document is None:
            change = _changed(request, "remove policy", place, policy)
            left = spec.decide(*apply_change(change, request, policies))
            is_needed = left.layer is place.layer and left.reason == "no policy allows"
            is_abroad = request.principal.account != request.resource_account
            must_speak = policy is own.resource and (is_abroad or request.resource_rule is ResourceRule.REQUIRED)
            if place.layer in (Layer.BOUNDARY, Layer.ENDPOINT) or is_needed or must_speak:
                change = _changed(request, "replace policy", place, policy, content=_statement(request, place.layer))
            return [change]
    return []


def _grant(layer: Layer, request: AccessRequest, policies: Policies, way: _Way) -> list[Change]:
    """Make a layer allow that does not."""
    if way.grants_by_request:
        steps = _by_request(layer, request, policies)
        if steps:
            return steps
    at_home = request.principal.account == request.resource_account
    limits = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)
    if layer in limits and way.by_resource and at_home and request.principal.kind is not Kind.ROOT:
        return _by_resource(request, policies)
    if layer in (Layer.RESOURCE, Layer.TRUST):
        return _by_resource(request, policies)
    content = _statement(request, layer)
    if layer in (Layer.IDENTITY, Layer.SESSION):
        return [_changed(request, "add policy", Place(layer), content=content)]
    if layer in (Layer.SCP, Layer.RCP):
        level = _missing_level(layer, request, policies)
        return [_changed(request, "add policy", Place(layer, level=level), content=content)]
    policy = policies.boundary if layer is Layer.BOUNDARY else policies.endpoint
    assert policy is not None
    if policy.source.arn.startswith(AWS_MANAGED):
        return [_changed(request, "replace policy", Place(layer), policy, content=content)]
    return [_changed(request, "add statement", Place(layer), policy, content=_statement(request, layer, policy))]


def _missing_level(layer: Layer, request: AccessRequest, policies: Policies) -> int:
    levels = (policies.scps if layer is Layer.SCP else policies.rcps) or ()
    return next(at for at, level in enumerate(levels) if not spec.allows(level, request))


def _by_resource(request: AccessRequest, policies: Policies) -> list[Change]:
    """A statement in the resource's own policy that names the caller: the role of a session, where that is enough."""
    caller = request.principal
    if caller.kind is Kind.ASSUMED_ROLE and caller.arn != caller.issuer_arn:
        role = replace(request, principal=replace(caller, arn=caller.issuer_arn))
        steps = [replace(step, is_own=_change(request, step).is_own) for step in _naming(role, policies)]
        now, then = request, policies
        for step in steps:
            now, then = apply_change(step, now, then)
        if spec.decide(now, then).layer not in (Layer.BOUNDARY, Layer.SESSION):
            return steps
    return _naming(request, policies)


def _naming(request: AccessRequest, policies: Policies) -> list[Change]:
    policy = policies.resource
    if policy is not None:
        layer = policy.source.layer
        content = _statement(request, layer, policy)
        return [_changed(request, "add statement", Place(layer), policy, content=content)]
    service = request.resource.split(":", 3)[2:3]
    if not service or service[0] not in _WITH_RESOURCE_POLICIES:
        return []
    content = _statement(request, Layer.RESOURCE)
    return [_changed(request, "add policy", Place(Layer.RESOURCE), content=content)]


def _by_request(layer: Layer, request: AccessRequest, policies: Policies) -> list[Change]:
    """Context values with which an Allow that is there would apply."""
    own = spec.applicable(request.principal, policies)
    denies = _count_denies(request, policies)
    level = _missing_level(layer, request, own) if layer in (Layer.SCP, Layer.RCP) else None
    for place, policy in located(own):
        if place.layer is not layer or place.level != level:
            continue
        for statement in spec.statements(policy):
            steps = _fulfilled(request, policy, statement) if statement.effect == "Allow" else []
            now, then = request, policies
            for change in steps:
                now, then = apply_change(change, now, then)
            if steps and spec.reach(statement, policy, now) != NOBODY and _count_denies(now, then) <= denies:
                return steps
    return []


def _fulfilled(request: AccessRequest, policy: SourcedPolicy, statement: Statement) -> list[Change]:
    """The context values that make an Allow apply which fails on conditions alone; none when it fails otherwise."""
    bare = replace(statement, conditions=())
    if spec.reach(bare, policy, request) == NOBODY:
        return []
    steps: list[Change] = []
    now = request
    for condition in statement.conditions:
        if meets(condition, now.context.get, effect="Allow", has_variables=_has_variables(policy)):
            continue
        change = _turned(now, policy, statement, condition.key, wanted=True)
        if change is None:
            return []
        now, _ = apply_change(change, now, Policies())
        steps.append(change)
    return steps


def _turned(
    request: AccessRequest, policy: SourcedPolicy, statement: Statement, key: str, *, wanted: bool
) -> Change | None:
    """A context value with which the first condition on a key that is not as `wanted` is so."""
    has_variables, get = _has_variables(policy), request.context.get
    for condition in statement.conditions:
        if (
            condition.key != key
            or meets(condition, get, effect=statement.effect, has_variables=has_variables) is wanted
        ):
            continue
        found = turning_value(condition, get, wanted, effect=statement.effect, has_variables=has_variables)
        if found is not None and (change := context_change(request, key, found[0])) is not None:
            return _change(request, change)
    return None


def _has_variables(policy: SourcedPolicy) -> bool:
    return policy.document is not None and policy.document.document.has_variables


def _statement(request: AccessRequest, layer: Layer, into: SourcedPolicy | None = None) -> Statement:
    """The smallest Allow of a layer for this request; `into` is the policy that it joins, None for a new one."""
    principals: tuple[PrincipalPattern, ...] | None = None
    if layer in (Layer.RESOURCE, Layer.TRUST):
        principals = (_entry(request.principal),)
    elif layer in (Layer.RCP, Layer.ENDPOINT):
        principals = (PrincipalPattern("*", "*"),)
    escapes = into is None or _has_variables(into)  # in a document of 2008 a text stands for itself
    resource = literal_resource(request.resource) if escapes else request.resource
    resources = None if layer is Layer.TRUST else (resource,)
    return Statement("Allow", (request.action,), resources=resources, principals=principals)


def _entry(caller: Principal) -> PrincipalPattern:
    match caller.kind:
        case Kind.SERVICE:
            return PrincipalPattern("Service", caller.name)
        case Kind.WEB_IDENTITY | Kind.SAML:
            return PrincipalPattern("Federated", caller.issuer_arn)
        case Kind.ANONYMOUS:
            return PrincipalPattern("*", "*")
        case _:
            return PrincipalPattern("AWS", caller.arn)


def literal_resource(resource: str) -> str:
    """A Resource element that matches this resource and no other, in a document of version 2012-10-17."""
    if resource == "*":
        return resource
    return "".join("${" + each + "}" if each in "*?" else each for each in resource.replace("${", "${$}{"))
