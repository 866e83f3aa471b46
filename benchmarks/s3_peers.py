"""Objects through S3, signatures verified and policies evaluated, beside other servers in the same run.

1 KiB    GET and PUT over 16 connections: requests a second, CPU a request of the server's process.
64 MiB   GET and PUT over one connection: MiB a second and CPU, against a plain ASGI application on uvicorn (uvloop,
         httptools) that serves and takes files and checks nothing. Bar: 70 % of its throughput. PUT comes unsigned,
         with the CRC-64/NVME trailer that SDKs send today, and with its SHA-256 signed.
memory   the most that the server's process held while 64 MiB and 1 GiB went in and out. Bar: 16 MiB more.

All are measured in turns; figures are medians of the rounds, ratios medians of the rounds' ratios. Watchword syncs
every object to the disk before it answers, as the plain application does; the others do not.

Run: .venv/bin/python benchmarks/s3_peers.py [--rounds N] [--requests N] [--large MIB]
"""

from __future__ import annotations

import argparse
import base64
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from _house import served
from _load import Load, cpu_seconds, resident_mib, run
from _peers import BUCKET, Server, ministack, plain, s3_client, seaweedfs
from awscrt import checksums

MIB = 1024 * 1024
BAR = 0.7
MEMORY_BAR_MIB = 16
SLOW_SECONDS = 3.0
LONG_MIB = 64
TRAILER = "x-amz-checksum-crc64nvme"
UNSIGNED = "UNSIGNED-PAYLOAD"
Send = Callable[[], float]
"""Sends one request, reads the answer, and gives the seconds between."""


@dataclass
class Figures:
    """What the rounds gave."""

    seconds: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    is_slow: bool = False
    """Measured once only."""


def pattern(size: int) -> bytes:
    """Bytes of this size which no two of a MiB's pages share."""
    return b"".join(sha256(number.to_bytes(4)).digest() for number in range(MIB // 32)) * (size // MIB)


def framed(body: bytes) -> bytes:
    """The body as SDKs send it: frames of 1 MiB, and its checksum as a trailer."""
    frames = (body[start : start + MIB] for start in range(0, len(body), MIB))
    checksum = base64.b64encode(checksums.crc64nvme(body).to_bytes(8)).decode()
    wire = b"".join(b"%x\r\n%b\r\n" % (len(frame), frame) for frame in frames)
    return wire + b"0\r\n" + f"{TRAILER}:{checksum}\r\n\r\n".encode()


def exchange(address: tuple[str, int], pieces: Iterator[bytes], answer_bytes: int) -> float:
    """Send a request, read a whole answer; gives the seconds. Raises SystemExit unless the answer is a 200."""
    buffer = bytearray(MIB)
    with socket.create_connection(address, timeout=300) as connection:
        began = time.perf_counter()
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while b"\r\n\r\n" not in received:
            more = connection.recv(65536)
            if not more:
                raise SystemExit(f"the server closed the connection after {received!r}")
            received += more
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the server answered {received[:2000]!r}")
        left = answer_bytes - len(body)
        while left:
            left -= connection.recv_into(buffer)
        return time.perf_counter() - began


def uploads(server: Server, body: bytes) -> dict[str, Send]:
    """The ways of an upload."""
    wires = {"PUT unsigned": server.request("PUT", "long", body, payload=UNSIGNED)}
    if server.credentials is not None:
        trailer = {
            "x-amz-trailer": TRAILER,
            "x-amz-decoded-content-length": str(len(body)),
            "content-encoding": "aws-chunked",
        }
        mode = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        wires["PUT with trailer"] = server.request("PUT", "long", framed(body), trailer, payload=mode)
        wires["PUT signed"] = server.request("PUT", "long", body, payload=sha256(body).hexdigest())
    return {name: _sender(server, wire, 0) for name, wire in wires.items()}


def _sender(server: Server, wire: bytes, answer_bytes: int) -> Send:
    return lambda: exchange(server.address, iter([wire]), answer_bytes)


def long_bodies(servers: list[Server], rounds: int) -> None:
    body = pattern(LONG_MIB * MIB)
    figures: dict[tuple[str, str], Figures] = {}
    works: list[tuple[Server, str, Send]] = []
    for server in servers:
        works += [(server, name, send) for name, send in uploads(server, body).items()]
        get = server.request("GET", "long", payload=UNSIGNED)
        works.append((server, "GET", _sender(server, get, len(body))))
    for server, name, send in works:
        figures[server.name, name] = Figures(is_slow=send() > SLOW_SECONDS)
    for turn in range(rounds):
        for server, name, send in works:
            found = figures[server.name, name]
            times = 1 if found.is_slow else 3
            if found.is_slow and turn:
                continue
            cpu = cpu_seconds(server.pid)
            found.seconds.append(min(send() for _ in range(times)))
            found.cpu.append((cpu_seconds(server.pid) - cpu) / times)
    print(f"\n{'64 MiB':34s} {'MiB/s':>7s} {'CPU ms':>7s} {'speed':>7s} {'CPU':>6s}   against the plain application")
    for (name, way), found in figures.items():
        base = figures[servers[0].name, "GET" if way == "GET" else "PUT unsigned"]
        speed = statistics.median(b / f for b, f in zip(base.seconds, found.seconds, strict=False))
        cpu = statistics.median(f / b for b, f in zip(base.cpu, found.cpu, strict=False))
        verdict = "" if name != "Watchword" else "  bar met" if speed >= BAR else "  BAR MISSED"
        rate, cost = LONG_MIB / statistics.median(found.seconds), statistics.median(found.cpu) * 1000
        print(f"{name + ' ' + way:34s} {rate:7.0f} {cost:7.0f} {speed:6.0%} {cpu:5.2f}x {verdict}", flush=True)


def short_bodies(servers: list[Server], rounds: int, count: int) -> None:
    body = b"x" * 1024
    loads: dict[tuple[str, str], list[Load]] = {}
    for way in ("GET", "PUT"):
        for _ in range(rounds):
            for server in servers:
                put = server.request("PUT", "short", body, payload=None)
                exchange(server.address, iter([put]), 0)
                wire = put if way == "PUT" else server.request("GET", "short", payload=UNSIGNED)
                load = run(server.address, wire, count, server.pid)
                loads.setdefault((server.name, way), []).append(load)
    print(f"\n{'1 KiB':34s} {'per s':>7s} {'CPU µs':>7s}")
    for (name, way), found in loads.items():
        rate = statistics.median(each.per_second for each in found)
        print(f"{name + ' ' + way:34s} {rate:7.0f} {statistics.median(each.cpu_us for each in found):7.0f}", flush=True)


def most_held_mib(pid: int, work: Callable[[], object]) -> float:
    """The most resident memory of a process while something is done."""
    most = resident_mib(pid)
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.01):
            most = max(most, resident_mib(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return most


def memory(server: Server, large_mib: int) -> None:
    piece = pattern(MIB)

    def in_and_out(size_mib: int) -> None:
        size = size_mib * MIB
        head = server.request("PUT", "large", b"", payload=UNSIGNED).replace(
            b"content-length: 0", b"content-length: %d" % size
        )
        exchange(server.address, iter([head, *[piece] * size_mib]), 0)
        exchange(server.address, iter([server.request("GET", "large", payload=UNSIGNED)]), size)

    small = most_held_mib(server.pid, lambda: in_and_out(LONG_MIB))
    large = most_held_mib(server.pid, lambda: in_and_out(large_mib))
    verdict = "bar met" if large - small <= MEMORY_BAR_MIB else "BAR MISSED"
    print(
        f"\nmemory of {server.name}: {small:.0f} MiB for {LONG_MIB} MiB, {large:.0f} MiB for {large_mib} MiB: {verdict}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=3_000)
    parser.add_argument("--large", type=int, default=1024, metavar="MIB")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        yardstick = stack.enter_context(plain(folder / "plain"))
        house = stack.enter_context(served(folder))
        ours = Server("Watchword", house.address, house.pid, house.credentials)
        s3_client(ours).create_bucket(Bucket=BUCKET)
        asked = [stack.enter_context(seaweedfs(folder / "seaweedfs")), stack.enter_context(ministack(folder / "mini"))]
        peers = [each for each in asked if each is not None]
        long_bodies([yardstick, ours, *peers], options.rounds)
        short_bodies([ours, *peers], options.rounds, options.requests)
        memory(ours, options.large)


if __name__ == "__main__":
    main()
