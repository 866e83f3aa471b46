"""Processes: one that serves alone, or a parent that keeps a number of workers alive.

The parent binds the sockets, holds the directory's lock, writes server.json, and otherwise only watches. A worker that
dies is started again on the sockets it had, so that connections which wait there are served. A worker whose parent is
gone (the lifeline, a pipe, closes) finishes its requests and ends. Workers that die again and again before they serve
end everything with an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime
from types import FrameType
from typing import Any

from watchword.core.clock import Clock
from watchword.core.errors import OperatorError
from watchword.server.contract import Gateway
from watchword.server.data_directory import (
    SERVER_JSON,
    empty_spool,
    locked,
    locked_front,
    require_initialized,
    write_private,
)
from watchword.server.listeners import Listener, open_listeners, url_of
from watchword.server.master_key import note_known_keys, require_no_key
from watchword.server.metrics import forget_earlier
from watchword.server.process import BoundSocket, serve_process
from watchword.server.settings import Settings, check_store

Build = Callable[[Settings], Gateway[Any]]
_FAILED_STARTS_MAX = 5
_KILL_AFTER_SECONDS = 5.0
"""On top of the time that workers have to finish."""


def serve(settings: Settings, build: Build, clock: Clock, on_ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until SIGTERM. `on_ready` gets what server.json holds: `http`, `https`, `ca_bundle`, `pid`.

    Raises OperatorError when the server cannot start.
    """
    check_store(settings.store_url)
    require_initialized(settings.data_dir)
    with _held(settings) as held, _key_socket(held, clock) as key_socket:
        if held.keys_from is None:
            note_known_keys(held.data_dir)
        empty_spool(held.run_dir)
        forget_earlier(held.run_dir)
        listeners = open_listeners(held)
        description = describe(held, listeners)

        def ready() -> None:
            write_private(held.run_dir / SERVER_JSON, json.dumps(description) + "\n")
            on_ready(description)

        try:
            if held.workers == 1:
                sockets = _sockets_of(held, listeners, 0, clock.now())
                serve_process(held, sockets, build(held), clock, ready, key_socket=key_socket)
            else:
                _Supervisor(held, listeners, build, clock, key_socket).run(ready)
        finally:
            (held.run_dir / SERVER_JSON).unlink(missing_ok=True)


@contextlib.contextmanager
def _held(settings: Settings) -> Generator[Settings]:
    """Hold the data directory, or as a front node a folder of its own in it. Raises OperatorError."""
    if settings.keys_from is None:
        with locked(settings.data_dir):
            yield settings
        return
    from watchword.gateway.plans import Documents
    from watchword.server.key_client import HANDED_ON_MAX, check_answers
    from watchword.server.vpc_endpoints import load_vpc_endpoints

    if settings.keys_to is not None:
        raise OperatorError("a node either gives keys or asks for them: leave out --keys-to or --keys-from")
    require_no_key()
    check_answers(settings.keys_from, load_vpc_endpoints(settings, Documents()), time.monotonic)
    with locked_front(settings.data_dir) as folder:
        # Requests that are handed on wait on worker threads; as many as before stay for what waits for the disk.
        yield replace(settings, front_dir=folder, threads=settings.threads + HANDED_ON_MAX)


@contextlib.contextmanager
def _key_socket(settings: Settings, clock: Clock) -> Generator[socket.socket | None]:
    """Listen for front nodes, if this node gives keys, and have their certificate ready. Raises OperatorError."""
    if settings.keys_to is None:
        yield None
        return
    from watchword.server.key_frames import listen
    from watchword.server.memory_guard import forbid_reading
    from watchword.server.tls import ensure_certificate

    forbid_reading()
    ensure_certificate(settings.tls_dir, settings.hosts, settings.region, clock.now())
    with listen(settings.keys_to) as listener:
        try:
            yield listener
        finally:
            settings.keys_to.unlink(missing_ok=True)


def describe(settings: Settings, listeners: list[Listener]) -> dict[str, Any]:
    """What clients must know to reach this server."""
    urls: dict[str, str] = {}
    hosts = {each.id: each.address.host for each in settings.vpc_endpoints}
    endpoints: dict[str, str] = {}
    for listener in listeners:
        if listener.endpoint:
            endpoints.setdefault(listener.endpoint, url_of(listener, hosts[listener.endpoint]))
            continue
        address = settings.http if listener.scheme == "http" else settings.https
        if address is not None:
            urls.setdefault(listener.scheme, url_of(listener, address.host))
    return {
        "http": urls.get("http"),
        "https": urls.get("https"),
        "ca_bundle": str(settings.ca_bundle.absolute()) if any(each.scheme == "https" for each in listeners) else None,
        "pid": os.getpid(),
        **({"vpc_endpoints": endpoints} if endpoints else {}),
    }


def _sockets_of(settings: Settings, listeners: list[Listener], slot: int, now: datetime) -> list[BoundSocket]:
    context = None
    if any(listener.scheme == "https" for listener in listeners):
        from watchword.server.tls import ensure_certificate, require_certificate, server_context

        prepare = ensure_certificate if settings.keys_from is None else require_certificate
        prepare(settings.tls_dir, settings.hosts, settings.region, now)
        context = server_context(settings.tls_dir)
    return [(each.sockets[slot], context if each.scheme == "https" else None, each.endpoint) for each in listeners]


class _Supervisor:
    def __init__(
        self,
        settings: Settings,
        listeners: list[Listener],
        build: Build,
        clock: Clock,
        key_socket: socket.socket | None = None,
    ) -> None:
        self._key_socket = key_socket
        self._settings = settings
        self._listeners = listeners
        self._build = build
        self._clock = clock
        self._slots: dict[int, int] = {}
        """Process id to slot."""
        self._ready_read, self._ready_write = os.pipe()
        self._life_read, self._life_write = os.pipe()
        self._stopping = False
        self._kill_at = float("inf")
        self._served = 0
        self._failed_starts = 0

    def run(self, on_ready: Callable[[], None]) -> None:
        _sockets_of(self._settings, self._listeners, 0, self._clock.now())
        with _signals(self._stop):
            for slot in range(self._settings.workers):
                self._start(slot)
            while self._slots:
                self._reap()
                if time.monotonic() > self._kill_at:
                    self._tell(signal.SIGKILL)
                if self._served < self._settings.workers and self._count_ready():
                    on_ready()
                time.sleep(0.02 if self._served < self._settings.workers or self._stopping else 0.2)
        if self._failed_starts >= _FAILED_STARTS_MAX:
            raise OperatorError("workers die before they serve; see their messages above")

    def _count_ready(self) -> bool:
        """Take note of workers that have begun to serve; True when the last one has."""
        os.set_blocking(self._ready_read, False)
        with contextlib.suppress(BlockingIOError):
            self._served += len(os.read(self._ready_read, 64))
            return self._served >= self._settings.workers
        return False

    def _start(self, slot: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            self._slots[pid] = slot
            return
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            os.close(self._life_write)
            sockets = _sockets_of(self._settings, self._listeners, slot, self._clock.now())
            gateway = self._build(self._settings)
            serve_process(
                self._settings, sockets, gateway, self._clock, self._say_ready, self._life_read, self._key_socket
            )
            code = 0
        except OperatorError as error:
            sys.stderr.write(f"watchword: {error}\n")
        except BaseException:  # noqa: BLE001 - a child must never return into its parent's code
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _say_ready(self) -> None:
        os.write(self._ready_write, b"r")

    def _reap(self) -> None:
        while self._slots:
            pid, _status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            slot = self._slots.pop(pid, None)
            if slot is None or self._stopping:
                continue
            if self._served < self._settings.workers:
                self._failed_starts += 1
            if self._failed_starts >= _FAILED_STARTS_MAX:
                self._stop()
                return
            self._start(slot)

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._tell(signal.SIGTERM)
            self._kill_at = time.monotonic() + self._settings.shutdown_seconds + _KILL_AFTER_SECONDS

    def _tell(self, number: signal.Signals) -> None:
        for pid in list(self._slots):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


@contextlib.contextmanager
def _signals(stop: Callable[[], None]) -> Generator[None]:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
