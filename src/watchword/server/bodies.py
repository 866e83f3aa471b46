"""Bodies on their way in and out: bounded in size and time, verified as they pass, never held whole in memory.

Rules:

* A body up to 64 KiB stays in memory; a longer one goes to a file in the spool directory. Hashing and writing of long
  bodies happen in worker threads, a piece at a time; no thread is held while the client is silent.
* INVARIANT: whatever ends a request, its spool file is gone afterwards unless the handler renamed it away.

Never decides whether a body is acceptable: the exchange's reader does.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Self

from watchword.core.errors import BodyTooLarge, BodyTooSlow
from watchword.core.http import FileBody, FileRange, Spooled
from watchword.server.contract import Exchange, PayloadReader
from watchword.server.settings import Limits
from watchword.server.threads import Threads

INLINE_BYTES_MAX = 64 * 1024
PIECE_BYTES = 256 * 1024

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGone(Exception):  # noqa: N818 - not an error: there is nobody left to answer
    """The client closed the connection in the middle of its request."""


class _Plain:
    """The reader of a body that nobody looks at: it passes as it is and is counted."""

    def __init__(self) -> None:
        self.size = 0
        self.checksums: dict[str, str] = {}
        self.stated: tuple[str, str] | None = None

    def feed(self, data: bytes, /) -> bytes:
        self.size += len(data)
        return data

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
        self._file: BinaryIO | None = None
        self._decoded = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    async def receive(self, receive: Receive) -> Spooled:
        """Take the body to its end. Raises BodyTooLarge, BodyTooSlow, ClientGone, and what the reader raises."""
        loop = asyncio.get_running_loop()
        started = loop.time() + self._limits.body_seconds
        received = 0
        waiting = bytearray()
        more = True
        while more:
            try:
                async with asyncio.timeout_at(started + received / self._limits.body_bytes_per_second_min):
                    message = await receive()
            except TimeoutError:
                raise BodyTooSlow("the body stopped arriving") from None
            if message["type"] == "http.disconnect":
                raise ClientGone
            waiting += message["body"]
            received += len(message["body"])
            more = message["more_body"]
            if received > self._body_bytes_max:
                raise BodyTooLarge(self._body_bytes_max)
            if received <= INLINE_BYTES_MAX:
                self._take(bytes(waiting))
                waiting.clear()
            elif len(waiting) >= PIECE_BYTES or not more:
                await self._threads.run(partial(self._take, bytes(waiting)))
                waiting.clear()
        return self._finish()

    def _take(self, data: bytes) -> None:
        decoded = self._reader.feed(data)
        if self._file is not None:
            self._file.write(decoded)
            return
        self._decoded += decoded
        if len(self._decoded) > INLINE_BYTES_MAX:
            self._path = self._spool_dir / secrets.token_hex(16)
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(descriptor, "wb")
            self._file.write(self._decoded)
            self._decoded.clear()

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
        return os.pread(file.fileno(), part.length, part.offset)


async def send_file(file: BinaryIO, body: FileBody, send: Send, limits: Limits, threads: Threads) -> None:
    """Send a body from files, the first of which is open, in pieces, none before the client has room for it.

    Raises TimeoutError; EOFError when a file is shorter than was said, or gone.
    """
    last = body.ranges[-1]
    for part in body.ranges:
        opened = file if part is body.ranges[0] else await threads.run(partial(_open_next, part))
        try:
            await _send_range(opened, part, send, limits, threads, is_last=part is last)
        finally:
            if opened is not file:
                opened.close()


async def _send_range(
    file: BinaryIO, part: FileRange, send: Send, limits: Limits, threads: Threads, *, is_last: bool
) -> None:
    offset, end = part.offset, part.offset + part.length
    while offset < end:
        size = min(PIECE_BYTES, end - offset)
        piece = await threads.run(partial(os.pread, file.fileno(), size, offset))
        if not piece:
            raise EOFError(f"`{part.path}` is shorter than {end} bytes")
        offset += len(piece)
        async with asyncio.timeout(limits.send_seconds):
            await send({"type": "http.response.body", "body": piece, "more_body": offset < end or not is_last})


def _open_next(part: FileRange) -> BinaryIO:
    try:
        return part.path.open("rb")
    except FileNotFoundError:
        raise EOFError(f"`{part.path}` is gone") from None
