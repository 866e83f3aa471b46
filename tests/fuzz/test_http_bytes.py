"""Whatever arrives on a connection: complete answers and an end, or a bare refusal and an end; never a 500."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.processes import ServerProcess, read_all, start_front

_ALLOWED = {200, 400, 403, 408, 413, 414, 431}
_LINES = rb"(?:[a-z-]+: [^\r\n]*\r\n)*?"
_HEAD = re.compile(
    rb"HTTP/1\.1 ([0-9]{3}) [A-Za-z ]*\r\n" + _LINES + rb"content-length: ([0-9]+)\r\n" + _LINES + rb"\r\n"
)
_pieces = st.sampled_from(
    [
        *(b"GET ", b"POST ", b"PUT ", b"/echo", b"/closed", b"/small", b"?a=b", b"%2F", b" HTTP/1.1", b" HTTP/1.0"),
        *(b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" ", b"\t", b":", b"\x00", b"\xff", b"hello", b"5\r\nhello\r\n"),
        *(b"0\r\n\r\n", b"Host: a\r\n", b"Host: b\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n"),
        *(b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
        *(b"Expect: 100-continue\r\n", b"X-Y: z\r\n", b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"),
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]
)
_streams = st.lists(_pieces | st.binary(max_size=20), max_size=25)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    limits = {"head_seconds": 0.2, "idle_seconds": 0.2, "body_seconds": 0.2, "linger_seconds": 0.2}
    server = start_front(tmp_path_factory.mktemp("fuzz") / "data", limits=limits)
    yield server
    assert server.stop() == 0


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=_streams, in_one=st.booleans())
def test_every_stream_of_bytes_ends_in_answers(front: ServerProcess, pieces: list[bytes], in_one: bool) -> None:
    with front.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in [b"".join(pieces)] if in_one else pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        answer = read_all(connection)
    check_answers(answer)


def check_answers(answer: bytes) -> None:
    position = 0
    while position < len(answer):
        if answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n", position):
            position += 25
            continue
        head = _HEAD.match(answer, position)
        assert head is not None, answer[position:]
        assert int(head[1]) in _ALLOWED
        position = head.end() + int(head[2])
    assert position == len(answer)


def test_server_still_serves_after_all_that(front: ServerProcess) -> None:
    with front.connect() as connection:
        connection.sendall(b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 200 ")
    assert "Traceback" not in front.data_dir.with_suffix(".log").read_text()
