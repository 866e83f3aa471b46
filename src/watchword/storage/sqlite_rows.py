"""The rows of the SQLite engine: every statement that reads or writes records, and the tables they name.

All tables are generic: a record type is a value of `kind`, so a new type needs no new table.
Keys are bytes whose order is the order of records (`keys.py`), compared as bytes by SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import apsw

from watchword.core.errors import Unavailable
from watchword.directory.ports import Change
from watchword.storage.keys import decode_key
from watchword.storage.rows import Body, Row

TABLES = """
create table meta (name text primary key, value any not null) strict, without rowid;
create table record (
    kind text not null, key blob not null, version integer not null, body blob not null,
    primary key (kind, key)
) strict, without rowid;
create table unique_entry (
    kind text not null, name text not null, value blob not null, key blob not null,
    primary key (kind, name, value)
) strict, without rowid;
create table index_entry (
    kind text not null, name text not null, value blob not null, key blob not null,
    primary key (kind, name, value, key)
) strict, without rowid;
create table tally (
    kind text not null, part blob not null, total integer not null,
    primary key (kind, part)
) strict, without rowid;
create table change (position integer primary key, kind text not null, account text not null, key blob not null) strict;
"""
SHORT_BODIES = """
create table short_body (number integer primary key autoincrement, body blob not null) strict;
"""
"""A table with row ids: a row lies in its page up to nearly the page's size, and new ones are put behind the last one,
so that the bodies of one commit lie in the same few pages. `autoincrement` never gives a number twice."""

_POSITION = "select coalesce(max(position), 0) from change"
_RECORD = "select version, body from record where kind = ? and key = ?"
_SCAN = "select key, version, body from record where kind = ? and key >= ? and key < ? order by key limit ?"
_COUNT = "select count(*) from record where kind = ? and key >= ? and key < ?"
_TALLY = "select total from tally where kind = ? and part = ?"
_UNIQUE_KEY = "select key from unique_entry where kind = ? and name = ? and value = ?"
_UNIQUE_RECORD = """
select version, body from record
where kind = ?1 and key = (select key from unique_entry where kind = ?1 and name = ?2 and value = ?3)"""
_SCAN_INDEX = """
select record.key, record.version, record.body
from index_entry as entry join record on record.kind = entry.kind and record.key = entry.key
where entry.kind = ? and entry.name = ? and entry.value = ? and entry.key >= ? order by entry.key limit ?"""
_PUT_RECORD = "insert or replace into record (kind, key, version, body) values (?, ?, ?, ?)"
_REMOVE_RECORD = "delete from record where kind = ? and key = ?"
_PUT_UNIQUE = "insert into unique_entry (kind, name, value, key) values (?, ?, ?, ?)"
_REMOVE_UNIQUE = "delete from unique_entry where kind = ? and name = ? and value = ?"
_PUT_INDEX = "insert into index_entry (kind, name, value, key) values (?, ?, ?, ?)"
_REMOVE_INDEX = "delete from index_entry where kind = ? and name = ? and value = ? and key = ?"
_ADD_TALLY = """
insert into tally (kind, part, total) values (?, ?, ?)
on conflict (kind, part) do update set total = total + excluded.total"""
_REMOVE_TALLY_OF_NONE = "delete from tally where kind = ? and part = ? and total = 0"
_APPEND_CHANGE = "insert into change (kind, account, key) values (?, ?, ?)"
_CHANGES_AFTER = "select position, kind, account, key from change where position > ? order by position"
_STANDS = """
select coalesce(min(account = ''), 1) and count(*) = (select coalesce(max(position), 0) from change) - ?1
from change where position > ?1"""
_PRUNE = "delete from change where position <= ?"
_ADD_BODY = "insert into short_body (body) values (?) returning number"
_BODY = "select body from short_body where number = ?"
_REMOVE_BODY = "delete from short_body where number = ? returning 1"
_COUNT_BODIES = "select count(*) from short_body"


class Answer(Protocol):
    """What a statement gives: apsw's cursor, in types that Python 3.11 can name."""

    @property
    def get(self) -> Any:
        """The first row, its value alone when it is one; None when there is none. Reads the statement to its end."""
        ...

    def fetchall(self) -> list[Any]: ...


Execute = Callable[..., Answer]


def execute_of(connection: apsw.Connection) -> Execute:
    """The `execute` of a cursor to use again and again, which spares making one for each statement."""
    return connection.cursor().execute  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


class SqliteRows:
    """Statements over one connection. `execute` is its cursor's: every statement is read to its end at once."""

    __slots__ = ("broken", "execute")

    def __init__(self, execute: Execute) -> None:
        self.execute: Execute = execute
        self.broken: apsw.Error | None = None
        """What SQLite said when it failed; the transaction is then worth nothing."""

    def ask(self, statement: str, *values: str | bytes | int) -> Any:
        """The first row: its only value or a tuple; None when there is none. Raises Unavailable."""
        try:
            return self.execute(statement, values).get
        except apsw.Error as error:
            raise self._unavailable(error) from error

    def rows(self, statement: str, *values: str | bytes | int) -> list[Any]:
        """All rows. Raises Unavailable."""
        try:
            return self.execute(statement, values).fetchall()
        except apsw.Error as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: apsw.Error) -> Unavailable:
        self.broken = error
        return Unavailable(f"the database cannot answer: {error}")

    def feed_position(self) -> int:
        return self.ask(_POSITION)

    def record(self, kind: str, key: bytes) -> Body | None:
        return self.ask(_RECORD, kind, key)

    def scan(self, kind: str, low: bytes, high: bytes, limit: int) -> Sequence[Row]:
        return self.rows(_SCAN, kind, low, high, limit)

    def count(self, kind: str, low: bytes, high: bytes) -> int:
        return self.ask(_COUNT, kind, low, high)

    def tally(self, kind: str, part: bytes) -> int:
        return self.ask(_TALLY, kind, part) or 0

    def unique_key(self, kind: str, index: str, value: bytes) -> bytes | None:
        return self.ask(_UNIQUE_KEY, kind, index, value)

    def unique_record(self, kind: str, index: str, value: bytes) -> Body | None:
        return self.ask(_UNIQUE_RECORD, kind, index, value)

    def scan_index(self, kind: str, index: str, value: bytes, low: bytes, limit: int) -> Sequence[Row]:
        return self.rows(_SCAN_INDEX, kind, index, value, low, limit)

    def put_record(self, kind: str, key: bytes, version: int, body: bytes) -> None:
        self.ask(_PUT_RECORD, kind, key, version, body)

    def remove_record(self, kind: str, key: bytes) -> None:
        self.ask(_REMOVE_RECORD, kind, key)

    def put_unique(self, kind: str, index: str, value: bytes, key: bytes) -> None:
        self.ask(_PUT_UNIQUE, kind, index, value, key)

    def remove_unique(self, kind: str, index: str, value: bytes) -> None:
        self.ask(_REMOVE_UNIQUE, kind, index, value)

    def put_index(self, kind: str, index: str, value: bytes, key: bytes) -> None:
        self.ask(_PUT_INDEX, kind, index, value, key)

    def remove_index(self, kind: str, index: str, value: bytes, key: bytes) -> None:
        self.ask(_REMOVE_INDEX, kind, index, value, key)

    def add_tally(self, kind: str, part: bytes, difference: int) -> None:
        self.ask(_ADD_TALLY, kind, part, difference)
        if difference < 0:
            self.ask(_REMOVE_TALLY_OF_NONE, kind, part)

    def append_change(self, kind: str, account: str, key: bytes) -> None:
        self.ask(_APPEND_CHANGE, kind, account, key)

    def accounts_stand_since(self, position: int) -> bool:
        return bool(self.ask(_STANDS, position))

    def add_body(self, data: bytes) -> int:
        return self.ask(_ADD_BODY, data)

    def body(self, number: int) -> bytes | None:
        return self.ask(_BODY, number)

    def remove_body(self, number: int) -> bool:
        return self.ask(_REMOVE_BODY, number) is not None

    def count_bodies(self) -> int:
        return self.ask(_COUNT_BODIES)

    def changes_after(self, position: int) -> list[Change]:
        """The lines of the feed above a position, as far as they are kept."""
        lines = self.rows(_CHANGES_AFTER, position)
        return [Change(at, kind, account, decode_key(key)) for at, kind, account, key in lines]

    def prune_changes(self, last: int) -> None:
        """Forget the lines of the feed up to a position."""
        self.ask(_PRUNE, last)
