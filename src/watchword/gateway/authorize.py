"""May it? Finds the resources of a request, gathers policies and context, and asks the policy engine.

The steps of every operation:

(1) the operation's entry in `authorization.toml` says which (action, resource) pairs are asked for
(2) resolvers find each resource in the snapshot; what is missing stands in as its ARN, so that existence does not leak
    (but for buckets of S3: docs/decisions/0019)
(3) the caller's plan, the resource's policy and the request context decide each pair; every one must be allowed
(4) only then is a `Call` made: holding one is the proof of permission

At commit `recheck` repeats (2) and (3) on the transaction when the directory has moved since, and asks whether the
caller is still let in; unless nothing has moved that the decision was taken on.
Default deny: an operation without an entry is refused, an error while evaluating never allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import msgspec

from watchword.core.tags import AmbiguousTag
from watchword.credentials.sessions import Session
from watchword.directory.directory import Directory
from watchword.gateway.authenticate import is_still_let_in
from watchword.gateway.context import RequestContext
from watchword.gateway.decisions import Trail
from watchword.gateway.denied import NOBODY_LET_IN, access_denied, bare_denial, denial_text
from watchword.gateway.plans import Documents, Plans
from watchword.gateway.surroundings import Surroundings
from watchword.policy.access import AccessRequest, ResourceRule, SourcedPolicy
from watchword.policy.evaluate import ControlPlan, PrincipalPlan, decide
from watchword.policy.principals import Kind, Principal
from watchword.services.authorization import (
    BOUND_TO,
    Check,
    EachResolver,
    FurtherResolver,
    KeyReader,
    PrefixReader,
    Requirement,
    Resource,
    requirements,
)
from watchword.services.call import NO_REFUSALS, Authenticated, Call, PageRequest
from watchword.services.resource_controls import takes_rcps
from watchword.signing.errors import Dialect


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """What a service declares about authorization, found once."""

    requirements: Mapping[str, Requirement]
    resolvers: Mapping[str, FurtherResolver]
    each: Mapping[str, EachResolver]
    keys: Mapping[str, KeyReader]
    prefixes: Mapping[str, PrefixReader]
    of_accounts: frozenset[str]
    """The resolvers that read nothing but what belongs to accounts."""


@lru_cache(maxsize=64)
def service_rules(service: str) -> ServiceRules:
    """The declarations of a served service."""
    resources = import_module(f"watchword.services.{service}.resources")
    context = import_module(f"watchword.services.{service}.context")
    return ServiceRules(
        requirements=requirements(service),
        resolvers=resources.RESOLVERS,
        each=getattr(resources, "EACH", {}),
        keys=context.KEYS,
        prefixes=context.PREFIXES,
        of_accounts=getattr(resources, "OF_ACCOUNTS", frozenset()),
    )


class Asked(NamedTuple):
    """One request of one operation, as authorization sees it."""

    around: Surroundings
    dialect: Dialect
    rules: ServiceRules
    trail: Trail | None = None
    """Keeps the decisions, for who asks later."""


class Authorizer:
    """Decides requests."""

    def __init__(self, plans: Plans, documents: Documents) -> None:
        self._plans = plans
        self._documents = documents

    def authorize(
        self,
        asked: Asked,
        directory: Directory,
        *,
        request_id: str,
        page: PageRequest | None = None,
    ) -> Call[Any]:
        """Decide every check of the operation and make the call. Raises ApiError (AccessDenied)."""
        around = asked.around
        refusals = NO_REFUSALS
        if not around.requirement.is_always_allowed:
            plan = self._plans.plan(around.caller, directory)
            refusals = _Deciding(asked, directory, plan, self._documents, self._plans.control).check()
        return Call(
            request=around.request,
            caller=around.caller,
            region=around.region,
            now=around.now,
            request_id=request_id,
            page=page,
            refusals=refusals,
        )

    def admit(
        self,
        requirement: Requirement,
        request: Any,
        caller: Authenticated,
        region: str,
        now: datetime,
        request_id: str,
    ) -> Call[Any]:
        """The call of an operation that no policy controls. Raises RuntimeError for any other."""
        # INVARIANT: what is skipped here is only what cannot change the answer.
        if not requirement.is_always_allowed:
            raise RuntimeError("policies control this operation")
        return Call(request, caller, region, now, request_id)

    def recheck(self, asked: Asked, directory: Directory, position: int) -> Mapping[str, str]:
        """Decide again what was decided at a position of the feed, as a transaction sees the directory.

        Raises ApiError (AccessDenied).
        """
        # INVARIANT: whether a caller is let in, and what it may, is read from what belongs to accounts.
        if _is_of_accounts(asked) and directory.transaction.accounts_stand_since(position):
            return NO_REFUSALS
        if not is_still_let_in(asked.around.caller, directory):
            raise access_denied("Access Denied", asked.dialect)
        if asked.around.requirement.is_always_allowed:
            return NO_REFUSALS
        if asked.trail is not None:
            asked.trail.checks.clear()
        plan = self._plans.live_plan(asked.around.caller, directory)
        return _Deciding(asked, directory, plan, self._documents, self._plans.live_control).check()


class _Deciding:
    """One request being decided on one snapshot or transaction."""

    __slots__ = ("_asked", "_control", "_directory", "_documents", "_plan")

    def __init__(
        self,
        asked: Asked,
        directory: Directory,
        plan: PrincipalPlan,
        documents: Documents,
        control: Callable[[str, Directory], ControlPlan | None],
    ) -> None:
        self._asked = asked
        self._directory = directory
        self._plan = plan
        self._documents = documents
        self._control = control

    def check(self) -> Mapping[str, str]:
        """Decide every check; the refusals of one-by-one operations are returned, all others raised."""
        around = self._asked.around
        requirement = around.requirement
        if requirement.each is not None:
            return self._refusals(requirement.each)
        for check in requirement.checks:
            if check.when is not None and not _is_asked(check, check.when, around):
                continue
            resource = self._require(check)
            if resource is not None and resource.is_missing and check.missing is not None:
                self._require(check.missing)
        return NO_REFUSALS

    def _require(self, check: Check) -> Resource | None:
        around = self._asked.around
        resource = self._asked.rules.resolvers[check.resource](around.request, self._directory, around.caller)
        if resource is None:
            # INVARIANT: the first check of an operation always has a resource.
            if check is around.requirement.checks[0]:
                raise access_denied("Access Denied", self._asked.dialect)
            return None
        action = check.action if check.version_action is None or not resource.is_version else check.version_action
        denial = self._refusal(action, resource)
        if denial is not None:
            raise access_denied(denial, self._asked.dialect)
        return resource

    def _refusals(self, name: str) -> Mapping[str, str]:
        around = self._asked.around
        pairs = self._asked.rules.each[name](around.request, self._directory, around.caller)
        decided = ((resource.arn, self._refusal(action, resource)) for action, resource in pairs)
        return {arn: denial for arn, denial in decided if denial is not None}

    def _refusal(self, action: str, resource: Resource) -> str | None:
        """The sentence that refuses one pair, or None when it is allowed."""
        action = resource.action or action
        if resource.is_regional:
            arn = resource.arn.replace("::", f":{self._asked.around.region}:", 1)
            resource = msgspec.structs.replace(resource, arn=arn)
        try:
            denial = self._denial(action, resource)
            if denial is not None or resource.through is None:
                return denial
            # INVARIANT: who comes through an access point is let in by both. What is behind it is asked first: whom its
            # owner did not let in learns nothing by conditions of an access point of their own.
            return self._denial(action, resource.through)
        except AmbiguousTag:
            return bare_denial(self._asked.around.caller, action, resource, self._asked.dialect)

    def _denial(self, action: str, resource: Resource) -> str | None:
        """`_refusal`, for a request that says one thing under each condition key. Raises AmbiguousTag."""
        around = self._asked.around
        principal, session = around.caller.principal, around.caller.session
        if session is not None and session.context and not _is_within(session, action, resource):
            return bare_denial(around.caller, action, resource, self._asked.dialect)
        if not principal.account:
            if around.requirement.anonymous:
                return around.requirement.anonymous
            if resource.is_public_blocked:
                # INVARIANT: the anonymous, who belong to no account, reach only what its owner opened to the public
                # twice: by the resource's policy, and by lifting the block that everything has by default.
                return bare_denial(around.caller, action, resource, self._asked.dialect)
        if principal.account != resource.account and _is_closed(resource.account, self._directory):
            # Nobody else's permissions reach into an account that was closed; strangers are told what they always are.
            if self._asked.dialect is Dialect.S3:
                return bare_denial(around.caller, action, resource, self._asked.dialect)
            return denial_text(NOBODY_LET_IN, around.caller, action, resource, self._asked.dialect, self._directory)
        request = AccessRequest(
            principal=principal,
            action=action,
            resource=resource.arn,
            resource_account=resource.account,
            context=RequestContext(around, resource, self._directory),
            resource_rule=ResourceRule.REQUIRED if resource.is_trust else ResourceRule.UNION,
        )
        policy = self._resource_policy(resource)
        endpoint = None if around.endpoint is None else around.endpoint.policy
        rcps = None
        if takes_rcps(action) and resource.arn != "*" and not resource.is_service_linked:
            rcps = self._control(resource.account, self._directory)
        decision = decide(self._plan, request, resource_policy=policy, rcps=rcps, endpoint=endpoint)
        plan = self._plan
        if decision.is_allowed and resource.is_trust and _assumes_itself(principal, resource):
            # Since 2022 naming the account does not do: what the role's own policies allow is left out.
            plan = _without_identity(plan, principal)
            decision = decide(plan, request, resource_policy=policy, rcps=rcps, endpoint=endpoint)
        if self._asked.trail is not None:
            self._asked.trail.add(plan, request, decision, policy, rcps, endpoint)
        if decision.is_allowed:
            return None
        return denial_text(decision, around.caller, action, resource, self._asked.dialect, self._directory)

    def _resource_policy(self, resource: Resource) -> SourcedPolicy | None:
        if resource.policy is None:
            return None
        return self._documents.of_resource(resource.arn, resource.policy, is_trust=resource.is_trust)


def _is_within(session: Session, action: str, resource: Resource) -> bool:
    """False for a session that is bound to something else.

    INVARIANT: no policy unbinds a session: a resource that names the caller would pass by a session policy.
    """
    bound = next((value for key, value in session.context if key == BOUND_TO), None)
    return bound is None or bound == f"{action} {resource.arn}"


def _is_of_accounts(asked: Asked) -> bool:
    """True when a decision is taken on nothing but what belongs to accounts."""
    around, resolvers = asked.around, asked.rules.of_accounts
    if around.requirement.each is not None or not resolvers:
        return False
    for check in around.requirement.checks:
        if check.resource in resolvers and check.missing is None:
            continue
        if check.when is None or _is_asked(check, check.when, around):
            return False
    return True


def _is_asked(check: Check, member: str, around: Surroundings) -> bool:
    """True when the request, or the session that it is made with, has what the check is for."""
    value = getattr(around.request, member)
    if value and (check.unless is None or value != check.unless):
        return True
    session = around.caller.session
    return check.inherited is not None and session is not None and bool(getattr(session, check.inherited))


def _is_closed(account: str, directory: Directory) -> bool:
    known = directory.accounts.get(account)
    return known is not None and known.closed_at is not None


def _assumes_itself(principal: Principal, resource: Resource) -> bool:
    return principal.kind is Kind.ASSUMED_ROLE and principal.issuer_arn == resource.arn


def _without_identity(plan: PrincipalPlan, principal: Principal) -> PrincipalPlan:
    policies = plan.policies
    return PrincipalPlan(principal, boundary=policies.boundary, session=policies.session, scps=policies.scps)
