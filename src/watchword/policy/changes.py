"""One change to a request or to its policies: what `remedies` proposes, and how it is applied.

Decides what policies and context look like after a change; never whether the change is a good one. A change adds or
takes away as little as it can: a statement of one action, one resource and, where the layer names principals, one
caller; an exception for one caller; one context value.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from watchword.policy.access import AccessRequest, Context, Levels, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.language import Condition, Document, Statement
from watchword.policy.variables import ContextValue

AWS_MANAGED: Final = ("arn:aws:iam::aws:", "arn:aws:organizations::aws:")
NEW: Final = "new"
"""The id of a policy that a change adds."""

ChangeKind = Literal[
    "set context", "add statement", "add policy", "except caller", "remove statement", "remove policy", "replace policy"
]


class Owner(Enum):
    """Who can make a change."""

    CALLER = "the caller"
    ACCOUNT = "the caller's account"
    SESSION = "whoever starts the session"
    BOUNDARY = "whoever sets permissions boundaries"
    RESOURCE_ACCOUNT = "the account of the resource"
    ORGANIZATION = "the organization of the caller's account"
    RESOURCE_ORGANIZATION = "the organization of the resource's account"
    ENDPOINT = "whoever runs the VPC endpoint"


class Place(msgspec.Struct, frozen=True):
    """Where a policy stands among those of a request."""

    layer: Layer
    index: int = 0
    level: int | None = None
    """Of control policies: 0 is the organization's root."""


class Change(msgspec.Struct, frozen=True):
    """One change. Fields that do not belong to its kind are None."""

    kind: ChangeKind
    owner: Owner
    is_own: bool
    """True when the caller or an administrator of the caller's account can make it."""
    place: Place | None = None
    policy: PolicySource | None = None
    """The policy that is changed; None for a new one."""
    statement: int | None = None
    """The index of the statement that is changed or removed."""
    content: Statement | None = None
    """The statement that is added, or the changed one."""
    key: str | None = None
    """A condition key, spelled as in the policy."""
    value: ContextValue = None
    """What the key must be; None: absent."""
    how: str = ""
    """How the request comes by it, where that takes more than sending it."""


class ChangedContext:
    """A context with other values for some keys."""

    __slots__ = ("before", "changed")

    def __init__(self, before: Context, changed: Mapping[str, ContextValue]) -> None:
        self.before = before
        self.changed = changed

    def get(self, key: str, /) -> ContextValue:
        return self.changed[key] if key in self.changed else self.before.get(key)


def apply_change(change: Change, request: AccessRequest, policies: Policies) -> tuple[AccessRequest, Policies]:
    """The request and the policies after a change."""
    if change.key is not None:
        return replace(request, context=ChangedContext(request.context, {change.key.lower(): change.value})), policies
    place = change.place
    assert place is not None
    there = list(policies_at(policies, place))
    match change.kind:
        case "add policy":
            assert change.content is not None
            there.append(_sourced(PolicySource(place.layer, NEW), (change.content,)))
        case "replace policy":
            assert change.content is not None
            there[place.index] = _sourced(there[place.index].source, (change.content,))
        case "remove policy":
            del there[place.index]
        case _:
            there[place.index] = _edited(there[place.index], change)
    return request, with_policies(policies, place, tuple(there))


def _edited(policy: SourcedPolicy, change: Change) -> SourcedPolicy:
    assert policy.document is not None
    document = policy.document.document
    statements = list(document.statements)
    if change.kind == "add statement":
        assert change.content is not None
        statements.append(change.content)
    elif change.kind == "remove statement":
        assert change.statement is not None
        del statements[change.statement]
    else:
        assert change.statement is not None
        assert change.content is not None
        statements[change.statement] = change.content
    return SourcedPolicy(policy.source, CompiledDocument(replace(document, statements=tuple(statements))))


def _sourced(source: PolicySource, statements: tuple[Statement, ...]) -> SourcedPolicy:
    return SourcedPolicy(source, CompiledDocument(Document(statements, "2012-10-17")))


def policies_at(policies: Policies, place: Place) -> tuple[SourcedPolicy, ...]:
    """The policies of a layer, or of one level of it."""
    match place.layer:
        case Layer.IDENTITY:
            return policies.identity
        case Layer.SESSION:
            return policies.session or ()
        case Layer.BOUNDARY:
            return _given(policies.boundary)
        case Layer.RESOURCE | Layer.TRUST:
            return _given(policies.resource)
        case Layer.ENDPOINT:
            return _given(policies.endpoint)
        case Layer.SCP:
            return (policies.scps or ())[place.level or 0]
        case Layer.RCP:
            return (policies.rcps or ())[place.level or 0]


def with_policies(policies: Policies, place: Place, there: tuple[SourcedPolicy, ...]) -> Policies:
    """The policies with others in one layer, or in one level of it."""
    only = there[0] if there else None
    match place.layer:
        case Layer.IDENTITY:
            return replace(policies, identity=there)
        case Layer.SESSION:
            return replace(policies, session=there)
        case Layer.BOUNDARY:
            return replace(policies, boundary=only)
        case Layer.RESOURCE | Layer.TRUST:
            return replace(policies, resource=only)
        case Layer.ENDPOINT:
            return replace(policies, endpoint=only)
        case Layer.SCP:
            return replace(policies, scps=_with_level(policies.scps or (), place.level or 0, there))
        case Layer.RCP:
            return replace(policies, rcps=_with_level(policies.rcps or (), place.level or 0, there))


def _with_level(levels: Levels, level: int, there: tuple[SourcedPolicy, ...]) -> Levels:
    return (*levels[:level], there, *levels[level + 1 :])


def _given(policy: SourcedPolicy | None) -> tuple[SourcedPolicy, ...]:
    return () if policy is None else (policy,)


def located(policies: Policies) -> Iterator[tuple[Place, SourcedPolicy]]:
    """All policies with their places, in the order of `spec.in_order`."""
    for layer, levels in ((Layer.RCP, policies.rcps), (Layer.SCP, policies.scps)):
        for level, there in enumerate(levels or ()):
            for index, policy in enumerate(there):
                yield Place(layer, index, level), policy
    if policies.endpoint is not None:
        yield Place(Layer.ENDPOINT), policies.endpoint
    for index, policy in enumerate(policies.identity):
        yield Place(Layer.IDENTITY, index), policy
    if policies.resource is not None:
        yield Place(policies.resource.source.layer), policies.resource
    if policies.boundary is not None:
        yield Place(Layer.BOUNDARY), policies.boundary
    for index, policy in enumerate(policies.session or ()):
        yield Place(Layer.SESSION, index), policy


def with_exception(statement: Statement, principal_arn: str) -> Statement:
    """A Deny that spares one principal: the ARN joins `ArnNotEquals` on `aws:PrincipalArn`."""
    conditions = list(statement.conditions)
    for at, condition in enumerate(conditions):
        if condition.operator.lower() == "arnnotequals" and condition.key.lower() == "aws:principalarn":
            conditions[at] = replace(condition, values=(*condition.values, principal_arn))
            return replace(statement, conditions=tuple(conditions))
    conditions.append(Condition("ArnNotEquals", "aws:PrincipalArn", (principal_arn,)))
    return replace(statement, conditions=tuple(conditions))


def owner_of(layer: Layer) -> Owner:
    """Who can change the policies of a layer."""
    return _OWNERS[layer]


_OWNERS: Final = {
    Layer.RCP: Owner.RESOURCE_ORGANIZATION,
    Layer.SCP: Owner.ORGANIZATION,
    Layer.ENDPOINT: Owner.ENDPOINT,
    Layer.IDENTITY: Owner.ACCOUNT,
    Layer.RESOURCE: Owner.RESOURCE_ACCOUNT,
    Layer.TRUST: Owner.RESOURCE_ACCOUNT,
    Layer.BOUNDARY: Owner.BOUNDARY,
    Layer.SESSION: Owner.SESSION,
}
