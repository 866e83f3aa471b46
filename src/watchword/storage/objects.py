"""Bodies of objects as files of the local file system.

    ROOT/staging/ID     a body on its way in
    ROOT/ab/ID          a blob; `ab` are the first two digits of its id
    ROOT/lock           held by whoever must not see blobs vanish (a backup)

A file under its final name is whole and on the disk: it is written or moved into `staging`, synced, renamed, and its
folder is synced. Blobs are removed only a while after they were discarded, and never while the lock is held.
Never reads records: whether a blob is still named is asked of the caller.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from watchword.core.errors import Lost, SealBroken, Unavailable
from watchword.core.http import FileBody, FileRange, Opener, Spooled
from watchword.core.ids import RandomBytes
from watchword.credentials.customer_keys import sealed_size
from watchword.directory.objects import BlobRange

INLINE_BYTES_MAX = 64 * 1024
"""Ranges up to this size are read at once, longer ones are left to the server to send from the file."""
GRACE_SECONDS = 60.0
"""How long a discarded blob stays: longer than between a reader's snapshot and its opening of the file."""
PARTS_GRACE_SECONDS = 3600.0
"""How long the parts of an object stay: a reader opens the last one only after it has sent all others."""
_COPY_BYTES = 1024 * 1024
CHECKED_BLOBS_MAX = 1000
"""How many blobs of one answer are looked at before it begins: that takes 2 ms."""

_NO_MORE_LINKS = frozenset({errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP})
"""A file system gives a file only so many names, or knows no second name: then the bytes are copied."""

_FOLDERS = tuple(f"{number:02x}" for number in range(256))
SWEPT_FOLDERS = ("staging", *_FOLDERS)


class LocalObjects:
    """Blobs under one folder, shared by the processes of one machine."""

    def __init__(self, root: Path, random_bytes: RandomBytes, *, grace_seconds: float = GRACE_SECONDS) -> None:
        """Make the folders where they are missing. Raises Unavailable."""
        self._root = root
        self._root_text = str(root)
        self._staging = root / "staging"
        self._random_bytes = random_bytes
        self._grace_seconds = grace_seconds
        self._discarded: deque[tuple[float, str]] = deque()
        self._discarded_parts: deque[tuple[float, str]] = deque()
        self._expiring = (self._discarded, self._discarded_parts)
        self._removing = threading.Lock()
        try:
            self._make_folders()
        except OSError as error:
            raise Unavailable(f"`{root}` cannot be used: {error}") from error

    def stage(self, body: Spooled) -> str:
        blob = self._random_bytes(16).hex()
        staged = self._staging / blob
        try:
            if body.path is None:
                _write(staged, body.data or b"")
            else:
                _take(body.path, staged)
            staged.rename(self._path(blob))
            _sync_folder(self._root / blob[:2])
        except OSError as error:
            with suppress(OSError):
                staged.unlink()
            raise Unavailable(f"the body cannot be kept: {error}") from error
        self._remove_expired()
        return blob

    def write(self, pieces: Iterable[bytes]) -> str:
        blob = self._random_bytes(16).hex()
        staged = self._staging / blob
        try:
            with os.fdopen(_create(staged), "wb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            staged.rename(self._path(blob))
            _sync_folder(self._root / blob[:2])
        except BaseException as error:
            with suppress(OSError):
                staged.unlink()
            if isinstance(error, OSError):
                raise Unavailable(f"the body cannot be kept: {error}") from error
            raise
        return blob

    def spooled(self, body: Spooled) -> Iterator[bytes]:
        if body.path is None:
            yield body.data or b""
            return
        try:
            with body.path.open("rb", buffering=0) as file:
                while data := file.read(_COPY_BYTES):
                    yield data
        except OSError as error:
            raise Unavailable(f"the body cannot be read: {error}") from error

    def body(self, blob: str, offset: int, length: int, opener: Opener | None = None) -> bytes | FileBody:
        if opener is not None:
            return self.joined([BlobRange(blob, offset, length, opener)])
        path = self._path(blob)
        try:
            if length <= INLINE_BYTES_MAX:
                answer = _read(path, offset, length)
                is_whole = len(answer) == length
            else:
                answer = FileBody(Path(path), offset, length)
                is_whole = answer.path.stat().st_size >= offset + length
        except OSError as error:
            raise _unreadable(blob, error) from error
        if not is_whole:
            raise Lost(f"blob `{blob}` is shorter than its record says")
        return answer

    def joined(self, pieces: Sequence[BlobRange]) -> bytes | FileBody:
        if sum([each.length for each in pieces]) <= INLINE_BYTES_MAX:
            return b"".join(self.read(pieces))
        self._check(pieces[:CHECKED_BLOBS_MAX])
        first, *others = [
            FileRange(Path(self._path(blob)), offset, length, opener) for blob, offset, length, opener in pieces
        ]
        return FileBody(first.path, first.offset, first.length, *others, opener=first.opener)

    def _check(self, pieces: Sequence[BlobRange]) -> None:
        """Find out what can be found out before the first byte is sent: whether all is there, and the first opens."""
        for blob, offset, length, opener in pieces:
            end = offset + length
            if self._size(blob) < (end if opener is None else sealed_size(end)):
                raise Lost(f"blob `{blob}` is shorter than its record says")
        if pieces[0].opener is not None:
            next(self.read([pieces[0]._replace(length=1)]))

    def read(self, pieces: Sequence[BlobRange]) -> Iterator[bytes]:
        for blob, offset, length, opener in pieces:
            try:
                yield from _read_on(self._path(blob), offset, length, opener)
            except OSError as error:
                raise _unreadable(blob, error) from error

    def clone(self, blob: str) -> str:
        new = self._random_bytes(16).hex()
        try:
            Path(self._path(new)).hardlink_to(self._path(blob))
            _sync_folder(self._root / new[:2])
        except OSError as error:
            if error.errno in _NO_MORE_LINKS:
                return self.write(self.read([BlobRange(blob, 0, self._size(blob))]))
            if isinstance(error, FileNotFoundError):
                raise Lost(f"blob `{blob}` is gone") from error
            raise Unavailable(f"blob `{blob}` cannot be cloned: {error}") from error
        return new

    def _size(self, blob: str) -> int:
        try:
            return Path(self._path(blob)).stat().st_size
        except OSError as error:
            raise _unreadable(blob, error) from error

    def discard(self, blob: str) -> None:
        _forget(self._path(blob))
        self._discarded.append((time.monotonic() + self._grace_seconds, blob))
        self._remove_expired()

    def discard_parts(self, blobs: Sequence[str]) -> None:
        until = time.monotonic() + max(PARTS_GRACE_SECONDS, self._grace_seconds)
        self._discarded_parts.extend([(until, blob) for blob in blobs])
        self._remove_expired()

    def sweep(self, is_referenced: Callable[[str], bool], staged_before: datetime) -> int:
        return sum(self.sweep_folder(name, is_referenced, staged_before) for name in SWEPT_FOLDERS)

    def sweep_folder(self, name: str, is_referenced: Callable[[str], bool], staged_before: datetime) -> int:
        """`sweep` for one of `SWEPT_FOLDERS`."""
        limit = staged_before.timestamp()
        swept = 0
        with self._may_remove() as may_remove:
            for path in (self._root / name).iterdir() if may_remove else ():
                with suppress(FileNotFoundError):
                    # A rename moves the change time, which so is the time at which the blob was staged.
                    if path.stat().st_ctime < limit and not is_referenced(path.name):
                        path.unlink()
                        swept += 1
        return swept

    def _remove_expired(self) -> None:
        now = time.monotonic()
        if not any(each and each[0][0] <= now for each in self._expiring) or not self._removing.acquire(blocking=False):
            return
        try:
            with self._may_remove() as may_remove:
                for expiring in self._expiring if may_remove else ():
                    while expiring and expiring[0][0] <= now:
                        with suppress(OSError):
                            Path(self._path(expiring.popleft()[1])).unlink()
        finally:
            self._removing.release()

    @contextmanager
    def _may_remove(self) -> Generator[bool, None, None]:
        try:
            lock = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield False
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            may_remove = True
        except OSError:
            may_remove = False
        try:
            yield may_remove
        finally:
            os.close(lock)

    def _path(self, blob: str) -> str:
        return f"{self._root_text}/{blob[:2]}/{blob}"

    def _make_folders(self) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (self._root / _FOLDERS[-1]).is_dir() and self._staging.is_dir():
            return
        for name in ("staging", *_FOLDERS):
            (self._root / name).mkdir(mode=0o700, exist_ok=True)
        _sync_folder(self._root)


def _unreadable(blob: str, error: OSError) -> Unavailable:
    """Lost when the file is not there, or ends too early; Unavailable for whatever may pass."""
    if isinstance(error, FileNotFoundError):
        return Lost(f"blob `{blob}` is gone")
    return Unavailable(f"blob `{blob}` cannot be read: {error}")


def blob_paths(root: Path) -> Iterator[Path]:
    """The files of all blobs under a folder of objects."""
    for name in _FOLDERS:
        folder = root / name
        if folder.is_dir():
            yield from folder.iterdir()


@contextmanager
def removals_held(root: Path) -> Generator[None, None, None]:
    """Let no process remove a blob under `root` while the block runs."""
    lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(path: Path, data: bytes) -> None:
    file = _create(path)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    finally:
        os.close(file)


def _take(spooled: Path, staged: Path) -> None:
    try:
        spooled.rename(staged)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(spooled, staged)
        spooled.unlink()
    staged.chmod(0o600)
    file = os.open(staged, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def _read_on(path: str, offset: int, length: int, opener: Opener | None) -> Iterator[bytes]:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while length:
            size = min(length, _COPY_BYTES)
            data = os.pread(file, size, offset) if opener is None else read_sealed(file, opener, offset, size)
            if not data:
                raise Lost(f"blob `{path}` is shorter than its record says")
            yield data
            offset, length = offset + len(data), length - len(data)
    finally:
        os.close(file)


def read_sealed(file: int, opener: Opener, offset: int, length: int) -> bytes:
    """Read a range of what is sealed in an open file. Raises OSError, Lost when it does not open."""
    try:
        return opener(lambda at, size: os.pread(file, size, at), offset, length)
    except SealBroken:
        raise Lost("a sealed blob does not open: it was changed") from None


def _read(path: str, offset: int, length: int) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(file, length, offset)
    finally:
        os.close(file)


def _forget(path: str) -> None:
    """Let the system have the memory in which it keeps a file: hardly anybody will read it again."""
    with suppress(OSError):
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(file)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
