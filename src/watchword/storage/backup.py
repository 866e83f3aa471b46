"""Backups of a SQLite store and its object files, made while the store is in use, and their way back.

    TARGET/database       the records: a compact copy of one instant, free of what was deleted
    TARGET/objects/ab/ID  the blobs
    TARGET/manifest.json  written last: a folder without it is no backup

Removals of blobs are held from before the copy of the database until the last blob is copied. Blobs never change, and a
record names a blob only after it is on disk; so every blob that the copied records name is there to be copied. Blobs
that came later are copied too and swept as orphans one day.
Never touches the master key: without it a backup shows names and policies but opens no secret.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import apsw
import msgspec

from watchword.core.errors import OperatorError
from watchword.storage.objects import blob_paths, removals_held
from watchword.storage.sqlite_file import FORMAT, connect, read_format
from watchword.storage.sqlite_rows import SqliteRows, execute_of

BACKUP_VERSION = 1

_DATABASE = "database"
_OBJECTS = "objects"
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


def back_up(database: Path, objects: Path | None, target: Path, made_at: datetime) -> Manifest:
    """Copy a store into a new or empty folder. Raises OperatorError; the folder then holds no backup."""
    try:
        if not database.is_file():
            raise OperatorError(f"`{database}` does not exist: there is nothing to back up")
        _make_empty(target)
        held: AbstractContextManager[None] = nullcontext() if objects is None else removals_held(objects)
        with held:
            data_format, position = _copy_database(database, target / _DATABASE)
            blobs, blobs_bytes = (0, 0) if objects is None else _copy_blobs(objects, target / _OBJECTS)
        manifest = Manifest(
            watchword_backup=BACKUP_VERSION,
            made_at=made_at,
            data_format=data_format,
            feed_position=position,
            database_sha256=_digest(target / _DATABASE),
            blobs=blobs,
            blobs_bytes=blobs_bytes,
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
                _restore_blobs(source / _OBJECTS, objects, manifest)
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
        manifest = msgspec.json.decode((source / _MANIFEST).read_bytes(), type=Manifest)
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


def _copy_blobs(objects: Path, target: Path) -> tuple[int, int]:
    count = size = 0
    target.mkdir(mode=0o700)
    folders: set[Path] = {target, target.parent}
    for blob in blob_paths(objects):
        folder = target / blob.parent.name
        if folder not in folders:
            folder.mkdir(mode=0o700)
            folders.add(folder)
        size += _copy(blob, folder / blob.name)
        count += 1
    for folder in folders:
        _sync(folder)
    return count, size


def _restore_blobs(source: Path, objects: Path, manifest: Manifest) -> None:
    objects.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = size = 0
    for blob in blob_paths(source):
        folder = objects / blob.parent.name
        folder.mkdir(mode=0o700, exist_ok=True)
        size += _copy(blob, folder / blob.name)
        count += 1
    if (count, size) != (manifest.blobs, manifest.blobs_bytes):
        raise OperatorError(
            f"the backup is damaged: it holds {count} objects of {size} bytes, and its manifest says {manifest.blobs}"
            f" of {manifest.blobs_bytes}"
        )
    for folder in (*objects.iterdir(), objects):
        _sync(folder)


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


def _copy(source: Path, target: Path) -> int:
    with source.open("rb") as reading, _create(target) as writing:
        shutil.copyfileobj(reading, writing, 2**20)
        size = writing.tell()
        writing.flush()
        os.fsync(writing.fileno())
    return size


def _write(path: Path, data: bytes) -> None:
    with _create(path.with_suffix(".new")) as writing:
        writing.write(data)
        writing.flush()
        os.fsync(writing.fileno())
    path.with_suffix(".new").rename(path)
    _sync(path.parent)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
