"""Backups of a SQLite store and its object files, made while the store is in use, and their way back.

    TARGET/database       the records and short bodies: a compact copy of one instant, free of what was deleted
    TARGET/objects/ab/ID  the blobs of the object store
    TARGET/objects.sha256 the digest of each, as `sha256sum --check` reads it
    TARGET/manifest.json  written last, with the digests of the two files: a folder without it is no backup

Removals of blobs are held from before the copy of the database until the last blob is copied. Blobs never change, and a
record names a blob only after it is on disk; so every blob that the copied records name is there to be copied. Blobs
that came later are copied too and swept as orphans one day.
INVARIANT: every byte that is restored was summed on its way, and is one that the manifest vouches for (but for the
blobs of version 1, whose digests nobody knows).
Never touches the master key: without it a backup shows names and policies but opens no secret.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import apsw
import msgspec

from watchword.core.errors import OperatorError
from watchword.storage.objects import blob_paths, removals_held
from watchword.storage.sqlite_file import FORMAT, connect, read_format
from watchword.storage.sqlite_rows import SqliteRows, execute_of

BACKUP_VERSION = 2
"""Backups of version 1 have no digests of blobs: only their number and size are compared."""

_DATABASE = "database"
_OBJECTS = "objects"
_INDEX = "objects.sha256"
_INDEX_LINE = re.compile(r"([0-9a-f]{64})  objects/([0-9a-f]{2})/([0-9a-f]{32})\n")
_BLOB = re.compile(r"[0-9a-f]{32}")
_MANIFEST = "manifest.json"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds, and how to tell that it still does."""

    watchword_backup: int
    made_at: datetime
    data_format: int
    feed_position: int
    database_sha256: str
    blobs: int
    blobs_bytes: int
    index_sha256: str = ""
    """Of the file with the digests of the blobs; empty when there are no blobs, or none are known."""


class _Copied(msgspec.Struct, frozen=True):
    """What was copied of the blobs."""

    count: int = 0
    size: int = 0
    index_sha256: str = ""


def back_up(database: Path, objects: Path | None, target: Path, made_at: datetime) -> Manifest:
    """Copy a store into a new or empty folder. Raises OperatorError; the folder then holds no backup."""
    try:
        if not database.is_file():
            raise OperatorError(f"`{database}` does not exist: there is nothing to back up")
        _make_empty(target)
        held: AbstractContextManager[None] = nullcontext() if objects is None else removals_held(objects)
        with held:
            data_format, position = _copy_database(database, target / _DATABASE)
            copied = _Copied() if objects is None else _copy_blobs(objects, target / _OBJECTS)
        manifest = Manifest(
            watchword_backup=BACKUP_VERSION,
            made_at=made_at,
            data_format=data_format,
            feed_position=position,
            database_sha256=_digest(target / _DATABASE),
            blobs=copied.count,
            blobs_bytes=copied.size,
            index_sha256=copied.index_sha256,
        )
        _write(target / _MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
    except (OSError, apsw.Error) as error:
        raise OperatorError(f"the backup into `{target}` is not complete: {error}") from error
    return manifest


def restore(source: Path, database: Path, objects: Path | None) -> Manifest:
    """Make a new store from a backup that proves whole. Raises OperatorError; nothing is then left of the attempt."""
    try:
        manifest = read_manifest(source)
        _refuse_occupied(source, manifest, database, objects)
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        arriving = database.with_name(database.name + ".restoring")
        arriving.unlink(missing_ok=True)
        try:
            _copy(source / _DATABASE, arriving)
            _check_database(arriving, manifest)
            if objects is not None:
                _restore_blobs(source, objects, manifest)
        except BaseException:
            arriving.unlink(missing_ok=True)
            for blob in () if objects is None else blob_paths(objects):
                blob.unlink()
            raise
        # INVARIANT: the database appears last, so that what looks like a store is a whole one.
        arriving.rename(database)
        _sync(database.parent)
    except (OSError, apsw.Error) as error:
        raise OperatorError(f"`{source}` cannot be restored: {error}") from error
    return manifest


def read_manifest(source: Path) -> Manifest:
    """The manifest of a backup that this program can restore. Raises OperatorError."""
    try:
        with _open(source / _MANIFEST) as file:
            manifest = msgspec.json.decode(file.read(), type=Manifest)
    except FileNotFoundError:
        raise OperatorError(f"`{source}` is not a whole backup: it has no {_MANIFEST}") from None
    except msgspec.MsgspecError as error:
        raise OperatorError(f"`{source / _MANIFEST}` cannot be read: {error}") from error
    if manifest.watchword_backup > BACKUP_VERSION or manifest.data_format > FORMAT:
        raise OperatorError(f"`{source}` was made by a newer program: restore it with that one")
    return manifest


def _refuse_occupied(source: Path, manifest: Manifest, database: Path, objects: Path | None) -> None:
    if database.exists():
        raise OperatorError(f"`{database}` exists: restore into a new data directory")
    if objects is None and manifest.blobs:
        raise OperatorError(f"`{source}` holds {manifest.blobs} objects: say where they go")
    if objects is not None and next(blob_paths(objects), None) is not None:
        raise OperatorError(f"`{objects}` holds objects: restore into a new data directory")


def _make_empty(target: Path) -> None:
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if next(target.iterdir(), None) is not None:
        raise OperatorError(f"`{target}` is not empty: back up into a new folder")


def _copy_database(database: Path, target: Path) -> tuple[int, int]:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    connection = connect(database, writes=True)
    try:
        execute_of(connection)("vacuum into ?", (str(target),))
    finally:
        connection.close()
    _sync(target)
    copy = connect(target, writes=False)
    try:
        execute = execute_of(copy)
        data_format = read_format(execute)
        if data_format is None:
            raise OperatorError(f"`{database}` is not a Watchword store")
        return data_format, SqliteRows(execute).feed_position()
    finally:
        copy.close()


def _copy_blobs(objects: Path, target: Path) -> _Copied:
    count = size = 0
    target.mkdir(mode=0o700)
    folders: set[Path] = {target, target.parent}
    whole = hashlib.sha256()
    with _create(target.parent / _INDEX) as index:
        for blob in blob_paths(objects):
            if not _BLOB.fullmatch(blob.name):
                continue  # nobody's
            folder = target / blob.parent.name
            if folder not in folders:
                folder.mkdir(mode=0o700)
                folders.add(folder)
            length, digest = _copy(blob, folder / blob.name)
            line = f"{digest}  {_OBJECTS}/{folder.name}/{blob.name}\n".encode()
            index.write(line)
            whole.update(line)
            size += length
            count += 1
        index.flush()
        os.fsync(index.fileno())
    for folder in folders:
        _sync(folder)
    return _Copied(count, size, whole.hexdigest() if count else "")


def _restore_blobs(source: Path, objects: Path, manifest: Manifest) -> None:
    objects.mkdir(mode=0o700, parents=True, exist_ok=True)
    named = _indexed(source, manifest) if manifest.watchword_backup > 1 else _found(source)
    count = size = 0
    for folder_name, name, digest in named:
        folder = objects / folder_name
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            length, found = _copy(source / _OBJECTS / folder_name / name, folder / name)
        except FileNotFoundError:
            raise OperatorError(f"the backup is damaged: the object `{folder_name}/{name}` is missing") from None
        if digest not in ("", found):
            raise OperatorError(f"the backup is damaged: the object `{folder_name}/{name}` has other bytes")
        size += length
        count += 1
    there = sum(1 for _ in blob_paths(source / _OBJECTS))
    if (count, size, there) != (manifest.blobs, manifest.blobs_bytes, manifest.blobs):
        raise OperatorError(
            f"the backup is damaged: it holds {there} objects, {count} of {size} bytes are listed, and its manifest"
            f" says {manifest.blobs} of {manifest.blobs_bytes}"
        )
    for folder in (*objects.iterdir(), objects):
        _sync(folder)


def _indexed(source: Path, manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """The folder, name and digest of each blob that the backup was made with."""
    if not manifest.blobs:
        return
    path = source / _INDEX
    try:
        is_whole = _digest(path) == manifest.index_sha256
    except FileNotFoundError:
        is_whole = False
    if not is_whole:
        raise OperatorError(
            f"the backup is damaged: its list of objects, {_INDEX}, is not the one that it was made with"
        )
    with path.open("rt", encoding="ascii", newline="\n") as index:
        for line in index:
            found = _INDEX_LINE.fullmatch(line)
            if found is None:
                raise OperatorError(f"the backup is damaged: {_INDEX} names what is no object")
            yield found[2], found[3], found[1]


def _found(source: Path) -> Iterator[tuple[str, str, str]]:
    """The folder and name of each blob that is there, with no digest to compare."""
    folders = (source / _OBJECTS).iterdir() if (source / _OBJECTS).is_dir() else ()
    if any(folder.is_symlink() for folder in (source / _OBJECTS, *folders)):
        raise OperatorError(f"`{source / _OBJECTS}` leads out of the backup: put the objects themselves there")
    for blob in blob_paths(source / _OBJECTS):
        yield blob.parent.name, blob.name, ""


def _check_database(path: Path, manifest: Manifest) -> None:
    if _digest(path) != manifest.database_sha256:
        raise OperatorError("the backup is damaged: its database is not the one that its manifest was written for")
    connection = connect(path, writes=False)
    try:
        execute = execute_of(connection)
        found = execute("pragma integrity_check(3)").fetchall()
        if found != [("ok",)] or read_format(execute) != manifest.data_format:
            raise OperatorError(f"the backup is damaged: {found}")
    finally:
        connection.close()


def _copy(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file; gives back its size and its digest, which are of the bytes that were written."""
    digest = hashlib.sha256()
    with _open(source) as reading, _create(target) as writing:
        while piece := reading.read(2**20):
            digest.update(piece)
            writing.write(piece)
        size = writing.tell()
        writing.flush()
        os.fsync(writing.fileno())
    return size, digest.hexdigest()


def _write(path: Path, data: bytes) -> None:
    with _create(path.with_suffix(".new")) as writing:
        writing.write(data)
        writing.flush()
        os.fsync(writing.fileno())
    path.with_suffix(".new").rename(path)
    _sync(path.parent)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _open(path: Path) -> BufferedReader:
    # INVARIANT: whoever made a backup has no other file of this machine read into the store, and lets nobody wait.
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OperatorError(f"`{path}` is no plain file")
    return file


def _digest(path: Path) -> str:
    with _open(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
