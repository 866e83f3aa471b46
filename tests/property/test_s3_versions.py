"""Versions, parts and checksums of S3 objects, held against plain lists of what should be there."""

from __future__ import annotations

import base64
import os
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.core.ids import AccountId
from watchword.directory.bodies import Bodies, NewBody, is_short
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.directory.ports import Transaction
from watchword.directory.uploads import Piece
from watchword.policy.principals import Kind, Principal
from watchword.services.call import Authenticated, Call
from watchword.services.s3 import shapes
from watchword.services.s3.assemblies import cut
from watchword.services.s3.checksums import combined
from watchword.services.s3.crc_combination import POLYNOMIALS
from watchword.services.s3.versioning import list_object_versions
from watchword.services.s3.versions import NULL, put_marker, put_version, remove_version, version_named
from watchword.signing.checksums import new_checksum
from watchword.storage.memory import MemoryStore
from watchword.storage.objects import LocalObjects, blob_paths

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = AccountId("1" * 12)
CALLER = Authenticated(Principal(kind=Kind.ROOT, account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root"))
KEYS = ("a", "b/1", "b/2", "c")


class Kept(NamedTuple):
    """One version in the plain list: what it is called and what it holds."""

    version: str
    blob: str
    is_marker: bool


class Place(NamedTuple):
    root: Path
    objects: Bodies

    def new_blob(self) -> str:
        """A body that is there at once: `stage` waits for the disk."""
        blob = os.urandom(16).hex()
        (self.root / blob[:2] / blob).write_bytes(b"x")
        return blob


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A place for bodies that forgets at once what is discarded; one for all examples, since making it takes time."""
    root = tmp_path_factory.mktemp("objects")
    return Place(root, Bodies(LocalObjects(root, os.urandom, grace_seconds=0)))


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "delete", "remove", "remove", "enable", "suspend"]),
        st.sampled_from(KEYS),
        st.integers(0, 5),
    ),
    max_size=30,
)


class World:
    """A bucket as the records have it, and as a plain list has it: per key the newest first."""

    def __init__(self, place: Place) -> None:
        self.store = MemoryStore()
        self.place = place
        self.objects = place.objects
        self.expected: dict[str, list[Kept]] = {}
        self.bucket = Bucket(name="b", account=ACCOUNT, region="us-east-1", created_at=NOW)

    def step(self, name: str, key: str, choice: int) -> None:
        rows = self.expected.setdefault(key, [])
        if name in ("enable", "suspend"):
            status = "Enabled" if name == "enable" else "Suspended"
            self.bucket = Bucket(name="b", account=ACCOUNT, region="us-east-1", created_at=NOW, versioning=status)
        elif name == "put":
            new = NewBody("", b"x") if choice % 2 else NewBody(self.place.new_blob())
            kept = self.store.write(lambda transaction: self._put(transaction, key, new))
            self._front(rows, Kept(kept.version, kept.blob, False))
        elif name == "delete" and self.bucket.versioning:
            marker = self.store.write(
                lambda t: put_marker(Directory(t), self.objects, os.urandom, self.bucket, key, NOW)
            )
            self._front(rows, Kept(marker.version, "", True))
        elif name == "remove" and choice < len(rows):
            gone = rows.pop(choice)
            self.store.write(lambda t: self._remove(t, key, gone.version))

    def _front(self, rows: list[Kept], new: Kept) -> None:
        rows[:] = [new, *(row for row in rows if new.version or row.version)]

    def named(self) -> set[str]:
        return {row.blob for rows in self.expected.values() for row in rows if row.blob}

    def clear(self) -> None:
        for blob in self.named():
            if not is_short(blob):
                self.objects.drop(NewBody(blob))

    def _put(self, transaction: Transaction, key: str, new: NewBody) -> StoredObject:
        blob = self.objects.keep(new, transaction)
        stored = StoredObject(bucket="b", key=key, blob=blob, size=1, etag="", modified_at=NOW)
        return put_version(Directory(transaction), self.objects, os.urandom, self.bucket, stored)

    def _remove(self, transaction: Transaction, key: str, version: str) -> None:
        directory = Directory(transaction)
        stored = version_named(directory, "b", key, version or NULL)
        assert stored is not None
        remove_version(directory, self.objects, stored)


@given(steps=_STEPS)
def test_versions_are_those_of_a_plain_list(place: Place, steps: list[tuple[str, str, int]]) -> None:
    world = World(place)
    for step in steps:
        world.step(*step)
    with world.store.read() as snapshot:
        directory = Directory(snapshot)
        for key, rows in world.expected.items():
            current = directory.objects.get("b", key)
            newest = rows[0] if rows else None
            assert (current.blob if current else None) == (newest.blob if newest and not newest.is_marker else None)
            for row in rows:
                found = version_named(directory, "b", key, row.version or NULL)
                assert found is not None
                assert (found.blob, found.is_delete_marker) == (row.blob, row.is_marker)
        short = {blob for blob in world.named() if is_short(blob)}
        assert snapshot.bodies.count() == len(short)
        assert all(world.objects.body(blob, 0, 1, snapshot) == b"x" for blob in short)
    assert {path.name for path in blob_paths(place.root)} == world.named() - short
    world.clear()


@given(steps=_STEPS, size=st.integers(1, 4), prefix=st.sampled_from(["", "b/"]), delimiter=st.sampled_from(["", "/"]))
def test_pages_of_versions_are_the_list_of_all(
    place: Place, steps: list[tuple[str, str, int]], size: int, prefix: str, delimiter: str
) -> None:
    world = World(place)
    for step in steps:
        world.step(*step)
    world.store.write(lambda transaction: Directory(transaction).buckets.add(world.bucket))
    found: list[tuple[str, str, bool]] = []
    prefixes: list[str] = []
    with world.store.read() as snapshot:
        directory = Directory(snapshot)
        key_marker, version_marker = None, None
        for _ in range(200):
            request = shapes.ListObjectVersionsRequest(
                bucket="b",
                prefix=prefix,
                delimiter=delimiter or None,
                max_keys=size,
                key_marker=key_marker,
                version_id_marker=version_marker,
            )
            page = list_object_versions(Call(request, CALLER, "us-east-1", NOW, "request"), directory)
            rows = [row for row in (*(page.versions or ()), *(page.delete_markers or ())) if row]
            assert len(rows) + len(page.common_prefixes or ()) <= size
            found += [(row.key or "", row.version_id or "", bool(row.is_latest)) for row in rows]
            prefixes += [each.prefix or "" for each in page.common_prefixes or ()]
            if not page.is_truncated:
                break
            key_marker, version_marker = page.next_key_marker, page.next_version_id_marker
    world.clear()
    rolled = {key for key in world.expected if delimiter and delimiter in key[len(prefix) :]}
    expected = {
        (key, row.version or NULL, number == 0)
        for key, rows in world.expected.items()
        if key.startswith(prefix) and key not in rolled
        for number, row in enumerate(rows)
    }
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert prefixes == (["b/"] if any(world.expected[key] for key in rolled) else [])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.data())
def test_a_range_of_parts_is_the_range_of_the_whole(sizes: list[int], data: st.DataObject) -> None:
    blobs = {f"blob-{number}": os.urandom(size) for number, size in enumerate(sizes)}
    pieces = [Piece(number, blob, len(body), "") for number, (blob, body) in enumerate(blobs.items())]
    whole = b"".join(blobs.values())
    if not whole:
        return
    start = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(1, len(whole) - start))
    ranges = cut(pieces, start, length)
    assert b"".join(blobs[blob][at : at + size] for blob, at, size, _ in ranges) == whole[start : start + length]
    assert all(each.length for each in ranges)


@given(st.sampled_from(sorted(POLYNOMIALS)), st.lists(st.binary(max_size=200), min_size=1, max_size=6))
def test_the_crc_of_parts_is_the_crc_of_the_whole(algorithm: str, bodies: list[bytes]) -> None:
    def crc(body: bytes) -> str:
        digest = new_checksum(algorithm.lower())
        digest.update(body)
        return base64.b64encode(digest.digest()).decode()

    assert combined(algorithm, [(crc(body), len(body)) for body in bodies]) == crc(b"".join(bodies))


def test_the_crc_of_very_long_parts() -> None:
    zeros = bytes(5 * 1024 * 1024)
    parts = [(base64.b64encode(zlib.crc32(zeros).to_bytes(4)).decode(), len(zeros))] * 3
    assert combined("CRC32", parts) == base64.b64encode(zlib.crc32(zeros * 3).to_bytes(4)).decode()
