"""Instance profiles: the container in which an instance receives its one role."""

from __future__ import annotations

from datetime import datetime

from watchword.core.arn import iam_arn
from watchword.core.ids import AccountId
from watchword.core.tags import Tags
from watchword.directory.ports import Record, RecordType


class InstanceProfile(Record, frozen=True):
    account: AccountId
    name: str
    path: str
    id: str
    created_at: datetime
    role_id: str | None = None
    tags: Tags = ()

    @property
    def arn(self) -> str:
        return iam_arn(self.account, "instance-profile", self.path, self.name)


INSTANCE_PROFILES = RecordType(
    kind="instance-profile",
    type=InstanceProfile,
    key=lambda profile: (profile.account, profile.name.lower()),
    account=lambda profile: profile.account,
    unique={"id": lambda profile: (profile.id,)},
    indexes={"role": lambda profile: [(profile.account, profile.role_id)] if profile.role_id else []},
)
