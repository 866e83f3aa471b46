"""The literal meaning of policies: what a request gets, written to be read next to AWS's documentation.

This file and `spec_conditions` are the reference; `evaluate` must say the same, faster, and a differential test
compares the two. Nothing here is compiled or kept. Both share only how texts become values: templates, operators,
numbers, dates, addresses.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from watchword.policy.access import (
    NOT_CONTROLLED,
    ROOT_KEEPS_BUCKET_POLICY,
    AccessRequest,
    Policies,
    ResourceRule,
    SourcedPolicy,
)
from watchword.policy.decision import Decision, Layer, Outcome, PolicySource
from watchword.policy.language import Effect, Statement
from watchword.policy.principals import ACCOUNT, CALLER, ISSUER, NOBODY, Kind, Principal, named_account
from watchword.policy.spec_conditions import meets, wildcards_match
from watchword.policy.variables import Get, expand, parse_resource
from watchword.policy.wildcards import parse_pattern

FEDERATION: Final = (Kind.WEB_IDENTITY, Kind.SAML)
WITH_IDENTITY_POLICIES: Final = (Kind.USER, Kind.ASSUMED_ROLE, Kind.FEDERATED_USER)

PASSES: Final = {
    # how the resource's policy names the caller: the layers whose missing Allow does not matter, in the same account
    NOBODY: (),
    ACCOUNT: (),
    ISSUER: (Layer.IDENTITY,),
    CALLER: (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION),
}


class Match(NamedTuple):
    """A statement that applies to a request."""

    policy: PolicySource
    statement: int
    effect: Effect


def decide(request: AccessRequest, policies: Policies) -> Decision:
    """Decide one request."""
    caller = request.principal
    # (1) Some actions are open to every authenticated caller.
    if request.action.lower() in NOT_CONTROLLED:
        return Decision(Outcome.ALLOW, "not controlled by policies")
    own = applicable(caller, policies)
    denying = own
    if keeps_bucket_policy(request):
        denying = replace(own, resource=None)
    # (2) An explicit deny anywhere is final. (3) What cannot be evaluated might have denied.
    refused = explicit_deny(request, denying)
    if refused is None:
        refused = unevaluated(denying)
    if refused is not None:
        return refused
    # (4) Every level of the control policies, of the resource's account and of the caller's, must allow.
    if any(not allows(level, request) for level in own.rcps or ()):
        return no_policy_allows(Layer.RCP)
    if any(not allows(level, request) for level in own.scps or ()):
        return no_policy_allows(Layer.SCP)
    # (5) So must the VPC endpoint that the request came through.
    if own.endpoint is not None and not allows((own.endpoint,), request):
        return no_policy_allows(Layer.ENDPOINT)
    # (6) Then the policies of the resource and of the caller are weighed.
    if caller.kind is Kind.ROOT or caller.kind in WITH_IDENTITY_POLICIES:
        if caller.account == request.resource_account:
            return weigh_in_one_account(request, own)
        return weigh_across_accounts(request, own)
    return weigh_for_no_account(request, own)


def explicit_deny(request: AccessRequest, policies: Policies) -> Decision | None:
    """The first Deny that applies."""
    for policy in in_order(policies):
        for index, statement in enumerate(statements(policy)):
            if denies(statement, policy, request, policies):
                return Decision(Outcome.EXPLICIT_DENY, "explicit deny", policy.source.layer, policy.source, index)
    return None


def unevaluated(policies: Policies) -> Decision | None:
    """The first policy whose text cannot be evaluated."""
    for policy in in_order(policies):
        if policy.document is None:
            return Decision(Outcome.IMPLICIT_DENY, "policy cannot be evaluated", policy.source.layer, policy.source)
    return None


def matching_statements(request: AccessRequest, policies: Policies) -> tuple[Match, ...]:
    """All statements of applicable policies that apply to the request, in the order of evaluation."""
    own = applicable(request.principal, policies)
    return tuple(
        Match(policy.source, index, statement.effect)
        for policy in in_order(own)
        for index, statement in enumerate(statements(policy))
        if reach(statement, policy, request, is_bounded=is_bounded(policy, own)) != NOBODY
    )


def denies(statement: Statement, policy: SourcedPolicy, request: AccessRequest, policies: Policies) -> bool:
    """True when a statement is a Deny that applies to the request of the caller of these policies."""
    bounded = is_bounded(policy, policies)
    return statement.effect == "Deny" and reach(statement, policy, request, is_bounded=bounded) != NOBODY


def is_bounded(policy: SourcedPolicy, policies: Policies) -> bool:
    """True when NotPrincipal of a Deny in this policy spares nobody: the caller of these policies has a boundary.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    return policies.boundary is not None and policy.source.layer in (Layer.RESOURCE, Layer.TRUST)


def applicable(caller: Principal, policies: Policies) -> Policies:
    """Leave out the layers that do not apply to the caller."""
    if caller.is_service_linked:
        policies = replace(policies, boundary=None, scps=None, rcps=None)
    if caller.kind is Kind.ROOT:
        return replace(policies, identity=(), boundary=None)
    if caller.kind not in WITH_IDENTITY_POLICIES:
        return replace(policies, identity=(), boundary=None, session=None, scps=None)
    return policies


def keeps_bucket_policy(request: AccessRequest) -> bool:
    """True when root asks about the policy of a bucket of its account, where that policy has no say."""
    caller = request.principal
    is_at_home = caller.kind is Kind.ROOT and caller.account == request.resource_account
    return is_at_home and request.action.lower() in ROOT_KEEPS_BUCKET_POLICY


def in_order(policies: Policies) -> Iterator[SourcedPolicy]:
    """All policies, in the order in which a denial names them."""
    for level in policies.rcps or ():
        yield from level
    for level in policies.scps or ():
        yield from level
    if policies.endpoint is not None:
        yield policies.endpoint
    yield from policies.identity
    if policies.resource is not None:
        yield policies.resource
    if policies.boundary is not None:
        yield policies.boundary
    yield from policies.session or ()


def weigh_in_one_account(request: AccessRequest, policies: Policies) -> Decision:
    """Either side may grant; where the resource's policy is required, it must."""
    layer = resource_layer(policies)
    named = resource_reach(request, policies)
    if request.resource_rule is ResourceRule.REQUIRED:
        if named == NOBODY:
            return no_policy_allows(layer)
        return unless(limit(request, policies, PASSES[named]), Decision(Outcome.ALLOW, "allowed by policy", layer))
    limited = limit(request, policies, ())
    if request.principal.kind is Kind.ROOT:
        return unless(limited, Decision(Outcome.ALLOW, "allowed to root"))
    if limited is None:
        return Decision(Outcome.ALLOW, "allowed by policy", Layer.IDENTITY)
    return unless(limit(request, policies, PASSES[named]), Decision(Outcome.ALLOW, "allowed by policy", layer))


def weigh_across_accounts(request: AccessRequest, policies: Policies) -> Decision:
    """Both sides must grant, and nothing is passed over."""
    layer = resource_layer(policies)
    named = resource_reach(request, policies)
    if named == NOBODY:
        return no_policy_allows(layer)
    limited = limit(request, policies, ())
    if limited is not None and limited.layer is Layer.IDENTITY and named == ACCOUNT:
        return no_policy_allows(layer)  # as AWS words it when the resource names only the account
    return unless(limited, Decision(Outcome.ALLOW, "allowed by policy", layer))


def weigh_for_no_account(request: AccessRequest, policies: Policies) -> Decision:
    """Only the resource's policy grants to services, the anonymous, and who asks for a first session."""
    layer = resource_layer(policies)
    if resource_reach(request, policies) == NOBODY:
        return no_policy_allows(layer)
    return Decision(Outcome.ALLOW, "allowed by policy", layer)


def limit(request: AccessRequest, policies: Policies, passed: tuple[Layer, ...]) -> Decision | None:
    """The refusal of the first of the caller's own layers that does not allow, but for those passed over."""
    caller = request.principal
    if caller.kind is Kind.ROOT:
        passed = (Layer.IDENTITY,)  # root has all permissions of its account; a task policy of AssumeRoot still limits
    if Layer.IDENTITY not in passed and not allows(policies.identity, request):
        return no_policy_allows(Layer.IDENTITY)
    if Layer.BOUNDARY not in passed and policies.boundary is not None and not allows((policies.boundary,), request):
        return no_policy_allows(Layer.BOUNDARY)
    if Layer.SESSION not in passed:
        if policies.session is None and caller.kind is Kind.FEDERATED_USER:
            return Decision(Outcome.IMPLICIT_DENY, "no session policy given", Layer.SESSION)
        if policies.session is not None and not allows(policies.session, request):
            return no_policy_allows(Layer.SESSION)
    return None


def unless(refusal: Decision | None, allowed: Decision) -> Decision:
    """The refusal when there is one."""
    return allowed if refusal is None else refusal


def no_policy_allows(layer: Layer) -> Decision:
    """The refusal of a layer without an applicable Allow."""
    return Decision(Outcome.IMPLICIT_DENY, "no policy allows", layer)


def resource_layer(policies: Policies) -> Layer:
    """What the resource's policy is called: resource-based, or role trust."""
    return Layer.RESOURCE if policies.resource is None else policies.resource.source.layer


def resource_reach(request: AccessRequest, policies: Policies) -> int:
    """The firmest way in which an Allow of the resource's policy names the caller."""
    policy = policies.resource
    if policy is None:
        return NOBODY
    return max(
        (reach(each, policy, request) for each in statements(policy) if each.effect == "Allow"),
        default=NOBODY,
    )


def allows(policies: Iterable[SourcedPolicy], request: AccessRequest) -> bool:
    """True when any Allow of any of the policies applies."""
    return any(
        each.effect == "Allow" and reach(each, policy, request) != NOBODY
        for policy in policies
        for each in statements(policy)
    )


def statements(policy: SourcedPolicy) -> tuple[Statement, ...]:
    """The statements of a policy; none when it cannot be evaluated."""
    return () if policy.document is None else policy.document.document.statements


def reach(statement: Statement, policy: SourcedPolicy, request: AccessRequest, *, is_bounded: bool = False) -> int:
    """How firmly a statement that applies names the caller; NOBODY when it does not apply."""
    get = request.context.get
    has_variables = policy.document is not None and policy.document.document.has_variables
    if not matches_action(statement, request.action):
        return NOBODY
    if not matches_resource(statement, request.resource, get, has_variables):
        return NOBODY
    if not all(meets(each, get, effect=statement.effect, has_variables=has_variables) for each in statement.conditions):
        return NOBODY
    if is_bounded and statement.is_not_principal and statement.effect == "Deny":
        return CALLER
    is_trust = policy.source.layer in (Layer.RESOURCE, Layer.TRUST)
    return named(statement, request.principal, is_trust=is_trust and request.principal.kind in FEDERATION)


def matches_action(statement: Statement, action: str) -> bool:
    """Action names match in any case, with wildcards."""
    matched = any(wildcards_match(parse_pattern(each.lower()), action.lower()) for each in statement.actions)
    return matched != statement.is_not_action


def matches_resource(statement: Statement, resource: str, get: Get, has_variables: bool) -> bool:
    """Resources match with case, with wildcards and variables; a policy type without resources matches all."""
    if statement.resources is None:
        return True
    matched = False
    is_unresolved = False
    for text in statement.resources:
        parts = expand(parse_resource(text, has_variables=has_variables), get)
        if parts is None:
            is_unresolved = True
        elif wildcards_match(parts, resource):
            matched = True
    if not statement.is_not_resource:
        return matched
    # What an unresolved variable would have excluded is unknown: an Allow fails, a Deny applies.
    return not matched and (not is_unresolved or statement.effect == "Deny")


def named(statement: Statement, caller: Principal, *, is_trust: bool) -> int:
    """How firmly the Principal or NotPrincipal element names the caller; `is_trust`: who asks for a first session."""
    if statement.principals is None:
        return CALLER
    entries = {(each.type, named_account(each.value)) for each in statement.principals if each.value}
    if is_trust:
        entries = {entry for entry in entries if entry[0] == "Federated"}
    everyone = ("*", "*") in entries or ("AWS", "*") in entries
    forms = forms_of(caller)
    if not statement.is_not_principal:
        return CALLER if everyone else max((each for entry, each in forms if entry in entries), default=NOBODY)
    if everyone:
        return NOBODY
    if statement.effect == "Allow":
        # An Allow reaches past its list only to those of whom nothing is listed.
        if is_trust or any(entry in entries for entry, _ in forms):
            return NOBODY
        return CALLER
    return NOBODY if is_spared(caller, entries) else CALLER


def forms_of(caller: Principal) -> list[tuple[tuple[str, str], int]]:
    """The entries that name a caller, and how firmly each does."""
    match caller.kind:
        case Kind.ANONYMOUS:
            return []
        case Kind.SERVICE:
            return [(("Service", caller.name), CALLER)]
        case Kind.WEB_IDENTITY | Kind.SAML:
            return [(("Federated", caller.issuer_arn), CALLER)]
        case Kind.ROOT:
            return [(("AWS", caller.account), ACCOUNT)]
        case Kind.USER:
            issuer = CALLER
        case Kind.ASSUMED_ROLE | Kind.FEDERATED_USER:
            issuer = ISSUER
    return [
        (("AWS", caller.account), ACCOUNT),
        (("AWS", caller.issuer_arn), issuer),
        (("AWS", caller.unique_id), issuer),
        (("AWS", caller.arn), CALLER),
    ]


def is_spared(caller: Principal, entries: set[tuple[str, str]]) -> bool:
    """True when NotPrincipal of a Deny lists every form of the caller: its account, its role or user, itself."""
    if caller.account == "":
        return any(entry in entries for entry, _ in forms_of(caller))
    listed = {value for kind, value in entries if kind == "AWS"}
    if caller.account not in listed:
        return False
    lists_issuer = caller.issuer_arn in listed or caller.unique_id in listed
    match caller.kind:
        case Kind.ROOT:
            return True
        case Kind.USER:
            return caller.arn in listed or lists_issuer
        case Kind.ASSUMED_ROLE:
            return caller.arn in listed and lists_issuer
        case _:
            return caller.arn in listed
