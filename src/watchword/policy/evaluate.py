"""The fast engine: decides a request with policies compiled beforehand. It says what `spec` says.

The caller's policies are a `PrincipalPlan`, kept between requests; what is not kept is computed once an action. No
policy, no Allow: the default is to deny. A failure never allows: an exception of the context passes through, and a
policy that cannot be evaluated denies.

Order of the answer: explicit denies; policies that cannot be evaluated; control policies (RCP, SCP); the VPC endpoint;
then the resource, identity, boundary and session policies by the tables of `spec`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from watchword.policy.access import (
    NOT_CONTROLLED,
    ROOT_KEEPS_BUCKET_POLICY,
    AccessRequest,
    Levels,
    Policies,
    ResourceRule,
    SourcedPolicy,
)
from watchword.policy.compiled import ACTIONS_KEPT_MAX, CompiledDocument, StatementSet, statement_set
from watchword.policy.decision import Decision, Layer, Outcome, Reason
from watchword.policy.principals import ACCOUNT, CALLER, ISSUER, NOBODY, Kind, Principal
from watchword.policy.variables import Get

_UNION: Final = ResourceRule.UNION


def _allow(layer: Layer | None, reason: Reason = "allowed by policy") -> Decision:
    return Decision(Outcome.ALLOW, reason, layer)


def _deny(layer: Layer, reason: Reason = "no policy allows") -> Decision:
    return Decision(Outcome.IMPLICIT_DENY, reason, layer)


_ALLOWED_ALWAYS: Final = _allow(None, "not controlled by policies")
_ALLOWED_TO_ROOT: Final = _allow(None, "allowed to root")
_ALLOWED_BY: Final = {layer: _allow(layer) for layer in Layer}
_ALLOWED_BY_IDENTITY: Final = _ALLOWED_BY[Layer.IDENTITY]
_NOT_ALLOWED_BY: Final = {layer: _deny(layer) for layer in Layer}
_NOT_ALLOWED_BY_IDENTITY: Final = _NOT_ALLOWED_BY[Layer.IDENTITY]
_NO_SESSION_POLICY: Final = _deny(Layer.SESSION, "no session policy given")


class _Rules:
    """What a plan says of one action."""

    __slots__ = ("allowed_always", "boundary", "denies", "identity", "keeps_bucket_policy", "scps", "session")

    def __init__(self, plan: PrincipalPlan, action: str) -> None:
        policies = plan.policies
        folded = action.lower()
        self.allowed_always = folded in NOT_CONTROLLED
        self.keeps_bucket_policy = plan.is_root and folded in ROOT_KEEPS_BUCKET_POLICY
        self.identity = statement_set(_documents(policies.identity), action, "Allow")
        self.boundary = self.session = None
        if policies.boundary is not None:
            self.boundary = statement_set(_documents((policies.boundary,)), action, "Allow")
        if policies.session is not None:
            self.session = statement_set(_documents(policies.session), action, "Allow")
        self.scps = tuple(_level_allows(policies.scps or (), action))
        self.denies = statement_set(_documents(_own_policies(policies)), action, "Deny")


def _own_policies(policies: Policies) -> list[SourcedPolicy]:
    return [
        *policies.identity,
        *(() if policies.boundary is None else (policies.boundary,)),
        *(policies.session or ()),
        *(each for level in policies.scps or () for each in level),
    ]


def _documents(policies: Iterable[SourcedPolicy]) -> list[CompiledDocument]:
    return [each.document for each in policies if each.document is not None]


def _level_allows(levels: Levels, action: str) -> Iterator[StatementSet | None]:
    """The Allows of each level, but for levels that allow everything."""
    for level in levels:
        allows = statement_set(_documents(level), action, "Allow")
        if allows is None or not allows.is_everything:
            yield allows


def _has_failure(policies: Iterable[SourcedPolicy]) -> bool:
    return any(each.document is None for each in policies)


class PrincipalPlan:
    """The policies of one caller, compiled: keep it while none of them changes.

    Layers that do not apply to the caller are left out here: root has neither identity policies nor a boundary, no SCP
    or boundary limits a service-linked role, callers of no account have no policies of their own.
    """

    __slots__ = (
        "_by_action",
        "has_failure",
        "has_own",
        "is_federated",
        "is_federation",
        "is_linked",
        "is_root",
        "kind",
        "policies",
    )

    def __init__(
        self,
        principal: Principal,
        *,
        identity: tuple[SourcedPolicy, ...] = (),
        boundary: SourcedPolicy | None = None,
        session: tuple[SourcedPolicy, ...] | None = None,
        scps: Levels | None = None,
    ) -> None:
        self.kind = principal.kind
        self.is_root = principal.kind is Kind.ROOT
        self.is_federated = principal.kind is Kind.FEDERATED_USER
        self.is_linked = principal.is_service_linked
        self.is_federation = principal.kind in (Kind.WEB_IDENTITY, Kind.SAML)
        has_identity = principal.kind in (Kind.USER, Kind.ASSUMED_ROLE, Kind.FEDERATED_USER)
        self.has_own = has_identity or self.is_root
        self.policies = Policies(
            identity=identity if has_identity else (),
            boundary=boundary if has_identity and not self.is_linked else None,
            session=session if self.has_own else None,
            scps=scps if self.has_own and not self.is_linked else None,
        )
        self.has_failure = _has_failure(_own_policies(self.policies))
        self._by_action: dict[str, _Rules] = {}

    def on(self, action: str) -> _Rules:
        """What the plan says of an action, compiled at the first time."""
        rules = _Rules(self, action)
        if len(self._by_action) >= ACTIONS_KEPT_MAX:
            self._by_action.clear()
        self._by_action[action] = rules
        return rules

    def find(self, action: str) -> _Rules:
        return self._by_action.get(action) or self.on(action)


class ControlPlan:
    """The RCPs of one account, compiled: keep it while none of them changes."""

    __slots__ = ("_by_action", "_has_failure", "levels")

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self._has_failure = _has_failure(each for level in levels for each in level)
        self._by_action: dict[str, tuple[StatementSet | None, tuple[StatementSet | None, ...]]] = {}

    def denies(self, action: str, resource: str, get: Get, caller: Principal) -> bool:
        """True when any policy denies or cannot be evaluated."""
        denies = self.on(action)[0]
        return self._has_failure or (denies is not None and denies.matches(resource, get, caller))

    def on(self, action: str) -> tuple[StatementSet | None, tuple[StatementSet | None, ...]]:
        """The Denies of all levels together, and the Allows of each level."""
        found = self._by_action.get(action)
        if found is None:
            every = [each for level in self.levels for each in level]
            found = (statement_set(_documents(every), action, "Deny"), tuple(_level_allows(self.levels, action)))
            if len(self._by_action) >= ACTIONS_KEPT_MAX:
                self._by_action.clear()
            self._by_action[action] = found
        return found


def decide(
    plan: PrincipalPlan,
    request: AccessRequest,
    *,
    resource_policy: SourcedPolicy | None = None,
    rcps: ControlPlan | None = None,
    endpoint: SourcedPolicy | None = None,
) -> Decision:
    """Decide a request of a caller for whom `plan` was made."""
    caller, action, resource, get = request.principal, request.action, request.resource, request.context.get
    if plan.kind is not caller.kind or plan.is_linked is not caller.is_service_linked:
        raise ValueError("the plan was made for another caller")
    rules = plan.find(action)
    if rules.allowed_always:
        return _ALLOWED_ALWAYS
    if plan.is_linked:
        rcps = None
    denying = resource_policy
    if rules.keeps_bucket_policy and caller.account == request.resource_account:
        denying = None
    if (
        (rules.denies is not None and rules.denies.matches(resource, get, caller))
        or (denying is not None and _denies(denying, plan, action, resource, get, caller))
        or (endpoint is not None and _denies(endpoint, None, action, resource, get, caller))
        or (rcps is not None and rcps.denies(action, resource, get, caller))
        or plan.has_failure
    ):
        return _first_refusal(plan, request, denying, endpoint, rcps)
    if rcps is not None and not _each_allows(rcps.on(action)[1], resource, get, caller):
        return _NOT_ALLOWED_BY[Layer.RCP]
    if rules.scps and not _each_allows(rules.scps, resource, get, caller):
        return _NOT_ALLOWED_BY[Layer.SCP]
    if endpoint is not None and not _reach(endpoint, None, action, resource, get, caller):
        return _NOT_ALLOWED_BY[Layer.ENDPOINT]
    return _weigh(plan, rules, request, resource_policy)


def decide_policies(policies: Policies, request: AccessRequest) -> Decision:
    """Decide once, with plans made for this request alone."""
    plan = PrincipalPlan(
        request.principal,
        identity=policies.identity,
        boundary=policies.boundary,
        session=policies.session,
        scps=policies.scps,
    )
    rcps = None if policies.rcps is None else ControlPlan(policies.rcps)
    return decide(plan, request, resource_policy=policies.resource, rcps=rcps, endpoint=policies.endpoint)


def _denies(
    policy: SourcedPolicy, plan: PrincipalPlan | None, action: str, resource: str, get: Get, caller: Principal
) -> bool:
    """True when a policy denies, or cannot be evaluated. `plan` is given for the policy of the resource itself."""
    document = policy.document
    if document is None:
        return True
    if plan is not None and plan.is_federation:
        return document.federated_reach(action, resource, get, caller, "Deny") != NOBODY
    denies = document.on(action)[0]
    if denies is None:
        return False
    if denies.matches(resource, get, caller):
        return True
    return plan is not None and plan.policies.boundary is not None and document.denies_bounded(action, resource, get)


def _reach(
    policy: SourcedPolicy | None, plan: PrincipalPlan | None, action: str, resource: str, get: Get, caller: Principal
) -> int:
    """How firmly the Allows of a policy name the caller. `plan` is given for the policy of the resource itself."""
    document = None if policy is None else policy.document
    if document is None:
        return NOBODY
    if plan is not None and plan.is_federation:
        return document.federated_reach(action, resource, get, caller, "Allow")
    allows = document.on(action)[1]
    return NOBODY if allows is None else allows.reach(resource, get, caller)


def _each_allows(levels: tuple[StatementSet | None, ...], resource: str, get: Get, caller: Principal) -> bool:
    for allows in levels:  # noqa: SIM110 - a generator costs more than the loop
        if allows is None or not allows.matches(resource, get, caller):
            return False
    return True


def _weigh(
    plan: PrincipalPlan, rules: _Rules, request: AccessRequest, resource_policy: SourcedPolicy | None
) -> Decision:
    """Weigh resource, identity, boundary and session policy when nothing denies explicitly."""
    is_same_account = request.principal.account == request.resource_account
    if plan.has_own and is_same_account and request.resource_rule is _UNION:
        return _weigh_union(plan, rules, request, resource_policy)
    caller, resource, get = request.principal, request.resource, request.context.get
    layer = Layer.RESOURCE if resource_policy is None else resource_policy.source.layer
    reach = _reach(resource_policy, plan, request.action, resource, get, caller)
    if reach == NOBODY:
        return _NOT_ALLOWED_BY[layer]
    if not plan.has_own:
        return _ALLOWED_BY[layer]
    limited = _limit(plan, rules, resource, get, caller, reach if is_same_account else NOBODY)
    if limited is None:
        return _ALLOWED_BY[layer]
    if limited.layer is Layer.IDENTITY and not is_same_account and reach == ACCOUNT:
        return _NOT_ALLOWED_BY[layer]  # as AWS words it when the resource names only the account
    return limited


def _weigh_union(
    plan: PrincipalPlan, rules: _Rules, request: AccessRequest, resource_policy: SourcedPolicy | None
) -> Decision:
    """In one account either side may grant; the caller's own policies are asked first."""
    caller, resource, get = request.principal, request.resource, request.context.get
    limited = _limit(plan, rules, resource, get, caller, NOBODY)
    if limited is None:
        return _ALLOWED_TO_ROOT if plan.is_root else _ALLOWED_BY_IDENTITY
    if plan.is_root or resource_policy is None:
        return limited
    reach = _reach(resource_policy, plan, request.action, resource, get, caller)
    if reach < ISSUER:
        return limited
    still = _limit(plan, rules, resource, get, caller, reach)
    return _ALLOWED_BY[resource_policy.source.layer] if still is None else still


def _limit(
    plan: PrincipalPlan, rules: _Rules, resource: str, get: Get, caller: Principal, reach: int
) -> Decision | None:
    """The refusal of the first of the caller's own layers that a grant of this reach does not pass, None for none."""
    identity, boundary, session = rules.identity, rules.boundary, rules.session
    if reach < ISSUER and not plan.is_root and (identity is None or not identity.matches(resource, get, caller)):
        return _NOT_ALLOWED_BY_IDENTITY
    if reach == CALLER and not plan.is_root:
        return None
    if plan.policies.boundary is not None and (boundary is None or not boundary.matches(resource, get, caller)):
        return _NOT_ALLOWED_BY[Layer.BOUNDARY]
    if plan.policies.session is None:
        return _NO_SESSION_POLICY if plan.is_federated else None
    if session is None or not session.matches(resource, get, caller):
        return _NOT_ALLOWED_BY[Layer.SESSION]
    return None


def _first_refusal(
    plan: PrincipalPlan,
    request: AccessRequest,
    resource_policy: SourcedPolicy | None,
    endpoint: SourcedPolicy | None,
    rcps: ControlPlan | None,
) -> Decision:
    """Find the policy to name: the first that denies explicitly, else the first that cannot be evaluated."""
    own = plan.policies
    ordered = [
        *(each for level in (rcps.levels if rcps else ()) for each in level),
        *(each for level in own.scps or () for each in level),
        *_given(endpoint),
        *own.identity,
        *_given(resource_policy),
        *_given(own.boundary),
        *(own.session or ()),
    ]
    for policy in ordered:
        is_federation = plan.is_federation and policy is resource_policy
        is_bounded = own.boundary is not None and policy is resource_policy
        index = None
        if policy.document is not None:
            index = _denying_statement(policy.document, request, is_federation, is_bounded)
        if index is not None:
            return Decision(Outcome.EXPLICIT_DENY, "explicit deny", policy.source.layer, policy.source, index)
    failed = next(each for each in ordered if each.document is None).source
    return Decision(Outcome.IMPLICIT_DENY, "policy cannot be evaluated", failed.layer, failed)


def _given(policy: SourcedPolicy | None) -> tuple[SourcedPolicy, ...]:
    return () if policy is None else (policy,)


def _denying_statement(
    document: CompiledDocument, request: AccessRequest, is_federation: bool, is_bounded: bool
) -> int | None:
    action = request.action.lower()
    for statement in document.statements:
        if statement.statement.effect == "Deny" and statement.speaks_of(action):
            reach = statement.federated_reach if is_federation else statement.reach
            if reach(request.resource, request.context.get, request.principal) != NOBODY:
                return statement.index
            spares = is_bounded and statement.statement.is_not_principal
            if spares and statement.applies(request.resource, request.context.get):
                return statement.index
    return None
