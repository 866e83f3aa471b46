"""Where the bytes of an object lie: beside its record when they are few, in the object store when they are many.

    =NUMBER        a short body of the record store
    anything else  a blob of the object store

* A short body is held in memory until `keep` puts it into the transaction that writes its record. One commit makes both
  safe; of a commit that fails nothing is left, and nothing is ever swept up.
* It goes in the transaction that lets its record go. A reader whose record is older than the snapshot may find it gone:
  Lost, and whoever reads so asks again with a record that is not older.
* Parts of uploads lie in the object store, whatever their size (`apart`).

Which of the two it is, nobody else needs to know. No check sums here: the record keeps those that were verified.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from watchword.core.errors import Lost, NotFound, SealBroken
from watchword.core.http import FileBody, Opener, Spooled
from watchword.directory.objects import BlobRange, ObjectStore
from watchword.directory.ports import Transaction

SHORT_BYTES_MAX = 16 * 1024
"""As it is kept, sealed or not. The record store writes every page twice, so that longer ones are cheaper as files."""
HOT_RANGE_BYTES_MAX = 16 * 1024
HOT_BYTES_MAX = 16 * 1024 * 1024
"""What a process keeps of short ranges, so that reading them again asks neither file nor records."""
_SHORT = "="


class NewBody(NamedTuple):
    """A body that no record names yet."""

    blob: str
    """Its blob, safe in the object store; empty for a body of no bytes and for one that is held."""
    held: bytes | None = None
    """The bytes of a short body."""


NO_BODY = NewBody("")


def is_short(blob: str) -> bool:
    """True for a short body of the record store."""
    return blob.startswith(_SHORT)


def short_number(blob: str) -> int:
    """The number of a short body in the record store."""
    return int(blob[len(_SHORT) :])


class Bodies:
    """The bytes of all objects."""

    def __init__(self, store: ObjectStore, *, short_bytes_max: int = SHORT_BYTES_MAX) -> None:
        """Bodies up to `short_bytes_max` are kept beside their records; 0 for none."""
        self._store = store
        self._short_bytes_max = short_bytes_max
        self._hot = _HotRanges()
        self._find = self._hot.ranges.get
        self.apart: Bodies = Bodies(store, short_bytes_max=0) if short_bytes_max else self
        """The same, but every body goes into the object store: for parts of uploads."""
        self.spooled = store.spooled
        self.joined = store.joined
        """Ranges of parts, one after the other, as a response body; as the object store gives them."""

    def stage(self, body: Spooled) -> NewBody:
        """Take a body that came in. Raises Unavailable, nothing kept."""
        if body.data is not None and body.size <= self._short_bytes_max:
            return NewBody("", body.data)
        return NewBody(self._store.stage(body))

    def write(self, pieces: Iterable[bytes], size: int) -> NewBody:
        """Take `size` bytes that come in pieces. Raises Unavailable and what the pieces raise, nothing kept."""
        if size <= self._short_bytes_max:
            return NewBody("", b"".join(pieces))
        return NewBody(self._store.write(pieces))

    def clone(self, blob: str, transaction: Transaction) -> NewBody:
        """Take the bytes of a blob once more. Raises Unavailable, Lost, nothing kept."""
        if is_short(blob):
            return NewBody("", _found(blob, transaction))
        return NewBody(self._store.clone(blob))

    def keep(self, new: NewBody, transaction: Transaction) -> str:
        """The blob of a new body, for a record that this transaction writes."""
        return new.blob if new.held is None else f"{_SHORT}{transaction.bodies.add(new.held)}"

    def drop(self, new: NewBody) -> None:
        """Let a new body go that no record will name. Never fails."""
        if new.blob:
            self._store.discard(new.blob)

    def body(
        self, blob: str, offset: int, length: int, transaction: Transaction, opener: Opener | None = None
    ) -> bytes | FileBody:
        """A range of a body, as a response body: read when it is small. Raises Unavailable, Lost."""
        if opener is not None:
            return self._range(blob, offset, length, transaction, opener)
        found = self._find((blob, offset, length))
        if found is not None:
            return found
        answer = self._range(blob, offset, length, transaction, None)
        if isinstance(answer, bytes):
            self._hot.keep(blob, offset, answer)
        return answer

    def read(self, pieces: Sequence[BlobRange], transaction: Transaction) -> Iterator[bytes]:
        """The bytes of ranges, piece by piece, while the transaction lasts. Raises Unavailable, Lost."""
        if len(pieces) == 1 and is_short(pieces[0].blob):
            blob, offset, length, opener = pieces[0]
            yield _short_range(blob, offset, length, transaction, opener)
        else:
            yield from self._store.read(pieces)

    def release(self, blob: str, transaction: Transaction) -> None:
        """Let a body go that no record names after this transaction. An empty `blob` is none."""
        if is_short(blob):
            with suppress(NotFound):
                transaction.bodies.remove(short_number(blob))
        elif blob:
            transaction.after_commit(partial(self._store.discard, blob))

    def release_parts(self, blobs: Sequence[str], transaction: Transaction) -> None:
        """Let the parts of an object go, as `release` does, when no reader can still be on the way through."""
        transaction.after_commit(partial(self._store.discard_parts, blobs))

    def _range(
        self, blob: str, offset: int, length: int, transaction: Transaction, opener: Opener | None
    ) -> bytes | FileBody:
        if is_short(blob):
            return _short_range(blob, offset, length, transaction, opener)
        return self._store.body(blob, offset, length, opener)


class _HotRanges:
    """Short ranges that were read lately. A blob never changes, so what is kept is never stale."""

    __slots__ = ("_bytes", "ranges")

    def __init__(self) -> None:
        self.ranges: dict[tuple[str, int, int], bytes] = {}
        """By blob, offset and length."""
        self._bytes = 0

    def keep(self, blob: str, offset: int, data: bytes) -> None:
        """Keep a range; the oldest make room."""
        if len(data) > HOT_RANGE_BYTES_MAX:
            return
        if self.ranges.setdefault((blob, offset, len(data)), data) is data:
            self._bytes += len(data)
        while self._bytes > HOT_BYTES_MAX and self.ranges:
            oldest = self.ranges.pop(next(iter(self.ranges)), b"")
            self._bytes -= len(oldest)


def _found(blob: str, transaction: Transaction) -> bytes:
    data = transaction.bodies.get(short_number(blob))
    if data is None:
        raise Lost(f"short body `{blob}` is gone")
    return data


def _short_range(blob: str, offset: int, length: int, transaction: Transaction, opener: Opener | None) -> bytes:
    data = _found(blob, transaction)
    if opener is not None:
        try:
            answer = opener(lambda at, size: data[at : at + size], offset, length)
        except SealBroken:
            raise Lost(f"short body `{blob}` does not open: it was changed") from None
    else:
        answer = data[offset : offset + length]
    if len(answer) != length:
        raise Lost(f"short body `{blob}` is shorter than its record says")
    return answer
