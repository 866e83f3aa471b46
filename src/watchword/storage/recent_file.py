"""A bounded file of recent lines that several processes append to: FILE, and FILE.1, the one before it.

Whoever has lines hands them over when `drain` is called, a few times a second, on a thread of this file's own. A batch
is one append; a file that has grown to its bound becomes FILE.1 and a new one begins. The number that `drain` gets
changes with the file, so that what every file must hold can be written again. Losing lines harms nobody: what cannot
be written is dropped, and said once in the log.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

log = logging.getLogger("watchword.decisions")

FLUSH_SECONDS = 0.25
FILE_BYTES_MAX = 32 * 1024 * 1024

Drain = Callable[[int], bytes]


class RecentFile:
    """The writing side, one a process."""

    def __init__(self, path: Path, drain: Drain, *, file_bytes_max: int = FILE_BYTES_MAX) -> None:
        self._path = path
        self._drain = drain
        self._file_bytes_max = file_bytes_max
        self._descriptor = -1
        self._inode = 0
        self._generation = 0
        self._is_writable = True
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._flush_regularly, name="decisions", daemon=True)
        self._thread.start()

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            try:
                self._open()
                data = self._drain(self._generation)
                if data and os.write(self._descriptor, data) < len(data):
                    os.write(self._descriptor, b"\n")
                if data and os.fstat(self._descriptor).st_size >= self._file_bytes_max:
                    self._rotate()
            except OSError as error:
                self._say(False, f"recent decisions cannot be written to {self._path}: {error.strerror}")
            else:
                self._say(True, f"recent decisions are written to {self._path} again")

    def close(self) -> None:
        """Write what is left; the last call."""
        self._stop.set()
        self._thread.join()
        self.flush()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _flush_regularly(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            self.flush()

    def _open(self) -> None:
        """Open the present file, which another process may have begun anew."""
        if self._descriptor >= 0 and _inode(self._path) == self._inode:
            return
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._inode = os.fstat(self._descriptor).st_ino
        self._generation += 1

    def _rotate(self) -> None:
        """Begin a new file, unless another process has done so."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        if _inode(self._path) == self._inode:
            self._path.replace(previous(self._path))
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _say(self, is_writable: bool, message: str) -> None:
        if self._is_writable is not is_writable:
            self._is_writable = is_writable
            log.error(message)


def previous(path: Path) -> Path:
    """The file before the present one."""
    return path.with_name(f"{path.name}.1")


def newest_files(path: Path) -> Iterator[bytes]:
    """What stands in the present file, then in the one before it; of each, lines in the order of writing."""
    for each in (path, previous(path)):
        try:
            yield each.read_bytes()
        except FileNotFoundError:
            continue


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0
