"""The audit log on disk: JSON lines in DIR/audit, rotated by size, bounded in number.

Lines are taken in memory and handed to the operating system in batches: every `FLUSH_SECONDS`, when a batch is large,
and before a write is acknowledged. A full disk never loses silently: the log says that it is not writable, writes are
refused by the gateway while it lasts, and the reason is logged at every change between the two.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

log = logging.getLogger("watchword.audit")

FLUSH_SECONDS = 0.2
BATCH_BYTES_MAX = 256 * 1024
BACKLOG_BYTES_MAX = 8 * 1024 * 1024
"""Lines of refused and read-only requests that are kept while the disk is full; older ones are dropped and counted."""


class FileAuditLog:
    """`gateway.audit.AuditLog` on the local file system. Several processes may append to the same folder."""

    def __init__(self, folder: Path, *, file_bytes_max: int = 64 * 1024 * 1024, files_max: int = 16) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / f"events-{os.getpid()}.jsonl"
        self._file_bytes_max = file_bytes_max
        self._files_max = files_max
        self._lock = threading.Lock()
        self._lines: list[bytes] = []
        self._waiting_bytes = 0
        self._dropped = 0
        self._descriptor = -1
        self._is_writable = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._flush_regularly, name="audit-log", daemon=True)
        self._thread.start()

    @property
    def is_writable(self) -> bool:
        return self._is_writable

    def append(self, line: bytes) -> None:
        """Take one event, without its line end."""
        self._lines.append(line)
        self._waiting_bytes += len(line) + 1
        if self._waiting_bytes >= BATCH_BYTES_MAX:
            self.flush()

    def flush(self) -> None:
        """Hand over to the operating system what was taken; remembers when that fails."""
        with self._lock:
            lines, self._lines = self._lines, []
            self._waiting_bytes = 0
            if not lines and self._is_writable:
                return
            try:
                self._write(b"".join(line + b"\n" for line in lines))
            except OSError as error:
                self._keep(lines)
                self._say(False, f"audit log: cannot write to {self._path}: {error.strerror}; writes are refused")
            else:
                self._say(True, f"audit log: {self._path} can be written again; {self._dropped} events were lost")

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
        old = sorted(self._folder.glob("events-*.jsonl.*"), key=lambda path: path.stat().st_mtime_ns)
        number = max((int(path.name.rsplit(".", 1)[1]) for path in old), default=0) + 1
        self._path.rename(self._path.with_name(f"{self._path.name}.{number:06d}"))
        for path in old[: max(0, len(old) + 1 - self._files_max)]:
            path.unlink(missing_ok=True)

    def _keep(self, lines: list[bytes]) -> None:
        """Keep the newest lines within the bound, before those that were taken meanwhile."""
        kept = lines + self._lines
        size = sum(len(line) + 1 for line in kept)
        while kept and size > BACKLOG_BYTES_MAX:
            size -= len(kept.pop(0)) + 1
            self._dropped += 1
        self._lines = kept
        self._waiting_bytes = 0

    def _say(self, is_writable: bool, message: str) -> None:
        if self._is_writable is not is_writable:
            self._is_writable = is_writable
            log.error(message)
