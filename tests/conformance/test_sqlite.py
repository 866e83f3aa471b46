"""What only an engine with a file can show: several processes, sudden death, full disks, and what is on the disk."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import apsw
import pytest
from tests.conformance.records import COUNTERS, Counter

from watchword.core.errors import OperatorError, Unavailable
from watchword.directory.ports import Change, Transaction
from watchword.storage.commit_marks import CommitMarks
from watchword.storage.sqlite import LOOKS_BETWEEN_QUESTIONS, SqliteStore
from watchword.storage.sqlite_file import FORMAT, open_database
from watchword.storage.sqlite_rows import Execute, execute_of

ROOT = Path(__file__).parents[2]
WRITER = Path(__file__).with_name("writer_process.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path, busy_seconds=5)
    yield store
    store.close()


def start_writer(path: Path, name: str, writes: int, *before: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*before, sys.executable, str(WRITER), str(path), name, str(writes)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def foreign(path: Path) -> Execute:
    """Statements on a connection that the store knows nothing of."""
    return execute_of(apsw.Connection(str(path)))


def make_first_format(path: Path) -> None:
    """A store as the first version of the program made it, with a counter `kept` of 7."""
    store = SqliteStore(path)
    store.write(lambda transaction: transaction.collection(COUNTERS).add(Counter(name="kept", value=7)))
    store.close()
    execute = foreign(path)
    execute("drop table short_body")
    execute("update meta set value = 1 where name = 'format'")


def value(store: SqliteStore, name: str) -> int | None:
    with store.read() as snapshot:
        counter = snapshot.collection(COUNTERS).get(name)
    return None if counter is None else counter.value


def keep(store: SqliteStore, *names: str) -> None:
    def change(transaction: Transaction) -> None:
        for name in names:
            transaction.collection(COUNTERS).add(Counter(name=name))

    store.write(change)


def lines_until(process: subprocess.Popen[str], number: int) -> list[str]:
    assert process.stdout is not None
    return list(itertools.islice(process.stdout, number))


def rest_of(process: subprocess.Popen[str]) -> list[str]:
    """The lines that a process printed before it ended."""
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        lines = process.stdout.readlines()
    process.wait(60)
    return lines


class TestManyStores:
    def test_a_write_of_one_store_is_known_to_the_next_refresh_of_another(self, store: SqliteStore, path: Path) -> None:
        told: list[Sequence[Change] | None] = []
        store.follow(told.append)
        other = SqliteStore(path)
        keep(other, "a")
        assert store.refresh() == 1
        assert told == [[Change(1, "counter", "", ("a",))]]
        keep(store, "b")
        assert other.refresh() == 2
        other.close()

    def test_a_store_that_opens_later_starts_at_the_feeds_end(self, store: SqliteStore, path: Path) -> None:
        keep(store, "a", "b")
        later = SqliteStore(path)
        told: list[Sequence[Change] | None] = []
        later.follow(told.append)
        assert later.refresh() == 2
        assert told == []
        later.close()

    def test_a_writer_that_knows_no_marks_is_heard_in_the_end(self, store: SqliteStore, path: Path) -> None:
        keep(store, "a")
        assert store.refresh() == 1
        foreign(path)("insert into change (kind, account, key) values ('counter', '', x'6200')")
        positions = {store.refresh() for _ in range(LOOKS_BETWEEN_QUESTIONS)}
        assert positions == {1, 2}

    def test_a_writer_that_died_before_its_commit_ended_hides_no_later_one(
        self, store: SqliteStore, path: Path
    ) -> None:
        keep(store, "a")
        assert store.refresh() == 1
        CommitMarks(path).begin()
        foreign(path)("insert into change (kind, account, key) values ('counter', '', x'6200')")
        assert store.refresh() == 2
        keep(store, "c")
        assert store.refresh() == 3

    def test_processes_take_turns_and_are_heard(self, store: SqliteStore, path: Path) -> None:
        told: list[Change] = []
        store.follow(lambda changes: told.extend(changes or ()))
        writers = [start_writer(path, "shared", 60) for _ in range(2)]
        for writer in writers:
            output, errors = writer.communicate(timeout=60)
            assert (writer.returncode, errors) == (0, "")
            assert output.count("\n") == 61
        store.refresh()
        assert value(store, "shared") == 120
        assert [change.position for change in told] == list(range(1, 241))


class TestSuddenDeath:
    def test_a_killed_process_loses_no_acknowledged_write_of_any_thread(self, path: Path) -> None:
        names = ("a", "b", "c", "d")
        for attempt in range(3):
            writer = start_writer(path, ",".join(names), 0)
            lines = lines_until(writer, 40 + 57 * attempt)
            writer.send_signal(signal.SIGKILL)
            lines += writer.communicate(timeout=60)[0].splitlines(keepends=True)
            acknowledged = {
                name: int(value) for name, value in (line.split() for line in lines[1:] if line[-1] == "\n")
            }
            store = SqliteStore(path)
            for name, last in acknowledged.items():
                assert value(store, name) in {int(last), int(last) + 1}
                assert value(store, f"{name} twin") == value(store, name)
            keep(store, f"still writable {attempt}")
            store.close()

    def test_a_killed_writer_does_not_stop_the_others(self, store: SqliteStore, path: Path) -> None:
        writer = start_writer(path, "x", 0)
        lines_until(writer, 5)
        writer.send_signal(signal.SIGKILL)
        rest_of(writer)
        keep(store, "after")
        assert store.refresh() >= 9

    @pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
    def test_every_acknowledged_write_was_synced_alone(self, path: Path, tmp_path: Path) -> None:
        calls = tmp_path / "calls"
        trace = ("strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,write", "-o", str(calls))
        writer = start_writer(path, "x", 40, *trace)
        _, errors = writer.communicate(timeout=120)
        if "ptrace" in errors:
            pytest.skip("strace may not trace here")
        assert writer.returncode == 0, errors
        syncs_before_each_line: list[int] = [0]
        for line in calls.read_text().splitlines():
            if re.search(r" f(data)?sync\(", line):
                syncs_before_each_line[-1] += 1
            elif " write(1, " in line:
                syncs_before_each_line.append(0)
        assert len(syncs_before_each_line) == 1 + 41
        assert syncs_before_each_line[1] >= 1
        assert syncs_before_each_line[2:41] == [1] * 39


class TestFailures:
    def test_a_lock_that_stays_makes_writes_unavailable_and_reads_go_on(self, path: Path) -> None:
        store = SqliteStore(path, busy_seconds=0.05)
        keep(store, "a")
        holder = foreign(path)
        holder("begin immediate")
        with pytest.raises(Unavailable):
            keep(store, "b")
        assert store.refresh() == 1
        assert value(store, "a") == 0
        holder("rollback")
        keep(store, "b")
        assert store.refresh() == 2
        store.close()

    def test_a_full_disk_makes_writes_unavailable_and_nothing_is_half_written(self, path: Path) -> None:
        script = f"""
import resource, sys
from pathlib import Path
from tests.conformance.records import COUNTERS, Counter
from watchword.core.errors import Unavailable
from watchword.storage.commit_marks import CommitMarks
from watchword.storage.sqlite import LOOKS_BETWEEN_QUESTIONS, SqliteStore
store = SqliteStore(Path({str(path)!r}))
kept, refused = [], []
def add(number):
    def change(transaction):
        transaction.collection(COUNTERS).add(Counter(name=f"{{number:04}}" + "x" * 2000))
        transaction.collection(COUNTERS).add(Counter(name=f"twin {{number:04}}"))
    try:
        store.write(change)
        kept.append(number)
    except Unavailable:
        refused.append(number)
limit, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
for number in range(200):
    add(number)
assert kept and refused, (len(kept), len(refused))
store.refresh()
with store.read() as snapshot:
    counters = snapshot.collection(COUNTERS)
    assert counters.count() == 2 * len(kept)
    assert [int(c.name[:4]) for c in counters.under() if c.name[0] != "t"] == kept
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
add(9999)
assert kept[-1] == 9999
store.close()
print("as expected")
"""
        done = subprocess.run(
            [sys.executable, "-c", script],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert done.stdout == "as expected\n", done.stderr

    def test_a_change_that_breaks_the_statement_fails_alone_even_when_it_goes_on(self, store: SqliteStore) -> None:
        def change(transaction: Transaction) -> None:
            counters = transaction.collection(COUNTERS)
            counters.add(Counter(name="kept by mistake"))
            with pytest.raises(Unavailable):
                counters.add(Counter(name="x" * 1000))

        def too_long(connection: apsw.Connection) -> None:
            connection.limit(apsw.SQLITE_LIMIT_LENGTH, 500)

        assert store._writer is not None  # pyright: ignore[reportPrivateUsage]
        too_long(store._writer)  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(Unavailable):
            store.write(change)
        keep(store, "short")
        with store.read() as snapshot:
            assert [counter.name for counter in snapshot.collection(COUNTERS).under()] == ["short"]

    def test_a_damaged_database_is_unavailable_and_nothing_is_said_to_be_missing(self, path: Path) -> None:
        store = SqliteStore(path)
        keep(store, *(f"{number:04}" for number in range(2000)))
        store.close()
        content = bytearray(path.read_bytes())
        content[len(content) // 4 :] = bytes(len(content) - len(content) // 4)
        path.write_bytes(content)

        def read_all() -> None:
            damaged = SqliteStore(path)
            try:
                assert [value(damaged, f"{number:04}") for number in range(2000)] == [0] * 2000
            finally:
                damaged.close()

        with pytest.raises(Unavailable):
            read_all()

    def test_an_interrupted_writer_gives_the_line_on(self, store: SqliteStore) -> None:
        def interrupted(transaction: Transaction) -> None:
            transaction.collection(COUNTERS).add(Counter(name="half"))
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            store.write(interrupted)
        keep(store, "whole")
        with store.read() as snapshot:
            assert [counter.name for counter in snapshot.collection(COUNTERS).under()] == ["whole"]


class TestFile:
    def test_only_the_owner_can_read_what_is_on_the_disk(self, store: SqliteStore, path: Path) -> None:
        keep(store, "a")
        assert path.parent.stat().st_mode & 0o777 == 0o700
        found = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        assert found == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600, "store.db-marks": 0o600}

    def test_a_newer_format_says_what_to_do(self, path: Path) -> None:
        open_database(path, format=8).close()
        with pytest.raises(
            OperatorError, match=f"data format 8 and this program knows {FORMAT}: run the newer program"
        ):
            SqliteStore(path)

    def test_an_older_format_is_brought_up_step_by_step(self, path: Path) -> None:
        open_database(path, format=1).close()

        def remember(step: int) -> Callable[[Execute], None]:
            def migrate(execute: Execute) -> None:
                execute("insert into meta values (?, 1)", (f"step {step}",))

            return migrate

        open_database(path, format=3, migrations={1: remember(1), 2: remember(2)}).close()
        rows = foreign(path)("select name from meta order by name").fetchall()
        assert rows == [("format",), ("step 1",), ("step 2",)]
        with pytest.raises(OperatorError, match="data format 3"):
            SqliteStore(path)

    def test_a_migration_that_fails_changes_nothing(self, path: Path) -> None:
        make_first_format(path)

        def fail(execute: Execute) -> None:
            execute("drop table record")
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            open_database(path, format=2, migrations={1: fail})
        store = SqliteStore(path)
        keep(store, "a")
        store.close()

    @pytest.mark.parametrize("content", [b"not a database, but text that is long enough to have a header" * 20])
    def test_a_file_of_another_kind_is_refused(self, path: Path, content: bytes) -> None:
        path.parent.mkdir()
        path.write_bytes(content)
        with pytest.raises(OperatorError, match="not a SQLite database"):
            SqliteStore(path)
        assert path.read_bytes() == content

    def test_a_database_of_another_program_is_refused(self, path: Path) -> None:
        path.parent.mkdir()
        foreign(path)("create table users (name)")
        with pytest.raises(OperatorError, match="not a Watchword store"):
            SqliteStore(path)

    def test_the_log_stays_bounded_while_readers_overlap(self, path: Path) -> None:
        store = SqliteStore(path, log_pages_max=500)
        body = "x" * 50_000
        store.write(lambda t: t.collection(COUNTERS).add(Counter(name="big")))
        stop = threading.Event()

        def read_on() -> None:
            while not stop.is_set():
                with store.read() as snapshot:
                    snapshot.collection(COUNTERS).get("big")

        readers = [threading.Thread(target=read_on) for _ in range(2)]
        for reader in readers:
            reader.start()
        longest = 0
        for number in range(150):
            store.write(lambda t, number=number: t.collection(COUNTERS).add(Counter(name=f"{number}{body}")))
            longest = max(longest, path.with_name("store.db-wal").stat().st_size)
        stop.set()
        for reader in readers:
            reader.join()
        store.close()
        assert longest < 5 * 2**20
