"""Long-term access keys of users and root users. The secret is sealed; nothing here can open it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from watchword.core.ids import AccessKeyId, AccountId
from watchword.directory.ports import Record, RecordType

KeyStatus = Literal["Active", "Inactive"]


class AccessKey(Record, frozen=True):
    id: AccessKeyId
    account: AccountId
    owner_id: str
    """The user's unique id; for a key of the root user the account id."""
    sealed_secret: bytes
    status: KeyStatus
    created_at: datetime


class AccessKeyLastUsed(Record, frozen=True):
    """When and for what a key was last used. Kept apart from the key: it moves no epoch."""

    key_id: AccessKeyId
    used_at: datetime
    service: str
    region: str


ACCESS_KEYS = RecordType(
    kind="access-key",
    type=AccessKey,
    key=lambda key: (key.id,),
    account=lambda key: key.account,
    indexes={"owner": lambda key: [(key.account, key.owner_id)]},
)
ACCESS_KEYS_LAST_USED = RecordType(
    kind="access-key-last-used",
    type=AccessKeyLastUsed,
    key=lambda used: (used.key_id,),
    account=lambda used: "",
)
