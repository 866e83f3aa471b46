"""Simulated requests: their caller, context and resources, and the result of one action on one resource.

Decides what stands in for what the request leaves out, and what a result shows: of an explicit deny the statements that
deny, of an allow those that allow, of an implicit deny none; nothing when the organization denies.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

from watchword.core.arn import Arn, assumed_role_arn, parse_arn
from watchword.core.clock import iso8601
from watchword.core.errors import InvalidArn
from watchword.core.tags import Tags
from watchword.directory.groups import Group
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.policy.access import AccessRequest, Levels, ResourceRule
from watchword.policy.context_keys import context_keys
from watchword.policy.decision import Decision, Layer, Outcome
from watchword.policy.evaluate import PrincipalPlan, decide
from watchword.policy.language import Position, statement_positions
from watchword.policy.principals import NOBODY, Kind, Principal
from watchword.policy.variables import ContextValue
from watchword.services.iam import shapes
from watchword.services.iam.errors import InvalidInput
from watchword.services.iam.simulated_policies import Simulated

STUB_USER_ID: Final = "STUB_PRINCIPAL_FOR_POLICY_SIMULATOR"
"""`aws:userid` when the request names no caller."""
_TYPES: Final = {
    Layer.IDENTITY: "IAM Policy",
    Layer.RESOURCE: "Resource Policy",
    Layer.TRUST: "Resource Policy",
    Layer.BOUNDARY: "Permissions Boundary Policy",
}
_KINDS: Final = {Kind.USER: "User", Kind.ASSUMED_ROLE: "AssumedRole", Kind.ROOT: "Account"}
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
        raise InvalidInput("A resource policy can be simulated only with the ARN of a resource.")
    return resources


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
        self._has_boundary = boundary is not None
        self._has_organization = scps is not None
        self._resource = None if resource is None else resource.policy
        self._plan = PrincipalPlan(
            caller,
            identity=tuple(each.policy for each in identity),
            boundary=None if boundary is None else boundary.policy,
            scps=scps,
        )
        levels = (each for level in scps or () for each in level)
        documents = [each.document for each in (*(each.policy for each in self._simulated), *levels)]
        self.statement_count = sum(len(each.statements) for each in documents if each is not None)
        """What one result costs."""
        self._owner = _owner(asked.resource_owner) or caller.account
        self._names_resources = asked.resource_arns is not None
        self._context = _context(caller, tags, now) | _entries(asked.context_entries)

    def result(self, action: str, resource: str) -> shapes.EvaluationResult:
        """The result of one action on one resource."""
        request = self._request(action, resource)
        decision = decide(self._plan, request, resource_policy=self._resource)
        matched = self._matched(request, decision)
        missing = [] if decision.is_allowed else self._missing
        boundary = None
        if self._has_boundary:
            allowed = self._is_allowed_by_boundary(request)
            boundary = shapes.PermissionsBoundaryDecisionDetail(allowed_by_permissions_boundary=allowed)
        organization = None
        if self._has_organization:
            allowed = decision.layer is not Layer.SCP
            organization = shapes.OrganizationsDecisionDetail(allowed_by_organizations=allowed)
        details = self._details(request) if self._owner != self._caller.account else {}
        specific: list[shapes.ResourceSpecificResult] = []
        if self._names_resources:
            specific.append(
                shapes.ResourceSpecificResult(
                    eval_resource_name=resource,
                    eval_resource_decision=decision.outcome.value,
                    matched_statements=matched,
                    missing_context_values=missing,
                    eval_decision_details=details,
                    permissions_boundary_decision_detail=boundary,
                )
            )
        return shapes.EvaluationResult(
            eval_action_name=action,
            eval_resource_name=resource,
            eval_decision=decision.outcome.value,
            matched_statements=matched,
            missing_context_values=missing,
            organizations_decision_detail=organization,
            permissions_boundary_decision_detail=boundary,
            eval_decision_details=details,
            resource_specific_results=specific,
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

    def _matched(self, request: AccessRequest, decision: Decision) -> list[shapes.Statement]:
        """The statements that determine the result."""
        if decision.outcome is Outcome.IMPLICIT_DENY or decision.layer is Layer.SCP:
            return []
        effect = "Deny" if decision.outcome is Outcome.EXPLICIT_DENY else "Allow"
        found: list[shapes.Statement] = []
        for each in self._simulated:
            layer = each.policy.source.layer
            if effect == "Allow" and layer is Layer.BOUNDARY:
                continue
            for index in _applying(each, request, effect):
                start, end = self._positions[id(each)][index]
                found.append(
                    shapes.Statement(
                        source_policy_id=each.policy.source.id,
                        source_policy_type=_TYPES[layer],
                        start_position=_shown(start),
                        end_position=_shown(end),
                    )
                )
        return found

    @cached_property
    def _positions(self) -> dict[int, tuple[tuple[Position, Position], ...]]:
        return {
            id(each): statement_positions(each.text) for each in self._simulated if each.policy.document is not None
        }

    def _is_allowed_by_boundary(self, request: AccessRequest) -> bool:
        boundary = next(each for each in self._simulated if each.policy.source.layer is Layer.BOUNDARY)
        return bool(_applying(boundary, request, "Allow")) and not _applying(boundary, request, "Deny")

    def _details(self, request: AccessRequest) -> dict[str, str]:
        """Across accounts, what each side says by itself."""
        details: dict[str, str] = {}
        sides = {"IAM Policy": (Layer.IDENTITY,), "Resource Policy": (Layer.RESOURCE, Layer.TRUST)}
        for name, layers in sides.items():
            there = [each for each in self._simulated if each.policy.source.layer in layers]
            outcome = Outcome.IMPLICIT_DENY
            if any(_applying(each, request, "Deny") for each in there):
                outcome = Outcome.EXPLICIT_DENY
            elif any(_applying(each, request, "Allow") for each in there):
                outcome = Outcome.ALLOW
            details[name] = outcome.value
        return details

    @cached_property
    def _missing(self) -> list[str]:
        """Keys that any statement asks for, whatever it is about, and the request does not give, spelled as written."""
        documents = [each.policy.document.document for each in self._simulated if each.policy.document is not None]
        return [name for name in context_keys(documents) if name.lower() not in self._context]


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
        "aws:currenttime": iso8601(now),
        "aws:epochtime": str(int(now.timestamp())),
    }
    if caller.arn:
        is_session = caller.kind is Kind.ASSUMED_ROLE
        context["aws:principalarn"] = caller.issuer_arn if is_session else caller.arn
        context["aws:principalaccount"] = caller.account
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
        name = (entry.context_key_name or "").lower()
        kind = entry.context_key_type or "string"
        if kind.endswith("List"):
            context[name] = values
        elif len(values) > 1:
            raise InvalidInput(f"Context key {kind} expected a single value, but received {len(values)}.")
        else:
            context[name] = values[0] if values else None
    return context
