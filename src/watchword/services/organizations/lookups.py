"""Finds what requests name: the caller's organization, roots, units, accounts, policies, targets.

Only the management account may use most operations; who that is, is decided here, after the policies have allowed.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from watchword.core.ids import RandomBytes
from watchword.core.tags import Tags
from watchword.directory.control_policies import AWS_CONTROL_POLICIES, AwsControlPolicy, membership, policy_arn
from watchword.directory.directory import Directory
from watchword.directory.organizations import (
    RCP,
    SCP,
    ControlPolicy,
    Member,
    Organization,
    OrganizationalUnit,
    PolicyType,
)
from watchword.services.call import Call
from watchword.services.organizations.errors import (
    AccountNotFoundException,
    AWSOrganizationsNotInUseException,
    OrganizationalUnitNotFoundException,
    PolicyNotFoundException,
    PolicyTypeNotAvailableForOrganizationException,
    TargetNotFoundException,
)
from watchword.services.organizations.faults import no_permission

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
TargetType = Literal["ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"]


class Target(NamedTuple):
    """A root, unit or account, as policies are attached to it."""

    id: str
    type: TargetType
    arn: str
    name: str
    tags: Tags


def new_id(prefix: str, characters: int, random_bytes: RandomBytes) -> str:
    """`prefix` and random digits and small letters, about 5 bits each."""
    number = int.from_bytes(random_bytes(characters + 8))
    drawn: list[str] = []
    for _ in range(characters):
        number, index = divmod(number, len(_ALPHABET))
        drawn.append(_ALPHABET[index])
    return prefix + "".join(drawn)


def own_organization(call: Call[Any], directory: Directory) -> Organization:
    """The organization of the caller's account. Raises AWSOrganizationsNotInUseException."""
    found = membership(directory, call.account)
    if found is None:
        raise AWSOrganizationsNotInUseException("Your account is not a member of an organization.")
    return found[1]


def managed_organization(call: Call[Any], directory: Directory) -> Organization:
    """The organization that the caller's account manages.

    Raises AWSOrganizationsNotInUseException, AccessDeniedException.
    """
    organization = own_organization(call, directory)
    if organization.management_account != call.account:
        raise no_permission()
    return organization


def account_arn(organization: Organization, account: str) -> str:
    """The ARN of a member account."""
    return f"arn:aws:organizations::{organization.management_account}:account/{organization.id}/{account}"


def unit_arn(organization: Organization, unit_id: str) -> str:
    """The ARN of a unit."""
    return f"arn:aws:organizations::{organization.management_account}:ou/{organization.id}/{unit_id}"


def member_of(directory: Directory, organization: Organization, account: str) -> Member:
    """An account of the organization. Raises AccountNotFoundException."""
    member = directory.members.get(account)
    if member is None or member.organization != organization.id:
        raise AccountNotFoundException("You specified an account that doesn't exist.")
    return member


def unit_of(directory: Directory, organization: Organization, unit_id: str) -> OrganizationalUnit:
    """A unit of the organization. Raises OrganizationalUnitNotFoundException."""
    unit = directory.organizational_units.get(organization.id, unit_id)
    if unit is None:
        raise OrganizationalUnitNotFoundException("You specified an organizational unit that doesn't exist.")
    return unit


def is_parent(directory: Directory, organization: Organization, parent_id: str) -> bool:
    """True for the root and for units."""
    if parent_id == organization.root_id:
        return True
    return directory.organizational_units.get(organization.id, parent_id) is not None


def find_target(directory: Directory, organization: Organization, target_id: str) -> Target | None:
    """The root, unit or account with an id."""
    if target_id == organization.root_id:
        return Target(target_id, "ROOT", organization.root_arn, "Root", organization.root_tags)
    if target_id.startswith("ou-"):
        unit = directory.organizational_units.get(organization.id, target_id)
        if unit is None:
            return None
        return Target(unit.id, "ORGANIZATIONAL_UNIT", unit_arn(organization, unit.id), unit.name, unit.tags)
    member = directory.members.get(target_id)
    if member is None or member.organization != organization.id:
        return None
    account = directory.accounts.get(member.account)
    name = account.name if account else ""
    return Target(member.account, "ACCOUNT", account_arn(organization, member.account), name, member.tags)


def target_of(directory: Directory, organization: Organization, target_id: str) -> Target:
    """The root, unit or account with an id. Raises TargetNotFoundException."""
    target = find_target(directory, organization, target_id)
    if target is None:
        raise TargetNotFoundException("You specified a target that doesn't exist.")
    return target


def policy_of(directory: Directory, organization: Organization, policy_id: str) -> ControlPolicy | AwsControlPolicy:
    """A policy of the organization or of AWS. Raises PolicyNotFoundException."""
    found = AWS_CONTROL_POLICIES.get(policy_id) or directory.control_policies.get(organization.id, policy_id)
    if found is None:
        raise PolicyNotFoundException("You specified a policy that doesn't exist.")
    return found


def arn_of(organization: Organization, policy: ControlPolicy | AwsControlPolicy) -> str:
    """The ARN of a policy."""
    return policy.arn if isinstance(policy, AwsControlPolicy) else policy_arn(organization, policy.type, policy.id)


def control_type(organization: Organization, asked: str) -> PolicyType:
    """A policy type that this house evaluates. Raises PolicyTypeNotAvailableForOrganizationException."""
    if organization.feature_set == "ALL":
        if asked == SCP:
            return SCP
        if asked == RCP:
            return RCP
    raise PolicyTypeNotAvailableForOrganizationException(
        "You can't use the specified policy type with the feature set currently enabled for this organization."
    )
