"""The use of policies: one pass over a small account says what asking policy by policy says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from watchword.core.ids import AccountId
from watchword.directory.directory import Directory
from watchword.directory.policies import Attachment
from watchword.directory.roles import Role
from watchword.directory.users import User
from watchword.services.iam.policy_usage import PASS_MAX, PolicyUsage
from watchword.storage.memory import MemoryStore

ACME, OTHER = AccountId("111122223333"), AccountId("444455556666")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ARNS = [f"arn:aws:iam::{ACME}:policy/p{number}" for number in range(4)]


def attach(account: AccountId, arn: str, user: str) -> Attachment:
    return Attachment(account=account, policy_arn=arn, holder_kind="user", holder_id=user)


def empty(directory: Directory) -> None:
    assert directory.users.count() == 0


def small(directory: Directory) -> None:
    for account in (ACME, OTHER):
        directory.attachments.add(attach(account, ARNS[0], f"AIDA{account}"))
        user = User(account=account, name="u", path="/", id=f"AIDA{account}", created_at=NOW, boundary=ARNS[1])
        directory.users.add(user)
    role = Role(account=ACME, name="r", path="/", id="AROAR", created_at=NOW, trust_policy="{}", boundary=ARNS[1])
    directory.roles.add(role)
    directory.attachments.add(attach(ACME, ARNS[2], "AIDAX"))
    directory.attachments.add(attach(ACME, ARNS[0], "AIDAX"))


def great(directory: Directory) -> None:
    small(directory)
    for number in range(PASS_MAX):
        name = f"user-{number}"
        directory.users.add(
            User(account=ACME, name=name, path="/", id=f"AIDA{number}", created_at=NOW, boundary=ARNS[number % 4])
        )
        directory.attachments.add(attach(ACME, ARNS[number % 3], f"AIDA{number}"))


@pytest.mark.parametrize("fill", [empty, small, great], ids=["empty", "small", "great"])
def test_both_ways_say_the_same(fill: Callable[[Directory], None]) -> None:
    store = MemoryStore()
    store.write(lambda transaction: fill(Directory(transaction)))
    with store.read() as snapshot:
        directory = Directory(snapshot)
        one, many = PolicyUsage(directory, ACME), PolicyUsage(directory, ACME, of_many=True)
        for arn in ARNS:
            assert many.attachments(arn) == one.attachments(arn)
            assert many.boundaries(arn) == one.boundaries(arn)
            for usage in (None, "PermissionsPolicy", "PermissionsBoundary"):
                assert many.is_used(arn, usage) is one.is_used(arn, usage)


def test_another_account_does_not_count() -> None:
    store = MemoryStore()
    store.write(lambda transaction: small(Directory(transaction)))
    with store.read() as snapshot:
        for of_many in (False, True):
            usage = PolicyUsage(Directory(snapshot), ACME, of_many=of_many)
            assert [usage.attachments(arn) for arn in ARNS] == [2, 0, 1, 0]
            assert [usage.boundaries(arn) for arn in ARNS] == [0, 2, 0, 0]
