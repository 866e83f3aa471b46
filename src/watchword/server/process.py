"""One serving process: an event loop, its connections, its threads, from the first accept to a clean end.

On SIGTERM or SIGINT it accepts nothing more, finishes what is in flight, and returns. Never decides who restarts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import resource
import signal
import socket
import ssl
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import uvloop
from uvicorn.config import Config

from watchword.core.clock import Clock
from watchword.server.app import Front
from watchword.server.connections import FrontState
from watchword.server.contract import Gateway
from watchword.server.metrics import MetricsPage
from watchword.server.protocol import FrontProtocol
from watchword.server.settings import Limits, Settings
from watchword.server.threads import Threads

_FILES_RESERVED = 128
"""Open files that are no connections."""
_TLS_HANDSHAKE_SECONDS = 10
_TLS_FAREWELL_SECONDS = 1
"""For a client to say goodbye on a connection that the server closes; idle ones in a pool never do."""

log = logging.getLogger("watchword.server")

BoundSocket = tuple[socket.socket, ssl.SSLContext | None, str]
"""A listening socket, its TLS, and the id of the VPC endpoint that it stands for, or nothing."""


def serve_process(
    settings: Settings,
    sockets: Sequence[BoundSocket],
    gateway: Gateway[Any],
    clock: Clock,
    on_ready: Callable[[], None],
    lifeline: int | None = None,
    key_socket: socket.socket | None = None,
) -> None:
    """Serve until a signal. `on_ready` is called when connections are accepted.

    `lifeline` is a file descriptor that becomes readable when the parent process is gone; `key_socket` listens for
    front nodes.
    """
    loop = uvloop.new_event_loop()
    try:
        serving = _Serving(settings, gateway, clock, loop)
        loop.run_until_complete(serving.run(sockets, on_ready, lifeline, key_socket))
    finally:
        loop.close()
        gateway.close()


class _Serving:
    def __init__(
        self, settings: Settings, gateway: Gateway[Any], clock: Clock, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._settings = settings
        self._gateway = gateway
        self._clock = clock
        self._loop = loop
        self._threads = Threads(settings.threads, loop)
        self._metrics = MetricsPage(settings, gateway.audit_log, self._lengths)
        self._front = front = Front(gateway, settings, self._threads, self._metrics)
        self._state = FrontState(front, _within_file_limit(settings.limits), settings.trusted_proxies)
        self._config = Config(front, http="httptools", ws="none", lifespan="off", interface="asgi3", log_config=None)
        self._config.load()
        self._stopping = asyncio.Event()

    async def run(
        self,
        sockets: Sequence[BoundSocket],
        on_ready: Callable[[], None],
        lifeline: int | None,
        key_socket: socket.socket | None,
    ) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stopping.set)
        if lifeline is not None:
            self._loop.add_reader(lifeline, self._stopping.set)
        ticking = self._loop.create_task(self._tick())
        servers = [
            await self._loop.create_server(
                functools.partial(FrontProtocol, self._config, self._state, self._loop, endpoint),
                sock=bound,
                ssl=context,
                ssl_handshake_timeout=_TLS_HANDSHAKE_SECONDS if context else None,
                ssl_shutdown_timeout=_TLS_FAREWELL_SECONDS if context else None,
            )
            for bound, context, endpoint in sockets
        ]
        nodes = contextlib.AsyncExitStack()
        if key_socket is not None:
            await nodes.enter_async_context(self._serve_nodes(key_socket))
        gc.freeze()
        on_ready()
        await self._stopping.wait()
        if lifeline is not None:
            self._loop.remove_reader(lifeline)
        for server in servers:
            server.close()
        await self._finish_in_flight()
        await nodes.aclose()
        ticking.cancel()
        self._threads.stop()

    @contextlib.asynccontextmanager
    async def _serve_nodes(self, key_socket: socket.socket) -> AsyncGenerator[None]:
        """Answer front nodes while the block runs."""
        from watchword.server.key_service import KeyService, serve_nodes

        desk = self._gateway.key_desk
        if desk is None:
            raise TypeError("this node has no keys to give")
        service = KeyService(self._gateway, desk, self._threads, self._clock.now)
        server = await serve_nodes(service, key_socket, self._loop)
        try:
            yield
        finally:
            server.close()
            await service.finish(self._settings.shutdown_seconds)

    async def _tick(self) -> None:
        """Once a second: the Date header, connections past their deadline, what is due in the background."""
        ticked: asyncio.Task[None] | None = None
        while True:
            self._state.set_date(_http_date(self._clock.now()))
            self._state.sweep(self._loop.time())
            if ticked is None or ticked.done():
                ticked = self._loop.create_task(self._threads.run(self._tick_behind))
            await asyncio.sleep(1)

    def _lengths(self) -> dict[str, float]:
        """What is open and what waits, for the page of metrics."""
        return {
            "watchword_connections": len(self._state.open),
            'watchword_waiting{for="thread"}': self._threads.waiting,
            'watchword_waiting{for="turn"}': self._front.waiting,
        }

    def _tick_behind(self) -> None:
        try:
            self._gateway.tick()
            self._metrics.leave()
        except Exception:
            log.exception("the background work failed; it is tried again in a second")

    async def _finish_in_flight(self) -> None:
        """Close idle connections, wait for the others, for a bounded time."""
        deadline = self._loop.time() + self._settings.shutdown_seconds
        for connection in list(self._state.open):
            connection.shutdown()
        while (self._state.tasks or self._state.open) and self._loop.time() < deadline:  # noqa: ASYNC110 - once
            await asyncio.sleep(0.01)
        for connection in list(self._state.open):
            connection.transport.abort()


def _http_date(now: datetime) -> bytes:
    return format_datetime(now, usegmt=True).encode()


def _within_file_limit(limits: Limits) -> Limits:
    """Raise the limit of open files as far as allowed; take no more connections than it leaves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections_max * 2 + _FILES_RESERVED
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return limits
    return replace(limits, connections_max=max(1, min(limits.connections_max, (soft - _FILES_RESERVED) // 2)))
