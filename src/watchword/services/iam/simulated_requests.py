"""Simulated requests: their caller, context and resources, and the result of one action on its resources.

Decides what stands in for what the request leaves out, and what a result shows: of an explicit deny the statements that
deny, of an allow those that allow, of an implicit deny none; nothing when the organization denies. The result of an
action is the worst of those on its resources, with the statements and missing keys of all.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html and answers of AWS that others
recorded (radkawar/stackd, testdata/aws/iam/simulation.json)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple

from watchword.core.arn import Arn, assumed_role_arn, parse_arn
from watchword.core.clock import iso8601
from watchword.core.errors import InvalidArn
from watchword.core.tags import Tags
from watchword.directory.groups import Group
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.policy.access import AccessRequest, Levels, ResourceRule
from watchword.policy.context_keys import context_keys
from watchword.policy.decision import Layer, Outcome
from watchword.policy.evaluate import PrincipalPlan, decide
from watchword.policy.language import Position, Statement, statement_positions
from watchword.policy.principals import NOBODY, Kind, Principal
from watchword.policy.values import parse_address, parse_base64, parse_date, parse_network, parse_number
from watchword.policy.variables import ContextValue
from watchword.services.iam import shapes
from watchword.services.iam.errors import InvalidInput
from watchword.services.iam.simulated_policies import Simulated
from watchword.services.iam.simulated_resources import can_be_about, common_name

STUB_USER_ID: Final = "STUB_PRINCIPAL_FOR_POLICY_SIMULATOR"
"""`aws:userid` when the request names no caller."""
_BOUNDARY: Final = "Permissions Boundary Policy"
_TYPES: Final = {
    Layer.IDENTITY: "IAM Policy",
    Layer.RESOURCE: "Resource Policy",
    Layer.TRUST: "Resource Policy",
    Layer.BOUNDARY: _BOUNDARY,
}
_WORST_FIRST: Final = (Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY, Outcome.ALLOW)
STATEMENT_SIZE: Final = 50
"""What a statement costs beside its text, in characters."""
_KINDS: Final = {Kind.USER: "User", Kind.ASSUMED_ROLE: "AssumedRole", Kind.ROOT: "Account"}
_UNTOLD: Final = frozenset({"aws:userid"})
"""Keys that stand in for what nobody gave: they are missing all the same."""
_FORMATS: Final[dict[str, tuple[Callable[[str], object], str]]] = {
    "binary": (parse_base64, "base-64 encoded binary format"),
    "date": (parse_date, "DateTime format"),
    "ip": (lambda text: parse_address(text) or parse_network(text), "IP address"),
    "numeric": (parse_number, "numeric format"),
}
"""How values of a type are read, and what they are said to be where they cannot be read."""
Asked = shapes.SimulateCustomPolicyRequest | shapes.SimulatePrincipalPolicyRequest


def simulated_caller(caller_arn: str | None, account: str, entity: User | Group | Role | None) -> Principal:
    """Who is simulated: `CallerArn`, else the user or role whose policies they are, else somebody of the account.

    Raises InvalidInput.
    """
    if caller_arn is not None:
        return _named(caller_arn)
    if isinstance(entity, User):
        return Principal(Kind.USER, account, entity.arn, entity.arn, entity.arn, entity.id, entity.name)
    if isinstance(entity, Role):
        session = assumed_role_arn(account, entity.name, "simulated")
        return Principal(
            Kind.ASSUMED_ROLE, account, session, f"{entity.id}:simulated", entity.arn, entity.id, entity.name
        )
    return Principal(Kind.USER, account, "", STUB_USER_ID)


def _named(text: str) -> Principal:
    arn = _arn(text)
    kind, _, rest = arn.resource.partition("/") if arn is not None else ("", "", "")
    name = rest.rpartition("/")[2]
    if arn is None or arn.service not in ("iam", "sts"):
        raise InvalidInput(f"Invalid caller Arn: {text}")
    if kind == "user" and name:
        return Principal(Kind.USER, arn.account, text, text, text, name=name)
    if kind == "group" and name:
        return Principal(Kind.USER, arn.account, "", STUB_USER_ID)
    if kind == "role" and name:
        session = assumed_role_arn(arn.account, name, "simulated")
        return Principal(Kind.ASSUMED_ROLE, arn.account, session, text, text, name=name)
    if kind == "assumed-role" and name:
        role = f"arn:{arn.partition}:iam::{arn.account}:role/{rest.partition('/')[0]}"
        return Principal(Kind.ASSUMED_ROLE, arn.account, text, text, role, name=rest.partition("/")[0])
    if arn.resource == "root":
        return Principal(Kind.ROOT, arn.account, text, text)
    raise InvalidInput(f"Invalid caller Arn: {text}")


def _arn(text: str) -> Arn | None:
    try:
        return parse_arn(text)
    except InvalidArn:
        return None


def resources_of(asked: Asked) -> Sequence[str]:
    """The resources to simulate, `*` when none is named. Raises InvalidInput."""
    resources = asked.resource_arns or ("*",)
    for text in resources:
        if text != "*" and _arn(text) is None:
            raise InvalidInput(f"ResourceNames are not in a valid ARN format: {text}.")
    if asked.resource_policy is not None and "*" in resources:
        raise InvalidInput("Invalid Entity Arn: * does not clearly define entity type and name.")
    return resources


class _Part(NamedTuple):
    """What an action's policies say of one resource."""

    outcome: Outcome
    matched: tuple[shapes.Statement, ...]
    missing: Sequence[str]
    details: dict[str, Outcome]
    is_allowed_by_boundary: bool | None
    is_allowed_by_organizations: bool


class Simulation:
    """Everything that the results of one request have in common."""

    def __init__(
        self,
        *,
        caller: Principal,
        identity: tuple[Simulated, ...],
        boundary: Simulated | None,
        resource: Simulated | None,
        scps: Levels | None,
        asked: Asked,
        now: datetime,
        tags: Tags = (),
    ) -> None:
        self._caller = caller
        self._simulated = (*identity, *_given(resource), *_given(boundary))
        self._boundary = boundary
        self._organization = None if scps is None else PrincipalPlan(caller, scps=scps)
        self._resource = None if resource is None else resource.policy
        self._plan = PrincipalPlan(
            caller,
            identity=tuple(each.policy for each in identity),
            boundary=None if boundary is None else boundary.policy,
            scps=scps,
        )
        levels = (each for level in scps or () for each in level)
        documents = [each.document for each in (*(each.policy for each in self._simulated), *levels)]
        self.size = sum(_size(one.statement) for each in documents if each is not None for one in each.statements)
        """What one resource costs: how many characters are compared with it, more or less."""
        self._owner = _owner(asked.resource_owner) or caller.account
        known, entries = _context(caller, tags, now), _entries(asked.context_entries)
        self._context = known | entries
        untold = _UNTOLD if caller.arn else _UNTOLD | {"aws:principalaccount"}
        self._told = known.keys() - untold | entries.keys()

    def result(self, action: str, resources: Sequence[str]) -> shapes.EvaluationResult:
        """The result of one action on these resources: `*` alone, or those that the request names."""
        parts = [self._part(action, resource) for resource in resources]
        is_named = list(resources) != ["*"]
        organization = None
        if self._organization is not None:
            allowed = all(each.is_allowed_by_organizations for each in parts)
            organization = shapes.OrganizationsDecisionDetail(allowed_by_organizations=allowed)
        details = {name: _worst(each.details[name] for each in parts).value for name in parts[0].details}
        return shapes.EvaluationResult(
            eval_action_name=action,
            eval_resource_name=resources[0] if len(resources) == 1 else common_name(action),
            eval_decision=_worst(each.outcome for each in parts).value,
            matched_statements=list(dict.fromkeys(one for each in parts for one in each.matched)),
            missing_context_values=list(dict.fromkeys(one for each in parts for one in each.missing)),
            organizations_decision_detail=organization,
            permissions_boundary_decision_detail=_boundary_detail(parts),
            eval_decision_details=details if is_named else None,
            resource_specific_results=list(map(_specific, resources, parts)) if is_named else None,
        )

    def _part(self, action: str, resource: str) -> _Part:
        request = self._request(action, resource)
        decision = decide(self._plan, request, resource_policy=self._resource)
        outcome = decision.outcome
        if outcome is Outcome.ALLOW and not can_be_about(action, resource):
            outcome = Outcome.IMPLICIT_DENY
        return _Part(
            outcome,
            self._matched(request, outcome) if decision.layer is not Layer.SCP else (),
            self._missing if outcome is Outcome.IMPLICIT_DENY else (),
            self._details(request) if self._owner != self._caller.account else {},
            None if self._boundary is None else _said_by([self._boundary], request) is Outcome.ALLOW,
            self._organization is None or decide(self._organization, request).layer is not Layer.SCP,
        )

    def _request(self, action: str, resource: str) -> AccessRequest:
        is_trust = self._resource is not None and self._resource.source.layer is Layer.TRUST
        return AccessRequest(
            principal=self._caller,
            action=action,
            resource=resource,
            resource_account=self._owner,
            context=self._context,
            resource_rule=ResourceRule.REQUIRED if is_trust else ResourceRule.UNION,
        )

    def _matched(self, request: AccessRequest, outcome: Outcome) -> tuple[shapes.Statement, ...]:
        """The statements that determine the result, each once though several have the policy."""
        if outcome is Outcome.IMPLICIT_DENY:
            return ()
        effect = "Deny" if outcome is Outcome.EXPLICIT_DENY else "Allow"
        found: dict[shapes.Statement, None] = {}
        for each in self._simulated:
            layer = each.policy.source.layer
            if effect == "Allow" and layer is Layer.BOUNDARY:
                continue
            for index in _applying(each, request, effect):
                start, end = self._positions[id(each)][index]
                statement = shapes.Statement(
                    source_policy_id=each.policy.source.id,
                    source_policy_type=_TYPES[layer],
                    start_position=_shown(start),
                    end_position=_shown(end),
                )
                found[statement] = None
        return tuple(found)

    @cached_property
    def _positions(self) -> dict[int, tuple[tuple[Position, Position], ...]]:
        return {
            id(each): statement_positions(each.text) for each in self._simulated if each.policy.document is not None
        }

    def _details(self, request: AccessRequest) -> dict[str, Outcome]:
        """Across accounts, what each side says by itself."""
        sides = {"IAM Policy": (Layer.IDENTITY,), "Resource Policy": (Layer.RESOURCE, Layer.TRUST)}
        if self._boundary is not None:
            sides[_BOUNDARY] = (Layer.BOUNDARY,)
        return {
            name: _said_by([each for each in self._simulated if each.policy.source.layer in layers], request)
            for name, layers in sides.items()
        }

    @cached_property
    def _missing(self) -> list[str]:
        """Keys that any statement asks for, whatever it is about, and nobody gave, spelled as written."""
        documents = [each.policy.document.document for each in self._simulated if each.policy.document is not None]
        return [name for name in context_keys(documents) if name.lower() not in self._told]


def _size(statement: Statement) -> int:
    values = (value for condition in statement.conditions for value in (condition.key, *condition.values))
    return STATEMENT_SIZE + sum(map(len, (*statement.actions, *(statement.resources or ()), *values)))


def _worst(outcomes: Iterable[Outcome]) -> Outcome:
    return min(outcomes, key=_WORST_FIRST.index)


def _specific(resource: str, part: _Part) -> shapes.ResourceSpecificResult:
    """A part as it is shown: what is empty is left out."""
    return shapes.ResourceSpecificResult(
        eval_resource_name=resource,
        eval_resource_decision=part.outcome.value,
        matched_statements=part.matched or None,
        missing_context_values=part.missing or None,
        eval_decision_details={name: each.value for name, each in part.details.items()} or None,
        permissions_boundary_decision_detail=_boundary_detail([part]),
    )


def _boundary_detail(parts: Sequence[_Part]) -> shapes.PermissionsBoundaryDecisionDetail | None:
    if parts[0].is_allowed_by_boundary is None:
        return None
    allowed = all(each.is_allowed_by_boundary for each in parts)
    return shapes.PermissionsBoundaryDecisionDetail(allowed_by_permissions_boundary=allowed)


def _said_by(policies: Sequence[Simulated], request: AccessRequest) -> Outcome:
    """What policies say by themselves."""
    if any(_applying(each, request, "Deny") for each in policies):
        return Outcome.EXPLICIT_DENY
    if any(_applying(each, request, "Allow") for each in policies):
        return Outcome.ALLOW
    return Outcome.IMPLICIT_DENY


def _applying(simulated: Simulated, request: AccessRequest, effect: str) -> list[int]:
    document = simulated.policy.document
    if document is None:
        return []
    action, get = request.action.lower(), request.context.get
    return [
        each.index
        for each in document.statements
        if each.statement.effect == effect
        and each.speaks_of(action)
        and each.reach(request.resource, get, request.principal) != NOBODY
    ]


def _given(simulated: Simulated | None) -> Iterator[Simulated]:
    if simulated is not None:
        yield simulated


def _shown(position: Position) -> shapes.Position:
    return shapes.Position(line=position.line, column=position.column)


def _owner(text: str | None) -> str | None:
    """The account of `ResourceOwner`, which must be an ARN. Raises InvalidInput."""
    if text is None:
        return None
    arn = _arn(text)
    if arn is None or not arn.account:
        raise InvalidInput(f"'{text}' is not a valid as a Resource Owner.")
    return arn.account


def _context(caller: Principal, tags: Tags, now: datetime) -> dict[str, ContextValue]:
    """What is known of the simulated request without being told."""
    context: dict[str, ContextValue] = {
        "aws:userid": caller.id,
        "aws:principalaccount": caller.account,
        "aws:currenttime": iso8601(now),
        "aws:epochtime": str(int(now.timestamp())),
    }
    if caller.arn:
        is_session = caller.kind is Kind.ASSUMED_ROLE
        context["aws:principalarn"] = caller.issuer_arn if is_session else caller.arn
        context["aws:principaltype"] = _KINDS[caller.kind]
        if caller.kind is Kind.USER:
            context["aws:username"] = caller.name
        context |= {f"aws:principaltag/{key.lower()}": value for key, value in tags}
    return context


def _entries(entries: Sequence[shapes.ContextEntry] | None) -> dict[str, ContextValue]:
    """The context of the request; a list where the type is a list's. Raises InvalidInput."""
    context: dict[str, ContextValue] = {}
    for entry in entries or ():
        values = tuple(entry.context_key_values or ())
        given = entry.context_key_name or ""
        name = given.lower()
        kind = entry.context_key_type or "string"
        if name in context:
            raise InvalidInput(f"Duplicate context key: {given}.")
        if kind.endswith("List"):
            context[name] = values
        elif len(values) > 1:
            raise InvalidInput(f"Context key {kind} expected a single value, but received {len(values)}.")
        else:
            context[name] = values[0] if values else None
        read, expected = _FORMATS.get(kind.removesuffix("List"), (None, ""))
        if read is not None and any(read(value) is None for value in values):
            raise InvalidInput(f"Invalid context value for key {given}: expected {expected}.")
    return context
