"""What it costs to refuse a stranger: CPU time and memory for the worst that the front lets in, in one process.

Run: .venv/bin/python benchmarks/refusals.py
"""

from __future__ import annotations

import os
import tempfile
import time
import tracemalloc
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from _hostile import Hostile, hostile_requests

from watchword.core.errors import WatchwordError
from watchword.core.http import HttpResponse
from watchword.gateway.serve import Gateway
from watchword.server.bodies import take_whole
from watchword.server.bootstrap import build, create_account
from watchword.server.data_directory import CREDENTIALS, create_layout
from watchword.server.master_key import create_keyring
from watchword.server.settings import Settings
from watchword.server.system_clock import SystemClock

RUNS = 30


@contextmanager
def gateway_with_a_key() -> Generator[tuple[Gateway, str]]:
    """A gateway on a new data directory, and an access key id that it knows."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        create_layout(data_dir)
        create_keyring(data_dir, os.urandom)
        (data_dir / CREDENTIALS).touch(0o600)
        made = create_account(
            data_dir,
            name="bench",
            email="root@example.com",
            account_id=None,
            region="us-east-1",
            with_root_key=False,
            clock=SystemClock(),
            random_bytes=os.urandom,
        )
        gateway = build(Settings(data_dir), SystemClock(), os.urandom)
        yield gateway, made.access_key_id
        gateway.close()


def refuse(gateway: Gateway, request: Hostile) -> HttpResponse:
    """Let a request through the gateway as the front does."""
    exchange = gateway.begin(request.head)
    if exchange.response is not None:
        return exchange.response
    try:
        body = take_whole(exchange, request.body)
    except WatchwordError as error:
        return gateway.refuse(exchange, error)
    answer = gateway.finish(exchange, body)
    return answer if isinstance(answer, HttpResponse) else answer()


def cpu_seconds(gateway: Gateway, request: Hostile, runs: int = RUNS) -> float:
    """The least CPU time that one refusal took."""
    best = float("inf")
    for _ in range(runs):
        started = time.process_time()
        answer = refuse(gateway, request)
        best = min(best, time.process_time() - started)
        assert answer.status >= 300, request.name
    return best


def peak_bytes(gateway: Gateway, request: Hostile) -> int:
    """The most memory that one refusal held at a time."""
    tracemalloc.start()
    refuse(gateway, request)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    with gateway_with_a_key() as (gateway, key):
        print(f"{'request':<36}{'sent KiB':>9}{'CPU µs':>9}{'µs/KiB':>9}{'peak KiB':>10}")
        for request in hostile_requests(key, datetime.now(UTC)):
            refuse(gateway, request)
            seconds, kibibytes = cpu_seconds(gateway, request), request.sent_bytes / 1024
            line = f"{request.name:<36}{kibibytes:9.1f}{seconds * 1e6:9.0f}{seconds * 1e6 / kibibytes:9.1f}"
            print(f"{line}{peak_bytes(gateway, request) / 1024:10.0f}")


if __name__ == "__main__":
    main()
