"""The database file of the SQLite engine: how it is made, opened and brought to the present format.

Decides permissions (file 0600, a new folder 0700), durability (WAL, synchronous FULL), how long a connection waits for
another process, and which formats this program can use. Never reads or writes records.
Source: https://sqlite.org/wal.html, https://sqlite.org/pragma.html
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import apsw

from watchword.core.errors import OperatorError, Unavailable
from watchword.storage.commit_marks import CommitMarks
from watchword.storage.sqlite_rows import SHORT_BODIES, TABLES, Execute, execute_of

FORMAT = 2
"""The format of the tables. A change that an older program could not read or write makes it the next number."""

Migration = Callable[[Execute], None]


def _add_short_bodies(execute: Execute) -> None:
    execute(SHORT_BODIES)


MIGRATIONS: Mapping[int, Migration] = {1: _add_short_bodies}
"""By format: brings the tables of that format to the next, inside the transaction that opens the file. From 1 to 2:
short bodies lie beside the records; those that were files stay files."""

BUSY_SECONDS = 10.0
_BUSY_STEPS_SECONDS = (0.0001,) * 50 + (0.0005,) * 50 + (0.002,)
"""Waits between tries; the last one goes on. Another worker's commit takes 0.1 ms, and a busy worker leaves only short
gaps between its commits, which a waiter must meet: SQLite's own steps of up to 0.1 s starve it for seconds."""

_CACHE_KIB = 4096
"""Page cache of one connection; the system's cache holds the rest of the file."""
_LOG_BYTES_KEPT = 16 * 2**20
"""A log that was longer is cut to this when it begins anew."""


def connect(path: Path, *, writes: bool, busy_seconds: float = BUSY_SECONDS) -> apsw.Connection:
    """Open a connection to a database that exists. Raises apsw.Error."""
    flags = apsw.SQLITE_OPEN_READWRITE if writes else apsw.SQLITE_OPEN_READONLY
    connection = apsw.Connection(str(path), flags=flags)
    wait_at_most(connection, busy_seconds)
    execute = execute_of(connection)
    execute(f"pragma cache_size = -{_CACHE_KIB}")
    if writes:
        execute("pragma synchronous = full")
        execute(f"pragma journal_size_limit = {_LOG_BYTES_KEPT}")
    return connection


def open_database(
    path: Path,
    *,
    busy_seconds: float = BUSY_SECONDS,
    format: int = FORMAT,  # noqa: A002  the word of the file
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> apsw.Connection:
    """Open the writing connection; make the file, or bring it to the present format, where that is needed.

    Raises OperatorError for a file that this program cannot use, Unavailable when it cannot be read now.
    """
    try:
        _make_file(path)
        connection = connect(path, writes=True, busy_seconds=busy_seconds)
        execute = execute_of(connection)
        _use_wal(execute, busy_seconds)
        execute("begin immediate")
        _bring_to_format(execute, path, format, migrations)
        execute("commit")
    except apsw.NotADBError as error:
        raise OperatorError(f"`{path}` is not a SQLite database: choose another data directory") from error
    except (apsw.Error, OSError) as error:
        raise Unavailable(f"`{path}` cannot be opened: {error}") from error
    return connection


def open_marks(path: Path) -> CommitMarks:
    """The commit marks beside a database, made where they are missing. Raises Unavailable."""
    try:
        _make_folder(path)
        return CommitMarks(path)
    except OSError as error:
        raise Unavailable(f"`{path}` cannot be opened: {error}") from error


def _make_folder(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def _make_file(path: Path) -> None:
    _make_folder(path)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _use_wal(execute: Execute, busy_seconds: float) -> None:
    wait = _patience(busy_seconds)
    calls = 0
    while True:
        try:
            execute("pragma journal_mode = wal")
        except apsw.BusyError:
            # Another process is turning the same new file to WAL: SQLite asks no busy handler here.
            if not wait(calls):
                raise
            calls += 1
        else:
            return


def _bring_to_format(execute: Execute, path: Path, present: int, migrations: Mapping[int, Migration]) -> None:
    if execute("select 1 from sqlite_schema").get is None:
        execute(TABLES)
        execute(SHORT_BODIES)
        execute("insert into meta (name, value) values ('format', ?)", (present,))
        return
    found = read_format(execute)
    if found is None:
        raise OperatorError(f"`{path}` is not a Watchword store: choose another data directory")
    if found > present:
        raise OperatorError(
            f"`{path}` has data format {found} and this program knows {present}: run the newer program, or restore a"
            " backup that this one made"
        )
    for step in range(found, present):
        if step not in migrations:
            raise OperatorError(f"`{path}` has data format {found}, which this program no longer reads")
        migrations[step](execute)
    execute("update meta set value = ? where name = 'format'", (present,))


def read_format(execute: Execute) -> int | None:
    """The data format that a database states; None when it is not a store."""
    if execute("select 1 from sqlite_schema where type = 'table' and name = 'meta'").get is None:
        return None
    return execute("select value from meta where name = 'format'").get


def wait_at_most(connection: apsw.Connection, seconds: float) -> None:
    """Let a connection wait this long for what another connection or process holds."""
    connection.set_busy_handler(_patience(seconds))


def _patience(seconds: float) -> Callable[[int], bool]:
    """A busy handler that tries again every few milliseconds until its time is used up."""
    deadline = 0.0

    def wait(calls: int) -> bool:
        nonlocal deadline
        now = time.monotonic()
        if calls == 0:
            deadline = now + seconds
        if now >= deadline:
            return False
        time.sleep(_BUSY_STEPS_SECONDS[min(calls, len(_BUSY_STEPS_SECONDS) - 1)])
        return True

    return wait
