"""The memory engine: one ordered map, changed under a lock, seen by older snapshots through what each commit undid.

For tests and throw-away directories: nothing is on disk, and one process sees it.
A snapshot remembers the commit that was the newest when it asked first. Every later commit leaves, on that chain, the
values that it replaced; the snapshot reads those first and the present map after them.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from watchword.core.errors import Conflict, Unavailable
from watchword.directory.ports import Change, Collection, Listener, Record, RecordType, ShortBodies, Transaction
from watchword.storage.commits import ATTEMPTS_MAX, Job
from watchword.storage.feed import FEED_LINES_MAX, Follower
from watchword.storage.keys import decode_key
from watchword.storage.rows import Body, Codecs, Row, RowBodies, collection_of

R = TypeVar("R", bound=Record)
T = TypeVar("T")

Overlay = dict[bytes, Any]
"""Values that hide those of the map; None hides that there is one."""

_ORDERED = (b"record\0", b"index\0")
"""The tables that are read in order; the others are only looked up."""
_INSERTED_ONE_BY_ONE = 64
_BODIES = b"bodies\0"
"""How many short bodies there are."""
_LAST_BODY = b"last body\0"
"""The number that was given last."""


class _Commit:
    """A point in time: what the next commit undid, and that commit."""

    __slots__ = ("later", "position", "undone")

    def __init__(self, position: int) -> None:
        self.position = position
        self.undone: Overlay = {}
        self.later: _Commit | None = None


class _Map:
    """The ordered map of everything, at the newest commit."""

    def __init__(self) -> None:
        self.values: dict[bytes, Any] = {}
        self.keys: list[bytes] = []
        """Those of the ordered tables, in order."""
        self.lock = threading.Lock()
        self.newest = _Commit(0)

    def apply(self, pending: Overlay, lines: int) -> None:
        """Make the pending values the present ones, and leave the old ones to the snapshots that are open."""
        with self.lock:
            commit = self.newest
            new: list[bytes] = []
            for key, value in pending.items():
                old = commit.undone[key] = self.values.get(key)
                if value is not None:
                    self.values[key] = value
                    if old is None and key.startswith(_ORDERED):
                        new.append(key)
                elif old is not None:
                    del self.values[key]
                    if key.startswith(_ORDERED):
                        del self.keys[bisect_left(self.keys, key)]
            self._order(new)
            commit.later = self.newest = _Commit(commit.position + lines)

    def _order(self, new: list[bytes]) -> None:
        if len(new) > _INSERTED_ONE_BY_ONE:
            self.keys += new
            self.keys.sort()
        else:
            for key in new:
                insort(self.keys, key)

    def between(self, low: bytes, high: bytes, overlay: Overlay) -> Iterator[tuple[bytes, Any]]:
        """Pairs in order as an overlay shows them. The caller holds the lock."""
        hidden = sorted(key for key in overlay if low <= key < high)
        at = bisect_left(self.keys, low)
        for key in [*hidden, high]:
            while at < len(self.keys) and self.keys[at] < key:
                yield self.keys[at], self.values[self.keys[at]]
                at += 1
            if key == high:
                return
            if at < len(self.keys) and self.keys[at] == key:
                at += 1
            if overlay[key] is not None:
                yield key, overlay[key]


def _name(*parts: str | bytes) -> bytes:
    """The beginning of map keys: table, kind and index are words of ours and hold no zero byte."""
    return b"".join((part if isinstance(part, bytes) else part.encode()) + b"\0" for part in parts)


class _Transaction(ABC):
    """Rows over the map, and the transaction that a caller sees: what snapshots and changes share."""

    def __init__(self, store: _Map, feed: deque[Change], codecs: Codecs) -> None:
        self._map = store
        self._feed = feed
        self._codecs = codecs
        self.ended = False

    @abstractmethod
    def feed_position(self) -> int: ...

    @abstractmethod
    def _overlay(self) -> Overlay: ...

    @abstractmethod
    def _put(self, key: bytes, value: Any) -> None: ...

    @abstractmethod
    def append_change(self, kind: str, account: str, key: bytes) -> None: ...

    @abstractmethod
    def after_commit(self, action: Callable[[], None]) -> None: ...

    @property
    def position(self) -> int:
        return self.feed_position()

    def accounts_stand_since(self, position: int) -> bool:
        newest = self.feed_position()
        since = [line for line in self._lines() if position < line.position <= newest]
        return len(since) == newest - position and not any(line.account for line in since)

    def _lines(self) -> Sequence[Change]:
        return tuple(self._feed)

    def collection(self, record_type: RecordType[R]) -> Collection[R]:
        return collection_of(record_type, self._codecs, self)

    @property
    def bodies(self) -> ShortBodies:
        return RowBodies(self)

    def _refuse_ended(self) -> None:
        if self.ended:
            raise RuntimeError("the transaction has ended")

    def _value(self, key: bytes) -> Any:
        self._refuse_ended()
        with self._map.lock:
            overlay = self._overlay()
            return overlay[key] if key in overlay else self._map.values.get(key)

    def _pairs(self, low: bytes, high: bytes, limit: int | None) -> list[tuple[bytes, Any]]:
        self._refuse_ended()
        with self._map.lock:
            return list(islice(self._map.between(low, high, self._overlay()), limit))

    def record(self, kind: str, key: bytes) -> Body | None:
        return self._value(_name("record", kind) + key)

    def scan(self, kind: str, low: bytes, high: bytes, limit: int) -> Sequence[Row]:
        name = _name("record", kind)
        return [(key[len(name) :], *body) for key, body in self._pairs(name + low, name + high, limit)]

    def count(self, kind: str, low: bytes, high: bytes) -> int:
        name = _name("record", kind)
        return len(self._pairs(name + low, name + high, None))

    def tally(self, kind: str, part: bytes) -> int:
        return self._value(_name("tally", kind) + part) or 0

    def unique_key(self, kind: str, index: str, value: bytes) -> bytes | None:
        return self._value(_name("unique", kind, index) + value)

    def unique_record(self, kind: str, index: str, value: bytes) -> Body | None:
        key = self.unique_key(kind, index, value)
        return None if key is None else self.record(kind, key)

    def scan_index(self, kind: str, index: str, value: bytes, low: bytes, limit: int) -> Sequence[Row]:
        name = _name("index", kind, index, value.hex())
        rows: list[Row] = []
        for key, _ in self._pairs(name + low, name + b"\xff", limit):
            body = self.record(kind, key[len(name) :])
            if body is not None:
                rows.append((key[len(name) :], *body))
        return rows

    def put_record(self, kind: str, key: bytes, version: int, body: bytes) -> None:
        self._put(_name("record", kind) + key, (version, body))

    def remove_record(self, kind: str, key: bytes) -> None:
        self._put(_name("record", kind) + key, None)

    def put_unique(self, kind: str, index: str, value: bytes, key: bytes) -> None:
        self._put(_name("unique", kind, index) + value, key)

    def remove_unique(self, kind: str, index: str, value: bytes) -> None:
        self._put(_name("unique", kind, index) + value, None)

    def put_index(self, kind: str, index: str, value: bytes, key: bytes) -> None:
        self._put(_name("index", kind, index, value.hex()) + key, True)

    def remove_index(self, kind: str, index: str, value: bytes, key: bytes) -> None:
        self._put(_name("index", kind, index, value.hex()) + key, None)

    def add_tally(self, kind: str, part: bytes, difference: int) -> None:
        self._put(_name("tally", kind) + part, self.tally(kind, part) + difference or None)

    def body(self, number: int) -> bytes | None:
        return self._value(_name("body") + number.to_bytes(8))

    def count_bodies(self) -> int:
        return self._value(_BODIES) or 0

    def add_body(self, data: bytes) -> int:
        number: int = (self._value(_LAST_BODY) or 0) + 1
        self._put(_LAST_BODY, number)
        self._put(_name("body") + number.to_bytes(8), data)
        self._put(_BODIES, self.count_bodies() + 1)
        return number

    def remove_body(self, number: int) -> bool:
        if self.body(number) is None:
            return False
        self._put(_name("body") + number.to_bytes(8), None)
        self._put(_BODIES, self.count_bodies() - 1)
        return True


class _Snapshot(_Transaction):
    """Sees the commit that was the newest at the first question."""

    _commit: _Commit | None = None

    def _begun(self) -> _Commit:
        self._refuse_ended()
        if self._commit is None:
            self._commit = self._map.newest
        return self._commit

    def feed_position(self) -> int:
        return self._begun().position

    def _overlay(self) -> Overlay:
        overlay: Overlay = {}
        commit: _Commit | None = self._begun()
        while commit is not None:
            for key, value in commit.undone.items():
                overlay.setdefault(key, value)
            commit = commit.later
        return overlay

    def _put(self, key: bytes, value: Any) -> None:
        raise RuntimeError(f"a snapshot was asked to write {value} at {key}")

    def remove_body(self, number: int) -> bool:
        raise RuntimeError(f"a snapshot was asked to remove the body {number}")

    def append_change(self, kind: str, account: str, key: bytes) -> None:
        raise RuntimeError(f"a snapshot was asked to change {key} of `{kind}` in account `{account}`")

    def after_commit(self, action: Callable[[], None]) -> None:
        raise RuntimeError(f"a snapshot was asked to do {action} after a commit")


class _Change(_Transaction):
    """Sees the newest commit and, over it, what this change has written."""

    def __init__(self, store: _Map, feed: deque[Change], codecs: Codecs) -> None:
        super().__init__(store, feed, codecs)
        self.pending: Overlay = {}
        self.lines: list[Change] = []
        self.actions: list[Callable[[], None]] = []

    def feed_position(self) -> int:
        return self._map.newest.position + len(self.lines)

    def _lines(self) -> Sequence[Change]:
        return (*self._feed, *self.lines)

    def _overlay(self) -> Overlay:
        return self.pending

    def _put(self, key: bytes, value: Any) -> None:
        self._refuse_ended()
        self.pending[key] = value

    def append_change(self, kind: str, account: str, key: bytes) -> None:
        self.lines.append(Change(self.feed_position() + 1, kind, account, decode_key(key)))

    def after_commit(self, action: Callable[[], None]) -> None:
        self.actions.append(action)


class MemoryStore:
    """A store that lives and dies with its process."""

    def __init__(self, *, feed_lines_max: int = FEED_LINES_MAX) -> None:
        self._map = _Map()
        self._codecs = Codecs()
        self._writing = threading.Lock()
        self._writer: int | None = None
        self._feed: deque[Change] = deque(maxlen=feed_lines_max)
        self._follower = Follower(0)
        self._refreshing = threading.RLock()
        self._closed = False

    @contextmanager
    def read(self) -> Generator[Transaction, None, None]:
        self._refuse_closed()
        snapshot = _Snapshot(self._map, self._feed, self._codecs)
        try:
            yield snapshot
        finally:
            snapshot.ended = True

    def write(self, change: Callable[[Transaction], T]) -> T:
        return self.write_all([change])[0]()

    def write_all(self, changes: Sequence[Callable[[Transaction], Any]]) -> list[Callable[[], Any]]:
        if self._writer == threading.get_ident():
            raise RuntimeError("a change called `write`")
        jobs = [Job(change) for change in changes]
        with self._writing:
            self._writer = threading.get_ident()
            try:
                for job in jobs:
                    self._run(job)
            finally:
                self._writer = None
        return [job.outcome for job in jobs]

    def _run(self, job: Job) -> None:
        try:
            self._refuse_closed()
            job.succeed(*self._attempt(job.change))
        except BaseException as error:  # noqa: BLE001  whatever a change raises is its caller's
            job.fail(error)

    def _attempt(self, change: Callable[[Transaction], T]) -> tuple[T, Sequence[Callable[[], None]]]:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            transaction = _Change(self._map, self._feed, self._codecs)
            try:
                result = change(transaction)
            except Conflict:
                if attempt == ATTEMPTS_MAX:
                    raise
                continue
            finally:
                transaction.ended = True
            self._feed.extend(transaction.lines)
            self._map.apply(transaction.pending, len(transaction.lines))
            return result, transaction.actions
        raise AssertionError

    def follow(self, listener: Listener) -> None:
        with self._refreshing:
            self._follower.add(listener)

    def refresh(self) -> int:
        self._refuse_closed()
        with self._refreshing:
            newest = self._map.newest.position
            if newest != self._follower.position:
                lines = [line for line in tuple(self._feed) if self._follower.position < line.position <= newest]
                self._follower.catch_up(newest, lines)
            return newest

    def close(self) -> None:
        with self._writing:
            self._closed = True

    def _refuse_closed(self) -> None:
        if self._closed:
            raise Unavailable("the store is closed")
