"""Expectations (`Expect: 100-continue`) and names that only look like those of framing, at the real front."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from tests.attacks.test_http_front import statuses
from tests.support.processes import ServerProcess, exchange, read_answer, start_front


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = start_front(tmp_path_factory.mktemp("front") / "data", limits={"body_seconds": 1, "linger_seconds": 1})
    yield server
    assert server.stop() == 0


def test_refusal_before_the_body_is_asked_for(front: ServerProcess) -> None:
    request = b"PUT /closed HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"
    assert statuses(exchange(front, request)) == [403]


def test_body_is_asked_for_when_the_head_is_accepted(front: ServerProcess) -> None:
    with front.connect() as connection:
        connection.sendall(b"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abcd")
        status, _, body = read_answer(connection)
    assert status == 200
    assert b'"size": 4' in body


@pytest.mark.parametrize("framing", [b"", b"Content-Length: 0\r\n"], ids=["no length", "no bytes"])
@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"PUT", b"DELETE"])
def test_nothing_to_send_and_an_expectation_is_answered_and_the_connection_goes_on(
    front: ServerProcess, method: bytes, framing: bytes
) -> None:
    request = method + b" /echo HTTP/1.1\r\nHost: a\r\n" + framing + b"Expect: 100-continue\r\n\r\n"
    with front.connect() as connection:
        for _ in range(2):
            connection.sendall(request)
            first = connection.recv(25, socket.MSG_WAITALL)
            if first != b"HTTP/1.1 100 Continue\r\n\r\n":
                pytest.fail(f"{first!r}")
            assert read_answer(connection, head_only=method == b"HEAD")[0] == 200


def test_nothing_to_send_and_an_expectation_is_refused_like_any_other(front: ServerProcess) -> None:
    answer = exchange(front, b"GET /closed HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
    assert statuses(answer) == [403]


def test_an_expectation_that_is_none_is_passed_over(front: ServerProcess) -> None:
    body = b"Host: a\r\nContent-Length: 1\r\n"
    for head in (
        b"PUT /echo HTTP/1.0\r\n" + body + b"Expect: 100-continue\r\n\r\n",
        b"PUT /echo HTTP/1.1\r\nConnection: close\r\n" + body + b"Expect: 200-ok\r\n\r\n",
    ):
        assert statuses(exchange(front, head + b"a")) == [200]


def test_a_head_s_names_are_compared_as_they_are_spelled(front: ServerProcess) -> None:
    lines = b"Transfer_Encoding: chunked\r\nContent_Length: 100\r\nHost_: b\r\nConnection: close\r\n"
    answer = exchange(front, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n" + lines + b"\r\na")
    assert statuses(answer) == [200]
    assert b'"size": 1' in answer
