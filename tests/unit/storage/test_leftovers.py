"""What a killed server left: swept after the next start, by one process, and nothing else with it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from watchword.core.http import Spooled
from watchword.directory.buckets import StoredObject
from watchword.directory.directory import Directory
from watchword.directory.ports import Store
from watchword.server.data_directory import locked_front
from watchword.storage.leftovers import Leftovers
from watchword.storage.memory import MemoryStore
from watchword.storage.objects import LocalObjects


@pytest.fixture
def store() -> Store:
    return MemoryStore()


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path / "objects", os.urandom)


def stage(objects: LocalObjects) -> str:
    return objects.stage(Spooled(data=b"v", path=None, size=1, checksums={}))


def name(store: Store, blob: str) -> None:
    stored = StoredObject(bucket="b", key=blob, blob=blob, size=1, etag="e", modified_at=datetime.now(UTC))
    store.write(lambda transaction: Directory(transaction).objects.add(stored))


def started(tmp_path: Path) -> Path:
    """The lock file of a run that begins after everything that is there now."""
    lock = tmp_path / "lock"
    lock.touch()
    newest = max((path.stat().st_ctime for path in (tmp_path / "objects").glob("*/*")), default=0)
    os.utime(lock, (newest + 1, newest + 1))
    return lock


def kept(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "objects").glob("*/*")}


def sweep(sweeping: Leftovers) -> None:
    for _ in range(50):
        sweeping.step()


def test_blobs_that_no_record_names_are_swept_and_others_are_not(
    store: Store, objects: LocalObjects, tmp_path: Path
) -> None:
    named, orphan = stage(objects), stage(objects)
    name(store, named)
    (tmp_path / "objects" / "staging" / "half").write_bytes(b"v")
    sweeping = Leftovers(objects, store, tmp_path / "objects", started(tmp_path))
    sweep(sweeping)
    assert kept(tmp_path) == {named}
    assert sweeping.swept == 2
    assert orphan not in kept(tmp_path)


def test_a_blob_of_this_run_is_left_alone_although_no_record_names_it_yet(
    store: Store, objects: LocalObjects, tmp_path: Path
) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    os.utime(lock, (1, 1))
    blob = stage(objects)
    sweep(Leftovers(objects, store, tmp_path / "objects", lock))
    assert kept(tmp_path) == {blob}


def test_what_a_front_node_staged_that_outlived_the_last_run_is_left_alone_while_it_runs(
    store: Store, objects: LocalObjects, tmp_path: Path
) -> None:
    with locked_front(tmp_path) as folder:
        os.utime(folder / "lock", (1, 1))
        blob = stage(objects)
        lock = started(tmp_path)
        sweep(Leftovers(objects, store, tmp_path / "objects", lock, tmp_path / "fronts"))
        assert kept(tmp_path) == {blob}
    (tmp_path / "objects" / "sweeping").unlink()
    sweep(Leftovers(objects, store, tmp_path / "objects", lock, tmp_path / "fronts"))
    assert kept(tmp_path) == set()


def test_one_process_sweeps_at_a_time(store: Store, objects: LocalObjects, tmp_path: Path) -> None:
    stage(objects)
    lock = started(tmp_path)
    first = Leftovers(objects, store, tmp_path / "objects", lock)
    second = Leftovers(objects, store, tmp_path / "objects", lock)
    sweep(first)
    sweep(second)
    assert (first.swept, second.swept) == (1, 0)


def test_a_sweep_that_cannot_go_on_says_so_and_ends(
    store: Store, objects: LocalObjects, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stage(objects)
    lock = started(tmp_path)
    store.close()
    sweep(Leftovers(objects, store, tmp_path / "objects", lock))
    assert len(kept(tmp_path)) == 1
    assert len(caplog.messages) == 1
