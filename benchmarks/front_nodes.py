"""A front node against a node that holds the keys: a warm request, the first of a key, of a session, and AssumeRole.

Warm requests are CPU a request, 16 connections, both nodes in turns; the figure is the median of the rounds' ratios.
First requests are µs on the wire over one connection, each with a key or a session that the node has never seen; the
median of them. Requests that are handed on are CPU of both nodes together.

Run: .venv/bin/python benchmarks/front_nodes.py [--rounds N] [--requests N] [--keys N]
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from _house import Served, front_of, served
from _load import run

from watchword.signing.signer import Credentials

WARM_BAR = 1.05
WHO = "Action=GetCallerIdentity&Version=2011-06-15"


def first_us(node: Served, credentials: Iterable[Credentials]) -> float:
    """The median time of one request each, in µs."""
    times: list[float] = []
    with socket.create_connection(node.address) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in credentials:
            request = replace(node, credentials=each).query("sts", WHO)
            began = time.perf_counter()
            connection.sendall(request)
            answer = connection.recv(65536)
            times.append((time.perf_counter() - began) * 1e6)
            assert answer.startswith(b"HTTP/1.1 200"), answer
    return statistics.median(times)


def make_keys(house: Served, count: int) -> list[Credentials]:
    """Access keys of as many users."""
    iam = house.client("iam")
    made: list[Credentials] = []
    for number in range(count):
        iam.create_user(UserName=f"user-{number}")
        key = iam.create_access_key(UserName=f"user-{number}")["AccessKey"]
        made.append(Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
    return made


def make_sessions(house: Served, count: int) -> list[Credentials]:
    """Sessions of the role `reader`, which is made."""
    trust = {"Effect": "Allow", "Principal": {"AWS": house.account_id}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = house.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    sts = house.client("sts")
    answers = [sts.assume_role(RoleArn=arn, RoleSessionName="bench")["Credentials"] for _ in range(count)]
    return [Credentials(each["AccessKeyId"], each["SecretAccessKey"], each["SessionToken"]) for each in answers]


def warm(house: Served, front: Served, credentials: Credentials, rounds: int, count: int) -> tuple[float, float, float]:
    """CPU µs a request at both nodes, and the ratio."""
    pairs: list[tuple[float, float]] = []
    for _ in range(rounds):
        figures = [
            run(node.address, replace(node, credentials=credentials).query("sts", WHO), count, node.pid).cpu_us
            for node in (house, front)
        ]
        pairs.append((figures[0], figures[1]))
    full, ours = (statistics.median(figures) for figures in zip(*pairs, strict=True))
    return full, ours, statistics.median(after / before for before, after in pairs)


def handed_on(house: Served, front: Served, rounds: int, count: int) -> tuple[float, float]:
    """CPU µs of an AssumeRole at the node that has the keys, and of both nodes when it comes through the front node."""
    role = f"arn%3Aaws%3Aiam%3A%3A{house.account_id}%3Arole%2Freader"
    form = f"Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=bench"
    direct: list[float] = []
    through: list[float] = []
    for _ in range(rounds):
        direct.append(run(house.address, house.query("sts", form), count, house.pid).cpu_us)
        before = _cpu_seconds(house.pid)
        at_front = run(front.address, front.query("sts", form), count, front.pid).cpu_us
        through.append(at_front + (_cpu_seconds(house.pid) - before) / count * 1e6)
    return statistics.median(direct), statistics.median(through)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=12_000)
    parser.add_argument("--keys", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        key_socket = Path(folder) / "keys"
        with served(Path(folder), "--keys-to", str(key_socket)) as house, front_of(house, key_socket) as front:
            print(f"{'':34s} {'holds keys':>10s} {'front':>8s} {'ratio':>6s}  bar")
            keys, sessions = make_keys(house, options.keys), make_sessions(house, options.keys)
            for name, credentials in (("first request of a key, µs", keys), ("of a session, µs", sessions)):
                full, ours = first_us(house, credentials), first_us(front, credentials)
                print(f"{name:34s} {full:10.0f} {ours:8.0f} {ours / full:6.2f}", flush=True)
                full, ours = first_us(house, credentials), first_us(front, credentials)
                print(f"{'  the second, µs':34s} {full:10.0f} {ours:8.0f} {ours / full:6.2f}", flush=True)
            for name, each in (("warm, key, CPU µs", house.credentials), ("warm, session, CPU µs", sessions[0])):
                full, ours, ratio = warm(house, front, each, options.rounds, options.requests)
                print(f"{name:34s} {full:10.1f} {ours:8.1f} {ratio:6.2f}  {WARM_BAR:.2f}", flush=True)
            full, ours = handed_on(house, front, options.rounds, options.requests // 4)
            print(f"{'AssumeRole, CPU µs of both nodes':34s} {full:10.1f} {ours:8.1f} {ours / full:6.2f}")


if __name__ == "__main__":
    main()
