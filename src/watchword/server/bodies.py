"""Bodies on their way in and out: bounded in size and time, verified as they pass, never held whole in memory.

Rules:

* A body up to 64 KiB stays in memory; a longer one goes to a file in the spool directory. Hashing and writing of long
  bodies happen in worker threads, a piece at a time, while the next piece arrives in a second buffer; no thread is held
  while the client is silent.
* A file goes out in pieces through one buffer: read at once where the system holds it in memory, else in a thread.
* INVARIANT: whatever ends a request, its spool file is gone afterwards unless the handler renamed it away.

Never decides whether a body is acceptable: the exchange's reader does.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO, Self

from watchword.core.errors import BodyTooLarge, BodyTooSlow, SealBroken
from watchword.core.http import FileBody, FileRange, Opener, Spooled
from watchword.server.arrivals import Arriving, ClientGone
from watchword.server.contract import Exchange, PayloadReader
from watchword.server.settings import Limits
from watchword.server.threads import Threads

INLINE_BYTES_MAX = 64 * 1024
PIECE_BYTES = 512 * 1024
"""Of a body on its way in: the size of each of two buffers."""
_SENT_PIECE_BYTES = 256 * 1024
_WRITTEN_PARTS_MAX = 1024
"""As many as Linux takes in one call."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Room = Callable[[], Awaitable[int]]
"""Waits until the client has room for more, and gives the bytes that are under way."""


class Body:
    """A body as it arrives: in messages at first, then straight into buffers, where the connection can do that."""

    def __init__(self, receive: Receive, arriving: Callable[[], Arriving | None]) -> None:
        self._receive = receive
        self._arriving = arriving
        self._rest: Arriving | None = None
        self._seconds = float("inf")
        self._bytes_per_second_min = 1
        self._started = self._heard_at = 0.0
        self._heard = 0
        self.received = 0
        """Bytes so far."""

    def expect_within(self, seconds: float, bytes_per_second_min: int) -> None:
        """Be patient for some seconds, and one more for every so many bytes; never so long in silence. From now on."""
        self._seconds, self._bytes_per_second_min = seconds, bytes_per_second_min
        self._started = self._heard_at = asyncio.get_running_loop().time()

    @property
    def left(self) -> int:
        """Bytes to come, when `fills` said that it is known."""
        return self._rest.left if self._rest is not None else 0

    def fills(self) -> bool:
        """From now on take the body by `fill`, if that is possible."""
        if self._rest is None:
            self._rest = self._arriving()
        return self._rest is not None

    async def fill(self, buffer: memoryview) -> int:
        """Fill a buffer, but for the last one, and give its bytes. Raises ClientGone, TimeoutError."""
        assert self._rest is not None
        total = self.received + self._rest.left
        size = await self._rest.fill(buffer, lambda left: self._deadline(total - left))
        self.received += size
        return size

    async def __call__(self) -> Message:
        """The next message. Raises TimeoutError."""
        if self._rest is not None:
            return await self._scrap()
        async with asyncio.timeout_at(self._deadline(self.received)):
            message = await self._receive()
        self.received += len(message.get("body", b""))
        return message

    async def _scrap(self) -> Message:
        """A piece of the rest, for whoever only wants to be rid of it."""
        buffer = memoryview(bytearray(INLINE_BYTES_MAX))
        try:
            size = await self.fill(buffer)
        except ClientGone:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": bytes(buffer[:size]), "more_body": self.left > 0}

    def _deadline(self, received: int) -> float:
        if received > self._heard:
            self._heard, self._heard_at = received, asyncio.get_running_loop().time()
        return self._seconds + min(self._heard_at, self._started + received / self._bytes_per_second_min)


class _Plain:
    """The reader of a body that nobody looks at: it passes as it is and is counted."""

    def __init__(self) -> None:
        self.size = 0
        self.checksums: dict[str, str] = {}
        self.stated: tuple[str, str] | None = None

    def feed(self, data: bytes, /) -> bytes:
        self.size += len(data)
        return data

    def parts(self, view: memoryview, /) -> list[memoryview]:
        self.size += len(view)
        return [view]

    def finish(self) -> _Plain:
        return self


def reader_of(exchange: Exchange) -> PayloadReader:
    """The exchange's reader, or one that takes everything."""
    return exchange.reader or _Plain()


def take_whole(exchange: Exchange, body: bytes) -> Spooled:
    """Verify a small body that has arrived already. Raises what the reader raises."""
    if len(body) > exchange.body_bytes_max:
        raise BodyTooLarge(exchange.body_bytes_max)
    reader = exchange.reader
    if reader is None:
        return Spooled(data=body, path=None, size=len(body), checksums={})
    data = reader.feed(body) if body else b""
    digest = reader.finish()
    return Spooled(data=data, path=None, size=digest.size, checksums=dict(digest.checksums), stated=digest.stated)


class Intake:
    """One body on its way in. Use as a context manager: leaving removes the spool file."""

    def __init__(self, exchange: Exchange, spool_dir: Path, limits: Limits, threads: Threads) -> None:
        self._reader = reader_of(exchange)
        self._body_bytes_max = exchange.body_bytes_max
        self._spool_dir = spool_dir
        self._limits = limits
        self._threads = threads
        self._path: Path | None = None
        self._file: FileIO | None = None
        self._decoded = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    async def receive(self, body: Body) -> Spooled:
        """Take the body to its end. Raises BodyTooLarge, BodyTooSlow, ClientGone, and what the reader raises."""
        body.expect_within(self._limits.body_seconds, self._limits.body_bytes_per_second_min)
        try:
            await self._receive(body)
        except TimeoutError:
            raise BodyTooSlow("the body stopped arriving") from None
        return self._finish()

    async def _receive(self, body: Body) -> None:
        waiting = bytearray()
        more = True
        while more:
            message = await body()
            if message["type"] == "http.disconnect":
                raise ClientGone
            waiting += message["body"]
            more = message["more_body"]
            if body.received > self._body_bytes_max:
                raise BodyTooLarge(self._body_bytes_max)
            if body.received <= INLINE_BYTES_MAX:
                self._take(memoryview(bytes(waiting)))
                waiting.clear()
            elif more and body.fills():
                await self._receive_long(body, waiting)
                return
            elif len(waiting) >= PIECE_BYTES or not more:
                await self._threads.run(partial(self._take, memoryview(bytes(waiting))))
                waiting.clear()

    async def _receive_long(self, body: Body, first: bytearray) -> None:
        """Take the rest through two buffers: one is filled while a thread takes the other."""
        if body.received + body.left > self._body_bytes_max:
            raise BodyTooLarge(self._body_bytes_max)
        taking = self._threads.start(partial(self._take, memoryview(first)))
        free, full = (memoryview(bytearray(min(PIECE_BYTES, body.left))) for _ in range(2))
        try:
            while body.left:
                size = await body.fill(free)
                await taking
                taking = self._threads.start(partial(self._take, free[:size]))
                free, full = full, free
        finally:
            # INVARIANT: the file is not closed and no buffer let go while a thread uses them.
            await asyncio.wait([taking])
            refusal = taking.exception()
        if refusal is not None:
            raise refusal

    def _take(self, view: memoryview) -> None:
        parts = self._reader.parts(view)
        if self._file is None:
            for part in parts:
                self._decoded += part
            if len(self._decoded) <= INLINE_BYTES_MAX:
                return
            self._path = self._spool_dir / secrets.token_hex(16)
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            self._file = FileIO(descriptor, "wb")
            parts, self._decoded = [memoryview(self._decoded)], bytearray()
        _write(self._file, parts)

    def _finish(self) -> Spooled:
        digest = self._reader.finish()
        if self._file is None:
            return Spooled(
                data=bytes(self._decoded),
                path=None,
                size=digest.size,
                checksums=dict(digest.checksums),
                stated=digest.stated,
            )
        self._file.close()
        return Spooled(
            data=None, path=self._path, size=digest.size, checksums=dict(digest.checksums), stated=digest.stated
        )


def read_small(body: FileBody) -> bytes:
    """A short body from files. Raises FileNotFoundError when one was replaced meanwhile."""
    return b"".join([_read(each) for each in body.ranges])


def _read(part: FileRange) -> bytes:
    with part.path.open("rb") as file:
        if part.opener is not None:
            return part.opener(partial(_read_at, file.fileno()), part.offset, part.length)
        return os.pread(file.fileno(), part.length, part.offset)


async def send_file(file: BinaryIO, body: FileBody, send: Send, room: Room, limits: Limits, threads: Threads) -> None:
    """Send a body from files, the first of which is open, in pieces, none before the client has room for it.

    Raises TimeoutError; EOFError when a file is shorter than was said, or gone.
    """
    last = body.ranges[-1]
    pieces = _Pieces(threads)
    for part in body.ranges:
        opened = file if part is body.ranges[0] else await threads.run(partial(_open_next, part))
        try:
            await _send_range(opened, part, pieces, send, room, limits, is_last=part is last)
        finally:
            if opened is not file:
                opened.close()


async def _send_range(
    file: BinaryIO, part: FileRange, pieces: _Pieces, send: Send, room: Room, limits: Limits, *, is_last: bool
) -> None:
    loop = asyncio.get_running_loop()
    offset, end = part.offset, part.offset + part.length
    async with asyncio.timeout(limits.send_seconds) as patience:
        while offset < end:
            unsent = await room()
            if part.opener is None:
                piece = await pieces.read(file.fileno(), offset, end - offset, unsent)
            else:
                piece = await pieces.open(file.fileno(), part.opener, offset, end - offset)
            if not piece:
                raise EOFError(f"`{part.path}` is shorter than {end} bytes")
            offset += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": offset < end or not is_last})
            patience.reschedule(loop.time() + limits.send_seconds)


class _Pieces:
    """Reads pieces of files into one buffer over and over, as long as nothing of the last piece is under way."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._buffer = memoryview(b"")

    async def open(self, file: int, opener: Opener, offset: int, most: int) -> bytes:
        """The next piece of what is sealed in a file; empty at its end. Raises EOFError where it was changed."""
        read = partial(_read_at, file)
        try:
            return await self._threads.run(partial(opener, read, offset, min(most, _SENT_PIECE_BYTES)))
        except SealBroken:
            raise EOFError(f"what is sealed in a file does not open at byte {offset}: it was changed") from None

    async def read(self, file: int, offset: int, most: int, unsent: int) -> memoryview:
        """The next piece; empty at the end of the file. It is good until the next call with nothing unsent."""
        size = min(most, _SENT_PIECE_BYTES)
        if unsent or len(self._buffer) < size:
            self._buffer = memoryview(bytearray(size))
        buffer = self._buffer[:size]
        try:
            read = os.preadv(file, [buffer], offset, os.RWF_NOWAIT)
        except OSError:
            # Not in memory, or a file system that cannot say: whatever it is, the thread finds out.
            read = await self._threads.run(partial(os.preadv, file, [buffer], offset))
        return buffer[:read]


def _read_at(file: int, offset: int, length: int) -> bytes:
    return os.pread(file, length, offset)


def _open_next(part: FileRange) -> BinaryIO:
    try:
        return part.path.open("rb")
    except FileNotFoundError:
        raise EOFError(f"`{part.path}` is gone") from None


def _write(file: FileIO, parts: list[memoryview]) -> None:
    """Write all of them, where the system takes only a part at a time as well."""
    while parts:
        written = os.writev(file.fileno(), parts[:_WRITTEN_PARTS_MAX])
        done = 0
        for part in parts:
            if written < len(part):
                break
            written -= len(part)
            done += 1
        parts = parts[done:]
        if written:
            parts[0] = parts[0][written:]
