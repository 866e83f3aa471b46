"""Which control policies stand over an account: its chain from the organization's root down, level by level.

Decides who is exempt as an account: whoever is in no organization, and the management account. Who is exempt as a
caller (service-linked roles, services) is for the policy engine. AWS's own policies, which allow everything, are
constants: they are attached like others but are no records.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

from typing import Final, NamedTuple

from watchword.core.errors import Inconsistent
from watchword.directory.directory import Directory
from watchword.directory.organizations import RCP, SCP, Member, Organization, PolicyType

UNITS_DEEP_MAX: Final = 5
"""Organizational units on the way from the root to an account."""


class AwsControlPolicy(NamedTuple):
    """A control policy that AWS manages."""

    id: str
    type: PolicyType
    name: str
    description: str
    content: str

    @property
    def arn(self) -> str:
        return f"arn:aws:organizations::aws:policy/{self.type.lower()}/{self.id}"


AWS_CONTROL_POLICIES: Final = {
    each.id: each
    for each in (
        AwsControlPolicy(
            "p-FullAWSAccess",
            SCP,
            "FullAWSAccess",
            "Allows access to every operation",
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "*",\n'
            '      "Resource": "*"\n    }\n  ]\n}',
        ),
        AwsControlPolicy(
            "p-RCPFullAWSAccess",
            RCP,
            "RCPFullAWSAccess",
            "Allows access to every resource",
            '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n'
            '      "Principal": "*",\n      "Action": "*",\n      "Resource": "*"\n    }\n  ]\n}',
        ),
    )
}
"""By id."""
FULL_ACCESS: Final = {each.type: each.id for each in AWS_CONTROL_POLICIES.values()}
"""The id of the policy of each type that is attached to everything when the type is enabled."""


class ControlText(NamedTuple):
    """One attached policy."""

    id: str
    arn: str
    content: str


def membership(directory: Directory, account: str) -> tuple[Member, Organization] | None:
    """The organization that an account is in. Raises Inconsistent."""
    member = directory.members.get(account)
    if member is None:
        return None
    organization = directory.organizations.get(member.organization)
    if organization is None:
        raise Inconsistent(f"`{account}` is in `{member.organization}`, which does not exist")
    return member, organization


def chain(directory: Directory, organization: Organization, parent_id: str) -> tuple[str, ...]:
    """The ids from the root down to `parent_id`, both included. Raises Inconsistent."""
    upward = [parent_id]
    while upward[-1] != organization.root_id:
        unit = directory.organizational_units.get(organization.id, upward[-1])
        if unit is None or len(upward) > UNITS_DEEP_MAX:
            raise Inconsistent(f"`{parent_id}` does not lead to the root of `{organization.id}`")
        upward.append(unit.parent_id)
    return tuple(reversed(upward))


def organization_path(directory: Directory, account: str) -> str | None:
    """`o-…/r-…/ou-…/`: the value of `aws:PrincipalOrgPaths` and its relatives; None outside an organization."""
    found = membership(directory, account)
    if found is None:
        return None
    member, organization = found
    return "/".join((organization.id, *chain(directory, organization, member.parent_id))) + "/"


def control_levels(
    directory: Directory, account: str, policy_type: PolicyType
) -> tuple[tuple[ControlText, ...], ...] | None:
    """The policies of one type over an account, a tuple for each level; None when none can limit it.

    Raises Inconsistent. A level that lists nothing allows nothing.
    """
    found = membership(directory, account)
    if found is None:
        return None
    member, organization = found
    if organization.management_account == account or policy_type not in organization.policy_types:
        return None
    targets = (*chain(directory, organization, member.parent_id), account)
    return tuple(tuple(_attached(directory, organization, target, policy_type)) for target in targets)


def _attached(
    directory: Directory, organization: Organization, target_id: str, policy_type: PolicyType
) -> list[ControlText]:
    texts: list[ControlText] = []
    for target in directory.policy_targets.where("target", organization.id, target_id):
        if target.type != policy_type:
            continue
        aws = AWS_CONTROL_POLICIES.get(target.policy_id)
        if aws is not None:
            texts.append(ControlText(aws.id, aws.arn, aws.content))
            continue
        policy = directory.control_policies.get(organization.id, target.policy_id)
        if policy is None:
            raise Inconsistent(f"`{target.policy_id}` is attached and does not exist")
        texts.append(ControlText(policy.id, policy_arn(organization, policy.type, policy.id), policy.content))
    return texts


def policy_arn(organization: Organization, policy_type: str, policy_id: str) -> str:
    """The ARN of a policy that the organization wrote."""
    account = organization.management_account
    return f"arn:aws:organizations::{account}:policy/{organization.id}/{policy_type.lower()}/{policy_id}"
