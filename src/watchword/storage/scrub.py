"""Reads every body that a record names, and says which are damaged: gone, cut off, or not what came in.

It may run beside a server: what is replaced meanwhile is looked at again before it is called damaged. It changes
nothing. Files that no record names are counted, not judged: the next start sweeps them up. Short bodies come and go
with their records, so one that no record names is damage.
Never needs a key: what is sealed under a customer's is compared as it is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple, TypeVar

from watchword.core.errors import Unavailable
from watchword.credentials.customer_keys import sealed_size
from watchword.directory.blobs import is_blob_named
from watchword.directory.bodies import is_short, short_number
from watchword.directory.buckets import OBJECTS, VERSIONS, StoredObject
from watchword.directory.directory import Directory
from watchword.directory.ports import Key, Record, RecordType, Store
from watchword.directory.uploads import UPLOAD_PARTS
from watchword.storage.objects import blob_paths

R = TypeVar("R", bound=Record)

ROWS = 200
"""Records that are read at a time: no snapshot is held while bodies are."""
_PIECE_BYTES = 1024 * 1024


class Damage(NamedTuple):
    """A body that is not what its record says."""

    where: str
    """`bucket/key`, or the part of an upload."""
    blob: str
    what: str


@dataclass(slots=True)
class Report:
    """What a scrub found."""

    bodies: int = 0
    bodies_bytes: int = 0
    damaged: int = 0
    unnamed: int = 0
    """Files that no record names."""


class _Body(NamedTuple):
    where: str
    blob: str
    size: int
    md5: str
    stored: StoredObject | None = None
    """None for a part."""


def scrub(store: Store, root: Path, tell: Callable[[Damage], None]) -> Report:
    """Check every body under the folder of objects `root`, telling of each damaged one. Raises Unavailable."""
    report = Report()
    for body in chain(_whole(store), _parts(store)):
        report.bodies += 1
        report.bodies_bytes += body.size
        what = _damage(_short(store, body) if is_short(body.blob) else _file(root, body), body)
        if what is not None and _is_still_named(store, body):
            report.damaged += 1
            tell(Damage(body.where, body.blob, what))
    strays = _unnamed_short_bodies(store)
    if strays:
        report.damaged += strays
        tell(Damage("the record store", "-", f"short bodies that no record names: {strays}"))
    report.unnamed = sum(1 for path in blob_paths(root) if not _is_named(store, path.name))
    return report


def _whole(store: Store) -> Iterator[_Body]:
    for record_type in (OBJECTS, VERSIONS):
        for stored in _rows(store, record_type):
            if stored.blob and not stored.parts:
                size = sealed_size(stored.size) if stored.customer_key else stored.size
                yield _Body(f"{stored.bucket}/{stored.key}", stored.blob, size, stored.etag, stored)


def _parts(store: Store) -> Iterator[_Body]:
    for part in _rows(store, UPLOAD_PARTS):
        if part.blob:
            size = sealed_size(part.size) if part.is_sealed else part.size
            yield _Body(f"part {part.number} of upload {part.upload}", part.blob, size, part.etag)


def _rows(store: Store, record_type: RecordType[R]) -> Iterator[R]:
    after: Key | None = None
    while True:
        with store.read() as snapshot:
            rows = list(snapshot.collection(record_type).under(after=after, limit=ROWS))
        yield from rows
        if len(rows) < ROWS:
            return
        after = record_type.key(rows[-1])


def _is_named(store: Store, blob: str) -> bool:
    with store.read() as snapshot:
        return is_blob_named(Directory(snapshot), blob)


def _is_still_named(store: Store, body: _Body) -> bool:
    """True when a record names the body now, which so is not one that was replaced meanwhile."""
    stored = body.stored
    if stored is None or not is_short(body.blob):
        return _is_named(store, body.blob)
    with store.read() as snapshot:
        directory = Directory(snapshot)
        current = directory.objects.get(stored.bucket, stored.key)
        others = directory.versions.under(stored.bucket, stored.key)
        return any(each.blob == body.blob for each in chain(() if current is None else (current,), others))


def _unnamed_short_bodies(store: Store) -> int:
    with store.read() as snapshot:
        there = snapshot.bodies.count()
        if not there:
            return 0
        for record_type in (OBJECTS, VERSIONS):
            for stored in snapshot.collection(record_type).under():
                if is_short(stored.blob) and snapshot.bodies.get(short_number(stored.blob)) is not None:
                    there -= 1
        return there


def _short(store: Store, body: _Body) -> Iterator[bytes]:
    with store.read() as snapshot:
        data = snapshot.bodies.get(short_number(body.blob))
    if data is None:
        raise FileNotFoundError
    yield data


def _file(root: Path, body: _Body) -> Iterator[bytes]:
    with (root / body.blob[:2] / body.blob).open("rb") as file:
        while data := file.read(_PIECE_BYTES):
            yield data


def _damage(pieces: Iterator[bytes], body: _Body) -> str | None:
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    try:
        for data in pieces:
            size += len(data)
            digest.update(data)
    except FileNotFoundError:
        return "its bytes are gone"
    except OSError as error:
        return f"its file cannot be read: {error.strerror}"
    except Unavailable as error:
        return f"its bytes cannot be read: {error}"
    if size != body.size:
        return f"it has {size} bytes instead of {body.size}"
    found = digest.hexdigest()
    return None if found == body.md5 else "its bytes are not those that came in"
