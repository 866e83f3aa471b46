"""A load generator: one request, signed once, sent over and over on kept connections; bounded in count and time.

A SigV4 request is valid again inside its window, so that signing costs the generator nothing.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import uvloop

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
SECONDS_MAX = 60


@dataclass(frozen=True, slots=True)
class Load:
    """What one run cost and gave."""

    requests: int
    seconds: float
    cpu_seconds: float
    """User and system time of the server's process meanwhile."""

    @property
    def cpu_us(self) -> float:
        """CPU microseconds for each request."""
        return self.cpu_seconds / self.requests * 1e6

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one has arrived whole."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._received = bytearray()
        self._whole = -1
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if self._whole < 0:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(received[:end]).lower()
            if not head.startswith(b"http/1.1 200"):
                raise SystemExit(f"the server answered {bytes(received[:2000])!r}")
            self._whole = end + 4 + int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(received) >= self._whole:
            received.clear()
            self._whole = -1
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._shared.done.is_set():
            raise SystemExit("the server closed a connection")

    def _next(self) -> None:
        shared = self._shared
        if shared.left <= 0:
            shared.open -= 1
            if shared.open == 0:
                shared.done.set()
            return
        shared.left -= 1
        assert self._transport is not None
        self._transport.write(shared.request)


class _Shared:
    def __init__(self, request: bytes, count: int, connections: int) -> None:
        self.request = request
        self.left = count
        self.open = connections
        self.done = asyncio.Event()


def run(address: tuple[str, int], request: bytes, count: int, pid: int, connections: int = 16) -> Load:
    """Send `request` `count` times over `connections` connections to a server on loopback."""
    return uvloop.run(_run(address, request, count, pid, connections))


async def _run(address: tuple[str, int], request: bytes, count: int, pid: int, connections: int) -> Load:
    shared = _Shared(request, count, connections)
    loop = asyncio.get_running_loop()
    _keep_awake(loop, shared.done)
    cpu, started = cpu_seconds(pid), time.perf_counter()
    opened = [await loop.create_connection(lambda: _Connection(shared), *address) for _ in range(connections)]
    await asyncio.wait_for(shared.done.wait(), SECONDS_MAX)
    seconds, spent = time.perf_counter() - started, cpu_seconds(pid) - cpu
    for transport, _ in opened:
        transport.close()
    return Load(count, seconds, spent)


def _keep_awake(loop: asyncio.AbstractEventLoop, done: asyncio.Event) -> None:
    """Never let the generator sleep while it waits.

    On a virtual machine, waking an idle processor costs the one who wakes it more than a request does, and that
    would be charged to the slower server only.
    """
    if not done.is_set():
        loop.call_soon(_keep_awake, loop, done)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
