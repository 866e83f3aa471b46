"""The port between records and engines: typed collections in a transaction, a store that runs transactions.

Rules that every engine keeps (`tests/conformance/` checks them on each):

* A record type declares its key, its unique indexes and its plain indexes as functions of the record.
  Keys are tuples of text. Order is the byte order of the UTF-8 of each part, part by part.
* A snapshot sees one instant. A transaction sees its own writes and commits whole or not at all.
* `Store.write` returns only when the write is on disk. The function it is given may be run several times.
* Every write appends to the change feed in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

Key = tuple[str, ...]
"""A key: parts of text, any characters. Parts that must compare without case are folded by the record type."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen value that a store keeps. Fields added later carry defaults, so that old bytes still decode."""


R = TypeVar("R", bound=Record)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RecordType(Generic[R]):
    """How one type of record is kept."""

    kind: str
    """Its name in the store, for ever."""
    type: type[R]
    key: Callable[[R], Key]
    account: Callable[[R], str]
    """The account whose epoch a write of this record moves; empty for what belongs to none."""
    version: int = 1
    """Schema version of the encoded value."""
    unique: Mapping[str, Callable[[R], Key | None]] = field(default_factory=dict[str, Callable[[R], "Key | None"]])
    """Unique indexes by name; None leaves the record out of the index."""
    indexes: Mapping[str, Callable[[R], Iterable[Key]]] = field(
        default_factory=dict[str, Callable[[R], Iterable[Key]]]
    )
    """Plain indexes by name: a record stands under every key that the function gives."""


class Collection(Protocol[R]):
    """All records of one type, as one transaction or snapshot sees them."""

    def get(self, *key: str) -> R | None:
        """The record with exactly this key."""
        ...

    def seek(self, index: str, *value: str) -> R | None:
        """The record with this value in a unique index."""
        ...

    def under(self, *prefix: str, after: Key | None = None, limit: int | None = None) -> Iterator[R]:
        """Records whose key begins with these parts, in key order, after the full key `after` if given."""
        ...

    def where(self, index: str, *value: str, after: Key | None = None, limit: int | None = None) -> Iterator[R]:
        """Records that stand under this value in a plain index, in key order, after the full key `after` if given."""
        ...

    def count(self, *prefix: str) -> int:
        """How many records have keys that begin with these parts. Constant time for no part or the first part."""
        ...

    def add(self, record: R) -> None:
        """Keep a new record. Raises AlreadyExists, which names the index."""
        ...

    def replace(self, record: R) -> None:
        """Put a record in the place of the one with the same key. Raises NotFound, AlreadyExists."""
        ...

    def remove(self, record: R) -> None:
        """Remove the record with this record's key. Raises NotFound."""
        ...


class Transaction(Protocol):
    """One instant of the store (a snapshot), or one change to it."""

    position: int
    """The change feed's position that this transaction started from."""

    def collection(self, record_type: RecordType[R]) -> Collection[R]:
        """The collection of one type. A snapshot's collections refuse to write."""
        ...

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once when the change is on disk, never when it is rolled back (delete a replaced file, say)."""
        ...


class Change(NamedTuple):
    """One line of the change feed."""

    position: int
    kind: str
    account: str
    key: Key


class Store(Protocol):
    """A transactional ordered store of records."""

    def read(self) -> AbstractContextManager[Transaction]:
        """A snapshot. Costs nothing until it is asked for something."""
        ...

    def write(self, change: Callable[[Transaction], T]) -> T:
        """Run one change, wait until it is on disk, return its result.

        Changes of several threads are committed together. An exception from `change` rolls back that change alone
        and is raised here. `change` is run again when the store asks for it (Conflict), so it must have no other effect.
        Raises Unavailable.
        """
        ...

    def follow(self, listener: Callable[[Sequence[Change]], None]) -> None:
        """Call `listener` with what changed, in order, whenever `refresh` finds something new."""
        ...

    def refresh(self) -> int:
        """Learn of commits by any worker, tell the listeners, return the feed's position. Cheap enough for every request.

        What was committed before the call is known after it.
        """
        ...

    def close(self) -> None: ...
