"""The rest of a long body, read by the event loop straight into the buffers of whoever takes it.

The parser is for heads and frames. Once it has said that the next N bytes are the body, there is nothing in them to
parse: they go from the socket into the taker's buffer, without a copy between. Between two buffers nothing is read, so
that a body holds no memory but the buffers.

INVARIANT: never a byte beyond the body is read here; what follows is the next request, and the parser's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from uvicorn.protocols.http.flow_control import FlowControl


class ClientGone(Exception):  # noqa: N818 - not an error: there is nobody left to answer
    """The client closed the connection in the middle of its request."""


class _Connection(Protocol):
    """The connection that lends its socket for a while."""

    flow: FlowControl
    transport: asyncio.Transport

    def eof_received(self) -> bool | None: ...
    def connection_lost(self, exc: Exception | None) -> None: ...
    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...
    def body_arrived(self) -> None: ...


class Arriving(asyncio.BufferedProtocol):
    """The last `left` bytes of one body; stands in for the connection until they are there."""

    def __init__(self, connection: _Connection, left: int) -> None:
        self.left = left
        """Bytes that have not come yet."""
        self._connection = connection
        self._buffer = memoryview(b"")
        self._filled = 0
        self._full = asyncio.Event()
        self._is_lost = False
        connection.flow.pause_reading()
        connection.transport.set_protocol(self)

    async def fill(self, buffer: memoryview, deadline: Callable[[int], float]) -> int:
        """Fill the buffer, or as much of it as the body has left, and give its bytes.

        `deadline` says until when, given the bytes that are still to come. Raises ClientGone, TimeoutError.
        """
        left = self.left
        self._buffer = buffer[:left]
        self._filled = 0
        if not left:
            return 0
        if self._is_lost:
            # Over TLS the end shows between two buffers as well: what waits for it then waits in vain.
            raise ClientGone
        self._full.clear()
        self._connection.flow.resume_reading()
        while not self._full.is_set():
            until = deadline(self.left)
            try:
                async with asyncio.timeout_at(until):
                    await self._full.wait()
            except TimeoutError:
                if deadline(self.left) <= until:
                    raise
        if self._is_lost:
            raise ClientGone
        return self._filled

    # What the event loop calls

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        self._filled += nbytes
        self.left -= nbytes
        if self._filled < len(self._buffer):
            return
        connection = self._connection
        connection.flow.pause_reading()
        self._full.set()
        if not self.left:
            connection.body_arrived()

    def eof_received(self) -> bool | None:
        return self._connection.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._full.set()
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        self._connection.resume_writing()
