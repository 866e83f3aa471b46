"""May it? Finds the resources of a request, gathers policies and context, and asks the policy engine.

The steps of every operation:

(1) the operation's entry in `authorization.toml` says which (action, resource) pairs are asked for
(2) resolvers find each resource in the snapshot; what is missing stands in as its ARN, so that existence does not leak
(3) the caller's plan, the resource's policy and the request context decide each pair; every one must be allowed
(4) only then is a `Call` made: holding one is the proof of permission

At commit `recheck` repeats (2) and (3) on the transaction when the directory has moved since.
Default deny: an operation without an entry is refused, an error while evaluating never allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

import msgspec

from watchword.core.errors import ApiError
from watchword.directory.directory import Directory
from watchword.gateway.context import RequestContext, Surroundings
from watchword.gateway.plans import Documents, Plans
from watchword.policy.access import AccessRequest, ResourceRule, SourcedPolicy
from watchword.policy.decision import Decision, Layer, PolicySource
from watchword.policy.denials import denial_message
from watchword.policy.evaluate import PrincipalPlan, decide
from watchword.services.authorization import (
    Check,
    EachResolver,
    KeyReader,
    PrefixReader,
    Requirement,
    Resolver,
    Resource,
    requirements,
)
from watchword.services.call import NO_REFUSALS, Authenticated, Call, PageRequest
from watchword.signing.errors import Dialect


@dataclass(frozen=True, slots=True)
class ServiceRules:
    """What a service declares about authorization, found once."""

    requirements: Mapping[str, Requirement]
    resolvers: Mapping[str, Resolver]
    each: Mapping[str, EachResolver]
    keys: Mapping[str, KeyReader]
    prefixes: Mapping[str, PrefixReader]


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
    )


class Asked(msgspec.Struct, frozen=True):
    """One request of one operation, as authorization sees it."""

    around: Surroundings
    dialect: Dialect
    rules: ServiceRules


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
            refusals = self._check(asked, directory, self._plans.plan(around.caller, directory))
        return Call(
            request=around.request,
            caller=around.caller,
            region=around.region,
            now=around.now,
            request_id=request_id,
            page=page,
            refusals=refusals,
        )

    def recheck(self, asked: Asked, directory: Directory) -> Mapping[str, str]:
        """Decide again, as a transaction sees the directory. Raises ApiError (AccessDenied)."""
        if asked.around.requirement.is_always_allowed:
            return NO_REFUSALS
        return self._check(asked, directory, self._plans.live_plan(asked.around.caller, directory))

    def _check(self, asked: Asked, directory: Directory, plan: PrincipalPlan) -> Mapping[str, str]:
        """Decide every check; the refusals of one-by-one operations are returned, all others raised."""
        requirement = asked.around.requirement
        if requirement.each is not None:
            return self._refusals(asked, directory, plan, requirement.each)
        request = asked.around.request
        for check in requirement.checks:
            value = getattr(request, check.when) if check.when else True
            if not value or (check.unless is not None and value == check.unless):
                continue
            resource = self._require(asked, directory, plan, check)
            if resource.is_missing and requirement.missing is not None and check is requirement.checks[0]:
                self._require(asked, directory, plan, requirement.missing)
        return NO_REFUSALS

    def _require(self, asked: Asked, directory: Directory, plan: PrincipalPlan, check: Check) -> Resource:
        around = asked.around
        resource = asked.rules.resolvers[check.resource](around.request, directory, around.caller)
        denial = self._denial(asked, directory, plan, check.action, resource)
        if denial is not None:
            raise access_denied(denial, asked.dialect)
        return resource

    def _refusals(self, asked: Asked, directory: Directory, plan: PrincipalPlan, name: str) -> Mapping[str, str]:
        around = asked.around
        pairs = asked.rules.each[name](around.request, directory, around.caller)
        decided = ((resource.arn, self._denial(asked, directory, plan, action, resource)) for action, resource in pairs)
        return {arn: denial for arn, denial in decided if denial is not None}

    def _denial(
        self, asked: Asked, directory: Directory, plan: PrincipalPlan, action: str, resource: Resource
    ) -> str | None:
        """The sentence that refuses one pair, or None when it is allowed."""
        around = asked.around
        caller = around.caller
        principal = caller.principal
        if not principal.account or principal.account != resource.account:
            # INVARIANT: until policies are decided across accounts, nobody reaches into another account, and
            # the anonymous, who belong to none, reach nothing: public access is blocked, as AWS's defaults have it.
            return _bare_denial(caller, action, resource, asked.dialect)
        decision = decide(
            plan,
            AccessRequest(
                principal=principal,
                action=action,
                resource=resource.arn,
                resource_account=resource.account,
                context=RequestContext(around, resource, directory),
                resource_rule=ResourceRule.REQUIRED if resource.is_trust else ResourceRule.UNION,
            ),
            resource_policy=self._resource_policy(resource),
        )
        return None if decision.is_allowed else _denial_text(decision, caller, action, resource, asked.dialect)

    def _resource_policy(self, resource: Resource) -> SourcedPolicy | None:
        layer = Layer.TRUST if resource.is_trust else Layer.RESOURCE
        if resource.policy is None:
            return None
        return self._documents.sourced(PolicySource(layer, resource.arn), resource.policy)


def access_denied(message: str, dialect: Dialect) -> ApiError:
    """The denial in the words of the protocol."""
    code, status = _DENIED[dialect]
    return ApiError(code, message, status)


_DENIED = {
    Dialect.QUERY: ("AccessDenied", 403),
    Dialect.JSON: ("AccessDeniedException", 400),
    Dialect.REST_JSON: ("AccessDeniedException", 403),
    Dialect.S3: ("AccessDenied", 403),
}


def _denial_text(decision: Decision, caller: Authenticated, action: str, resource: Resource, dialect: Dialect) -> str:
    if resource.is_trust:
        # STS gives no reason, so that a role that is missing looks like one that trusts somebody else.
        return _bare_denial(caller, action, resource, dialect)
    shown = resource.shown or resource.arn
    return denial_message(decision, caller.principal.arn, action, shown, quoted=dialect is Dialect.S3)


def _bare_denial(caller: Authenticated, action: str, resource: Resource, dialect: Dialect) -> str:
    if dialect is Dialect.S3:
        return "Access Denied"
    shown = resource.shown or resource.arn
    return f"User: {caller.principal.arn} is not authorized to perform: {action} on resource: {shown}"
