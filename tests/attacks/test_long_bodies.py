"""Long bodies, which bypass the parser: none is longer or shorter than it said, and what follows is a request again."""

from __future__ import annotations

import json
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.support.processes import ServerProcess, read_all, read_answer, start_front

KIB = 1024
SIZES = (64 * KIB + 1, 512 * KIB - 1, 512 * KIB, 512 * KIB + 1, 1024 * KIB, 3 * 1024 * KIB + 7)
"""Around the edges of the buffers."""
LAST = b"GET /echo/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SCHEMES = ["http", "https"]


@contextmanager
def serving(data_dir: Path, scheme: str, **limits: int) -> Generator[ServerProcess]:
    server = start_front(data_dir, limits=limits, https=True)
    server.description["used"] = server.description[scheme]
    yield server
    assert server.stop() == 0
    assert "Traceback" not in server.data_dir.with_suffix(".log").read_text()


@pytest.fixture(scope="module", params=SCHEMES)
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that is patient: the machine of the tests may be busy."""
    with serving(tmp_path_factory.mktemp("front") / "data", request.param) as server:
        yield server


@pytest.fixture(autouse=True)
def leaves_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "front" in request.fixturenames:
        wait_until_spooled(request.getfixturevalue("front"), something=False)


def connect(front: ServerProcess) -> socket.socket:
    address = urlsplit(str(front.description["used"]))
    connection = socket.create_connection((address.hostname or "", address.port or 0), timeout=20)
    if address.scheme == "http":
        return connection
    return ssl.create_default_context(cafile=front.description["ca_bundle"]).wrap_socket(
        connection, server_hostname="localhost"
    )


def head(size: int, path: bytes = b"/echo") -> bytes:
    return b"PUT %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (path, size)


def is_whole(answer: tuple[int, object, bytes], body: bytes) -> bool:
    status, _, text = answer
    assert status == 200
    echo = json.loads(text)
    return (echo["size"], echo["sha256"]) == (len(body), sha256(body).hexdigest())


def spooled(front: ServerProcess) -> list[Path]:
    return list((front.data_dir / "spool").iterdir())


def wait_until_spooled(front: ServerProcess, *, something: bool) -> None:
    deadline = time.monotonic() + 30
    while bool(spooled(front)) is not something and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert bool(spooled(front)) is something


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece", [7 * KIB + 1, 1 << 30])
def test_bodies_around_the_edges_of_the_buffers(front: ServerProcess, size: int, piece: int) -> None:
    body = os.urandom(size)
    wire = head(size) + body + head(size) + body + LAST
    with connect(front) as connection:
        for start in range(0, len(wire), piece):
            connection.sendall(wire[start : start + piece])
        answers = read_all(connection).split(b"HTTP/1.1 200 OK\r\n")
    assert len(answers) == 4
    assert all(sha256(body).hexdigest().encode() in answer for answer in answers[1:3])
    assert b'"/echo/last"' in answers[3]


def test_a_request_within_a_body_is_no_request(front: ServerProcess) -> None:
    hidden = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    body = (hidden * (1024 * KIB // len(hidden)))[:-3]
    with connect(front) as connection:
        connection.sendall(head(len(body)) + body + LAST)
        answer = read_all(connection)
    assert answer.count(b"HTTP/1.1 200") == 2
    assert sha256(body).hexdigest().encode() in answer
    assert b"/hidden" not in answer


def test_one_byte_too_many_belongs_to_the_next_request(front: ServerProcess) -> None:
    body = os.urandom(700 * KIB)
    with connect(front) as connection:
        connection.sendall(head(len(body)) + body + b"\x00" + LAST)
        answer = read_all(connection)
    assert sha256(body).hexdigest().encode() in answer
    assert b"/echo/last" not in answer


def test_a_refusal_in_the_middle_ends_the_connection(front: ServerProcess) -> None:
    body = bytes(800 * KIB) + b"bad" + bytes(900 * KIB)
    with connect(front) as connection:
        connection.sendall(head(len(body), b"/picky") + body + LAST)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_body_that_stops_arriving(tmp_path: Path, scheme: str) -> None:
    """However much has come by then: a client that went without a word holds its file no longer than that."""
    framed = b"PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (2000 * KIB)
    with serving(tmp_path / "data", scheme, body_seconds=1) as server:
        for wire in (head(2000 * KIB) + bytes(100 * KIB), head(2000 * KIB) + bytes(1500 * KIB), framed + bytes(KIB)):
            with connect(server) as connection:
                connection.sendall(wire)
                assert read_answer(connection)[0] == 408
        wait_until_spooled(server, something=False)


@pytest.mark.parametrize("sent", [100 * KIB, 600 * KIB, 1500 * KIB])
def test_a_client_that_leaves_in_the_middle(front: ServerProcess, sent: int) -> None:
    with connect(front) as connection:
        connection.sendall(head(2000 * KIB) + bytes(sent))
        wait_until_spooled(front, something=True)
    wait_until_spooled(front, something=False)


@pytest.mark.parametrize("sent", [600 * KIB, 1150 * KIB, 1200 * KIB, 1500 * KIB])
def test_a_client_that_leaves_while_a_piece_is_taken(front: ServerProcess, sent: int) -> None:
    with connect(front) as connection:
        connection.sendall(head(2000 * KIB, b"/slow") + bytes(sent))
        wait_until_spooled(front, something=True)
        # Not a farewell but a reset, which is seen between two pieces.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until_spooled(front, something=False)


def test_many_at_once_do_not_mix(front: ServerProcess) -> None:
    bodies = [os.urandom(900 * KIB + number) for number in range(24)]

    def send(body: bytes) -> bool:
        with connect(front) as connection:
            connection.sendall(head(len(body)) + body)
            return is_whole(read_answer(connection), body)

    with ThreadPoolExecutor(24) as hands:
        assert all(hands.map(send, bodies))


def test_files_come_out_whole_however_slowly_they_are_read(front: ServerProcess) -> None:
    expected = (front.data_dir / "megabytes").read_bytes()
    with connect(front) as connection:
        connection.sendall(b"GET /file?n=%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % len(expected))
        received = bytearray()
        while piece := connection.recv(50_000):
            received += piece
    assert received.partition(b"\r\n\r\n")[2] == expected
