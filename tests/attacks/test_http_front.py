"""Attacks on HTTP itself: smuggling, floods, slowness. What is not HTTP gets a bare refusal, and the server goes on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.processes import ServerProcess, exchange, read_all, read_answer, start_front

_GOOD = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
_LIMITS = {"head_seconds": 1, "idle_seconds": 1.5, "body_seconds": 1, "linger_seconds": 1, "connections_max": 40}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = start_front(tmp_path_factory.mktemp("front") / "data", limits=_LIMITS)
    yield server
    assert server.stop() == 0


@pytest.fixture(autouse=True)
def serves_afterwards(front: ServerProcess) -> Iterator[None]:
    yield
    with front.connect() as connection:
        connection.sendall(_GOOD)
        assert read_answer(connection)[0] == 200
    assert list((front.data_dir / "spool").iterdir()) == []


def statuses(answer: bytes) -> list[int]:
    parts = answer.split(b"HTTP/1.1 ")
    assert parts[0] == b""
    return [int(part[:3]) for part in parts[1:]]


@pytest.mark.parametrize(
    "request_bytes",
    {
        "content length and transfer encoding": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer encoding and content length": b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Length: 4\r\n\r\n0\r\n\r\n",
        "two content lengths": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        "content length list": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd",
        "content length with a sign": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd",
        "negative content length": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\nabcd",
        "content length beyond 64 bits": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: "
        + b"9" * 40
        + b"\r\n\r\n",
        "empty content length": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n",
        "unknown transfer encoding": b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "chunked not last": b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "compressed transfer": b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "chunked twice": b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "chunked over http 1.0": b"POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "folded header": b"GET /echo HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
        "space before colon": b"GET /echo HTTP/1.1\r\nHost : a\r\n\r\n",
        "bare line feeds": b"GET /echo HTTP/1.1\nHost: a\n\n",
        "bare carriage return": b"GET /echo HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        "nul in a value": b"GET /echo HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        "empty header name": b"GET /echo HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
        "no host": b"GET /echo HTTP/1.1\r\n\r\n",
        "no host over http 1.0": b"GET /echo HTTP/1.0\r\n\r\n",
        "two hosts": b"GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "two equal hosts": b"GET /echo HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
        "empty host": b"GET /echo HTTP/1.1\r\nHost: \r\n\r\n",
        "host with a path": b"GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "host with a user": b"GET /echo HTTP/1.1\r\nHost: a@b\r\n\r\n",
        "host list": b"GET /echo HTTP/1.1\r\nHost: a,b\r\n\r\n",
        "absolute target": b"GET http://b/echo HTTP/1.1\r\nHost: a\r\n\r\n",
        "asterisk target": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "connect": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        "fragment": b"GET /echo#x HTTP/1.1\r\nHost: a\r\n\r\n",
        "raw non-ascii path": b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        "space in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "unknown method": b"STEAL /echo HTTP/1.1\r\nHost: a\r\n\r\n",
        "http 2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "content length in hex": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\nabcd",
        "content length with an underscore": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0_4\r\n\r\nabcd",
        "chunked behind a tab": b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        "chunked and nothing": b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
        "http 0.9": b"GET /echo HTTP/0.9\r\nHost: a\r\n\r\n",
        "http 2.0": b"GET /echo HTTP/2.0\r\nHost: a\r\n\r\n",
        "http 3.7": b"GET /echo HTTP/3.7\r\nHost: a\r\n\r\n",
        "tls hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        "noise": bytes(range(256)) * 4,
        "upgrade with a body": b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: 2\r\n\r\nab",
    }.items(),
    ids=lambda case: case[0].replace(" ", "-"),
)
def test_request_that_could_be_read_in_two_ways(front: ServerProcess, request_bytes: tuple[str, bytes]) -> None:
    answer = exchange(front, request_bytes[1] + _GOOD)
    assert statuses(answer) == [400]
    assert b"connection: close\r\n" in answer


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nab\r\n0\r\n\r\n",
        b"-1\r\na\r\n0\r\n\r\n",
        b"1\na\n0\n\n",
        b"2\r\nabc\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\n",
    ],
)
def test_broken_chunks(front: ServerProcess, chunks: bytes) -> None:
    answer = exchange(front, b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + _GOOD)
    assert statuses(answer) == [400]


def test_trailers_of_http_do_not_join_the_headers(front: ServerProcess) -> None:
    request = b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = exchange(front, request + b"1\r\na\r\n0\r\nX-Late: 1\r\nHost: b\r\n\r\n")
    assert statuses(answer) == [200]
    assert b"x-late" not in answer.lower()
    assert b'"size": 1' in answer


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /echo HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 17_000 + b"\r\n\r\n", 431),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X%d: a\r\n" % i for i in range(201)) + b"\r\n", 431),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\n" + (b"X: " + b"a" * 10_000 + b"\r\n") * 7 + b"\r\n", 431),
        (b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X%d: a\r\n" % i for i in range(200_000)) + b"\r\n", 431),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 32_000_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 32_000_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\n" + b"x" * 32_000_000 + b": a\r\n\r\n", 431),
        (
            b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 32_000_000,
            431,
        ),
    ],
    ids=["line", "count", "total", "url", "200000-headers", "32-mb-value", "32-mb-url", "32-mb-name", "32-mb-trailer"],
)
def test_head_that_is_too_large(front: ServerProcess, request_bytes: bytes, status: int) -> None:
    assert statuses(exchange(front, request_bytes)) == [status]


def test_head_just_within_the_limits(front: ServerProcess) -> None:
    lines = b"".join(b"X%d: %s\r\n" % (i, b"a" * 300) for i in range(197))
    target = b"/echo?" + b"a" * 2_000
    answer = exchange(front, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + lines + b"\r\n")
    assert statuses(answer) == [200]


def test_url_of_eight_kilobytes_and_header_of_sixteen(front: ServerProcess) -> None:
    target = b"/echo?" + b"a" * 8 * 1024
    header = b"X: " + b"b" * 16 * 1024
    answer = exchange(front, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + header + b"\r\n\r\n")
    assert statuses(answer) == [200]


@pytest.mark.parametrize("drip", [b"X", b"\r\n"], ids=["header", "empty-lines"])
def test_slow_head(front: ServerProcess, drip: bytes) -> None:
    started = time.monotonic()
    with front.connect() as connection:
        if drip == b"X":
            connection.sendall(b"GET /echo HTTP/1.1\r\nHost: a\r\nX: ")
        stop = threading.Event()

        def feed() -> None:
            while not stop.wait(0.1):
                try:
                    connection.sendall(drip)
                except OSError:
                    return

        feeder = threading.Thread(target=feed)
        feeder.start()
        try:
            answer = read_all(connection)
        finally:
            stop.set()
            feeder.join()
    assert statuses(answer) == ([408] if drip == b"X" else [])
    assert time.monotonic() - started < 6


def test_connection_that_never_speaks(front: ServerProcess) -> None:
    started = time.monotonic()
    assert exchange(front, b"") == b""
    assert time.monotonic() - started < 6


def test_idle_connection_is_closed(front: ServerProcess) -> None:
    assert statuses(exchange(front, _GOOD)) == [200]


@pytest.mark.parametrize("framing", [b"Content-Length: 100000", b"Content-Length: 10", b"Transfer-Encoding: chunked"])
def test_slow_body(front: ServerProcess, framing: bytes) -> None:
    answer = exchange(front, b"POST /echo HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n1")
    assert statuses(answer) == [408]
    assert answer.endswith(b"BodyTooSlow")


def test_slow_rest_of_a_refused_body(front: ServerProcess) -> None:
    started = time.monotonic()
    answer = exchange(front, b"POST /closed HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n1")
    assert statuses(answer) == [403]
    assert time.monotonic() - started < 6


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + b"a" * 101,
        b"POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n" + b"a" * 200_000,
        b"POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"40\r\n" + b"a" * 64 + b"\r\n"
        b"40\r\n" + b"a" * 64 + b"\r\n",
    ],
    ids=["whole", "long", "chunked"],
)
def test_body_that_is_too_large(front: ServerProcess, request_bytes: bytes) -> None:
    assert statuses(exchange(front, request_bytes)) == [413]


def test_refused_upload_of_many_megabytes_still_shows_the_refusal(front: ServerProcess) -> None:
    request = b"PUT /closed HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n"
    assert statuses(exchange(front, request + bytes(3_000_000))) == [403]


def test_refusal_by_the_reader_in_the_middle_of_a_body(front: ServerProcess) -> None:
    request = b"PUT /picky HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n"
    answer = exchange(front, request + bytes(800_000) + b"bad" + bytes(99_997))
    assert statuses(answer) == [400]
    assert answer.endswith(b"ApiError")


def test_client_that_leaves_in_the_middle_of_a_spooled_body(front: ServerProcess) -> None:
    with front.connect() as connection:
        connection.sendall(b"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + bytes(600_000))
        deadline = time.monotonic() + 30
        while not list((front.data_dir / "spool").iterdir()) and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        assert list((front.data_dir / "spool").iterdir())
    deadline = time.monotonic() + 30
    while list((front.data_dir / "spool").iterdir()) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert list((front.data_dir / "spool").iterdir()) == []


def test_client_that_closes_its_side_after_the_request_gets_the_answer(front: ServerProcess) -> None:
    assert statuses(exchange(front, b"GET /wait?ms=200 HTTP/1.1\r\nHost: a\r\n\r\n", shut=True)) == [200]


def test_pipelined_requests_are_answered_in_order(front: ServerProcess) -> None:
    targets = [b"/echo/1", b"/wait?ms=50", b"/echo/3", b"/file?n=300000", b"/echo/5", b"/closed"]
    requests = b"".join(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % target for target in targets)
    with front.connect() as connection:
        connection.sendall(requests + b"GET /pid HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = read_all(connection)
    assert answer.count(b"HTTP/1.1 ") == 7
    assert (
        answer.index(b'"/echo/1"') < answer.index(b'"/wait"') < answer.index(b'"/echo/3"') < answer.index(b'"/echo/5"')
    )
    assert answer.rstrip().endswith(str(front.description["pid"]).encode())


def test_twenty_pipelined_requests_at_once(front: ServerProcess) -> None:
    last = b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    assert statuses(exchange(front, _GOOD * 19 + last)) == [200] * 20


def test_flood_of_pipelined_requests_is_cut(front: ServerProcess) -> None:
    answer = exchange(front, b"GET /wait?ms=100 HTTP/1.1\r\nHost: a\r\n\r\n" + _GOOD * 5000)
    assert statuses(answer) == [200]


def test_nothing_is_served_after_connection_close(front: ServerProcess) -> None:
    answer = exchange(front, b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + _GOOD)
    assert statuses(answer) == [200]
    answer = exchange(front, b"GET /wait?ms=50 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + _GOOD)
    assert statuses(answer) == [200]


def test_garbage_behind_a_request_that_is_being_answered(front: ServerProcess) -> None:
    answer = exchange(front, b"GET /wait?ms=100 HTTP/1.1\r\nHost: a\r\n\r\n" + b"\x00garbage\r\n\r\n")
    assert statuses(answer) == [200]


def test_offered_upgrade_is_ignored(front: ServerProcess) -> None:
    answer = exchange(front, b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    assert statuses(answer) == [200]


def test_header_value_that_would_split_the_answer(front: ServerProcess) -> None:
    answer = exchange(front, b"GET /split HTTP/1.1\r\nHost: a\r\n\r\n")
    assert statuses(answer) == [500]
    assert b"set-cookie" not in answer


def test_bug_behind_the_front_shows_nothing(front: ServerProcess) -> None:
    answer = exchange(front, b"GET /raise HTTP/1.1\r\nHost: a\r\n\r\n")
    assert statuses(answer) == [500]
    assert b"contract" not in answer


def test_more_connections_than_allowed(front: ServerProcess) -> None:
    opened: list[socket.socket] = []
    try:
        opened.extend(front.connect() for _ in range(40))
        assert statuses(exchange(front, _GOOD)) == [503]
    finally:
        for each in opened:
            each.close()


def test_headers_reach_the_gateway_as_sent(front: ServerProcess) -> None:
    request = b"GET /echo//a/./%2F/../b?x=%20&y HTTP/1.1\r\nHost: a:80\r\nX-Two:  1 \t \r\nx-two: 2\r\nX-High: \xe9\r\n"
    with front.connect() as connection:
        connection.sendall(request + b"\r\n")
        body = read_answer(connection)[2]
    assert b'"path": "/echo//a/./%2F/../b"' in body
    assert b'"query": "x=%20&y"' in body
    assert b'[["host", "a:80"], ["x-two", "1"], ["x-two", "2"], ["x-high", "\\u00e9"]]' in body


def test_forwarding_headers_of_a_stranger_are_not_believed(front: ServerProcess) -> None:
    with front.connect() as connection:
        connection.sendall(
            b"GET /echo HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n"
        )
        body = read_answer(connection)[2]
    assert b'"client": "127.0.0.1"' in body
    assert b'"scheme": "http"' in body


def test_head_request_has_the_length_but_no_body(front: ServerProcess) -> None:
    for target, length in ((b"/file?n=500000", b"500000"), (b"/pid", None)):
        answer = exchange(front, b"HEAD %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % target)
        assert answer.endswith(b"\r\n\r\n")
        assert length is None or b"content-length: %s\r\n" % length in answer


def test_file_is_sent_whole(front: ServerProcess) -> None:
    with front.connect() as connection:
        for size in (1, 65536, 65537, 3_000_000):
            connection.sendall(b"GET /file?n=%d HTTP/1.1\r\nHost: a\r\n\r\n" % size)
            assert read_answer(connection)[2] == (bytes(range(256)) * (size // 256 + 1))[:size]


def test_spooled_body_arrives_whole(front: ServerProcess, tmp_path: Path) -> None:
    import hashlib
    import json

    body = bytes(range(256)) * 5000
    with front.connect() as connection:
        connection.sendall(b"PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        echo = json.loads(read_answer(connection)[2])
    assert echo["spooled"]
    assert echo["size"] == len(body)
    assert echo["sha256"] == hashlib.sha256(body).hexdigest()


def test_request_that_arrives_byte_by_byte(front: ServerProcess) -> None:
    request = b"POST /echo?x HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello" * 2
    with front.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for position in range(len(request)):
            connection.sendall(request[position : position + 1])
        connection.sendall(b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = read_all(connection)
    assert statuses(answer) == [200, 200, 200]
    assert answer.count(b'"size": 5') == 2


def test_answer_that_the_client_does_not_read_holds_nothing_up(front: ServerProcess) -> None:
    with front.connect() as deaf:
        deaf.sendall(b"GET /file?n=8000000 HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        for _ in range(20):
            with front.connect() as connection:
                connection.sendall(_GOOD)
                assert read_answer(connection)[0] == 200
