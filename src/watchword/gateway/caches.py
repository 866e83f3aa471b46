"""Caches that cannot be stale: every entry belongs to an account and goes when that account changes.

An entry that also depends on an organization has two owners, the account and the organization, and goes with either.

INVARIANT: an entry is kept only if nothing of its owners has changed since the snapshot that it was read from.
The store's change feed says what changed; `Store.refresh` is called at the start of every request, so a write is
obeyed by the very next request of any worker. What does not exist is never cached.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from contextlib import suppress
from math import inf
from typing import Final, Generic, TypeVar

from watchword.directory.ports import Change

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_GONE: Final = object()


class AccountCache(Generic[V]):
    """A bounded mapping whose entries are dropped owner by owner. The oldest entries make room for new ones."""

    __slots__ = ("_floor", "_moved", "_owned", "entries", "entries_max")

    def __init__(self, entries_max: int) -> None:
        self.entries_max = entries_max
        self.entries: dict[Hashable, tuple[V, tuple[str, ...]]] = {}
        self._owned: dict[str, set[Hashable]] = {}
        self._moved: dict[str, int] = {}
        self._floor = 0.0
        """Snapshots older than this position may not fill anything; infinite while nobody knows how old is too old."""

    def get(self, key: Hashable) -> V | None:
        """The value that was kept under `key`, or None."""
        entry = self.entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: Hashable, owners: tuple[str, ...], value: V, position: int) -> None:
        """Keep a value that was read from the snapshot at `position` of the change feed.

        `owners` are the account and, where the value depends on it, the organization.
        """
        if position < self._floor:
            return
        for owner in owners:
            if position < self._moved.get(owner, 0):
                return
        self.drop(key)
        if len(self.entries) >= self.entries_max:
            with suppress(RuntimeError):  # another thread was first
                self.drop(next(iter(self.entries)))
        self.entries[key] = (value, owners)
        for owner in owners:
            self._owned.setdefault(owner, set()).add(key)

    def drop(self, key: Hashable) -> None:
        """Forget one entry."""
        entry = self.entries.pop(key, None)
        if entry is None:
            return
        for owner in entry[1]:
            keys = self._owned.get(owner, set())
            keys.discard(key)
            if not keys:
                self._owned.pop(owner, None)

    def changed(self, changes: Sequence[Change] | None) -> None:
        """Hear what changed: drop the entries of those owners, or everything when it cannot be told (None)."""
        if changes is None:
            # What is being read just now may be of before: nothing is kept until the feed names a position again.
            self._floor = inf
            self.entries.clear()
            self._owned.clear()
            return
        if changes and self._floor == inf:
            self._floor = float(changes[-1].position)
        for change in changes:
            if change.account:
                self._moved[change.account] = change.position
                for key in tuple(self._owned.get(change.account, ())):
                    self.drop(key)

    def __len__(self) -> int:
        return len(self.entries)


class TextCache(Generic[K, V]):
    """What was made of texts, by what else it depends on: a mapping bounded in number and in characters of the texts.

    The oldest entries make room for new ones; what was made of the newest text stays, however long the text is.
    """

    __slots__ = ("_characters", "_characters_max", "_entries_max", "entries")

    def __init__(self, entries_max: int, characters_max: int) -> None:
        self.entries: dict[tuple[K, str], V] = {}
        self._entries_max = entries_max
        self._characters_max = characters_max
        self._characters = 0

    def put(self, what: K, text: str, value: V) -> None:
        """Keep what was made of a text."""
        entries = self.entries
        if (what, text) not in entries:
            self._characters += len(text)
        entries[what, text] = value
        while len(entries) > self._entries_max or (self._characters > self._characters_max and len(entries) > 1):
            with suppress(RuntimeError, StopIteration):  # another thread was first
                oldest = next(iter(entries))
                if entries.pop(oldest, _GONE) is not _GONE:
                    self._characters -= len(oldest[1])
