"""Managed policies with their versions, inline policies, and what is attached to whom.

Holders (users, groups, roles) are named by unique id. AWS managed policies are data (`watchword.models`), not records;
attachments name them by ARN like any other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from watchword.core.arn import iam_arn
from watchword.core.ids import AccountId
from watchword.core.tags import Tags
from watchword.directory.ports import Record, RecordType

HolderKind = Literal["user", "group", "role"]
VERSIONS_MAX = 5


class ManagedPolicy(Record, frozen=True):
    account: AccountId
    name: str
    path: str
    id: str
    created_at: datetime
    updated_at: datetime
    default_version: int
    version_last: int
    """The number that was given last; numbers are never used twice."""
    description: str | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return iam_arn(self.account, "policy", self.path, self.name)


class PolicyVersion(Record, frozen=True):
    account: AccountId
    policy_id: str
    number: int
    document: str
    """Byte for byte as it was submitted."""
    created_at: datetime


class InlinePolicy(Record, frozen=True):
    account: AccountId
    holder_kind: HolderKind
    holder_id: str
    name: str
    document: str
    """Byte for byte as it was submitted."""


class Attachment(Record, frozen=True):
    """A managed policy on a holder."""

    account: AccountId
    policy_arn: str
    holder_kind: HolderKind
    holder_id: str


MANAGED_POLICIES = RecordType(
    kind="managed-policy",
    type=ManagedPolicy,
    key=lambda policy: (policy.account, policy.name.lower()),
    account=lambda policy: policy.account,
    unique={"id": lambda policy: (policy.id,), "arn": lambda policy: (policy.arn,)},
)
POLICY_VERSIONS = RecordType(
    kind="policy-version",
    type=PolicyVersion,
    key=lambda version: (version.account, version.policy_id, f"{version.number:09d}"),
    account=lambda version: version.account,
)
INLINE_POLICIES = RecordType(
    kind="inline-policy",
    type=InlinePolicy,
    key=lambda policy: (policy.account, policy.holder_id, policy.name.lower()),
    account=lambda policy: policy.account,
)
ATTACHMENTS = RecordType(
    kind="attachment",
    type=Attachment,
    key=lambda attachment: (
        attachment.account,
        attachment.policy_arn,
        attachment.holder_kind,
        attachment.holder_id,
    ),
    account=lambda attachment: attachment.account,
    indexes={"holder": lambda attachment: [(attachment.account, attachment.holder_id)]},
)
