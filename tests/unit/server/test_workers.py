"""Processes: start, crash, restart, stop. Each test runs the real front as a process, with an echo behind it."""

from __future__ import annotations

import http.client
import os
import signal
import ssl
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.support.processes import ServerProcess, read_all, read_answer, start_front

_PID = b"GET /pid HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def ask(server: ServerProcess, request: bytes = _PID) -> bytes:
    with server.connect() as connection:
        connection.sendall(request)
        return read_answer(connection)[2]


def wait_until(claim: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("workers", [1, 2])
def test_request_in_flight_is_finished_after_sigterm(tmp_path: Path, workers: int) -> None:
    server = start_front(tmp_path / "data", workers=workers)
    with server.connect() as connection, server.connect() as idle:
        connection.sendall(b"GET /wait?ms=700 HTTP/1.1\r\nHost: a\r\n\r\n")
        threading.Event().wait(0.2)
        server.process.send_signal(signal.SIGTERM)
        status, headers, _ = read_answer(connection)
        assert status == 200
        assert headers.get("connection") == "close"
        assert read_all(idle) == b""
    assert server.stop() == 0
    assert not (server.data_dir / "server.json").exists()


def test_second_server_on_the_same_directory_is_refused_with_the_first_ones_process_id(tmp_path: Path) -> None:
    server = start_front(tmp_path / "data")
    try:
        with pytest.raises(AssertionError, match=rf"in use by process {server.description['pid']}"):
            start_front(tmp_path / "data")
        assert ask(server)
    finally:
        assert server.stop() == 0
    assert start_front(tmp_path / "data").stop() == 0


def test_directory_is_free_after_its_server_was_killed_and_the_spool_is_empty(tmp_path: Path) -> None:
    server = start_front(tmp_path / "data")
    (server.data_dir / "spool" / "left").write_bytes(b"x")
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    again = start_front(tmp_path / "data")
    assert list((server.data_dir / "spool").iterdir()) == []
    assert again.stop() == 0


def test_worker_that_dies_is_replaced_and_no_connection_is_refused(tmp_path: Path) -> None:
    server = start_front(tmp_path / "data", workers=2)
    try:
        pids: set[bytes] = set()
        wait_until(lambda: not pids.add(ask(server)) and len(pids) == 2)
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)
        after = {ask(server) for _ in range(20)}
        assert after
        assert not after & pids
    finally:
        assert server.stop() == 0


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    server = start_front(tmp_path / "data", workers=2)
    pids: set[bytes] = set()
    wait_until(lambda: not pids.add(ask(server)) and len(pids) == 2)
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not any(is_alive(int(pid)) for pid in pids))


def test_https_listens_beside_http_with_a_certificate_that_the_bundle_vouches_for(tmp_path: Path) -> None:
    server = start_front(tmp_path / "data", https=True, hosts=["idp.internal.test"])
    try:
        context = ssl.create_default_context(cafile=server.description["ca_bundle"])
        port = urlsplit(str(server.description["https"])).port or 0
        for name in ("localhost", "127.0.0.1"):
            client = http.client.HTTPSConnection(name, port, context=context, timeout=10)
            client.request("GET", "/echo")
            assert b'"scheme": "https"' in client.getresponse().read()
            client.close()
        assert ask(server, b"GET /_watchword/ready HTTP/1.1\r\nHost: a\r\n\r\n") == b"ready\n"
        for name in ("ca.key", "server.key"):
            assert stat.S_IMODE((server.data_dir / "tls" / name).stat().st_mode) == 0o600
    finally:
        assert server.stop() == 0
