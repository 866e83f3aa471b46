"""The port between records and engines: typed collections in a transaction, a store that runs transactions.

Rules that every engine keeps (`tests/conformance/` checks them on each):

* A record type declares its key, its unique indexes and its plain indexes as functions of the record.
  Keys are tuples of text. Order is the byte order of the UTF-8 of each part, part by part.
* A snapshot sees one instant: the one of its first question. It ends with its `with` block, and so does every iterator
  that it gave; a snapshot refuses to write.
* A transaction sees its own writes and commits whole or not at all. A refused write (AlreadyExists, NotFound) leaves
  nothing behind, so a change may catch it and go on.
* Records may be written while `under` or `where` is read: what is written meanwhile may or may not be met, nothing is
  met twice, and what is not touched is never missed.
* `Store.write` returns only when the write is on disk. The function it is given may be run several times, on any
  thread, and must not call `write` itself.
* Every write of a record appends to the change feed in the same transaction. Positions grow by one and are never used
  twice.
* Short bodies lie beside the records: found by their number alone, in no feed and no collection, and as safe as the
  records that name them, with which they come and go in one transaction. Numbers are never used twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

Key = tuple[str, ...]
"""A key: parts of text, any characters. Parts that must compare without case are folded by the record type."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen value that a store keeps. Fields added later carry defaults, so that old bytes still decode."""


R = TypeVar("R", bound=Record)
T = TypeVar("T")

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
"""Fields of one schema version, as plain values, to those of the next."""


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
    upgrades: Mapping[int, Upgrade] = field(default_factory=dict[int, Upgrade])
    """By schema version: makes the fields of that version into those of the next. Needed when a default does not do."""
    unique: Mapping[str, Callable[[R], Key | None]] = field(default_factory=dict[str, Callable[[R], "Key | None"]])
    """Unique indexes by name; None leaves the record out of the index."""
    indexes: Mapping[str, Callable[[R], Iterable[Key]]] = field(default_factory=dict[str, Callable[[R], Iterable[Key]]])
    """Plain indexes by name: a record stands under every key that the function gives."""


class Collection(Protocol[R]):
    """All records of one type, as one transaction or snapshot sees them."""

    def get(self, *key: str) -> R | None:
        """The record with exactly this key."""
        ...

    def seek(self, index: str, *value: str) -> R | None:
        """The record with this value in a unique index."""
        ...

    def under(
        self, *prefix: str, beginning: str = "", after: Key | None = None, limit: int | None = None
    ) -> Iterator[R]:
        """Records whose key begins with these parts, in key order, after the full key `after` if given.

        `beginning` keeps those whose next part begins with this text. `after` need not exist.
        """
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


class ShortBodies(Protocol):
    """Bytes that are kept with the records that name them, as one transaction or snapshot sees them."""

    def add(self, data: bytes) -> int:
        """Keep a body and give its number, above every number that was given before."""
        ...

    def get(self, number: int) -> bytes | None:
        """The body with this number; None when there is none."""
        ...

    def remove(self, number: int) -> None:
        """Let a body go. Raises NotFound."""
        ...

    def count(self) -> int:
        """How many there are."""
        ...


class Transaction(Protocol):
    """One instant of the store (a snapshot), or one change to it."""

    @property
    def position(self) -> int:
        """The change feed's position that this transaction sees. A snapshot begins with this question, too."""
        ...

    def accounts_stand_since(self, position: int) -> bool:
        """True when all that was changed after this position of the feed belongs to no account.

        False as well when the feed no longer reaches back so far.
        """
        ...

    def collection(self, record_type: RecordType[R]) -> Collection[R]:
        """The collection of one type. A snapshot's collections refuse to write."""
        ...

    @property
    def bodies(self) -> ShortBodies:
        """The short bodies. A snapshot's refuse to write."""
        ...

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once when the change is on disk, never when it is rolled back (delete a replaced file, say).

        It runs on the thread that called `write`, before `write` returns. An error in it is logged: the change stands.
        """
        ...


class Change(NamedTuple):
    """One line of the change feed."""

    position: int
    kind: str
    account: str
    key: Key


Listener = Callable[[Sequence[Change] | None], None]
"""Is told what changed, in order. None when the feed no longer reaches back: anything may have changed, and the lines
that are left are told next."""


class Store(Protocol):
    """A transactional ordered store of records."""

    def read(self) -> AbstractContextManager[Transaction]:
        """A snapshot. Costs nothing until it is asked for something."""
        ...

    def write(self, change: Callable[[Transaction], T]) -> T:
        """Run one change, wait until it is on disk, return its result.

        Changes of several threads are committed together. An exception from `change` rolls back that change alone
        and is raised here. `change` is run again when the store asks for it or when it raises Conflict, a few times at
        most, so it must have no other effect. Raises Unavailable, and Conflict when the attempts are used up.
        """
        ...

    def write_all(self, changes: Sequence[Callable[[Transaction], Any]]) -> list[Callable[[], Any]]:
        """Run several changes, each as `write` does, and wait once.

        Gives for each, in order, a function to be called once on this thread: it returns the result, or raises.
        """
        ...

    def follow(self, listener: Listener) -> None:
        """Call `listener` whenever `refresh` finds something new, on the thread that asked, one call at a time."""
        ...

    def refresh(self) -> int:
        """Learn of commits by any worker, tell the listeners, return the feed's position. Every request asks.

        What was committed before the call is known after it, the listeners told. Raises Unavailable.
        """
        ...

    def close(self) -> None:
        """Finish the writes that wait, then refuse everything with Unavailable. Closing twice is no error."""
        ...
