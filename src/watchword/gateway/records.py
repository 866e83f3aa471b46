"""Look-ups by key that are kept between requests: users, roles, buckets, whatever belongs to an account.

A `CachedTransaction` is a snapshot whose `get` and `seek` answer from memory while the record's account is unchanged.
Within one request it also remembers what belongs to no account (objects), so that authorization and operation read
once. What does not exist is never kept between requests. Writing transactions never pass here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, NoReturn, TypeVar, cast

from watchword.directory.ports import Collection, Key, Record, RecordType, Store, Transaction
from watchword.gateway.caches import AccountCache

R = TypeVar("R", bound=Record)
RECORDS_HELD = 50_000


class RecordCache:
    """Records by kind and key, for all requests of one process."""

    def __init__(self, store: Store, records_max: int = RECORDS_HELD) -> None:
        self.records: AccountCache[Record] = AccountCache(records_max)
        store.follow(self.records.changed)

    def over(self, snapshot: Transaction) -> Transaction:
        """The snapshot, with the cache before it."""
        return CachedTransaction(snapshot, self.records)


class CachedTransaction:
    """A snapshot with a cache before it."""

    __slots__ = ("_kept", "_seen", "_snapshot")

    def __init__(self, snapshot: Transaction, kept: AccountCache[Record]) -> None:
        self._snapshot = snapshot
        self._kept = kept
        self._seen: dict[Key, Record] = {}

    @property
    def position(self) -> int:
        return self._snapshot.position

    def collection(self, record_type: RecordType[R]) -> Collection[R]:
        return _CachedCollection(record_type, self, self._kept, self._seen)

    def after_commit(self, action: Callable[[], None]) -> None:
        self._snapshot.after_commit(action)

    def behind(self, record_type: RecordType[R]) -> Collection[R]:
        """The snapshot's own collection."""
        return self._snapshot.collection(record_type)


class _CachedCollection(Generic[R]):
    __slots__ = ("_behind", "_kept", "_seen", "_transaction", "_type")

    def __init__(
        self,
        record_type: RecordType[R],
        transaction: CachedTransaction,
        kept: AccountCache[Record],
        seen: dict[Key, Record],
    ) -> None:
        self._type = record_type
        self._transaction = transaction
        self._kept = kept
        self._seen = seen
        self._behind: Collection[R] | None = None

    def get(self, *key: str) -> R | None:
        cache_key = (self._type.kind, *key)
        known = self._kept.get(cache_key) or self._seen.get(cache_key)
        if known is not None:
            return cast("R", known)
        return self._keep(cache_key, self._source().get(*key))

    def seek(self, index: str, *value: str) -> R | None:
        cache_key = (self._type.kind, index, *value)
        known = self._kept.get(cache_key) or self._seen.get(cache_key)
        if known is not None:
            return cast("R", known)
        return self._keep(cache_key, self._source().seek(index, *value))

    def _keep(self, cache_key: Key, record: R | None) -> R | None:
        if record is not None:
            account = self._type.account(record)
            if account:
                self._kept.put(cache_key, account, record, self._transaction.position)
            else:
                self._seen[cache_key] = record
        return record

    def _source(self) -> Collection[R]:
        if self._behind is None:
            self._behind = self._transaction.behind(self._type)
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
