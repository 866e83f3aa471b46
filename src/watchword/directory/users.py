"""IAM users. Names are unique in an account without case; the unique id (`AIDA…`) is never used twice."""

from __future__ import annotations

from datetime import datetime

from watchword.core.arn import iam_arn
from watchword.core.ids import AccountId
from watchword.core.tags import Tags
from watchword.directory.ports import Record, RecordType


class User(Record, frozen=True):
    account: AccountId
    name: str
    path: str
    id: str
    created_at: datetime
    tags: Tags = ()
    boundary: str | None = None
    """ARN of the managed policy that is the permissions boundary."""

    @property
    def arn(self) -> str:
        return iam_arn(self.account, "user", self.path, self.name)


USERS = RecordType(
    kind="user",
    type=User,
    key=lambda user: (user.account, user.name.lower()),
    account=lambda user: user.account,
    unique={"id": lambda user: (user.id,)},
    indexes={"boundary": lambda user: [(user.account, user.boundary)] if user.boundary else []},
)
