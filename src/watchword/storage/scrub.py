"""Reads every body that a record names, and says which are damaged: gone, cut off, or not what came in.

It may run beside a server: what is replaced meanwhile is looked at again before it is called damaged. It changes
nothing. Bodies that no record names are counted, not judged: the next start sweeps them up.
Never needs a key: what is sealed under a customer's is compared as it is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple, TypeVar

from watchword.credentials.customer_keys import sealed_size
from watchword.directory.blobs import is_blob_named
from watchword.directory.buckets import OBJECTS, VERSIONS
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
    """Bodies that no record names."""


class _Body(NamedTuple):
    where: str
    blob: str
    size: int
    md5: str


def scrub(store: Store, root: Path, tell: Callable[[Damage], None]) -> Report:
    """Check every body under the folder of objects `root`, telling of each damaged one. Raises Unavailable."""
    report = Report()
    for body in chain(_whole(store), _parts(store)):
        report.bodies += 1
        report.bodies_bytes += body.size
        what = _damage(root / body.blob[:2] / body.blob, body)
        if what is not None and _is_named(store, body.blob):
            report.damaged += 1
            tell(Damage(body.where, body.blob, what))
    report.unnamed = sum(1 for path in blob_paths(root) if not _is_named(store, path.name))
    return report


def _whole(store: Store) -> Iterator[_Body]:
    for record_type in (OBJECTS, VERSIONS):
        for stored in _rows(store, record_type):
            if stored.blob and not stored.parts:
                size = sealed_size(stored.size) if stored.customer_key else stored.size
                yield _Body(f"{stored.bucket}/{stored.key}", stored.blob, size, stored.etag)


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


def _damage(path: Path, body: _Body) -> str | None:
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    try:
        with path.open("rb") as file:
            while data := file.read(_PIECE_BYTES):
                size += len(data)
                digest.update(data)
    except FileNotFoundError:
        return "its file is gone"
    except OSError as error:
        return f"its file cannot be read: {error.strerror}"
    if size != body.size:
        return f"its file has {size} bytes instead of {body.size}"
    found = digest.hexdigest()
    return None if found == body.md5 else "its bytes are not those that came in"
