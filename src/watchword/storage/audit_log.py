"""The audit log on disk: JSON lines in DIR/audit, rotated by size, bounded in all.

    events-PID.jsonl            what a process writes to, which holds a lock on it
    events-PID.jsonl.NUMBER     full, or left by a process that has ended; the oldest make room

Events are taken in memory, encoded and handed to the operating system in batches: every `FLUSH_SECONDS`, when a batch
is full, and before a write is acknowledged. A full disk never loses silently: the log says that it is not writable,
writes are refused by the gateway while it lasts, and the reason is logged at every change between the two.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

E = TypeVar("E")

log = logging.getLogger("watchword.audit")

FLUSH_SECONDS = 0.2
BATCH_EVENTS_MAX = 64
"""Encoding many events in a row costs a third of encoding each inside its request."""
BACKLOG_BYTES_MAX = 8 * 1024 * 1024
"""Lines of refused and read-only requests that are kept while the disk is full; older ones are dropped and counted."""
FILES_MAX = 1024
"""However small they are: every process that ends leaves one."""


class FileAuditLog(Generic[E]):
    """`gateway.audit.AuditLog` on the local file system. Several processes may append to the same folder."""

    def __init__(
        self,
        folder: Path,
        encode: Callable[[E], bytes],
        *,
        file_bytes_max: int = 64 * 1024 * 1024,
        bytes_max: int = 1024 * 1024 * 1024,
    ) -> None:
        """`encode` makes the line of an event, without its end. `bytes_max` bounds the full files. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / f"events-{os.getpid()}.jsonl"
        self._file_bytes_max = file_bytes_max
        self._bytes_max = bytes_max
        self._lock = threading.Lock()
        self._encode = encode
        self._events: deque[E] = deque()
        self._lines: list[bytes] = []
        """What could not be written yet."""
        self._dropped = 0
        self._descriptor = -1
        self._is_writable = True
        self._retire_abandoned()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._flush_regularly, name="audit-log", daemon=True)
        self._thread.start()

    @property
    def is_writable(self) -> bool:
        return self._is_writable

    def append(self, event: E) -> None:
        """Take one event. Nothing that it holds may change."""
        self._events.append(event)
        if len(self._events) >= BATCH_EVENTS_MAX:
            self.flush()

    def flush(self) -> None:
        """Encode what was taken and hand it over to the operating system; remembers when that fails."""
        with self._lock:
            lines, self._lines = self._lines, []
            while self._events:
                self._take(self._events.popleft(), lines)
            if not lines and self._is_writable:
                return
            try:
                self._write(b"".join(line + b"\n" for line in lines))
            except OSError as error:
                self._keep(lines)
                self._say(False, f"audit log: cannot write to {self._path}: {error.strerror}; writes are refused")
            else:
                self._say(True, f"audit log: {self._path} can be written again; {self._dropped} events were lost")

    def _take(self, event: E, lines: list[bytes]) -> None:
        try:
            lines.append(self._encode(event))
        except Exception:
            # A bug, and no reason to answer the request with an error or to lose the other events.
            self._dropped += 1
            log.exception("audit log: an event could not be encoded")

    def close(self) -> None:
        """Write what is left."""
        self._stop.set()
        self._thread.join()
        self.flush()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _flush_regularly(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            self.flush()

    def _write(self, data: bytes) -> None:
        if self._descriptor < 0:
            self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        written = 0
        start = os.fstat(self._descriptor).st_size
        while written < len(data):
            try:
                written += os.write(self._descriptor, data[written:])
            except OSError:
                os.ftruncate(self._descriptor, start)  # half a line is worse than none
                raise
        if start + written >= self._file_bytes_max:
            self._rotate()

    def _rotate(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1
        with suppress(FileNotFoundError):
            self._retire(self._path)
        self._prune()

    def _retire_abandoned(self) -> None:
        """Take files out of use whose processes have ended."""
        for path in self._folder.glob("events-*.jsonl"):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                with suppress(BlockingIOError, FileNotFoundError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._retire(path)
            finally:
                os.close(descriptor)
        self._prune()

    def _retire(self, path: Path) -> None:
        number = max((int(old.name.rsplit(".", 1)[1]) for old in self._retired()), default=0) + 1
        path.rename(path.with_name(f"{path.name}.{number:06d}"))

    def _retired(self) -> list[Path]:
        return list(self._folder.glob("events-*.jsonl.*"))

    def _prune(self) -> None:
        """Remove the oldest files that are too many."""
        kept = 0
        newest_first = sorted(self._retired(), key=lambda path: int(path.name.rsplit(".", 1)[1]), reverse=True)
        for place, path in enumerate(newest_first):
            with suppress(FileNotFoundError):
                kept += path.stat().st_size
                if kept > self._bytes_max or place >= FILES_MAX:
                    path.unlink()

    def _keep(self, lines: list[bytes]) -> None:
        """Keep the newest lines within the bound, until the next try."""
        size = sum(len(line) + 1 for line in lines)
        first = 0
        while first < len(lines) and size > BACKLOG_BYTES_MAX:
            size -= len(lines[first]) + 1
            first += 1
        self._dropped += first
        self._lines = lines[first:]

    def _say(self, is_writable: bool, message: str) -> None:
        if self._is_writable is not is_writable:
            self._is_writable = is_writable
            log.error(message)
