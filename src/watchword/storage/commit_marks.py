"""Two numbers in shared memory that tell, without asking SQLite, that no process has committed since one last looked.

    DATABASE-marks   bytes 0 to 7: the last commit that began; bytes 8 to 15: the last commit that ended

A writer, while it holds the database's write lock, counts `began` up before it commits and sets `ended` to the same
number after it. When both are equal, and are what they were before SQLite was last asked, no commit has begun since:
nothing can be new. In every other case, a writer that died in between included, the marks say nothing and SQLite is
asked; the next commit makes them equal again. They never say that something is new, nor what.

The file is not durable and needs not be: it says nothing about what is in the database.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

_MARKS = struct.Struct("<QQ")
_ENDED = struct.Struct("<Q")
_ENDED_AT = 8


class CommitMarks:
    """The marks of one database. Open them before the first write of this process, and keep them open."""

    def __init__(self, database: Path) -> None:
        """Raises OSError."""
        path = database.with_name(database.name + "-marks")
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.truncate(file, _MARKS.size)
            self.memory = mmap.mmap(file, _MARKS.size)
        finally:
            os.close(file)

    def begin(self) -> int:
        """Say that a commit begins; only with the database's write lock held. Returns its number."""
        began, ended = _MARKS.unpack(self.memory[:])
        _MARKS.pack_into(self.memory, 0, began + 1, ended)
        return began + 1

    def end(self, number: int) -> None:
        """Say that the commit has ended, well or not."""
        # INVARIANT: the lock is gone, so the other mark is not ours to write. A late number makes the marks unequal,
        # which costs time until the next commit and is never wrong.
        _ENDED.pack_into(self.memory, _ENDED_AT, number)


def are_at_rest(marks: bytes) -> bool:
    """True when every commit that began has ended."""
    return marks[:_ENDED_AT] == marks[_ENDED_AT:]


def ended(marks: bytes) -> int:
    """The number of the last commit that ended."""
    return _MARKS.unpack(marks)[1]
