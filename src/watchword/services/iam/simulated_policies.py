"""The policies of a simulation: given in the request, or those that a user, group or role has.

Decides how each is named in the results, and which are left out on request. Never decides a request.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html; the names are those that
IAM gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from watchword.core.arn import Arn, parse_arn
from watchword.core.errors import InvalidArn
from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.control_policies import control_levels
from watchword.directory.directory import Directory
from watchword.directory.groups import Group
from watchword.directory.organizations import SCP
from watchword.directory.policies import HolderKind
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.policy.access import SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.language import MalformedPolicy, parse_document
from watchword.services.iam import shapes
from watchword.services.iam.errors import InvalidInput, NoSuchEntity

Sort = Literal["inline", "aws-managed", "user-managed", "permission-boundary", "scp", "given"]
"""What kind of attachment a policy is, as `PolicyExclusionList` names it."""
AWS_MANAGED: Final = "arn:aws:iam::aws:"


class Simulated(NamedTuple):
    """A policy with its text, in which the positions of statements are found."""

    policy: SourcedPolicy
    text: str
    sort: Sort = "given"


def given(texts: Sequence[str] | None, name: str, layer: Layer) -> tuple[Simulated, ...]:
    """The documents of one member of the request: `PolicyInputList.1`, … Raises InvalidInput."""
    return tuple(
        Simulated(_sourced(PolicySource(layer, f"{name}.{number}"), text), text)
        for number, text in enumerate(texts or (), 1)
    )


def given_resource_policy(text: str | None) -> Simulated | None:
    """The resource's policy; one without Resource elements is the trust policy of a role. Raises InvalidInput."""
    if text is None:
        return None
    try:
        names_resources = any(each.resources is not None for each in parse_document(text).statements)
    except MalformedPolicy as error:
        raise InvalidInput(error.message) from None
    layer = Layer.RESOURCE if names_resources else Layer.TRUST
    return Simulated(_sourced(PolicySource(layer, "ResourcePolicy"), text), text)


def given_levels(
    levels: Sequence[shapes.OrderedOrganizationPolicyType] | None,
) -> tuple[tuple[SourcedPolicy, ...], ...] | None:
    """Service control policies in the request, from the root down. Raises InvalidInput."""
    if not levels:
        return None
    for at, level in enumerate(levels, 1):
        if not level.service_control_policy_input_list:
            raise InvalidInput(f"Organization policy at index {at} must contain at least one service control policy")
    return tuple(
        tuple(
            each.policy
            for each in given(level.service_control_policy_input_list, f"ServiceControlPolicy.{at}", Layer.SCP)
        )
        for at, level in enumerate(levels, 1)
    )


def _sourced(source: PolicySource, text: str) -> SourcedPolicy:
    try:
        return SourcedPolicy(source, CompiledDocument(parse_document(text)))
    except MalformedPolicy as error:
        name, _, number = source.id.partition(".")
        if name == "PolicyInputList":
            raise InvalidInput(f"Policy input list item {number} has invalid content") from None
        raise InvalidInput(f"{source.id}: {error.message}") from None


def policy_source(directory: Directory, account: str, text: str) -> User | Group | Role:
    """The user, group or role of an ARN, found by name: the path does not matter.

    Raises InvalidInput, NoSuchEntity.
    """
    arn = _arn(text)
    kind, _, rest = arn.resource.partition("/") if arn is not None else ("", "", "")
    name = rest.rpartition("/")[2].lower()
    if arn is None or arn.service != "iam" or kind not in ("user", "group", "role") or not name:
        raise InvalidInput(f"Invalid ARN provided in the request: {text}")
    if arn.account != account:
        raise InvalidInput(
            f"Invalid Policy Source Arn: caller's account {account} does not have access to policies "
            f"in account {arn.account}."
        )
    kinds = {"user": directory.users, "group": directory.groups, "role": directory.roles}
    entity = kinds[kind].get(account, name)
    if entity is None:
        raise NoSuchEntity("Unable to retrieve specified IAM entity.")
    return entity


def _arn(text: str) -> Arn | None:
    try:
        return parse_arn(text)
    except InvalidArn:
        return None


def attached(directory: Directory, aws_policies: AwsPolicies, entity: User | Group | Role) -> Iterator[Simulated]:
    """The identity policies of a user and its groups, of a group, or of a role."""
    kind: HolderKind = "user" if isinstance(entity, User) else "group" if isinstance(entity, Group) else "role"
    yield from _of_holder(directory, aws_policies, kind, entity)
    if isinstance(entity, User):
        for membership in directory.memberships.where("user", entity.account, entity.id):
            group = directory.groups.seek("id", membership.group_id)
            if group is not None:
                yield from _of_holder(directory, aws_policies, "group", group)


def _of_holder(
    directory: Directory, aws_policies: AwsPolicies, kind: HolderKind, holder: User | Group | Role
) -> Iterator[Simulated]:
    for inline in directory.inline_policies.under(holder.account, holder.id):
        source = PolicySource(Layer.IDENTITY, f"{kind}_{holder.name}_{inline.name}")
        yield _stored(source, inline.document, "inline")
    for attachment in directory.attachments.where("holder", holder.account, holder.id):
        yield managed(directory, aws_policies, holder.account, attachment.policy_arn, Layer.IDENTITY)


def managed(directory: Directory, aws_policies: AwsPolicies, account: str, arn: str, layer: Layer) -> Simulated:
    """A managed policy in its default version; one that is gone never lets anything pass."""
    source = PolicySource(layer, arn.rsplit("/", 1)[-1], arn)
    is_boundary = layer is Layer.BOUNDARY
    if arn.startswith(AWS_MANAGED):
        aws = aws_policies.get(arn)
        return _stored(
            source, "" if aws is None else aws.document, "permission-boundary" if is_boundary else "aws-managed"
        )
    policy = directory.managed_policies.seek("arn", arn)
    version = None
    if policy is not None and policy.account == account:
        version = directory.policy_versions.get(account, policy.id, f"{policy.default_version:09d}")
    sort: Sort = "permission-boundary" if is_boundary else "user-managed"
    return _stored(source, "" if version is None else version.document, sort)


def _stored(source: PolicySource, text: str, sort: Sort) -> Simulated:
    try:
        return Simulated(SourcedPolicy(source, CompiledDocument(parse_document(text))), text, sort)
    except MalformedPolicy:
        return Simulated(SourcedPolicy(source, None), text, sort)


def stored_levels(
    directory: Directory, account: str, excluded: Sequence[shapes.PolicyIdentifier]
) -> tuple[tuple[SourcedPolicy, ...], ...] | None:
    """The service control policies over an account; None when none reaches it."""
    if any(each.policy_type == "scp" for each in excluded):
        return None
    levels = control_levels(directory, account, SCP)
    if levels is None:
        return None
    arns = {each.policy_arn for each in excluded}
    return tuple(
        tuple(
            _stored(PolicySource(Layer.SCP, each.id, each.arn), each.content, "scp").policy
            for each in level
            if each.arn not in arns
        )
        for level in levels
    )


def kept(policies: Iterable[Simulated], excluded: Sequence[shapes.PolicyIdentifier]) -> tuple[Simulated, ...]:
    """The policies that no identifier of `PolicyExclusionList` names."""
    return tuple(each for each in policies if not any(_is_named(each, identifier) for identifier in excluded))


def _is_named(simulated: Simulated, identifier: shapes.PolicyIdentifier) -> bool:
    source = simulated.policy.source
    inline = identifier.inline_policy_identifier
    if inline is not None:
        name = f"{inline.attachment_type}_{inline.attachment_name}_{inline.policy_name}"
        return simulated.sort == "inline" and source.id == name
    if identifier.policy_arn is not None:
        # DIFFERS: 0005. AWS takes an attached policy by its ARN without the path only; neither takes the boundary.
        if not source.arn or simulated.sort == "permission-boundary":
            return False
        return identifier.policy_arn in (source.arn, f"{source.arn.partition('/')[0]}/{source.id}")
    return identifier.policy_type == simulated.sort
