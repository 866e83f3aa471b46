"""Servers as processes: start one, know its addresses, stop it, and see that it ended well."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 40


@dataclass
class ServerProcess:
    """A server that is running, or was."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    description: dict[str, Any]

    @property
    def http(self) -> str:
        return self.description["http"]

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.http)
        return parts.hostname or "", parts.port or 0

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(self.address, timeout=timeout)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and give back the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def start(arguments: Sequence[str], data_dir: Path) -> ServerProcess:
    """Run a program that prints one line of JSON when it is ready. Its other output goes to DIR.log."""
    sources = os.environ.get("PYTHONPATH") or str(ROOT / "src")  # the compiled copy, when its tests are run
    environment = os.environ | {"PYTHONPATH": f"{sources}:{ROOT}", "PYTHONUNBUFFERED": "1"}
    with data_dir.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, cwd=ROOT, env=environment)
    line = process.stdout.readline() if process.stdout is not None else b""
    if not line:
        process.wait(STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
        raise AssertionError(f"no server: {data_dir.with_suffix('.log').read_text()}")
    return ServerProcess(process, data_dir, json.loads(line))


def start_front(data_dir: Path, **options: Any) -> ServerProcess:
    """Start the front with an echo behind it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    return start([sys.executable, "-m", "tests.support.front_server", str(data_dir), json.dumps(options)], data_dir)


def exchange(server: ServerProcess, request: bytes, *, shut: bool = False, timeout: float = 10) -> bytes:
    """Send bytes, read until the server closes or is silent for `timeout`."""
    with server.connect(timeout) as connection:
        try:
            connection.sendall(request)
            if shut:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    received = bytearray()
    try:
        while piece := connection.recv(65536):
            received += piece
    except OSError:
        pass
    return bytes(received)


def read_answer(connection: socket.socket, *, head_only: bool = False) -> tuple[int, dict[str, str], bytes]:
    """One answer with a Content-Length: its status, headers and body. `head_only` when HEAD was asked."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            raise EOFError(received)
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    while not head_only and len(body) < int(headers.get("content-length", "0")):
        piece = connection.recv(65536)
        if not piece:
            raise EOFError(body)
        body += piece
    return int(lines[0].split(" ")[1]), headers, body
