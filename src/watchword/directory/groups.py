"""IAM groups and who is in them. Memberships hold unique ids, so renaming either side changes nothing."""

from __future__ import annotations

from datetime import datetime

from watchword.core.arn import iam_arn
from watchword.core.ids import AccountId
from watchword.directory.ports import Record, RecordType


class Group(Record, frozen=True):
    account: AccountId
    name: str
    path: str
    id: str
    created_at: datetime

    @property
    def arn(self) -> str:
        return iam_arn(self.account, "group", self.path, self.name)


class Membership(Record, frozen=True):
    """One user in one group, by unique ids."""

    account: AccountId
    group_id: str
    user_id: str


GROUPS = RecordType(
    kind="group",
    type=Group,
    key=lambda group: (group.account, group.name.lower()),
    account=lambda group: group.account,
    unique={"id": lambda group: (group.id,)},
)
MEMBERSHIPS = RecordType(
    kind="membership",
    type=Membership,
    key=lambda membership: (membership.account, membership.group_id, membership.user_id),
    account=lambda membership: membership.account,
    indexes={"user": lambda membership: [(membership.account, membership.user_id)]},
)
