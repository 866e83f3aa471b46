"""What the record stores cost: microseconds a read and a commit, in one process, on a database of 20,000 records.

Run: .venv/bin/python benchmarks/storage.py
"""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from watchword.directory.ports import Record, RecordType, Store, Transaction
from watchword.storage.memory import MemoryStore
from watchword.storage.sqlite import SqliteStore

RECORDS = 20_000
THREADS = (1, 8, 32)


class Entry(Record, frozen=True, kw_only=True):
    account: str
    name: str
    email: str
    note: str


ENTRIES = RecordType(
    kind="entry",
    type=Entry,
    key=lambda entry: (entry.account, entry.name),
    account=lambda entry: entry.account,
    unique={"email": lambda entry: (entry.email,)},
    indexes={"account": lambda entry: [(entry.account,)]},
)
_numbers = itertools.count()


def add_one(transaction: Transaction) -> None:
    number = next(_numbers)
    transaction.collection(ENTRIES).add(
        Entry(account=f"{number % 10:012}", name=f"user{number:07}", email=f"u{number}@example.com", note="n" * 200)
    )


def add_many(transaction: Transaction) -> None:
    for _ in range(1000):
        add_one(transaction)


def row(name: str, work: Callable[[], object], runs: int = 5000) -> None:
    print(f"{name:<34}{min(timeit.repeat(work, number=runs, repeat=3)) / runs * 1e6:10.2f} µs")


def committing(store: Store, threads: int, each: int = 200) -> None:
    def work() -> None:
        for _ in range(each):
            store.write(add_one)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    print(f"{f'a commit, {threads} threads writing':<34}{seconds / (threads * each) * 1e6:10.2f} µs")


def measure(store: Store) -> None:
    began = time.perf_counter()
    for _ in range(RECORDS // 1000):
        store.write(add_many)
    print(f"{'a record added, 1000 a commit':<34}{(time.perf_counter() - began) / RECORDS * 1e6:10.2f} µs")
    store.refresh()
    row("refresh, nothing new", store.refresh)

    def snapshot_and_get() -> None:
        with store.read() as snapshot:
            snapshot.collection(ENTRIES).get("000000000003", "user0000013")

    row("snapshot and get", snapshot_and_get)
    with store.read() as snapshot:
        entries = snapshot.collection(ENTRIES)
        row("get", lambda: entries.get("000000000003", "user0000013"))
        row("seek by a unique index", lambda: entries.seek("email", "u13@example.com"))
        row("count", lambda: entries.count("000000000003"))
        row("100 records by key", lambda: list(entries.under("000000000003", limit=100)), 300)
        row("100 records by index", lambda: list(entries.where("account", "000000000003", limit=100)), 300)
    for threads in THREADS:
        committing(store, threads)


def main() -> None:
    print("memory")
    measure(MemoryStore())
    with tempfile.TemporaryDirectory() as folder:
        print("SQLite")
        store = SqliteStore(Path(folder) / "store.db")
        measure(store)
        store.close()


if __name__ == "__main__":
    main()
