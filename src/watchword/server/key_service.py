"""The side of the node that holds the keys: front nodes connect, ask, and hand requests on.

Rules:

* Only processes of this user are heard; every other is cut off before a byte is read, and counted in the log.
* A frame is as long as a question can be, arrives in time and is a message, or the connection ends.
* One question of a connection is worked on at a time, and the next comes after its answer was taken: who asks two
  at once is cut off, and who does not read is not read.
* A request that is handed on passes the same gateway as any other: it is verified, authorized and audited here. The
  address it came from is believed, because the node that says so is.

Never decides what is given: `gateway/key_desk.py` does.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, cast

import msgspec

from watchword.core.errors import WatchwordError
from watchword.core.http import HttpResponse
from watchword.gateway.key_desk import KeyDesk, Node
from watchword.gateway.key_questions import (
    QUESTION_BYTES_MAX,
    Answer,
    Answered,
    Busy,
    HandedOn,
    Refused,
    decode_message,
    encode,
)
from watchword.server.bodies import take_whole
from watchword.server.contract import Gateway
from watchword.server.key_frames import LENGTH, frame, is_of_this_user, peer_of
from watchword.server.threads import Threads

CONNECTIONS_MAX = 512
"""Of one process; a front node's process keeps one for each thread at most."""
FRAME_SECONDS = 10.0
"""From the first byte of a frame to its last."""

log = logging.getLogger("watchword.keys")


class KeyService:
    """The connections of front nodes to one process."""

    def __init__(
        self, gateway: Gateway[Any], desk: KeyDesk, threads: Threads, clock_now: Callable[[], datetime]
    ) -> None:
        self.gateway = gateway
        self.desk = desk
        self.threads = threads
        self.now = clock_now
        self.open: set[NodeConnection] = set()
        self._strangers: set[int] = set()

    def admits(self, connection: socket.socket) -> Node | None:
        """The process at the other end, when it may ask at all."""
        try:
            node = peer_of(connection)
        except OSError:
            return None
        if is_of_this_user(node):
            return node if len(self.open) < CONNECTIONS_MAX else None
        if node.uid not in self._strangers:
            self._strangers.add(node.uid)
            log.warning("process %d of user %d may not ask for keys and was cut off", node.pid, node.uid)
        return None

    async def finish(self, seconds: float) -> None:
        """Answer the requests that are being served, for a bounded time, and end all connections."""
        time = asyncio.get_running_loop().time
        deadline = time() + seconds
        while any(each.is_working for each in self.open) and time() < deadline:  # noqa: ASYNC110 - once
            await asyncio.sleep(0.01)
        for connection in list(self.open):
            connection.close()


class NodeConnection(asyncio.Protocol):
    """One connection of a front node."""

    def __init__(self, service: KeyService, loop: asyncio.AbstractEventLoop) -> None:
        self._service = service
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._node = Node(-1, -1)
        self._received = bytearray()
        self.is_working = False
        """A request that was handed on waits for the disk."""
        self._is_full = False
        """The other end does not take its answers."""
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        node = self._service.admits(transport.get_extra_info("socket"))
        if node is None:
            self._transport.abort()
            return
        self._node = node
        self._service.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._service.open.discard(self)
        self._transport = None
        self._in_time()

    def data_received(self, data: bytes) -> None:
        if self not in self._service.open:
            return
        self._received += data
        self._work()

    def pause_writing(self) -> None:
        self._is_full = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_full = False
        self._go_on()

    def _go_on(self) -> None:
        """Read on, when what was asked is answered and the answer was taken."""
        if self._transport is not None and not (self.is_working or self._is_full):
            self._transport.resume_reading()

    def close(self) -> None:
        """Close the connection when the answers have gone out."""
        if self._transport is not None:
            self._transport.close()

    def end(self) -> None:
        """Cut the connection off."""
        if self._transport is not None:
            self._transport.abort()

    def _work(self) -> None:
        """Answer the question when it has arrived whole."""
        if self.is_working:
            self._cut("asks before it was answered")
            return
        length = LENGTH.unpack_from(self._received)[0] if len(self._received) >= LENGTH.size else 1
        if not 0 < length <= QUESTION_BYTES_MAX:
            self._cut("sends a frame that is too long")
        elif len(self._received) > LENGTH.size + length:
            self._cut("asks before it was answered")
        elif len(self._received) == LENGTH.size + length:
            message = bytes(self._received[LENGTH.size :])
            self._received.clear()
            self._in_time()
            self._take(message)
        elif self._deadline is None:
            self._deadline = self._loop.call_later(FRAME_SECONDS, self._cut, "does not finish a frame")

    def _in_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _take(self, message: bytes) -> None:
        try:
            asked = decode_message(message)
        except (msgspec.MsgspecError, ValueError):
            self._cut("sends what is no question")
            return
        if isinstance(asked, HandedOn):
            self._serve(asked)
            return
        try:
            self._say(self._service.desk.answer(asked, self._node, self._service.now()))
        except WatchwordError as error:
            log.error("a question of process %d could not be answered: %s", self._node.pid, error)  # noqa: TRY400
            self._say(Busy())

    def _serve(self, asked: HandedOn) -> None:
        """Serve a request that was handed on; what waits for the disk waits on a thread."""
        gateway = self._service.gateway
        if asked.endpoint and asked.endpoint not in self._service.desk.endpoints:
            log.error("the VPC endpoint %s of process %d is not known here", asked.endpoint, self._node.pid)
            self._say(Refused())
            return
        exchange = gateway.begin(asked.head())
        response = exchange.response
        if response is None and exchange.reader is not None:
            self._say(Refused())
            return
        if response is None:
            try:
                response = gateway.finish(exchange, take_whole(exchange, asked.body))
            except WatchwordError as error:
                response = gateway.refuse(exchange, error)
        if isinstance(response, HttpResponse):
            self._say(_answered(response))
            return
        self.is_working = True
        if self._transport is not None:
            self._transport.pause_reading()
        self._service.threads.submit(response, self._served)

    def _served(self, response: Any, error: BaseException | None) -> None:
        self.is_working = False
        if error is not None:
            log.error("a request that was handed on failed", exc_info=error)
            self._cut("")
            return
        self._say(_answered(response))
        self._go_on()

    def _say(self, answer: Answer) -> None:
        if self._transport is not None:
            self._transport.write(frame(encode(answer)))

    def _cut(self, reason: str) -> None:
        if reason:
            log.warning("process %d %s and was cut off", self._node.pid, reason)
        self.end()


def _answered(response: HttpResponse) -> Answer:
    if not isinstance(response.body, bytes):
        return Refused()
    return Answered(response.status, response.headers, response.body)


async def serve_nodes(
    service: KeyService, listener: socket.socket, loop: asyncio.AbstractEventLoop
) -> asyncio.AbstractServer:
    """Accept front nodes at a listening socket."""
    return await loop.create_unix_server(partial(NodeConnection, service, loop), sock=listener)
