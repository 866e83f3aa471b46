"""The connections of front nodes: who does not take an answer is not read, whatever the answer waited for."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any, cast

from tests.support.clocks import SystemClock
from tests.support.front_server import EchoExchange, EchoGateway

from watchword.core.http import RequestHead
from watchword.gateway.key_questions import HandedOn, encode
from watchword.server.key_frames import LENGTH, frame
from watchword.server.key_service import KeyService, NodeConnection
from watchword.server.threads import Threads

LONG = 600_000
"""More than the kernel takes of an answer that nobody reads."""


class Noting(EchoGateway):
    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.begun: list[str] = []

    def begin(self, head: RequestHead, /) -> EchoExchange:
        self.begun.append(head.path)
        exchange = super().begin(head)
        exchange.reader = None
        return exchange


def question(path: bytes, query: bytes = b"", header: bytes = b"") -> bytes:
    return frame(encode(HandedOn("POST", path, query, [(b"x", header)], "http", "", "", "", b"")))


async def take(connection: socket.socket, size: int) -> bytes:
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < size:
        data += await loop.sock_recv(connection, size - len(data))
    return data


async def answer(connection: socket.socket, begun: bytes = b"") -> bytes:
    length = begun + await take(connection, LENGTH.size - len(begun))
    return await take(connection, LENGTH.unpack(length)[0])


async def connected(service: KeyService) -> socket.socket:
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    here.setblocking(False)
    await loop.create_unix_connection(lambda: NodeConnection(service, loop), sock=there)
    return here


async def ask_and_do_not_read(data_dir: Path) -> tuple[list[str], list[str]]:
    """What was begun before and after the first answer was taken."""
    loop = asyncio.get_running_loop()
    gateway, threads = Noting(data_dir), Threads(1, loop)
    service = KeyService(gateway, cast("Any", None), threads, SystemClock().now)
    try:
        lazy, other = await connected(service), await connected(service)
        with lazy, other:
            await loop.sock_sendall(lazy, question(b"/wait", b"ms=0", b"x" * LONG))
            begun_to_arrive = await loop.sock_recv(lazy, 1)
            await loop.sock_sendall(lazy, question(b"/second"))
            for _ in range(3):
                await loop.sock_sendall(other, question(b"/other"))
                await answer(other)
            before = [path for path in gateway.begun if path != "/other"]
            await answer(lazy, begun_to_arrive)
            assert b"/second" in await answer(lazy)
            return before, [path for path in gateway.begun if path != "/other"]
    finally:
        await service.finish(1)
        threads.stop()


def test_a_node_that_does_not_take_the_answer_to_a_write_is_not_read(tmp_path: Path) -> None:
    before, after = asyncio.run(ask_and_do_not_read(tmp_path))
    assert before == ["/wait"]
    assert after == ["/wait", "/second"]
