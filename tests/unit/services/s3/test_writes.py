"""What becomes of a body, a file or a short one: it is the object's, or it goes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import watchword.services.s3
from watchword.core.errors import ApiError, Unavailable
from watchword.core.http import FileBody, Spooled
from watchword.core.ids import AccountId
from watchword.directory.bodies import SHORT_BYTES_MAX, Bodies, is_short
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.directory.ports import Store, Transaction
from watchword.gateway.dispatch import Dispatcher
from watchword.policy.principals import Kind, Principal
from watchword.services.call import NO_REFUSALS, Authenticated, Call
from watchword.services.operation import OPERATIONS
from watchword.services.s3 import shapes
from watchword.storage.memory import MemoryStore
from watchword.storage.objects import LocalObjects, blob_paths

NOW = datetime(2026, 1, 1, 12, 30, 15, 999, tzinfo=UTC)
ACCOUNT = AccountId("1" * 12)
CALLER = Authenticated(Principal(kind=Kind.ROOT, account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root"))
SERVICE = watchword.services.s3.__name__.rpartition(".")[2]


class LosesItsDisk(MemoryStore):
    """A store whose commit may or may not have happened."""

    is_lost = False

    def write_all(self, changes: Sequence[Callable[[Transaction], Any]]) -> list[Callable[[], Any]]:
        outcomes = super().write_all(changes)
        return [_gone for _ in outcomes] if self.is_lost else outcomes


def _gone() -> None:
    raise Unavailable("the disk is gone")


class Place:
    """A bucket `b`, and a folder for bodies that forgets at once what is discarded."""

    def __init__(self, root: Path, short_bytes_max: int, store: Store | None = None) -> None:
        self.root = root
        self.store = store or MemoryStore()
        self.objects = Bodies(LocalObjects(root, os.urandom, grace_seconds=0), short_bytes_max=short_bytes_max)
        self.dispatcher = Dispatcher(self.store, {"objects": self.objects, "random_bytes": os.urandom})

        def add(transaction: Transaction) -> None:
            bucket = Bucket(name="b", account=ACCOUNT, region="us-east-1", created_at=NOW)
            Directory(transaction).buckets.add(bucket)

        self.store.write(add)

    def put(self, body: bytes, **members: Any) -> Any:
        md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
        spooled = Spooled(data=body, path=None, size=len(body), checksums={"md5": md5})
        return self.run("PutObject", shapes.PutObjectRequest(bucket="b", key="k", **members), spooled)

    def run(self, name: str, request: Any, body: Spooled | None = None) -> Any:
        call = Call(request, CALLER, "us-east-1", NOW, "request", body=body)
        return self.dispatcher.write(OPERATIONS[SERVICE][name], call, 0, _allowed)

    @property
    def bodies(self) -> list[bytes]:
        with self.store.read() as snapshot:
            short = [snapshot.bodies.get(number) for number in range(1, 10)]
        return [path.read_bytes() for path in blob_paths(self.root)] + [body for body in short if body is not None]

    def stored(self) -> StoredObject | None:
        with self.store.read() as snapshot:
            return Directory(snapshot).objects.get("b", "k")


@pytest.fixture(params=[0, SHORT_BYTES_MAX], ids=["file", "short"])
def short_bytes_max(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def place(tmp_path: Path, short_bytes_max: int) -> Place:
    return Place(tmp_path, short_bytes_max)


def _allowed(directory: Directory, position: int) -> Mapping[str, str]:
    return NO_REFUSALS


def test_a_body_is_kept_once_it_is_an_object_and_until_it_is_none(place: Place) -> None:
    place.put(b"one")
    assert place.bodies == [b"one"]
    place.put(b"two")
    assert place.bodies == [b"two"]
    place.run("DeleteObject", shapes.DeleteObjectRequest(bucket="b", key="k"))
    assert place.bodies == []


def test_an_object_is_as_old_as_the_second_of_its_write(place: Place) -> None:
    place.put(b"one")
    stored = place.stored()
    assert stored is not None
    assert stored.modified_at == NOW.replace(microsecond=0)


def test_a_body_is_a_file_only_when_it_is_long(place: Place, short_bytes_max: int) -> None:
    for size in (1, SHORT_BYTES_MAX, SHORT_BYTES_MAX + 1):
        place.put(b"x" * size)
        stored = place.stored()
        assert stored is not None
        assert is_short(stored.blob) is (size <= short_bytes_max)
        assert len(list(blob_paths(place.root))) == (size > short_bytes_max)


def test_a_copy_keeps_its_bytes_when_the_original_goes(place: Place) -> None:
    place.put(b"one")
    place.run("CopyObject", shapes.CopyObjectRequest(bucket="b", key="copy", copy_source="b/k"))
    assert place.bodies == [b"one", b"one"]
    place.run("DeleteObject", shapes.DeleteObjectRequest(bucket="b", key="k"))
    assert place.bodies == [b"one"]


def test_an_object_whose_body_is_lost_can_be_replaced_and_deleted(place: Place) -> None:
    place.put(b"one")
    for path in blob_paths(place.root):
        path.unlink()
    place.store.write(lambda transaction: transaction.bodies.count() and transaction.bodies.remove(1))
    assert place.bodies == []
    place.put(b"two")
    place.run("DeleteObject", shapes.DeleteObjectRequest(bucket="b", key="k"))
    assert place.bodies == []


def test_an_empty_body_is_no_file(place: Place) -> None:
    place.put(b"")
    assert place.bodies == []
    stored = place.stored()
    assert stored is not None
    assert (stored.blob, stored.size) == ("", 0)


@pytest.mark.parametrize("members", [{"if_match": '"x"'}, {"expected_bucket_owner": "2" * 12}])
def test_the_body_of_a_failed_write_goes_and_what_was_there_stays(place: Place, members: dict[str, Any]) -> None:
    place.put(b"old")
    with pytest.raises(ApiError):
        place.put(b"new", **members)
    assert place.bodies == [b"old"]


def test_a_body_whose_commit_is_in_doubt_stays(tmp_path: Path, short_bytes_max: int) -> None:
    store = LosesItsDisk()
    place = Place(tmp_path, short_bytes_max, store)
    store.is_lost = True
    with pytest.raises(Unavailable):
        place.put(b"new")
    stored = place.stored()
    assert stored is not None
    with place.store.read() as snapshot:
        body = place.objects.body(stored.blob, 0, stored.size, snapshot)
    assert not isinstance(body, FileBody)
    assert body == b"new"


def test_what_is_refused_before_the_body_is_kept_keeps_none(place: Place) -> None:
    with pytest.raises(ApiError, match="MetadataTooLarge"):
        place.put(b"new", metadata={"k": "v" * 3000})
    assert place.bodies == []
