"""What became of the service-linked roles that somebody asked to delete."""

from __future__ import annotations

from datetime import datetime

from watchword.core.ids import AccountId
from watchword.directory.ports import Record, RecordType


class RoleDeletion(Record, frozen=True):
    account: AccountId
    task_id: str
    """`task/aws-service-role/SERVICE/ROLE/…`"""
    ended_at: datetime
    usage: tuple[str, ...] = ()
    """What still uses the role, which was not deleted then; empty when it was."""


ROLE_DELETIONS = RecordType(
    kind="role-deletion",
    type=RoleDeletion,
    key=lambda deletion: (deletion.account, deletion.task_id),
    account=lambda deletion: deletion.account,
)
