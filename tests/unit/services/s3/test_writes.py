"""What becomes of a body: it is the object's, or it goes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import watchword.services.s3
from watchword.core.errors import ApiError, Unavailable
from watchword.core.http import FileBody, Spooled
from watchword.core.ids import AccountId
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.directory.ports import Store, Transaction
from watchword.gateway.authenticate import ANONYMOUS
from watchword.gateway.dispatch import Dispatcher
from watchword.services.call import NO_REFUSALS, Call
from watchword.services.operation import OPERATIONS
from watchword.services.s3 import shapes
from watchword.storage.memory import MemoryStore
from watchword.storage.objects import LocalObjects, blob_paths

NOW = datetime(2026, 1, 1, 12, 30, 15, 999, tzinfo=UTC)
SERVICE = watchword.services.s3.__name__.rpartition(".")[2]


class LosesItsDisk(MemoryStore):
    """A store whose commit may or may not have happened."""

    def write(self, change: Any) -> Any:
        super().write(change)
        raise Unavailable("the disk is gone")


class Place:
    """A bucket `b`, and a folder for bodies that forgets at once what is discarded."""

    def __init__(self, root: Path, store: Store | None = None) -> None:
        self.root = root
        self.store = store or MemoryStore()
        self.objects = LocalObjects(root, os.urandom, grace_seconds=0)
        self.dispatcher = Dispatcher(self.store, {"objects": self.objects, "random_bytes": os.urandom})

        def add(transaction: Transaction) -> None:
            bucket = Bucket(name="b", account=AccountId("1" * 12), region="us-east-1", created_at=NOW)
            Directory(transaction).buckets.add(bucket)

        MemoryStore.write(self.store, add) if isinstance(self.store, LosesItsDisk) else self.store.write(add)

    def put(self, body: bytes, **members: Any) -> Any:
        md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
        spooled = Spooled(data=body, path=None, size=len(body), checksums={"md5": md5})
        return self.run("PutObject", shapes.PutObjectRequest(bucket="b", key="k", **members), spooled)

    def run(self, name: str, request: Any, body: Spooled | None = None) -> Any:
        call = Call(request, ANONYMOUS.caller, "us-east-1", NOW, "request", body=body)
        return self.dispatcher.write(OPERATIONS[SERVICE][name], call, 0, _allowed)

    @property
    def bodies(self) -> list[bytes]:
        return [path.read_bytes() for path in blob_paths(self.root)]

    def stored(self) -> StoredObject | None:
        with self.store.read() as snapshot:
            return Directory(snapshot).objects.get("b", "k")


def _allowed(directory: Directory) -> Mapping[str, str]:
    return NO_REFUSALS


def test_a_body_is_kept_once_it_is_an_object_and_until_it_is_none(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.put(b"one")
    assert place.bodies == [b"one"]
    place.put(b"two")
    assert place.bodies == [b"two"]
    place.run("DeleteObject", shapes.DeleteObjectRequest(bucket="b", key="k"))
    assert place.bodies == []


def test_an_object_is_as_old_as_the_second_of_its_write(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.put(b"one")
    stored = place.stored()
    assert stored is not None
    assert stored.modified_at == NOW.replace(microsecond=0)


def test_an_empty_body_is_no_file(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.put(b"")
    assert place.bodies == []
    stored = place.stored()
    assert stored is not None
    assert (stored.blob, stored.size) == ("", 0)


@pytest.mark.parametrize("members", [{"if_match": '"x"'}, {"expected_bucket_owner": "2" * 12}])
def test_the_body_of_a_failed_write_goes_and_what_was_there_stays(tmp_path: Path, members: dict[str, Any]) -> None:
    place = Place(tmp_path)
    place.put(b"old")
    with pytest.raises(ApiError):
        place.put(b"new", **members)
    assert place.bodies == [b"old"]


def test_a_body_whose_commit_is_in_doubt_stays(tmp_path: Path) -> None:
    place = Place(tmp_path, LosesItsDisk())
    with pytest.raises(Unavailable):
        place.put(b"new")
    stored = place.stored()
    assert stored is not None
    body = place.objects.body(stored.blob, 0, stored.size)
    assert not isinstance(body, FileBody)
    assert body == b"new"


def test_what_is_refused_before_the_body_is_kept_keeps_none(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with pytest.raises(ApiError, match="MetadataTooLarge"):
        place.put(b"new", metadata={"k": "v" * 3000})
    assert place.bodies == []
