"""One request sees each record once: what was judged is what is used, whatever happens in between."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from watchword.core.ids import AccountId
from watchword.directory.directory import Directory
from watchword.directory.roles import Role
from watchword.gateway.records import RecordCache
from watchword.storage.memory import MemoryStore

ACME = AccountId("111122223333")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def role(unique_id: str) -> Role:
    return Role(account=ACME, name="build", path="/", id=unique_id, created_at=NOW, trust_policy="{}")


@pytest.mark.parametrize("is_warm", [True, False], ids=["from memory", "from the store"])
def test_a_role_made_again_after_it_was_judged_does_not_take_its_place(is_warm: bool) -> None:
    store = MemoryStore()
    records = RecordCache(store)
    store.write(lambda transaction: Directory(transaction).roles.add(role("AROAFIRST")))
    store.refresh()
    if is_warm:
        with records.read() as before:
            Directory(before).roles.get(ACME, "build")

    def make_again(directory: Directory) -> None:
        directory.roles.remove(role("AROAFIRST"))
        directory.roles.add(role("AROASECOND"))

    with records.read() as request:
        judged = Directory(request).roles.get(ACME, "build")
        store.write(lambda transaction: make_again(Directory(transaction)))
        store.refresh()  # another thread's request
        with records.read() as later:
            assert Directory(later).roles.get(ACME, "build") == role("AROASECOND")
        assert judged == role("AROAFIRST")
        assert Directory(request).roles.get(ACME, "build") is judged
    with records.read() as later:
        assert Directory(later).roles.seek("id", "AROAFIRST") is None
