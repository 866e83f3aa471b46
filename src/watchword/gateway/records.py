"""Look-ups by key that are kept between requests: users, roles, buckets, objects.

A `CachedTransaction` is a snapshot whose `get` and `seek` answer from memory. What belongs to an account goes when that
account changes; what belongs to none (objects) goes when a record with its own key changes. What does not exist is
never kept. Writing transactions never pass here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from math import inf
from types import TracebackType
from typing import Any, Generic, NoReturn, Self, TypeVar, cast

from watchword.core.errors import Unavailable
from watchword.directory.ports import Change, Collection, Key, Record, RecordType, ShortBodies, Store, Transaction
from watchword.gateway.caches import AccountCache

R = TypeVar("R", bound=Record)
RECORDS_HELD = 50_000


class RecordCache:
    """Records by kind and key, for all requests of one process."""

    def __init__(self, store: Store, records_max: int = RECORDS_HELD) -> None:
        self.store = store
        self._of_accounts: AccountCache[Record] = AccountCache(records_max)
        self._others: dict[Key, Record] = {}
        self._others_max = records_max
        self.find = self._of_accounts.entries.get
        """The entry (record and account) of a kind and key that belongs to an account."""
        self.find_other = self._others.get
        """The record of a kind and key that belongs to none."""
        self._heard = 0.0
        """The newest position of the feed that was heard of; infinite while the feed has not named one again."""
        store.follow(self._changed)

    def read(self) -> CachedTransaction:
        """A snapshot with the cache before it; it begins with the first question that the cache cannot answer."""
        return CachedTransaction(self)

    def keep(self, cache_key: Key, account: str, record: Record, position: int) -> None:
        """Keep a record that was read at `position` of the feed."""
        if account:
            self._of_accounts.put(cache_key, (account,), record, position)
        elif position >= self._heard:
            # INVARIANT: nothing was heard that is newer than the snapshot, so no change to this record was missed.
            if len(self._others) >= self._others_max:
                with suppress(RuntimeError):  # another thread was first
                    self._others.pop(next(iter(self._others)), None)
            self._others[cache_key] = record

    def has_moved_from(self, position: int) -> bool:
        """True when there are changes after this position of the feed; False when that cannot be told."""
        try:
            return self.store.refresh() != position
        except Unavailable:
            return False

    def _changed(self, changes: Sequence[Change] | None) -> None:
        self._of_accounts.changed(changes)
        if changes is None:
            self._heard = inf
            self._others.clear()
            return
        for change in changes:
            if not change.account:
                self._others.pop((change.kind, *change.key), None)
        if changes:
            self._heard = float(changes[-1].position)


class CachedTransaction:
    """A snapshot with a cache before it. Use as a context manager.

    INVARIANT: a record that was given once is given again, so that what was authorized is what the operation finds,
    even when the cache has dropped it for a change that came in between.
    """

    __slots__ = ("_opened", "_snapshot", "cache", "given")

    def __init__(self, cache: RecordCache) -> None:
        self.cache = cache
        self.given: dict[Key, Record] = {}
        self._opened: AbstractContextManager[Transaction] | None = None
        self._snapshot: Transaction | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._opened is not None:
            self._opened.__exit__(kind, error, at)

    @property
    def snapshot(self) -> Transaction:
        """The snapshot behind the cache."""
        if self._snapshot is None:
            self._opened = self.cache.store.read()
            self._snapshot = self._opened.__enter__()
        return self._snapshot

    @property
    def position(self) -> int:
        return self.snapshot.position

    @property
    def opened_at(self) -> int | None:
        """The feed's position of the snapshot; None while the cache has answered everything."""
        return None if self._snapshot is None else self._snapshot.position

    def accounts_stand_since(self, position: int) -> bool:
        return self.snapshot.accounts_stand_since(position)

    def collection(self, record_type: RecordType[R]) -> Collection[R]:
        return _CachedCollection(record_type, self)

    @property
    def bodies(self) -> ShortBodies:
        # A body never changes and its number comes from a record that was decided on: however new the snapshot is that
        # it is read from, it is not newer than the decision.
        return _LoneBodies(self.cache.store) if self._snapshot is None else self._snapshot.bodies

    def after_commit(self, action: Callable[[], None]) -> None:
        self.snapshot.after_commit(action)


class _LoneBodies:
    """Short bodies, each read from a snapshot of its own."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, number: int) -> bytes | None:
        with self._store.read() as snapshot:
            return snapshot.bodies.get(number)

    def count(self) -> int:
        with self._store.read() as snapshot:
            return snapshot.bodies.count()

    def add(self, data: bytes) -> NoReturn:
        raise RuntimeError(f"a snapshot was asked to keep a body of {len(data)} bytes")

    def remove(self, number: int) -> NoReturn:
        raise RuntimeError(f"a snapshot was asked to remove the body {number}")


class _CachedCollection(Generic[R]):
    __slots__ = ("_behind", "_kind", "_transaction", "_type")

    def __init__(self, record_type: RecordType[R], transaction: CachedTransaction) -> None:
        self._type = record_type
        self._kind = record_type.kind
        self._transaction = transaction
        self._behind: Collection[R] | None = None

    def get(self, *key: str) -> R | None:
        cache_key = (self._kind, *key)
        given = self._transaction.given
        known = given.get(cache_key)
        if known is not None:
            return cast("R", known)
        cache = self._transaction.cache
        entry = cache.find(cache_key)
        record = entry[0] if entry is not None else cache.find_other(cache_key)
        if record is None:
            read = self._source().get(*key)
            if read is None:
                return None
            self._keep(cache_key, self._type.account(read), read)
            record = read
        given[cache_key] = record
        return cast("R", record)

    def seek(self, index: str, *value: str) -> R | None:
        cache_key = (f"{self._kind} by {index}", *value)
        given = self._transaction.given
        known = given.get(cache_key)
        if known is not None:
            return cast("R", known)
        entry = self._transaction.cache.find(cache_key)
        if entry is not None:
            given[cache_key] = entry[0]
            return cast("R", entry[0])
        record = self._source().seek(index, *value)
        if record is None:
            return None
        account = self._type.account(record)
        if account:
            # The feed names what belongs to no account by its key alone, so only its key can be kept.
            self._keep(cache_key, account, record)
        given[cache_key] = record
        return record

    def _keep(self, cache_key: Key, account: str, record: R) -> None:
        self._transaction.cache.keep(cache_key, account, record, self._transaction.position)

    def _source(self) -> Collection[R]:
        if self._behind is None:
            self._behind = self._transaction.snapshot.collection(self._type)
        return self._behind

    def under(
        self, *prefix: str, beginning: str = "", after: Key | None = None, limit: int | None = None
    ) -> Iterator[R]:
        return self._source().under(*prefix, beginning=beginning, after=after, limit=limit)

    def where(self, index: str, *value: str, after: Key | None = None, limit: int | None = None) -> Iterator[R]:
        return self._source().where(index, *value, after=after, limit=limit)

    def count(self, *prefix: str) -> int:
        return self._source().count(*prefix)

    def add(self, record: R) -> NoReturn:
        self._refuse(record)

    def replace(self, record: R) -> NoReturn:
        self._refuse(record)

    def remove(self, record: R) -> NoReturn:
        self._refuse(record)

    def _refuse(self, record: Any) -> NoReturn:
        raise RuntimeError(f"a snapshot was asked to write a `{self._type.kind}`: {type(record).__name__}")
