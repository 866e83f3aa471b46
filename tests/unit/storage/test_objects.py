"""Object files: safe when staged, readable for a while when discarded, swept when nobody names them."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watchword.core.errors import Lost, Unavailable
from watchword.core.http import FileBody, Spooled
from watchword.credentials.customer_keys import CustomerKey
from watchword.directory.objects import BlobRange
from watchword.storage.objects import INLINE_BYTES_MAX, LocalObjects, blob_paths, removals_held

LATER = timedelta(hours=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


def small(data: bytes) -> Spooled:
    return Spooled(data=data, path=None, size=len(data), checksums={})


def spool(path: Path, data: bytes) -> Spooled:
    path.write_bytes(data)
    return Spooled(data=None, path=path, size=len(data), checksums={})


def names(root: Path) -> set[str]:
    return {path.name for path in blob_paths(root)}


def test_a_small_body_is_read_at_once(root: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    blob = objects.stage(small(b"0123456789"))
    assert objects.body(blob, 0, 10) == b"0123456789"
    assert objects.body(blob, 3, 4) == b"3456"


def test_a_large_body_is_left_in_its_file(root: Path, tmp_path: Path) -> None:
    data = os.urandom(INLINE_BYTES_MAX + 10)
    spooled = spool(tmp_path / "spooled", data)
    objects = LocalObjects(root, os.urandom)
    blob = objects.stage(spooled)
    whole = objects.body(blob, 5, INLINE_BYTES_MAX + 5)
    assert isinstance(whole, FileBody)
    assert (whole.ranges[0].offset, whole.length) == (5, INLINE_BYTES_MAX + 5)
    assert whole.path.read_bytes() == data
    assert objects.body(blob, INLINE_BYTES_MAX, 10) == data[-10:]
    assert not (tmp_path / "spooled").exists()


def test_blobs_are_there_for_the_next_process_and_for_the_owner_only(root: Path, tmp_path: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    blobs = [objects.stage(small(b"a")), objects.stage(spool(tmp_path / "spooled", b"b"))]
    assert [LocalObjects(root, os.urandom).body(blob, 0, 1) for blob in blobs] == [b"a", b"b"]
    assert {path.stat().st_mode & 0o777 for path in blob_paths(root)} == {0o600}
    assert root.stat().st_mode & 0o777 == 0o700


def test_two_bodies_of_the_same_bytes_are_two_blobs(root: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    assert objects.stage(small(b"a")) != objects.stage(small(b"a"))


def test_a_body_that_cannot_be_kept_leaves_nothing(root: Path, tmp_path: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    (root / "staging").rmdir()
    with pytest.raises(Unavailable):
        objects.stage(small(b"a"))
    (root / "staging").mkdir()
    with pytest.raises(Unavailable):
        objects.stage(Spooled(data=None, path=tmp_path / "absent", size=1, checksums={}))
    assert names(root) == set()
    assert list((root / "staging").iterdir()) == []


def test_a_lost_or_shortened_blob_is_said_to_be_lost_and_never_empty(root: Path, tmp_path: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    blob = objects.stage(spool(tmp_path / "spooled", b"x" * (INLINE_BYTES_MAX + 1)))
    path = next(iter(blob_paths(root)))
    os.truncate(path, 10)
    for length in (11, INLINE_BYTES_MAX + 1):
        with pytest.raises(Lost):
            objects.body(blob, 0, length)
    path.unlink()
    for length in (1, INLINE_BYTES_MAX + 1):
        with pytest.raises(Lost):
            objects.body(blob, 0, length)


def test_a_discarded_blob_can_be_read_by_those_who_know_it(root: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    blob = objects.stage(small(b"a"))
    objects.discard(blob)
    assert objects.body(blob, 0, 1) == b"a"


def test_a_discarded_blob_is_gone_after_its_grace(root: Path) -> None:
    objects = LocalObjects(root, os.urandom, grace_seconds=0)
    blob = objects.stage(small(b"a"))
    kept = objects.stage(small(b"b"))
    objects.discard(blob)
    assert names(root) == {kept}


def test_discarding_what_is_gone_is_no_error(root: Path) -> None:
    objects = LocalObjects(root, os.urandom, grace_seconds=0)
    objects.discard("00" * 16)
    assert names(root) == set()


def test_no_blob_vanishes_while_removals_are_held(root: Path) -> None:
    objects = LocalObjects(root, os.urandom, grace_seconds=0)
    blob = objects.stage(small(b"a"))
    with removals_held(root):
        objects.discard(blob)
        assert objects.sweep(lambda _: False, datetime.now(UTC) + LATER) == 0
        assert names(root) == {blob}
    kept = objects.stage(small(b"b"))
    assert names(root) == {kept}


def test_a_sweep_takes_old_orphans_only(root: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    named, orphan = objects.stage(small(b"a")), objects.stage(small(b"b"))
    (root / "staging" / ("ab" * 16)).write_bytes(b"half a body")
    assert objects.sweep(lambda blob: blob == named, datetime.now(UTC) - LATER) == 0
    assert names(root) == {named, orphan}
    assert objects.sweep(lambda blob: blob == named, datetime.now(UTC) + LATER) == 2
    assert names(root) == {named}
    assert list((root / "staging").iterdir()) == []


def test_ranges_of_several_blobs_are_one_body(root: Path, tmp_path: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    bodies = [os.urandom(INLINE_BYTES_MAX), os.urandom(10), os.urandom(INLINE_BYTES_MAX)]
    blobs = [objects.stage(spool(tmp_path / str(number), body)) for number, body in enumerate(bodies)]
    short = objects.joined([BlobRange(blobs[0], 5, 3), BlobRange(blobs[1], 0, 10), BlobRange(blobs[2], 1, 2)])
    assert short == bodies[0][5:8] + bodies[1] + bodies[2][1:3]
    long = objects.joined([BlobRange(blobs[0], 1, INLINE_BYTES_MAX - 1), BlobRange(blobs[2], 0, INLINE_BYTES_MAX)])
    assert isinstance(long, FileBody)
    assert long.length == 2 * INLINE_BYTES_MAX - 1
    found = [each.path.read_bytes()[each.offset : each.offset + each.length] for each in long.ranges]
    assert b"".join(found) == bodies[0][1:] + bodies[2]


def test_a_copy_and_a_clone_outlive_what_they_were_made_from(root: Path) -> None:
    objects = LocalObjects(root, os.urandom, grace_seconds=0)
    first, second = objects.stage(small(b"abc")), objects.stage(small(b"def"))
    copy = objects.write(objects.read([BlobRange(first, 1, 2), BlobRange(second, 0, 2)]))
    clone = objects.clone(first)
    for blob in (first, second):
        objects.discard(blob)
    assert objects.body(copy, 0, 4) == b"bcde"
    assert objects.body(clone, 0, 3) == b"abc"
    assert {path.name for path in blob_paths(root)} == {copy, clone}


@pytest.mark.parametrize("reason", [errno.EMLINK, errno.EPERM])
def test_a_clone_of_a_file_that_can_have_no_further_name_is_a_copy(
    root: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    def refuse(*_names: object) -> None:
        raise OSError(reason, os.strerror(reason))

    objects = LocalObjects(root, os.urandom, grace_seconds=0)
    first = objects.stage(small(b"abc"))
    monkeypatch.setattr(os, "link", refuse)
    clone = objects.clone(first)
    objects.discard(first)
    assert objects.body(clone, 0, 3) == b"abc"
    with pytest.raises(Lost):
        objects.clone("0" * 32)


def test_a_copy_of_what_is_lost_leaves_nothing(root: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    blob = objects.stage(small(b"abc"))
    for pieces in ([BlobRange(blob, 0, 4)], [BlobRange(blob, 0, 3), BlobRange("0" * 32, 0, 1)]):
        with pytest.raises(Lost):
            objects.write(objects.read(pieces))
    with pytest.raises(Lost):
        objects.clone("0" * 32)
    assert {path.name for path in blob_paths(root)} == {blob}
    assert list((root / "staging").iterdir()) == []


def test_parts_stay_for_readers_who_are_on_their_way_through_them(root: Path) -> None:
    objects = LocalObjects(root, os.urandom, grace_seconds=0)
    part, whole = objects.stage(small(b"part")), objects.stage(small(b"whole"))
    objects.discard_parts([part])
    objects.discard(whole)
    assert {path.name for path in blob_paths(root)} == {part}


def test_what_is_sealed_is_opened_in_every_range_and_said_to_be_lost_when_it_was_changed(root: Path) -> None:
    objects = LocalObjects(root, os.urandom)
    key, body = CustomerKey(b"k" * 32), os.urandom(3 * INLINE_BYTES_MAX + 5)
    blob = objects.write(key.seal([body], b"s" * 32))
    assert b"".join(objects.read([BlobRange(blob, 0, len(body), key.open_range)])) == body
    assert objects.body(blob, INLINE_BYTES_MAX - 1, 10, key.open_range) == body[INLINE_BYTES_MAX - 1 :][:10]
    whole = objects.body(blob, 0, len(body), key.open_range)
    assert isinstance(whole, FileBody)
    assert (whole.length, whole.ranges[0].opener) == (len(body), key.open_range)
    path = next(iter(blob_paths(root)))
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    with pytest.raises(Lost):
        objects.body(blob, 0, 10, key.open_range)
    with pytest.raises(Lost):
        objects.body(blob, 0, 10, CustomerKey(b"o" * 32).open_range)
