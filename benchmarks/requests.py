"""CPU per request over HTTP, signatures verified and policies evaluated, against a trivial application in the same run.

One worker, 16 connections, loopback. The yardstick, the server and, where `make compile` was run, the compiled server
are measured in turns, five rounds; the figure is the median of the rounds' ratios, so that a noisy machine troubles all
alike.

Run: .venv/bin/python benchmarks/requests.py [--rounds N] [--requests N]
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from _house import Served, served
from _load import resident_mib, run

BARS = {"GetCallerIdentity": 2.5, "S3 GetObject 1 KiB": 3.0, "AssumeRole": 4.0}
COMPILED = Path(__file__).resolve().parent.parent / "build" / "compiled"
MANY_USERS = 100_000
FEW_USERS = 10


@contextmanager
def yardstick() -> Generator[tuple[tuple[str, int], int]]:
    """The trivial application: its address and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("_trivial.py")), str(port)])
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield ("127.0.0.1", port), process.pid
    finally:
        process.terminate()
        process.wait(30)


def prepare(house: Served) -> dict[str, bytes]:
    """Make what the requests are about; gives each request by name."""
    iam, s3 = house.client("iam"), house.client("s3")
    trust = {"Effect": "Allow", "Principal": {"AWS": house.account_id}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    iam.create_user(UserName="user-0")
    s3.create_bucket(Bucket="bench-bucket")
    s3.put_object(Bucket="bench-bucket", Key="object", Body=b"x" * 1024)
    role = f"arn%3Aaws%3Aiam%3A%3A{house.account_id}%3Arole%2Freader"
    return {
        "GetCallerIdentity": house.query("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
        "S3 GetObject 1 KiB": house.request("GET", "/bench-bucket/object", "s3"),
        "AssumeRole": house.query("sts", f"Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=bench"),
        "GetUser": house.query("iam", "Action=GetUser&Version=2010-05-08&UserName=user-0"),
    }


def add_users(house: Served, count: int) -> None:
    """Put users straight into the directory: the quota of the API is 5,000."""
    from datetime import UTC, datetime

    from watchword.core.ids import AccountId
    from watchword.directory.directory import Directory
    from watchword.directory.ports import Transaction
    from watchword.directory.users import User
    from watchword.storage.sqlite import SqliteStore

    store = SqliteStore(house.data_dir / "watchword.db")
    now = datetime.now(UTC)

    def add(first: int) -> Any:
        def change(transaction: Transaction) -> None:
            users = Directory(transaction).users
            for number in range(first, min(first + 5_000, count + 1)):
                name, unique_id = f"user-{number}", f"AIDA{number:017d}"
                users.add(User(account=AccountId(house.account_id), name=name, path="/", id=unique_id, created_at=now))

        return change

    for first in range(1, count + 1, 5_000):
        store.write(add(first))
    store.close()


def measure(
    trivial: tuple[tuple[str, int], int], houses: Sequence[Served], requests: Sequence[bytes], rounds: int, count: int
) -> tuple[float, list[tuple[float, float]]]:
    """The median CPU microseconds of a trivial request, and for each house those of its own and the median ratio."""
    theirs: list[float] = []
    ours: list[list[float]] = [[] for _ in houses]
    for _ in range(rounds):
        theirs.append(run(trivial[0], requests[0], count, trivial[1]).cpu_us)
        for house, request, found in zip(houses, requests, ours, strict=True):
            found.append(run(house.address, request, count, house.pid).cpu_us)
    ratios = [[mine / other for mine, other in zip(found, theirs, strict=True)] for found in ours]
    return statistics.median(theirs), [
        (statistics.median(found), statistics.median(ratio)) for found, ratio in zip(ours, ratios, strict=True)
    ]


def growth(house: Served, request: bytes, rounds: int, count: int) -> float:
    """What GetUser costs with many users, times what it costs with few."""
    few = [run(house.address, request, count, house.pid).cpu_us for _ in range(rounds)]
    add_users(house, MANY_USERS)
    many = [run(house.address, request, count, house.pid).cpu_us for _ in range(rounds)]
    return statistics.median(many) / statistics.median(few)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=12_000)
    options = parser.parse_args()
    kinds: dict[str, Path | None] = {"plain": None}
    if COMPILED.is_dir():
        kinds["compiled"] = COMPILED
    else:
        print("not compiled: `make compile` makes a compiled copy, which is then measured beside the plain one")
    with ExitStack() as stack:
        trivial = stack.enter_context(yardstick())
        houses: list[Served] = []
        for kind, source in kinds.items():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            house = stack.enter_context(served(folder, source=source))
            houses.append(house)
            resident = resident_mib(house.pid)
            print(f"{kind}: ready after {house.ready_seconds:.2f} s (bar 0.6), {resident:.0f} MiB resident (bar 80)")
        print(
            f"{'CPU µs per request':20s} {'trivial':>8s}" + "".join(f" {kind:>9s}  ratio" for kind in kinds) + "   bar"
        )
        requests = [prepare(house) for house in houses]
        for name in requests[0]:
            each = [request[name] for request in requests]
            theirs, ours = measure(trivial, houses, each, options.rounds, options.requests)
            figures = "".join(f" {cpu:9.1f} {ratio:6.2f}" for cpu, ratio in ours)
            bar = f"{BARS[name]:5.1f}" if name in BARS else ""
            print(f"{name:20s} {theirs:8.1f}{figures} {bar}", flush=True)
        for kind, house, request in zip(kinds, houses, requests, strict=True):
            times = growth(house, request["GetUser"], options.rounds, options.requests)
            print(f"{kind}: GetUser at {MANY_USERS:,} users against {FEW_USERS}: {times:.2f} (bar 1.3)")
            print(f"{kind}: {resident_mib(house.pid):.0f} MiB resident after the load")


if __name__ == "__main__":
    main()
