"""CPU per request over HTTP, signatures verified and policies evaluated, against a trivial application in the same run.

One worker, 16 connections, loopback. The yardstick and the server are measured in turns, five rounds; the figure is the
median of the rounds' ratios, so that a noisy machine troubles both alike.

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
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _house import Served, served
from _load import resident_mib, run

BARS = {"GetCallerIdentity": 2.5, "S3 GetObject 1 KiB": 3.0, "AssumeRole": 4.0}
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
    house: Served, request: bytes, trivial: tuple[tuple[str, int], int], rounds: int, count: int
) -> list[float]:
    """The median CPU per request of both, in microseconds, and the median ratio."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        theirs.append(run(trivial[0], request, count, trivial[1]).cpu_us)
        ours.append(run(house.address, request, count, house.pid).cpu_us)
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return [statistics.median(theirs), statistics.median(ours), statistics.median(ratios)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=12_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, yardstick() as trivial, served(Path(folder)) as house:
        print(f"ready after {house.ready_seconds:.2f} s (bar 0.6), {resident_mib(house.pid):.0f} MiB resident (bar 80)")
        print(f"{'CPU µs per request':24s} {'trivial':>8s} {'ours':>8s} {'ratio':>6s}  bar")
        requests = prepare(house)
        for name, request in requests.items():
            theirs, ours, ratio = measure(house, request, trivial, options.rounds, options.requests)
            bar = f"{BARS[name]:.1f}" if name in BARS else ""
            print(f"{name:24s} {theirs:8.1f} {ours:8.1f} {ratio:6.2f}  {bar}", flush=True)
        few = [
            run(house.address, requests["GetUser"], options.requests, house.pid).cpu_us for _ in range(options.rounds)
        ]
        add_users(house, MANY_USERS)
        many = [
            run(house.address, requests["GetUser"], options.requests, house.pid).cpu_us for _ in range(options.rounds)
        ]
        growth = statistics.median(many) / statistics.median(few)
        print(f"GetUser at {MANY_USERS:,} users against {FEW_USERS}: {growth:.2f} (bar 1.3)")
        print(f"{resident_mib(house.pid):.0f} MiB resident after the load")


if __name__ == "__main__":
    main()
