"""Which policies apply: gathered from the directory, compiled once, kept while nothing that they come from changes.

Decides what belongs to a principal: identity policies of a user and its groups or of a role, the boundary, the
policies of the session, the service control policies over its account; and which resource control policies stand over
the account of a resource. Never decides a request: `policy.evaluate` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.control_policies import control_levels
from watchword.directory.directory import Directory
from watchword.directory.organizations import RCP, SCP, PolicyType
from watchword.directory.policies import HolderKind
from watchword.directory.ports import Store
from watchword.gateway.caches import AccountCache, TextCache
from watchword.gateway.records import CachedTransaction
from watchword.policy.access import Levels, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.evaluate import ControlPlan, PrincipalPlan
from watchword.policy.language import MalformedPolicy, parse_document
from watchword.policy.principals import Kind
from watchword.services.call import Authenticated

_ALLOWS_ALL = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
"""The root user's own permissions, for the federated users that it makes: their session policies limit these."""
PLANS_HELD = 20_000
CONTROLS_HELD = 20_000
DOCUMENTS_HELD = 4_096
CHARACTERS_HELD = 4 << 20
"""Of all documents together. A compiled one takes some ten bytes a character (measured with 46 statements)."""


def policy_holder(arn: str) -> str:
    """What holds the policy of a resource: the bucket or access point of an object, else the resource itself."""
    if arn.startswith("arn:aws:s3:::"):
        return arn.partition("/")[0]
    return arn.partition("/object/")[0] if arn.startswith("arn:aws:s3:") else arn


class Documents:
    """Compiled documents by their text: a text means the same for ever, so nothing here can be stale."""

    def __init__(self, documents_max: int = DOCUMENTS_HELD, characters_max: int = CHARACTERS_HELD) -> None:
        self._compiled: TextCache[Layer, CompiledDocument | None] = TextCache(documents_max, characters_max)
        self._of_resources: TextCache[str, SourcedPolicy] = TextCache(documents_max, characters_max)

    def of_resource(self, arn: str, text: str, *, is_trust: bool) -> SourcedPolicy:
        """The policy of a resource, or the trust policy of a role. What is asked for again is the same object."""
        # INVARIANT: a text that was read as a policy of one kind never passes for one of the other.
        holder = policy_holder(arn)
        known = self._of_resources.entries.get((holder, text))
        if known is None or (known.source.layer is Layer.TRUST) is not is_trust:
            known = self.sourced(PolicySource(Layer.TRUST if is_trust else Layer.RESOURCE, holder), text)
            self._of_resources.put(holder, text, known)
        return known

    def sourced(self, source: PolicySource, text: str) -> SourcedPolicy:
        """The policy with its compiled document; one that cannot be read never lets anything pass."""
        key = (source.layer, text)
        try:
            document = self._compiled.entries[key]  # one look-up: another thread may take it away at any time
        except KeyError:
            document = _compiled(source, text)
            self._compiled.put(source.layer, text, document)
        return SourcedPolicy(source, document)


def _owners(directory: Directory, account: str) -> tuple[str, ...]:
    """Whose changes an account's policies depend on."""
    member = directory.members.get(account)
    return (account,) if member is None else (account, member.organization)


def _of_one_moment(directory: Directory) -> Directory:
    """The snapshot behind a directory.

    INVARIANT: what is kept was read at the one position that it is kept with. A record from memory may be older than
    the snapshot, which begins when it is first asked.
    """
    transaction = directory.transaction
    return Directory(transaction.snapshot) if isinstance(transaction, CachedTransaction) else directory


def _compiled(source: PolicySource, text: str) -> CompiledDocument | None:
    try:
        document = CompiledDocument(parse_document(text))
        SourcedPolicy(source, document)
    except MalformedPolicy:
        return None
    return document


class Control(NamedTuple):
    """What stands over the resources of an account."""

    plan: ControlPlan | None
    """None where no resource control policy reaches."""


class Plans:
    """The plans of callers, and of the accounts that own resources."""

    def __init__(self, store: Store, aws_policies: AwsPolicies, documents: Documents) -> None:
        self._aws_policies = aws_policies
        self._documents = documents
        self._plans: AccountCache[PrincipalPlan] = AccountCache(PLANS_HELD)
        self._controls: AccountCache[Control] = AccountCache(CONTROLS_HELD)
        store.follow(self._plans.changed)
        store.follow(self._controls.changed)

    def plan(self, caller: Authenticated, directory: Directory) -> PrincipalPlan:
        """The plan of a caller, from memory or from this snapshot."""
        principal, session = caller.principal, caller.session
        limits = (session.policy, session.policy_arns) if session and (session.policy or session.policy_arns) else None
        key = (principal.kind, principal.unique_id, limits)
        plan = self._plans.get(key)
        if plan is None:
            directory = _of_one_moment(directory)
            plan = self._gather(caller, directory)
            if principal.account:
                owners = _owners(directory, principal.account)
                self._plans.put(key, owners, plan, directory.transaction.position)
        return plan

    def live_plan(self, caller: Authenticated, directory: Directory) -> PrincipalPlan:
        """The plan of a caller as a transaction sees it. INVARIANT: what is not committed never enters the cache."""
        return self._gather(caller, directory)

    def control(self, account: str, directory: Directory) -> ControlPlan | None:
        """The resource control policies over an account, from memory or from this snapshot."""
        entry = self._controls.entries.get(account)
        if entry is not None:
            return entry[0].plan
        directory = _of_one_moment(directory)
        control = Control(self.live_control(account, directory))
        self._controls.put(account, _owners(directory, account), control, directory.transaction.position)
        return control.plan

    def live_control(self, account: str, directory: Directory) -> ControlPlan | None:
        """The resource control policies over an account as a transaction sees them."""
        levels = self._levels(directory, account, RCP, Layer.RCP)
        return None if levels is None else ControlPlan(levels)

    def _levels(self, directory: Directory, account: str, policy_type: PolicyType, layer: Layer) -> Levels | None:
        levels = control_levels(directory, account, policy_type)
        if levels is None:
            return None
        return tuple(
            tuple(self._documents.sourced(PolicySource(layer, each.id, each.arn), each.content) for each in level)
            for level in levels
        )

    def _gather(self, caller: Authenticated, directory: Directory) -> PrincipalPlan:
        principal = caller.principal
        identity: tuple[SourcedPolicy, ...] = ()
        boundary: str | None = None
        if principal.kind is Kind.FEDERATED_USER and principal.unique_id == principal.account:
            identity = (self._documents.sourced(PolicySource(Layer.IDENTITY, "root"), _ALLOWS_ALL),)
        elif principal.kind is Kind.USER or principal.kind is Kind.FEDERATED_USER:
            user = directory.users.seek("id", principal.unique_id)
            boundary = user.boundary if user else None
            identity = tuple(self._of_user(directory, principal.account, principal.unique_id, principal.name))
        elif principal.kind is Kind.ASSUMED_ROLE:
            role = directory.roles.seek("id", principal.unique_id)
            boundary = role.boundary if role else None
            identity = tuple(self._of_holder(directory, principal.account, "role", principal.unique_id, principal.name))
        return PrincipalPlan(
            principal,
            identity=identity,
            boundary=self._managed(directory, principal.account, boundary, Layer.BOUNDARY) if boundary else None,
            session=self._of_session(caller, directory),
            scps=self._levels(directory, principal.account, SCP, Layer.SCP) if principal.account else None,
        )

    def _of_user(self, directory: Directory, account: str, user_id: str, name: str) -> Iterator[SourcedPolicy]:
        yield from self._of_holder(directory, account, "user", user_id, name)
        for membership in directory.memberships.where("user", account, user_id):
            group = directory.groups.seek("id", membership.group_id)
            if group is not None:
                yield from self._of_holder(directory, account, "group", group.id, group.name)

    def _of_holder(
        self, directory: Directory, account: str, kind: HolderKind, holder_id: str, name: str
    ) -> Iterator[SourcedPolicy]:
        for inline in directory.inline_policies.under(account, holder_id):
            source = PolicySource(Layer.IDENTITY, f"{kind}_{name}_{inline.name}")
            yield self._documents.sourced(source, inline.document)
        for attachment in directory.attachments.where("holder", account, holder_id):
            yield self._managed(directory, account, attachment.policy_arn, Layer.IDENTITY)

    def _of_session(self, caller: Authenticated, directory: Directory) -> tuple[SourcedPolicy, ...] | None:
        session = caller.session
        if session is None or not (session.policy or session.policy_arns):
            return None
        policies = [self._managed(directory, session.account, arn, Layer.SESSION) for arn in session.policy_arns]
        if session.policy:
            policies.append(self._documents.sourced(PolicySource(Layer.SESSION, "session"), session.policy))
        return tuple(policies)

    def _managed(self, directory: Directory, account: str, arn: str, layer: Layer) -> SourcedPolicy:
        """A managed policy in its default version. One that is gone can say nothing: it never lets anything pass."""
        name = arn.rsplit("/", 1)[-1]
        source = PolicySource(layer, name, arn)
        aws = self._aws_policies.get(arn) if arn.startswith("arn:aws:iam::aws:") else None
        if aws is not None:
            return self._documents.sourced(source, aws.document)
        policy = directory.managed_policies.seek("arn", arn)
        if policy is None or policy.account != account:
            return SourcedPolicy(source, None)
        version = directory.policy_versions.get(policy.account, policy.id, f"{policy.default_version:09d}")
        return SourcedPolicy(source, None) if version is None else self._documents.sourced(source, version.document)
