"""Accounts, their aliases and their root users.

An account is the boundary of everything: no principal of one account reaches into another unless a policy of the
other says so. Its root user has no record of its own: its id and ARN follow from the account's.
"""

from __future__ import annotations

from datetime import datetime

from watchword.core.ids import AccountId
from watchword.directory.ports import Record, RecordType


class Account(Record, frozen=True):
    id: AccountId
    name: str
    email: str
    """The root user's address, unique without case."""
    created_at: datetime
    root_password_hash: str = ""
    """argon2id; empty when the root user has no password."""
    closed_at: datetime | None = None
    """Nobody of a closed account is let in."""


class AccountAlias(Record, frozen=True):
    """The one alias of an account. Unique in the whole system, since it names a sign-in page."""

    alias: str
    account: AccountId


ACCOUNTS = RecordType(
    kind="account",
    type=Account,
    key=lambda account: (account.id,),
    account=lambda account: account.id,
    unique={"email": lambda account: (account.email.lower(),)},
)
ACCOUNT_ALIASES = RecordType(
    kind="account-alias",
    type=AccountAlias,
    key=lambda alias: (alias.alias,),
    account=lambda alias: alias.account,
    unique={"account": lambda alias: (alias.account,)},
)
