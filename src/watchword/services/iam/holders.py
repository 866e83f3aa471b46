"""What holds policies: users, groups and roles. One table, so that inline policies and attachments are written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from watchword.directory.directory import Directory
from watchword.directory.groups import Group
from watchword.directory.policies import HolderKind
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.services.iam import quotas
from watchword.services.iam.errors import DeleteConflict
from watchword.services.iam.lookups import group_named, modifiable_role_named, role_named, user_named
from watchword.services.iam.quotas import Quota

Find = Callable[[Directory, str, str], User | Group | Role]
"""Finds a holder by account and name, or raises NoSuchEntity."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One kind of holder."""

    kind: HolderKind
    word: str
    """Its name in the names of operations."""
    find: Find
    find_modifiable: Find
    """Refuses what belongs to AWS services."""
    inline_size_max: int
    """Characters of all inline policies together, white space left out."""
    attachments: Quota

    @property
    def name(self) -> str:
        """The member of requests and answers that names the holder."""
        return f"{self.kind}_name"


HOLDERS = (
    Holder("user", "User", user_named, user_named, quotas.USER_INLINE_SIZE, quotas.POLICIES_PER_USER),
    Holder("group", "Group", group_named, group_named, quotas.GROUP_INLINE_SIZE, quotas.POLICIES_PER_GROUP),
    Holder("role", "Role", role_named, modifiable_role_named, quotas.ROLE_INLINE_SIZE, quotas.POLICIES_PER_ROLE),
)


def refuse_while_holding_policies(directory: Directory, account: str, holder_id: str) -> None:
    """Raises DeleteConflict while the holder has attached or inline policies."""
    if any(directory.attachments.where("holder", account, holder_id, limit=1)):
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if any(directory.inline_policies.under(account, holder_id, limit=1)):
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
