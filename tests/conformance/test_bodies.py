"""Bodies of objects on every engine, as files and beside the records: what `directory/bodies.py` promises."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conformance.records import COUNTERS, Counter
from tests.conformance.test_sqlite import foreign, make_first_format

from watchword.core.errors import Lost, OperatorError, Unavailable
from watchword.core.http import FileBody, Spooled
from watchword.credentials.customer_keys import SALT_BYTES, CustomerKey, sealed_size
from watchword.directory.bodies import (
    HOT_BYTES_MAX,
    NO_BODY,
    SHORT_BYTES_MAX,
    Bodies,
    NewBody,
    is_short,
    short_number,
)
from watchword.directory.objects import BlobRange
from watchword.directory.ports import Store
from watchword.storage.memory import MemoryStore
from watchword.storage.objects import LocalObjects, blob_paths
from watchword.storage.sqlite import SqliteStore
from watchword.storage.sqlite_file import open_database

KEY = CustomerKey(bytes(range(32)))


class Place:
    """Records, and bodies of one kind: `short_bytes_max` is 0 when all are files."""

    def __init__(self, folder: Path, store: Store, short_bytes_max: int) -> None:
        self.root = folder / "objects"
        self.store = store
        self.short_bytes_max = short_bytes_max
        self.bodies = Bodies(LocalObjects(self.root, os.urandom, grace_seconds=0), short_bytes_max=short_bytes_max)

    def stage(self, data: bytes) -> NewBody:
        return self.bodies.stage(Spooled(data=data, path=None, size=len(data), checksums={}))

    def keep(self, new: NewBody) -> str:
        return self.store.write(lambda transaction: self.bodies.keep(new, transaction))

    def put(self, data: bytes) -> str:
        return self.keep(self.stage(data))

    def get(self, blob: str, offset: int, length: int, key: CustomerKey | None = None) -> bytes:
        """A range by a process that has read nothing before."""
        bodies = Bodies(LocalObjects(self.root, os.urandom), short_bytes_max=self.short_bytes_max)
        opener = None if key is None else key.open_range
        with self.store.read() as snapshot:
            body = bodies.body(blob, offset, length, snapshot, opener)
            assert b"".join(bodies.read([BlobRange(blob, offset, length, opener)], snapshot)) == body
        assert not isinstance(body, FileBody)
        return body

    def release(self, blob: str) -> None:
        self.store.write(lambda transaction: self.bodies.release(blob, transaction))

    def damage(self, blob: str, change: Callable[[bytes], bytes]) -> None:
        """Put other bytes in the place of a body's."""
        if not is_short(blob):
            path = self.root / blob[:2] / blob
            path.write_bytes(change(path.read_bytes()))
            return
        assert isinstance(self.store, SqliteStore)
        execute, number = foreign(self.store.path), short_number(blob)
        data = execute("select body from short_body where number = ?", (number,)).get
        execute("update short_body set body = ? where number = ?", (change(data), number))

    @property
    def kept(self) -> int:
        with self.store.read() as snapshot:
            return snapshot.bodies.count() + len(list(blob_paths(self.root)))


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "store.db")
    yield store
    store.close()


@pytest.fixture(params=[0, SHORT_BYTES_MAX], ids=["file", "short"])
def place(request: pytest.FixtureRequest, tmp_path: Path, store: Store) -> Place:
    return Place(tmp_path, store, request.param)


@pytest.fixture(params=[0, SHORT_BYTES_MAX], ids=["file", "short"])
def on_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    store = SqliteStore(tmp_path / "store.db")
    yield Place(tmp_path, store, request.param)
    store.close()


@pytest.mark.parametrize("size", [1, 100, 4096, SHORT_BYTES_MAX])
def test_a_body_comes_back_whole_and_in_ranges(place: Place, size: int) -> None:
    data = os.urandom(size)
    blob = place.put(data)
    assert is_short(blob) is bool(place.short_bytes_max)
    assert place.get(blob, 0, size) == data
    assert place.get(blob, size - 1, 1) == data[-1:]
    assert place.get(blob, size // 3, size // 2) == data[size // 3 : size // 3 + size // 2]


def test_a_long_body_is_a_file_whatever_else_is(place: Place) -> None:
    data = os.urandom(SHORT_BYTES_MAX + 1)
    blob = place.put(data)
    assert not is_short(blob)
    assert place.get(blob, 5, 10) == data[5:15]


def test_what_comes_in_pieces_is_kept_by_its_size(place: Place) -> None:
    for size in (10, SHORT_BYTES_MAX, SHORT_BYTES_MAX + 1):
        data = os.urandom(size)
        blob = place.keep(place.bodies.write(iter([data[:3], data[3:]]), size))
        assert is_short(blob) is (size <= place.short_bytes_max)
        assert place.get(blob, 0, size) == data


def test_what_lies_apart_is_never_short(place: Place) -> None:
    new = place.bodies.apart.stage(Spooled(data=b"part", path=None, size=4, checksums={}))
    assert new.held is None
    assert place.get(place.keep(new), 0, 4) == b"part"


def test_no_body_is_no_blob(place: Place) -> None:
    blob = place.keep(NO_BODY)
    assert blob == ""
    place.release(blob)
    place.bodies.drop(NO_BODY)
    assert place.kept == 0


def test_a_sealed_body_is_opened_in_ranges_and_by_its_key_alone(place: Place) -> None:
    data = os.urandom(3000)
    sealed = place.bodies.write(KEY.seal([data], bytes(SALT_BYTES)), sealed_size(len(data)))
    blob = place.keep(sealed)
    assert place.get(blob, 0, 3000, KEY) == data
    assert place.get(blob, 7, 100, KEY) == data[7:107]
    with pytest.raises(Lost):
        place.get(blob, 0, 3000, CustomerKey(bytes(32)))


def test_a_copy_stays_when_the_original_goes(place: Place) -> None:
    blob = place.put(b"one")
    with place.store.read() as snapshot:
        new = place.bodies.clone(blob, snapshot)
    copy = place.keep(new)
    assert copy != blob
    place.release(blob)
    assert place.get(copy, 0, 3) == b"one"
    place.release(copy)
    assert place.kept == 0


def test_a_body_whose_record_is_not_written_leaves_nothing(place: Place) -> None:
    new = place.stage(b"one")

    def fail(transaction: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        place.store.write(lambda transaction: fail(place.bodies.keep(new, transaction)))
    place.bodies.drop(new)
    assert place.kept == 0


def test_a_body_goes_with_its_record_and_stays_when_that_stays(place: Place) -> None:
    blob = place.put(b"one")

    def fail(transaction: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        place.store.write(lambda transaction: fail(place.bodies.release(blob, transaction)))
    assert place.get(blob, 0, 3) == b"one"
    place.release(blob)
    with pytest.raises(Lost):
        place.get(blob, 0, 3)
    place.release(blob)
    assert place.kept == 0


def test_bytes_that_are_cut_or_gone_are_lost_and_never_empty(on_disk: Place) -> None:
    blob = on_disk.put(b"0123456789")
    on_disk.damage(blob, lambda data: data[:5])
    assert on_disk.get(blob, 0, 5) == b"01234"
    for offset, length in ((0, 10), (4, 2), (6, 1)):
        with pytest.raises(Lost):
            on_disk.get(blob, offset, length)


def test_sealed_bytes_that_were_changed_are_lost(on_disk: Place) -> None:
    blob = on_disk.keep(on_disk.bodies.write(KEY.seal([b"secret"], bytes(SALT_BYTES)), sealed_size(6)))
    on_disk.damage(blob, lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(Lost):
        on_disk.get(blob, 0, 6, KEY)


def test_what_was_read_lately_is_not_read_again(on_disk: Place) -> None:
    blob = on_disk.put(b"0123456789")
    for _ in range(2):
        with on_disk.store.read() as snapshot:
            assert on_disk.bodies.body(blob, 2, 3, snapshot) == b"234"
        on_disk.damage(blob, lambda data: b"")


def test_a_store_of_the_first_format_keeps_its_records_and_gets_short_bodies(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    make_first_format(path)
    store = SqliteStore(path)
    with store.read() as snapshot:
        assert snapshot.collection(COUNTERS).get("kept") == Counter(name="kept", value=7)
    assert store.write(lambda transaction: transaction.bodies.add(b"short")) == 1
    store.close()
    with pytest.raises(OperatorError, match="data format 2 and this program knows 1: run the newer program"):
        open_database(path, format=1)


def test_a_short_body_that_sqlite_cannot_read_is_unavailable_and_not_missing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    store.write(lambda transaction: [transaction.bodies.add(bytes(4000)) for _ in range(500)])
    store.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 4 :] = bytes(len(content) - len(content) // 4)
    path.write_bytes(content)
    damaged = SqliteStore(path)
    with damaged.read() as snapshot, pytest.raises(Unavailable):
        assert [snapshot.bodies.get(number) for number in range(1, 501)] == [bytes(4000)] * 500
    damaged.close()


def test_what_was_read_lately_is_kept_up_to_a_bound(tmp_path: Path) -> None:
    place = Place(tmp_path, MemoryStore(), SHORT_BYTES_MAX)
    size, count = SHORT_BYTES_MAX, HOT_BYTES_MAX // SHORT_BYTES_MAX + 1
    blobs = [place.put(bytes((number & 0xFF,)) * size) for number in range(count)]

    def read(blob: str) -> bytes | FileBody:
        with place.store.read() as snapshot:
            return place.bodies.body(blob, 0, size, snapshot)

    first, *others = [read(blob) for blob in blobs]
    for blob in blobs:
        place.release(blob)
    assert [read(blob) for blob in blobs[1:]] == others
    assert first == bytes(size)
    with pytest.raises(Lost):
        read(blobs[0])
