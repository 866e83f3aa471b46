"""The SQLite engine: snapshots from a pool of reading connections, one writing connection behind a line of changes.

* A snapshot is a read transaction that begins with its first question. Connections are lent to one snapshot at a time.
* Changes of this process commit in groups (`commits.py`), each in a savepoint of one transaction, so that one that
  fails takes no other with it. Processes on the same file take turns by SQLite's write lock.
* `refresh` looks at the commit marks (`commit_marks.py`). When they do not rule it out, it asks SQLite's data version,
  which moves with every commit of another connection, on a connection that never writes. Only when that moved is the
  feed read. Every so often it asks anyway, so that a writer that knows no marks (an operator's shell) is heard too.
* The write-ahead log is bounded: a checkpoint follows a group when the log is long, and waits for readers when it is
  far too long.

SQLite is the one inside apsw, not the interpreter's: versions before 3.51.3 can corrupt a WAL database that several
connections write and checkpoint.
Source: https://sqlite.org/wal.html, https://sqlite.org/pragma.html#pragma_data_version
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

import apsw

from watchword.core.errors import Conflict, Unavailable
from watchword.directory.ports import Collection, Listener, Record, RecordType, ShortBodies, Transaction
from watchword.storage.commit_marks import are_at_rest, ended
from watchword.storage.commits import ATTEMPTS_MAX, Job, Line
from watchword.storage.feed import FEED_LINES_MAX, Follower
from watchword.storage.rows import Codecs, RowBodies, collection_of
from watchword.storage.sqlite_file import BUSY_SECONDS, connect, open_database, open_marks, wait_at_most
from watchword.storage.sqlite_rows import Answer, Execute, SqliteRows, execute_of

R = TypeVar("R", bound=Record)
T = TypeVar("T")

IDLE_CONNECTIONS_MAX = 8
PRUNE_EVERY_LINES = 512
LOOKS_BETWEEN_QUESTIONS = 64
LOG_PAGES_MAX = 16_000
"""62 MiB of write-ahead log: then writers wait a moment for readers, so that the log can begin anew."""
_LOG_PAGES_SHARE = 16
"""A checkpoint that waits for nobody follows when this share of the log's bound is reached."""
_CHECKPOINT_WAIT_SECONDS = 0.25


class _Reader:
    """A reading connection and its one cursor."""

    __slots__ = ("close", "connection", "execute")

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection
        self.execute: Execute = execute_of(connection)
        self.close = connection.close


class _Snapshot(SqliteRows):
    """One instant of the database: rows, and the transaction that a caller sees."""

    __slots__ = ("_codecs", "_pool", "_reader")

    def __init__(self, pool: _Pool, codecs: Codecs) -> None:
        super().__init__(self._begin)
        self._pool = pool
        self._codecs = codecs
        self._reader: _Reader | None = None

    def _begin(self, statement: str, values: Sequence[str | bytes | int]) -> Answer:
        self._reader = reader = self._pool.take()
        reader.execute("begin")
        self.execute = reader.execute
        return reader.execute(statement, values)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.execute = _ended
        if self._reader is not None:
            self._pool.give_back(self._reader)
            self._reader = None

    @property
    def position(self) -> int:
        return self.feed_position()

    def collection(self, record_type: RecordType[R]) -> Collection[R]:
        return collection_of(record_type, self._codecs, self)

    @property
    def bodies(self) -> ShortBodies:
        return RowBodies(self)

    def after_commit(self, action: Callable[[], None]) -> None:
        raise RuntimeError(f"a snapshot was asked to do {action} after a commit")

    def put_record(self, kind: str, key: bytes, version: int, body: bytes) -> None:
        raise RuntimeError(f"a snapshot was asked to write a `{kind}` of version {version}, {len(key + body)} bytes")

    def remove_record(self, kind: str, key: bytes) -> None:
        raise RuntimeError(f"a snapshot was asked to remove a `{kind}`, key of {len(key)} bytes")

    def add_body(self, data: bytes) -> int:
        raise RuntimeError(f"a snapshot was asked to keep a body of {len(data)} bytes")

    def remove_body(self, number: int) -> bool:
        raise RuntimeError(f"a snapshot was asked to remove the body {number}")


class _Change(SqliteRows):
    """One change on the writing connection, inside its savepoint."""

    __slots__ = ("_codecs", "actions")

    def __init__(self, execute: Execute, codecs: Codecs) -> None:
        super().__init__(execute)
        self._codecs = codecs
        self.actions: list[Callable[[], None]] = []

    @property
    def position(self) -> int:
        return self.feed_position()

    def collection(self, record_type: RecordType[R]) -> Collection[R]:
        return collection_of(record_type, self._codecs, self)

    @property
    def bodies(self) -> ShortBodies:
        return RowBodies(self)

    def after_commit(self, action: Callable[[], None]) -> None:
        self.actions.append(action)


class _Pool:
    """Reading connections that wait for a snapshot."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._idle: list[_Reader] = []
        self._closed = False

    def take(self) -> _Reader:
        """A connection that nobody else uses. Raises Unavailable."""
        if self._closed:
            raise Unavailable("the store is closed")
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            return _Reader(connect(self._path, writes=False, busy_seconds=self._busy_seconds))
        except apsw.Error as error:
            raise Unavailable(f"the database cannot be opened: {error}") from error

    def give_back(self, reader: _Reader) -> None:
        try:
            if reader.connection.in_transaction:
                reader.execute("commit")
        except apsw.Error:
            reader.close(True)
            return
        if self._closed or len(self._idle) >= IDLE_CONNECTIONS_MAX:
            reader.close()
        else:
            self._idle.append(reader)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()


class SqliteReader:
    """Snapshots of a file that another process may be writing. It never writes, and hears of no changes."""

    def __init__(self, path: Path, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._codecs = Codecs()
        self._pool = _Pool(path, busy_seconds)

    def read(self) -> AbstractContextManager[Transaction]:
        return _Snapshot(self._pool, self._codecs)

    def write(self, change: Callable[[Transaction], T]) -> T:
        raise Unavailable("the store was opened for reading")

    def write_all(self, changes: Sequence[Callable[[Transaction], Any]]) -> list[Callable[[], Any]]:
        raise Unavailable("the store was opened for reading")

    def follow(self, listener: Listener) -> None:
        pass

    def refresh(self) -> int:
        return 0

    def close(self) -> None:
        self._pool.close()


class SqliteStore:
    """A store in one SQLite file, shared by any number of threads and processes of one machine."""

    def __init__(
        self,
        path: Path,
        *,
        busy_seconds: float = BUSY_SECONDS,
        feed_lines_max: int = FEED_LINES_MAX,
        log_pages_max: int = LOG_PAGES_MAX,
    ) -> None:
        """Open or make the file. Raises OperatorError, Unavailable. Open it after a fork, never before."""
        self.path = path
        self._busy_seconds = busy_seconds
        self._feed_lines_max = feed_lines_max
        self._log_pages_max = log_pages_max
        self._codecs = Codecs()
        self._marks = open_marks(path)
        self._memory = self._marks.memory
        self._writer: apsw.Connection | None = open_database(path, busy_seconds=busy_seconds)
        self._pages_logged = 0
        self._watch(self._writer)
        self._line = Line(self._commit, self._settle)
        self._pool = _Pool(path, busy_seconds)
        self._refreshing = threading.RLock()
        self._learner = self._pool.take()
        learner = SqliteRows(self._learner.execute)
        self._data_version: int = learner.ask("pragma data_version")
        self._follower = Follower(learner.feed_position())
        self._marks_known: bytes | None = None
        self._looks = 0
        self._pruned_at = 0
        self._closed = False

    def read(self) -> AbstractContextManager[Transaction]:
        return _Snapshot(self._pool, self._codecs)

    def write(self, change: Callable[[Transaction], T]) -> T:
        return self._line.run(Job(change))

    def write_all(self, changes: Sequence[Callable[[Transaction], Any]]) -> list[Callable[[], Any]]:
        jobs = [Job(change) for change in changes]
        self._line.run_all(jobs)
        return [job.outcome for job in jobs]

    @property
    def commits(self) -> int:
        """How many commits all processes have made, as far as the marks tell."""
        return ended(self._memory[:])

    def follow(self, listener: Listener) -> None:
        with self._refreshing:
            self._follower.add(listener)

    def refresh(self) -> int:
        self._looks += 1
        if self._memory[:] == self._marks_known and self._looks % LOOKS_BETWEEN_QUESTIONS:
            return self._follower.position
        try:
            with self._refreshing:
                marks = self._memory[:]
                version = self._learner.execute("pragma data_version").get
                if version != self._data_version:
                    self._learn(version)
                # INVARIANT: the marks were read before SQLite was asked and are kept after the listeners were told, so
                # that whoever finds them unchanged knows of every commit that they count.
                self._marks_known = marks if are_at_rest(marks) and not self._closed else None
                return self._follower.position
        except apsw.Error as error:
            raise Unavailable(f"the database cannot answer: {error}") from error

    def close(self) -> None:
        self._line.close()
        with self._refreshing:
            if self._closed:
                return
            self._closed = True
            self._marks_known = None
            self._learner.close()
        self._pool.close()
        if self._writer is not None:
            self._writer.close()

    def _learn(self, version: int) -> None:
        rows = SqliteRows(self._learner.execute)
        self._learner.execute("begin")
        try:
            newest = rows.feed_position()
            changes = rows.changes_after(self._follower.position) if newest > self._follower.position else []
        finally:
            self._learner.execute("commit")
        self._follower.catch_up(newest, changes)
        # INVARIANT: the version was asked before the feed was read, so a commit between the two is found again, and
        # the version is kept after the listeners were told, so that one that fails is told again.
        self._data_version = version

    def _commit(self, group: Sequence[Job]) -> None:
        try:
            self._run_group(group)
        except (apsw.Error, Unavailable) as error:
            self._give_up_writer()
            for job in group:
                job.fail(Unavailable(f"the database cannot write: {error}"))
        except BaseException:
            self._give_up_writer()
            for job in group:
                job.fail(Unavailable("the commit was interrupted"))
            raise

    def _run_group(self, group: Sequence[Job]) -> None:
        if self._writer is None:
            self._writer = connect(self.path, writes=True, busy_seconds=self._busy_seconds)
            self._watch(self._writer)
        execute = execute_of(self._writer)
        execute("begin immediate")
        for job in group:
            self._run_job(job, execute)
            if not self._writer.in_transaction:
                raise apsw.AbortError("the transaction was lost")
        self._prune(SqliteRows(execute))
        commit = self._marks.begin()
        execute("commit")
        self._marks.end(commit)

    def _run_job(self, job: Job, execute: Execute) -> None:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            execute("savepoint change")
            change = _Change(execute, self._codecs)
            try:
                result: Any = job.change(change)
            except Exception as error:  # noqa: BLE001  whatever a change raises is its caller's
                job.fail(error)
            else:
                job.succeed(result, change.actions)
            change.execute = _ended
            if change.broken is not None:
                job.fail(Unavailable(f"the database cannot write: {change.broken}"))
            if job.error is None:
                execute("release change")
                return
            if not self._in_transaction():
                return
            execute("rollback to change")
            execute("release change")
            if not isinstance(job.error, Conflict) or attempt == ATTEMPTS_MAX:
                return

    def _in_transaction(self) -> bool:
        return self._writer is not None and self._writer.in_transaction

    def _prune(self, rows: SqliteRows) -> None:
        newest = rows.feed_position()
        # INVARIANT: at least `feed_lines_max` lines stay, so the newest position is never lost with its line.
        if newest - self._pruned_at >= PRUNE_EVERY_LINES:
            rows.prune_changes(newest - self._feed_lines_max)
            self._pruned_at = newest

    def _give_up_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(apsw.Error):
                writer.close(True)

    def _watch(self, writer: apsw.Connection) -> None:
        def logged(_connection: apsw.Connection, _name: str, pages: int) -> int:
            self._pages_logged = pages
            return apsw.SQLITE_OK

        writer.set_wal_hook(logged)

    def _settle(self) -> None:
        pages, self._pages_logged = self._pages_logged, 0
        if pages < self._log_pages_max // _LOG_PAGES_SHARE or self._writer is None:
            return
        with suppress(apsw.Error):
            if pages < self._log_pages_max:
                self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            else:
                wait_at_most(self._writer, _CHECKPOINT_WAIT_SECONDS)
                self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        wait_at_most(self._writer, self._busy_seconds)


def _ended(statement: str, _values: object = None) -> NoReturn:
    raise RuntimeError(f"the transaction has ended; it was asked `{statement}`")
