"""Sweeps up blobs that an earlier run of the server left behind, once after every start, a few folders at a time.

They were staged for a record that was never committed, or were discarded and not yet removed when the server ended.
One process of a server does it, the one that holds the lock on ROOT/sweeping; when it dies its successor begins anew.
Decides nothing about blobs of this run: those are younger than the data directory's lock, and than the lock of every
front node that is running.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from watchword.core.errors import WatchwordError
from watchword.directory.blobs import is_blob_named
from watchword.directory.directory import Directory
from watchword.directory.ports import Store
from watchword.storage.objects import SWEPT_FOLDERS, LocalObjects

STEP_SECONDS = 0.2

log = logging.getLogger("watchword.storage")


class Leftovers:
    """The sweep of one process."""

    def __init__(self, objects: LocalObjects, store: Store, root: Path, lock: Path, fronts: Path | None = None) -> None:
        """`root` is the folder of `objects`; `lock` is a file that this run of the server wrote before all else.

        `fronts` holds a folder for each front node, with its `lock`.
        """
        self._objects = objects
        self._store = store
        self._root = root
        self._lock = lock
        self._fronts = fronts
        self._folders = deque(SWEPT_FOLDERS)
        self._stepping = threading.Lock()
        self._descriptor = -1
        self.swept = 0

    def step(self) -> None:
        """Sweep on for a moment, if there is anything left to do and nobody else does it. Never raises."""
        if not self._folders or not self._stepping.acquire(blocking=False):
            return
        try:
            if self._is_mine():
                self._sweep(time.monotonic() + STEP_SECONDS)
        except (OSError, WatchwordError) as error:
            log.error("blobs that nobody needs could not be swept: %s", error)  # noqa: TRY400  the disk's fault
            self._folders.clear()
        finally:
            self._stepping.release()

    def _is_mine(self) -> bool:
        if self._descriptor < 0:
            descriptor = os.open(self._root / "sweeping", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._descriptor = descriptor
        return True

    def _sweep(self, until: float) -> None:
        # INVARIANT: whatever was staged before this run and is named by no record now will never be named. A front node
        # that outlived the run before may be about to name what it staged then.
        began_at = datetime.fromtimestamp(self._began_at(), UTC)
        while self._folders and time.monotonic() < until:
            self.swept += self._objects.sweep_folder(self._folders[0], self._is_referenced, began_at)
            self._folders.popleft()

    def _began_at(self) -> float:
        """When the oldest process began that may be staging now."""
        locks = [self._lock]
        if self._fronts is not None:
            locks += [lock for lock in self._fronts.glob("*/lock") if _is_held(lock)]
        return min([lock.stat().st_mtime for lock in locks])

    def _is_referenced(self, blob: str) -> bool:
        with self._store.read() as snapshot:
            return is_blob_named(Directory(snapshot), blob)


def _is_held(lock: Path) -> bool:
    descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
