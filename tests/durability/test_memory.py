"""What the server holds while a body passes does not grow with the body, nor with how long it takes."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.support.house import House, Keys
from tests.support.processes import read_answer
from tests.support.raw_requests import get, put

MIB = 1024 * 1024
SMALL, LARGE = 4 * MIB, 160 * MIB
GROWTH_MIB_MAX = 6
"""Less than a twentieth of what lies between the two."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House.start(tmp_path_factory.mktemp("memory") / "data")
    yield house
    house.stop()


@pytest.fixture(scope="module")
def keys(house: House) -> Keys:
    keys = house.account().administrator
    keys.client("s3").create_bucket(Bucket="memory")
    return keys


def pid_of(house: House) -> int:
    return house.server.process.pid


def peak_mib(pid: int) -> float:
    """The most resident memory since `forget_peak`."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def threads_of(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def connect(keys: Keys) -> socket.socket:
    address = urlsplit(keys.endpoint)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=60)


def send_up(connection: socket.socket, keys: Keys, size: int) -> None:
    """All of a PUT but its last byte."""
    request = put(keys, "/memory/k", b"", **{"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    connection.sendall(request.wire.replace(b"content-length: 0", b"content-length: %d" % size))
    piece = os.urandom(MIB)
    for _ in range(size // MIB - 1):
        connection.sendall(piece)
    connection.sendall(piece[:-1])


def there_and_back(keys: Keys, size: int) -> None:
    with connect(keys) as connection:
        send_up(connection, keys, size)
        connection.sendall(b"!")
        assert read_answer(connection)[0] == 200
        connection.sendall(get(keys, "/memory/k").wire)
        received = bytearray()
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
        assert received.startswith(b"HTTP/1.1 200 ")
        left = size - len(received.partition(b"\r\n\r\n")[2])
        buffer = bytearray(MIB)
        while left:
            got = connection.recv_into(buffer)
            assert got
            left -= got


def test_a_large_object_takes_no_more_memory_than_a_small_one(house: House, keys: Keys) -> None:
    pid = pid_of(house)
    there_and_back(keys, SMALL)
    forget_peak(pid)
    there_and_back(keys, SMALL)
    small = peak_mib(pid)
    forget_peak(pid)
    there_and_back(keys, LARGE)
    assert peak_mib(pid) - small < GROWTH_MIB_MAX


def test_uploads_that_never_end_hold_two_buffers_and_no_thread(house: House, keys: Keys) -> None:
    pid = pid_of(house)
    there_and_back(keys, SMALL)
    forget_peak(pid)
    before, threads = peak_mib(pid), threads_of(pid)
    connections = [connect(keys) for _ in range(20)]
    try:
        for connection in connections:
            send_up(connection, keys, SMALL)
        there_and_back(keys, SMALL)
        assert threads_of(pid) == threads
        assert peak_mib(pid) - before < 20 * 1.5 + GROWTH_MIB_MAX
    finally:
        for connection in connections:
            connection.close()
