"""A caller that is renamed while its request waits is still who it was, and nobody who takes its name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watchword.core.errors import ApiError
from watchword.core.ids import AccountId
from watchword.directory.directory import Directory
from watchword.directory.users import User
from watchword.policy.principals import Kind, Principal
from watchword.services.call import Authenticated
from watchword.services.iam import shapes
from watchword.services.iam.access_keys import owner
from watchword.services.iam.resources import RESOLVERS
from watchword.storage.memory import MemoryStore

ACME = AccountId("111122223333")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def user(name: str, unique_id: str) -> User:
    return User(account=ACME, name=name, path="/", id=unique_id, created_at=NOW)


CALLER = Authenticated(
    Principal(
        kind=Kind.USER,
        account=ACME,
        arn=user("bob", "AIDAFIRST").arn,
        id="AIDAFIRST",
        issuer_arn=user("bob", "AIDAFIRST").arn,
        unique_id="AIDAFIRST",
        name="bob",
    )
)
"""Authenticated when the first user was called bob."""


def directory_of(*users: User) -> MemoryStore:
    store = MemoryStore()

    def add(directory: Directory) -> None:
        for each in users:
            directory.users.add(each)

    store.write(lambda transaction: add(Directory(transaction)))
    return store


def test_what_a_renamed_caller_asks_for_itself_is_not_done_to_its_namesake() -> None:
    with directory_of(user("robert", "AIDAFIRST"), user("bob", "AIDASECOND")).read() as snapshot:
        directory = Directory(snapshot)
        assert owner(directory, CALLER, None) == ("AIDAFIRST", "robert")
        asked = shapes.CreateAccessKeyRequest()
        assert RESOLVERS["user"](asked, directory, CALLER).arn == user("robert", "AIDAFIRST").arn


def test_a_caller_that_is_gone_gets_nothing_of_its_namesake() -> None:
    with directory_of(user("bob", "AIDASECOND")).read() as snapshot, pytest.raises(ApiError) as refused:
        owner(Directory(snapshot), CALLER, None)
    assert refused.value.code == "NoSuchEntity"
