"""A process that writes to a store and prints each number when its write was acknowledged.

Arguments: path of the database, names of the counters with commas between them (a thread each), how many writes of each
(0: until it is killed).
"""

from __future__ import annotations

import os
import sys
import threading
from itertools import count
from pathlib import Path

from tests.conformance.records import COUNTERS, Counter

from watchword.directory.ports import Transaction
from watchword.storage.sqlite import SqliteStore


def increment(name: str, transaction: Transaction) -> int:
    """Add one to a counter, made when there is none; keep a second record beside it that must agree."""
    counters = transaction.collection(COUNTERS)
    found = counters.get(name)
    if found is None:
        counters.add(Counter(name=name, value=1))
        counters.add(Counter(name=f"{name} twin", value=1))
        return 1
    counters.replace(Counter(name=name, value=found.value + 1))
    counters.replace(Counter(name=f"{name} twin", value=found.value + 1))
    return found.value + 1


def work(store: SqliteStore, name: str, writes: int) -> None:
    """Increment one counter again and again."""
    for number in count(1):
        value = store.write(lambda transaction: increment(name, transaction))
        os.write(1, f"{name} {value}\n".encode())
        if number == writes:
            break


def main() -> None:
    path, names, writes = Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3])
    store = SqliteStore(path)
    os.write(1, b"open\n")
    threads = [threading.Thread(target=work, args=(store, name, writes)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()


if __name__ == "__main__":
    main()
