"""What one page costs in a bucket of 1,000,000 keys: at the beginning, in the middle, at the end, rolled up, by prefix.

Keys lie in 1,000 folders of 1,000; every tenth folder has versions behind its objects. In one process, on SQLite, the
page as the operation makes it, without HTTP.

Bar: the dearest page at most 3 times the cheapest of the same kind, wherever it lies.

Run: .venv/bin/python benchmarks/s3_listing.py [KEYS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from watchword.core.ids import AccountId
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.directory.ports import Store, Transaction
from watchword.policy.principals import Kind, Principal
from watchword.services.call import Authenticated, Call
from watchword.services.s3 import shapes
from watchword.services.s3.lists import list_objects_v2
from watchword.services.s3.versioning import list_object_versions
from watchword.storage.sqlite import SqliteStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = AccountId("111122223333")
CALLER = Authenticated(Principal(kind=Kind.ROOT, account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root"))
IN_FOLDER = 1000
BATCH = 20_000
BAR = 3.0
ROUNDS = 5


def fill(store: Store, keys: int) -> None:
    bucket = Bucket(name="b", account=ACCOUNT, region="us-east-1", created_at=NOW, versioning="Enabled")
    store.write(lambda transaction: Directory(transaction).buckets.add(bucket))
    for start in range(0, keys, BATCH):
        numbers = range(start, min(start + BATCH, keys))

        def add(transaction: Transaction, numbers: range = numbers) -> None:
            directory = Directory(transaction)
            for number in numbers:
                stored = StoredObject(
                    bucket="b",
                    key=f"folder-{number // IN_FOLDER:04d}/object-{number % IN_FOLDER:04d}",
                    blob=f"{number:032x}",
                    size=1024,
                    etag=f"{number:032x}",
                    modified_at=NOW,
                    sequence=2,
                    version=f"{number:032d}",
                )
                directory.objects.add(stored)
                if number // IN_FOLDER % 10 == 0:
                    directory.versions.add(replace(stored, sequence=1, version=f"x{number:031d}"))

        store.write(add)


def milliseconds(store: Store, operation: Callable[..., Any], request: Any) -> float:
    """The best of some rounds, each on a snapshot of its own."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with store.read() as snapshot:
            operation(Call(request, CALLER, "us-east-1", NOW, "request"), Directory(snapshot))
        best = min(best, time.perf_counter() - began)
    return best * 1000


def main() -> int:
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    folders = keys // IN_FOLDER
    places = {"first": 0, "middle": folders // 2, "last": folders - 1}
    is_met = True
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "records.db")
        began = time.perf_counter()
        fill(store, keys)
        print(f"{keys:,} keys filled in {time.perf_counter() - began:.0f} s")
        kinds: dict[str, Callable[[int], float]] = {
            "1,000 keys": lambda at: milliseconds(
                store, list_objects_v2, shapes.ListObjectsV2Request(bucket="b", start_after=f"folder-{at:04d}/")
            ),
            "by prefix": lambda at: milliseconds(
                store, list_objects_v2, shapes.ListObjectsV2Request(bucket="b", prefix=f"folder-{at:04d}/")
            ),
            "100 folders": lambda at: milliseconds(
                store,
                list_objects_v2,
                shapes.ListObjectsV2Request(
                    bucket="b", delimiter="/", max_keys=100, start_after=f"folder-{max(at - 100, 0):04d}/"
                ),
            ),
            "1,000 versions": lambda at: milliseconds(
                store,
                list_object_versions,
                shapes.ListObjectVersionsRequest(bucket="b", key_marker=f"folder-{at:04d}/"),
            ),
        }
        for name, measure in kinds.items():
            found = {place: measure(at) for place, at in places.items()}
            ratio = max(found.values()) / min(found.values())
            is_met = is_met and ratio <= BAR
            print(
                f"{name:15} "
                + "  ".join(f"{place} {value:6.2f} ms" for place, value in found.items())
                + f"  x{ratio:.1f}"
            )
        store.close()
    print("bar met" if is_met else "BAR MISSED")
    return 0 if is_met else 1


if __name__ == "__main__":
    raise SystemExit(main())
