"""Organizations: their units, member accounts, control policies, and what is attached where.

Everything of an organization but its members belongs, in the change feed, to the organization's id, as if that were an
account: whoever keeps what depends on control policies keeps it under the caller's account and under the organization.
A member belongs to its own account, so that joining, moving and leaving touch that account alone.

Never decides what a policy means, and never who may write one.
Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from watchword.core.ids import AccountId
from watchword.core.tags import Tags
from watchword.directory.ports import Record, RecordType

PolicyType = Literal["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]
CreationState = Literal["IN_PROGRESS", "SUCCEEDED", "FAILED"]
JoinedMethod = Literal["INVITED", "CREATED"]
MemberStatus = Literal["ACTIVE", "SUSPENDED"]

SCP: Final = "SERVICE_CONTROL_POLICY"
RCP: Final = "RESOURCE_CONTROL_POLICY"


class Organization(Record, frozen=True):
    id: str
    """`o-…`."""
    root_id: str
    """`r-…`."""
    management_account: AccountId
    created_at: datetime
    feature_set: str = "ALL"
    """`ALL`, or `CONSOLIDATED_BILLING`, in which no policy type can be enabled."""
    policy_types: tuple[PolicyType, ...] = ()
    """The types that are enabled."""
    root_tags: Tags = ()

    @property
    def arn(self) -> str:
        return f"arn:aws:organizations::{self.management_account}:organization/{self.id}"

    @property
    def root_arn(self) -> str:
        return f"arn:aws:organizations::{self.management_account}:root/{self.id}/{self.root_id}"


class OrganizationalUnit(Record, frozen=True):
    organization: str
    id: str
    """`ou-…-…`."""
    parent_id: str
    """The root or another unit."""
    name: str
    created_at: datetime
    tags: Tags = ()


class Member(Record, frozen=True):
    """An account in an organization; the management account is one, too."""

    account: AccountId
    organization: str
    parent_id: str
    """The root or a unit."""
    joined_method: JoinedMethod
    joined_at: datetime
    status: MemberStatus = "ACTIVE"
    tags: Tags = ()


class AccountCreation(Record, frozen=True):
    """A request to create a member account, and what became of it."""

    organization: str
    id: str
    """`car-…`."""
    account_name: str
    requested_at: datetime
    state: CreationState
    completed_at: datetime | None = None
    account: AccountId | None = None
    failure_reason: str | None = None


class ControlPolicy(Record, frozen=True):
    """A service or resource control policy that the organization wrote."""

    organization: str
    id: str
    """`p-…`."""
    type: PolicyType
    name: str
    description: str
    content: str
    """The document, byte for byte as it was submitted."""
    tags: Tags = ()


class PolicyTarget(Record, frozen=True):
    """A control policy, AWS's own among them, on a root, unit or account."""

    organization: str
    policy_id: str
    target_id: str
    type: PolicyType


ORGANIZATIONS = RecordType(
    kind="organization",
    type=Organization,
    key=lambda organization: (organization.id,),
    account=lambda organization: organization.id,
    unique={"management-account": lambda organization: (organization.management_account,)},
)
ORGANIZATIONAL_UNITS = RecordType(
    kind="organizational-unit",
    type=OrganizationalUnit,
    key=lambda unit: (unit.organization, unit.id),
    account=lambda unit: unit.organization,
    unique={"name": lambda unit: (unit.organization, unit.parent_id, unit.name)},
    indexes={"parent": lambda unit: [(unit.organization, unit.parent_id)]},
)
MEMBERS = RecordType(
    kind="organization-member",
    type=Member,
    key=lambda member: (member.account,),
    account=lambda member: member.account,
    indexes={
        "organization": lambda member: [(member.organization,)],
        "parent": lambda member: [(member.organization, member.parent_id)],
    },
)
ACCOUNT_CREATIONS = RecordType(
    kind="account-creation",
    type=AccountCreation,
    key=lambda creation: (creation.organization, creation.id),
    account=lambda creation: "",
)
CONTROL_POLICIES = RecordType(
    kind="control-policy",
    type=ControlPolicy,
    key=lambda policy: (policy.organization, policy.id),
    account=lambda policy: policy.organization,
    unique={"name": lambda policy: (policy.organization, policy.type, policy.name)},
)
POLICY_TARGETS = RecordType(
    kind="control-policy-target",
    type=PolicyTarget,
    key=lambda target: (target.organization, target.policy_id, target.target_id),
    account=lambda target: target.organization,
    indexes={"target": lambda target: [(target.organization, target.target_id)]},
)
