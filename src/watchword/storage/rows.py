"""Collections over rows: the rules of `directory.ports`, written once for all engines.

An engine gives `Rows`, the plain moves on its tables in one transaction. This file decides what a record is in terms of
rows: its body, its unique entries, its index entries, the tallies it counts in and the line it leaves in the feed.
It never opens, commits or rolls back anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar, cast

from watchword.core.errors import AlreadyExists, NotFound
from watchword.directory.ports import Collection, Key, Record, RecordType
from watchword.storage.codec import Codec
from watchword.storage.keys import encode_key, key_after, key_range

R = TypeVar("R", bound=Record)

Body = tuple[int, bytes]
"""Schema version and encoded record."""
Row = tuple[bytes, int, bytes]
"""Encoded key, schema version, encoded record."""

PAGE_ROWS_FIRST = 32
PAGE_ROWS_MAX = 256
"""A reader that stops early should not have paid for much; one that goes on should not ask often."""


class Rows(Protocol):
    """The tables of an engine as one transaction or snapshot sees them. Keys, values and parts are encoded."""

    def feed_position(self) -> int: ...
    def record(self, kind: str, key: bytes) -> Body | None: ...
    def scan(self, kind: str, low: bytes, high: bytes, limit: int) -> Sequence[Row]:
        """Rows from `low` on and before `high`, in order."""
        ...

    def count(self, kind: str, low: bytes, high: bytes) -> int: ...
    def tally(self, kind: str, part: bytes) -> int: ...
    def unique_key(self, kind: str, index: str, value: bytes) -> bytes | None: ...
    def unique_record(self, kind: str, index: str, value: bytes) -> Body | None: ...
    def scan_index(self, kind: str, index: str, value: bytes, low: bytes, limit: int) -> Sequence[Row]:
        """Rows that stand under exactly `value`, whose key is `low` or above, in order of keys."""
        ...

    def put_record(self, kind: str, key: bytes, version: int, body: bytes) -> None:
        """Keep a row, in the place of the one with this key if there is one."""
        ...

    def remove_record(self, kind: str, key: bytes) -> None: ...
    def put_unique(self, kind: str, index: str, value: bytes, key: bytes) -> None: ...
    def remove_unique(self, kind: str, index: str, value: bytes) -> None: ...
    def put_index(self, kind: str, index: str, value: bytes, key: bytes) -> None: ...
    def remove_index(self, kind: str, index: str, value: bytes, key: bytes) -> None: ...
    def add_tally(self, kind: str, part: bytes, difference: int) -> None: ...
    def append_change(self, kind: str, account: str, key: bytes) -> None: ...
    def accounts_stand_since(self, position: int) -> bool: ...
    def add_body(self, data: bytes) -> int:
        """Keep a short body under a number that was never given before."""
        ...

    def body(self, number: int) -> bytes | None: ...
    def remove_body(self, number: int) -> bool:
        """Let a short body go; False when there is none."""
        ...

    def count_bodies(self) -> int: ...


class Codecs:
    """The codec of every record type that a store has met, by kind."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[RecordType[Any], Codec[Any]]] = {}

    def of(self, record_type: RecordType[R]) -> Codec[R]:
        """The codec of a record type. Two types of one kind are a bug: raises ValueError."""
        known = self._known.get(record_type.kind)
        if known is None:
            known = self._known.setdefault(record_type.kind, (record_type, Codec(record_type)))
        if known[0] is not record_type:
            raise ValueError(f"two record types are of kind `{record_type.kind}`")
        return known[1]


class RowCollection(Generic[R]):
    """All records of one type over the rows of one transaction."""

    __slots__ = ("_codec", "_kind", "_rows", "_type")

    def __init__(self, record_type: RecordType[R], codec: Codec[R], rows: Rows) -> None:
        self._type = record_type
        self._kind = record_type.kind
        self._codec = codec
        self._rows = rows

    def get(self, *key: str) -> R | None:
        body = self._rows.record(self._kind, encode_key(key))
        return None if body is None else self._codec.decode(*body)

    def seek(self, index: str, *value: str) -> R | None:
        if index not in self._type.unique:
            raise ValueError(f"`{self._kind}` has no unique index `{index}`")
        body = self._rows.unique_record(self._kind, index, encode_key(value))
        return None if body is None else self._codec.decode(*body)

    def under(
        self, *prefix: str, beginning: str = "", after: Key | None = None, limit: int | None = None
    ) -> Iterator[R]:
        low, high = key_range(prefix, beginning)
        if after is not None:
            low = max(low, key_after(encode_key(after)))
        return self._pages(low, limit, lambda start, size: self._rows.scan(self._kind, start, high, size))

    def where(self, index: str, *value: str, after: Key | None = None, limit: int | None = None) -> Iterator[R]:
        if index not in self._type.indexes:
            raise ValueError(f"`{self._kind}` has no index `{index}`")
        entry = encode_key(value)
        low = b"" if after is None else key_after(encode_key(after))
        return self._pages(low, limit, lambda start, size: self._rows.scan_index(self._kind, index, entry, start, size))

    def count(self, *prefix: str) -> int:
        if len(prefix) <= 1:
            return self._rows.tally(self._kind, encode_key(prefix))
        return self._rows.count(self._kind, *key_range(prefix))

    def add(self, record: R) -> None:
        key_parts = self._type.key(record)
        key = encode_key(key_parts)
        if self._rows.record(self._kind, key) is not None:
            raise AlreadyExists(self._kind, "key")
        unique = self._unique(record)
        for index, value in unique.items():
            self._refuse_taken(index, value)
        # INVARIANT: nothing is written before every check has passed, so that a refused record leaves nothing behind.
        body = self._codec.encode(record)
        self._rows.put_record(self._kind, key, self._codec.version, body)
        for index, value in unique.items():
            self._rows.put_unique(self._kind, index, value, key)
        for index, value in self._entries(record):
            self._rows.put_index(self._kind, index, value, key)
        self._tally(key_parts, 1)
        self._rows.append_change(self._kind, self._type.account(record), key)

    def replace(self, record: R) -> None:
        key = encode_key(self._type.key(record))
        old = self._stored(key)
        old_unique, new_unique = self._unique(old), self._unique(record)
        moved = {index for index, value in new_unique.items() if old_unique.get(index) != value}
        for index in moved:
            self._refuse_taken(index, new_unique[index])
        body = self._codec.encode(record)
        self._rows.put_record(self._kind, key, self._codec.version, body)
        for index, value in old_unique.items():
            if new_unique.get(index) != value:
                self._rows.remove_unique(self._kind, index, value)
        for index in moved:
            self._rows.put_unique(self._kind, index, new_unique[index], key)
        old_entries, new_entries = self._entries(old), self._entries(record)
        for index, value in old_entries - new_entries:
            self._rows.remove_index(self._kind, index, value, key)
        for index, value in new_entries - old_entries:
            self._rows.put_index(self._kind, index, value, key)
        self._changed(old, record, key)

    def remove(self, record: R) -> None:
        key_parts = self._type.key(record)
        key = encode_key(key_parts)
        old = self._stored(key)
        self._rows.remove_record(self._kind, key)
        for index, value in self._unique(old).items():
            self._rows.remove_unique(self._kind, index, value)
        for index, value in self._entries(old):
            self._rows.remove_index(self._kind, index, value, key)
        self._tally(key_parts, -1)
        self._rows.append_change(self._kind, self._type.account(old), key)

    def _pages(self, low: bytes, limit: int | None, page: Callable[[bytes, int], Sequence[Row]]) -> Iterator[R]:
        size = PAGE_ROWS_FIRST
        decode = self._codec.decode
        while limit is None or limit > 0:
            asked = size if limit is None else min(size, limit)
            rows = page(low, asked)
            for _, version, body in rows:
                yield decode(version, body)
            if len(rows) < asked:
                return
            low = key_after(rows[-1][0])
            limit = None if limit is None else limit - asked
            size = min(size * 2, PAGE_ROWS_MAX)

    def _stored(self, key: bytes) -> R:
        body = self._rows.record(self._kind, key)
        if body is None:
            raise NotFound(f"no such `{self._kind}`")
        return self._codec.decode(*body)

    def _refuse_taken(self, index: str, value: bytes) -> None:
        if self._rows.unique_key(self._kind, index, value) is not None:
            raise AlreadyExists(self._kind, index)

    def _unique(self, record: R) -> dict[str, bytes]:
        values = ((index, value_of(record)) for index, value_of in self._type.unique.items())
        return {index: encode_key(value) for index, value in values if value is not None}

    def _entries(self, record: R) -> set[tuple[str, bytes]]:
        return {(index, encode_key(value)) for index, values in self._type.indexes.items() for value in values(record)}

    def _tally(self, key_parts: Key, difference: int) -> None:
        self._rows.add_tally(self._kind, b"", difference)
        self._rows.add_tally(self._kind, encode_key(key_parts[:1]), difference)

    def _changed(self, old: R, new: R, key: bytes) -> None:
        accounts = {self._type.account(old): None, self._type.account(new): None}
        for account in accounts:
            self._rows.append_change(self._kind, account, key)


class RowBodies:
    """The short bodies over the rows of one transaction."""

    __slots__ = ("_rows", "add", "count", "get")

    def __init__(self, rows: Rows) -> None:
        self.add = rows.add_body
        self.get = rows.body
        self.count = rows.count_bodies
        self._rows = rows

    def remove(self, number: int) -> None:
        if not self._rows.remove_body(number):
            raise NotFound(f"no short body {number}")


def collection_of(record_type: RecordType[R], codecs: Codecs, rows: Rows) -> Collection[R]:
    """The collection of one type over the rows of a transaction."""
    return cast("Collection[R]", RowCollection(record_type, codecs.of(record_type), rows))
