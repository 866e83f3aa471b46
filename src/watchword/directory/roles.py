"""IAM roles. The trust policy says who may assume one; the unique id (`AROA…`) is what sessions are bound to."""

from __future__ import annotations

from datetime import datetime

from watchword.core.arn import iam_arn
from watchword.core.ids import AccountId
from watchword.core.tags import Tags
from watchword.directory.ports import Record, RecordType

SESSION_SECONDS_DEFAULT = 3600


class Role(Record, frozen=True):
    account: AccountId
    name: str
    path: str
    id: str
    created_at: datetime
    trust_policy: str
    """The document, byte for byte as it was submitted."""
    bound_trust_policy: str = ""
    """The document with unique ids in the place of user and role ARNs; empty when it names none."""
    description: str | None = None
    session_seconds_max: int = SESSION_SECONDS_DEFAULT
    tags: Tags = ()
    boundary: str | None = None
    """ARN of the managed policy that is the permissions boundary."""
    is_service_linked: bool = False
    """Made for a service and by it. A path like that of such roles makes no role one."""

    @property
    def arn(self) -> str:
        return iam_arn(self.account, "role", self.path, self.name)

    @property
    def effective_trust_policy(self) -> str:
        """What is evaluated: a user or role that was made again under an old ARN is not the one that was trusted."""
        return self.bound_trust_policy or self.trust_policy


class RoleLastUsed(Record, frozen=True):
    """When and where a session of a role last made a request. Kept apart from the role: it moves no epoch."""

    role_id: str
    used_at: datetime
    region: str


ROLES = RecordType(
    kind="role",
    type=Role,
    key=lambda role: (role.account, role.name.lower()),
    account=lambda role: role.account,
    unique={"id": lambda role: (role.id,)},
    indexes={"boundary": lambda role: [(role.account, role.boundary)] if role.boundary else []},
)
ROLES_LAST_USED = RecordType(
    kind="role-last-used",
    type=RoleLastUsed,
    key=lambda used: (used.role_id,),
    account=lambda used: "",
)
