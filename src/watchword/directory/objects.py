"""The port between records of objects and the place that keeps their bytes.

A body is a blob: bytes that never change, under an id that is never used twice. The record names the blob, so a body
is replaced by committing a record that names another one. Rules that every place keeps:

* A blob is safe when `stage` returns, before any record names it. What no record comes to name is swept up later.
* A discarded blob can be read for a while by those who learnt its id before; then it is gone.
* No check sums here: the record keeps those that were verified when the body came in.

* With an `opener` offsets and lengths are those of what is sealed in the blob.

Nothing here names a file, so that a place on another machine can keep the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from watchword.core.http import FileBody, Opener, Spooled


class BlobRange(NamedTuple):
    """Bytes of a blob, or of what is sealed in it."""

    blob: str
    offset: int
    length: int
    opener: Opener | None = None
    """Opens what is sealed."""


class ObjectStore(Protocol):
    """Keeps the bodies of objects."""

    def stage(self, body: Spooled) -> str:
        """Keep a body and return its blob id. A spool file is taken away by it. Raises Unavailable, nothing kept."""
        ...

    def write(self, pieces: Iterable[bytes]) -> str:
        """Keep bytes that come in pieces as a new blob, as `stage` does.

        Raises Unavailable and what the pieces raise, nothing kept.
        """
        ...

    def spooled(self, body: Spooled) -> Iterator[bytes]:
        """The bytes of a body that came in, piece by piece, to be kept in another form. Raises Unavailable."""
        ...

    def body(self, blob: str, offset: int, length: int, opener: Opener | None = None) -> bytes | FileBody:
        """A range of a blob, as a response body: read when it is small. Raises Unavailable, Lost."""
        ...

    def joined(self, pieces: Sequence[BlobRange]) -> bytes | FileBody:
        """Ranges of blobs, one after the other, as a response body. Raises Unavailable when one cannot be read now."""
        ...

    def read(self, pieces: Sequence[BlobRange]) -> Iterator[bytes]:
        """The bytes of ranges, piece by piece. Raises Unavailable, Lost."""
        ...

    def clone(self, blob: str) -> str:
        """Keep the bytes of a blob under another id as well, without copying them where the place can.

        Raises Unavailable, nothing kept.
        """
        ...

    def discard(self, blob: str) -> None:
        """Let a blob go that no record names any more. Never fails: what cannot be removed now is swept up later."""
        ...

    def discard_parts(self, blobs: Sequence[str]) -> None:
        """Let the blobs of an object in parts go, as `discard` does, when no reader can still be on the way through."""
        ...

    def sweep(self, is_referenced: Callable[[str], bool], staged_before: datetime) -> int:
        """Remove the blobs that were staged before a time and that no record names. Returns how many.

        The time must lie further back than any request that stages a body and commits its record can last.
        """
        ...
