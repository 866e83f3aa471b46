"""Caches that cannot be stale: every entry belongs to an account and goes when that account changes.

INVARIANT: an entry is kept only if nothing of its account has changed since the snapshot that it was read from.
The store's change feed says what changed; `Store.refresh` is called at the start of every request, so a write is
obeyed by the very next request of any worker. What does not exist is never cached.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from watchword.directory.ports import Change

V = TypeVar("V")


class AccountCache(Generic[V]):
    """A bounded mapping whose entries are dropped account by account. The oldest entries make room for new ones."""

    __slots__ = ("_accounts", "_entries", "_floor", "_moved", "entries_max")

    def __init__(self, entries_max: int) -> None:
        self.entries_max = entries_max
        self._entries: dict[Hashable, tuple[V, str]] = {}
        self._accounts: dict[str, set[Hashable]] = {}
        self._moved: dict[str, int] = {}
        self._floor = 0
        """Snapshots older than this position may not fill anything."""

    def get(self, key: Hashable) -> V | None:
        """The value that was kept under `key`, or None."""
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: Hashable, account: str, value: V, position: int) -> None:
        """Keep a value that was read from the snapshot at `position` of the change feed."""
        if position < self._floor or position < self._moved.get(account, 0):
            return
        if len(self._entries) >= self.entries_max:
            self.drop(next(iter(self._entries)))
        self._entries[key] = (value, account)
        self._accounts.setdefault(account, set()).add(key)

    def drop(self, key: Hashable) -> None:
        """Forget one entry."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            keys = self._accounts[entry[1]]
            keys.discard(key)
            if not keys:
                del self._accounts[entry[1]]

    def changed(self, changes: Sequence[Change] | None) -> None:
        """Hear what changed: drop the entries of those accounts, or everything when it cannot be told (None)."""
        if changes is None:
            self._entries.clear()
            self._accounts.clear()
            return
        for change in changes:
            if change.account:
                self._moved[change.account] = change.position
                for key in self._accounts.pop(change.account, ()):
                    self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)
