"""Backups: one instant of a store in use, checked on the way back, never over something that is there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conformance.records import COUNTERS, PEOPLE, Counter, Person

from watchword.core.errors import OperatorError
from watchword.core.http import Spooled
from watchword.directory.bodies import SHORT_BYTES_MAX, Bodies, short_number
from watchword.directory.ports import Transaction
from watchword.storage.backup import back_up, restore
from watchword.storage.objects import LocalObjects, blob_paths
from watchword.storage.sqlite import SqliteStore

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


class Place:
    """A data directory in use; all bodies are files, or `short_bytes_max` says which are short."""

    def __init__(self, folder: Path, short_bytes_max: int = 0) -> None:
        self.database = folder / "watchword.db"
        self.files = folder / "objects"
        self.store = SqliteStore(self.database)
        self.objects = LocalObjects(self.files, os.urandom, grace_seconds=0)
        self.bodies = Bodies(self.objects, short_bytes_max=short_bytes_max)

    def keep_object(self, name: str, data: bytes) -> str:
        new = self.bodies.stage(Spooled(data=data, path=None, size=len(data), checksums={}))

        def change(transaction: Transaction) -> str:
            blob = self.bodies.keep(new, transaction)
            transaction.collection(PEOPLE).add(Person(account="1", name=name, note=blob))
            return blob

        return self.store.write(change)

    def drop_object(self, name: str) -> None:
        def change(transaction: Transaction) -> None:
            person = transaction.collection(PEOPLE).get("1", name)
            assert person is not None
            transaction.collection(PEOPLE).remove(person)
            self.bodies.release(person.note, transaction)

        self.store.write(change)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "data")
    yield place
    place.store.close()


@pytest.fixture
def copy(place: Place, tmp_path: Path) -> Path:
    place.keep_object("ann", b"bytes of ann")
    place.store.write(lambda t: t.collection(COUNTERS).add(Counter(name="x", value=7)))
    back_up(place.database, place.files, tmp_path / "copy", NOON)
    return tmp_path / "copy"


def test_a_restored_store_holds_what_was_there(copy: Path, tmp_path: Path) -> None:
    manifest = restore(copy, tmp_path / "new" / "watchword.db", tmp_path / "new" / "objects")
    assert (manifest.blobs, manifest.blobs_bytes, manifest.feed_position, manifest.made_at) == (1, 12, 2, NOON)
    place = Place(tmp_path / "new")
    with place.store.read() as snapshot:
        assert snapshot.collection(COUNTERS).get("x") == Counter(name="x", value=7)
        person = snapshot.collection(PEOPLE).get("1", "ann")
        assert person is not None
        assert place.bodies.body(person.note, 0, 12, snapshot) == b"bytes of ann"
    place.keep_object("bob", b"goes on")
    assert place.store.refresh() == 3
    place.store.close()


def test_short_bodies_are_among_the_records_of_a_backup(tmp_path: Path) -> None:
    place = Place(tmp_path / "data", SHORT_BYTES_MAX)
    place.keep_object("ann", b"bytes of ann")
    place.keep_object("bob", b"a secret that was deleted")
    place.drop_object("bob")
    back_up(place.database, place.files, tmp_path / "copy", NOON)
    place.store.close()
    assert b"a secret that was deleted" not in (tmp_path / "copy" / "database").read_bytes()
    manifest = restore(tmp_path / "copy", tmp_path / "new" / "watchword.db", tmp_path / "new" / "objects")
    assert (manifest.blobs, manifest.blobs_bytes) == (0, 0)
    restored = Place(tmp_path / "new", SHORT_BYTES_MAX)
    with restored.store.read() as snapshot:
        person = snapshot.collection(PEOPLE).get("1", "ann")
        assert person is not None
        assert restored.bodies.body(person.note, 0, 12, snapshot) == b"bytes of ann"
    assert short_number(restored.keep_object("carl", b"new")) == 3, "a number is never given twice"
    restored.store.close()


def test_only_the_owner_can_read_a_backup(copy: Path, tmp_path: Path) -> None:
    restore(copy, tmp_path / "new" / "watchword.db", tmp_path / "new" / "objects")
    for folder in (copy, tmp_path / "new"):
        modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
        assert modes == {0o600}
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("short_bytes_max", [0, SHORT_BYTES_MAX], ids=["files", "short"])
def test_a_backup_under_load_is_one_instant_and_misses_no_body(tmp_path: Path, short_bytes_max: int) -> None:
    place = Place(tmp_path / "data", short_bytes_max)
    place.keep_object("0", b"0")
    stop = threading.Event()

    def work() -> None:
        number = 1
        while not stop.is_set():
            place.keep_object(str(number), str(number).encode())
            place.drop_object(str(number - 1))
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    for attempt in range(5):
        back_up(place.database, place.files, tmp_path / f"copy{attempt}", NOON)
    stop.set()
    worker.join()
    place.store.close()
    for attempt in range(5):
        folder = tmp_path / f"new{attempt}"
        restore(tmp_path / f"copy{attempt}", folder / "watchword.db", folder / "objects")
        restored = Place(folder, short_bytes_max)
        with restored.store.read() as snapshot:
            people = list(snapshot.collection(PEOPLE).under())
            assert len(people) in {1, 2}
            for person in people:
                body = restored.bodies.body(person.note, 0, len(person.name), snapshot)
                assert body == person.name.encode()
        restored.store.close()


def test_what_was_deleted_is_not_in_a_backup(place: Place, tmp_path: Path) -> None:
    place.store.write(lambda t: t.collection(COUNTERS).add(Counter(name="a secret that was deleted")))
    place.store.write(lambda t: t.collection(COUNTERS).remove(Counter(name="a secret that was deleted")))
    for number in range(20):
        place.store.write(lambda t, number=number: t.collection(COUNTERS).add(Counter(name=str(number))))
    back_up(place.database, place.files, tmp_path / "copy", NOON)
    found = (tmp_path / "copy" / "database").read_bytes().count(b"a secret that was deleted")
    assert found == 2, "only the two lines of the change feed name the key"


def test_a_backup_never_goes_over_something(place: Place, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    with pytest.raises(OperatorError, match="not empty"):
        back_up(place.database, place.files, tmp_path / "full", NOON)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["file"]


def test_a_restore_never_goes_over_something(copy: Path, place: Place, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="exists: restore into a new"):
        restore(copy, place.database, place.files)
    with pytest.raises(OperatorError, match="holds objects"):
        restore(copy, tmp_path / "new.db", place.files)
    assert not (tmp_path / "new.db").exists()
    assert len(list(blob_paths(place.files))) == 1


def test_nothing_to_back_up_is_said(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="nothing to back up"):
        back_up(tmp_path / "absent.db", None, tmp_path / "copy", NOON)
    assert not (tmp_path / "copy").exists()


def cut_manifest(copy: Path) -> None:
    (copy / "manifest.json").unlink()


def garble_manifest(copy: Path) -> None:
    (copy / "manifest.json").write_text("{}")


def newer_backup(copy: Path) -> None:
    edit(copy, "watchword_backup", 99)


def newer_format(copy: Path) -> None:
    edit(copy, "data_format", 99)


def flipped_bit(copy: Path) -> None:
    content = bytearray((copy / "database").read_bytes())
    content[-1] ^= 1
    (copy / "database").write_bytes(content)


def damaged_pages(copy: Path) -> None:

    content = bytearray((copy / "database").read_bytes())
    content[4096:8192] = bytes(4096)
    (copy / "database").write_bytes(content)
    edit(copy, "database_sha256", hashlib.sha256(content).hexdigest())


def lost_blob(copy: Path) -> None:
    next(blob_paths(copy / "objects")).unlink()


def lost_objects(copy: Path) -> None:
    shutil.rmtree(copy / "objects")


def cut_blob(copy: Path) -> None:
    next(blob_paths(copy / "objects")).write_bytes(b"")


def other_bytes(copy: Path) -> None:
    """As long as before: what only a digest tells."""
    blob = next(blob_paths(copy / "objects"))
    blob.write_bytes(blob.read_bytes().swapcase())


def further_blob(copy: Path) -> None:
    blob = next(blob_paths(copy / "objects"))
    blob.with_name("f" * 32).write_bytes(b"smuggled in")


def exchanged_index(copy: Path) -> None:
    other_bytes(copy)
    blob = next(blob_paths(copy / "objects"))
    digest = hashlib.sha256(blob.read_bytes()).hexdigest()
    (copy / "objects.sha256").write_text(f"{digest}  objects/{blob.parent.name}/{blob.name}\n")


def lost_index(copy: Path) -> None:
    (copy / "objects.sha256").unlink()


def index_of_other_files(copy: Path) -> None:
    """Whoever can write the manifest, too, still reads no other file into a data directory."""
    (copy.parent / "secret").write_text("twelve bytes")
    digest = hashlib.sha256(b"twelve bytes").hexdigest()
    index = f"{digest}  objects/ab/../../../secret\n"
    (copy / "objects.sha256").write_text(index)
    edit(copy, "index_sha256", hashlib.sha256(index.encode()).hexdigest())


def blob_listed_twice(copy: Path) -> None:
    index = (copy / "objects.sha256").read_text() * 2
    (copy / "objects.sha256").write_text(index)
    edit(copy, "index_sha256", hashlib.sha256(index.encode()).hexdigest())


def of_before_digests(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["index_sha256"]
    (copy / "manifest.json").write_text(json.dumps({**manifest, "watchword_backup": 1}))
    (copy / "objects.sha256").unlink()


def link_to_another_file(copy: Path) -> None:
    """Whoever can write the manifest asks for no digests, and for a file that an object would then show."""
    of_before_digests(copy)
    (copy.parent / "secret").write_text("twelve bytes")
    blob = next(blob_paths(copy / "objects"))
    blob.unlink()
    blob.symlink_to(copy.parent / "secret")


def link_to_another_folder(copy: Path) -> None:
    of_before_digests(copy)
    folder = next(blob_paths(copy / "objects")).parent
    folder.rename(copy.parent / "elsewhere")
    folder.symlink_to(copy.parent / "elsewhere")


def link_for_a_database(copy: Path) -> None:
    (copy / "database").rename(copy.parent / "database")
    (copy / "database").symlink_to(copy.parent / "database")


def pipe_for_a_blob(copy: Path) -> None:
    """Nobody writes into it: whoever opens it as a file waits for ever."""
    blob = next(blob_paths(copy / "objects"))
    blob.unlink()
    os.mkfifo(blob)


def edit(copy: Path, name: str, value: object) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, name: value}))


@pytest.mark.parametrize(
    "damage",
    [
        cut_manifest,
        garble_manifest,
        newer_backup,
        newer_format,
        flipped_bit,
        damaged_pages,
        lost_blob,
        lost_objects,
        cut_blob,
        other_bytes,
        further_blob,
        exchanged_index,
        lost_index,
        index_of_other_files,
        blob_listed_twice,
        link_to_another_file,
        link_to_another_folder,
        link_for_a_database,
        pipe_for_a_blob,
    ],
)
def test_a_damaged_backup_is_refused(copy: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(copy)
    with pytest.raises(OperatorError):
        restore(copy, tmp_path / "new" / "watchword.db", tmp_path / "new" / "objects")
    assert not [path for path in (tmp_path / "new").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (other_bytes, r"the object `[0-9a-f]{2}/[0-9a-f]{32}` has other bytes"),
        (lost_blob, r"the object `[0-9a-f]{2}/[0-9a-f]{32}` is missing"),
        (further_blob, "it holds 2 objects, 1 of 12 bytes are listed, and its manifest says 1 of 12"),
        (exchanged_index, "its list of objects, objects.sha256, is not the one that it was made with"),
        (index_of_other_files, "objects.sha256 names what is no object"),
    ],
)
def test_it_says_what_is_damaged(copy: Path, tmp_path: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(copy)
    with pytest.raises(OperatorError, match=said):
        restore(copy, tmp_path / "new" / "watchword.db", tmp_path / "new" / "objects")


def test_the_list_of_objects_is_one_that_sha256sum_checks(copy: Path) -> None:
    (line,) = (copy / "objects.sha256").read_text().splitlines()
    digest, name = line.split("  ")
    assert hashlib.sha256((copy / name).read_bytes()).hexdigest() == digest


def test_a_backup_of_before_there_were_digests_is_restored(copy: Path, tmp_path: Path) -> None:
    of_before_digests(copy)
    assert restore(copy, tmp_path / "new" / "watchword.db", tmp_path / "new" / "objects").blobs == 1
