"""How often managed policies are used: attached to users, groups and roles, or their boundary.

A list of a thousand policies is answered by one pass over a small account; a great account is asked policy by policy,
which costs the same however great it is.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from watchword.directory.directory import Directory

PASS_MAX: Final = 500
"""Attachments, or users and roles together, that one pass looks at: it takes about as long as 300 questions."""


class PolicyUsage:
    """The use of policies by one account."""

    __slots__ = ("_account", "_attachments", "_boundaries", "_directory")

    def __init__(self, directory: Directory, account: str, *, of_many: bool = False) -> None:
        """`of_many`: many policies will be asked for."""
        self._directory = directory
        self._account = account
        self._attachments: Counter[str] | None = None
        self._boundaries: Counter[str] | None = None
        if not of_many:
            return
        if directory.attachments.count(account) <= PASS_MAX:
            self._attachments = Counter(each.policy_arn for each in directory.attachments.under(account))
        if directory.users.count(account) + directory.roles.count(account) <= PASS_MAX:
            users = Counter(user.boundary for user in directory.users.under(account) if user.boundary is not None)
            users.update(role.boundary for role in directory.roles.under(account) if role.boundary is not None)
            self._boundaries = users

    def attachments(self, arn: str) -> int:
        """How many users, groups and roles have a policy."""
        if self._attachments is not None:
            return self._attachments[arn]
        return self._directory.attachments.count(self._account, arn)

    def boundaries(self, arn: str) -> int:
        """How many users and roles have a policy as their boundary."""
        if self._boundaries is not None:
            return self._boundaries[arn]
        users = sum(1 for _ in self._directory.users.where("boundary", self._account, arn))
        return users + sum(1 for _ in self._directory.roles.where("boundary", self._account, arn))

    def is_used(self, arn: str, usage: str | None) -> bool:
        """True when a policy is attached or a boundary; `usage` narrows it to one of the two."""
        if usage != "PermissionsBoundary" and self.attachments(arn):
            return True
        return usage != "PermissionsPolicy" and self.boundaries(arn) > 0
