"""A stranger can make the server work for moments only: whatever is refused costs little CPU time and memory.

The figures are an order of magnitude above what `benchmarks/refusals.py` measures, so that only a wrong order of growth
or a forgotten limit fails here, not a busy machine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")
CPU_SECONDS_MAX = 0.02
PEAK_BYTES_MAX = 4 * 1024 * 1024
CREDENTIALS_HELD = 1


@pytest.fixture(scope="module")
def refusals() -> Iterator[Any]:
    """The benchmark's own measuring, and a gateway with a key."""
    sys.path.insert(0, BENCHMARKS)
    try:
        module = import_module("refusals")
        with module.gateway_with_a_key() as (gateway, key):
            yield module, gateway, key
    finally:
        sys.path.remove(BENCHMARKS)


def test_every_refusal_is_cheap(refusals: Any) -> None:
    module, gateway, key = refusals
    for request in module.hostile_requests(key, datetime.now(UTC)):
        module.refuse(gateway, request)
        assert module.cpu_seconds(gateway, request, runs=5) < CPU_SECONDS_MAX, request.name
        assert module.peak_bytes(gateway, request) < PEAK_BYTES_MAX, request.name


def test_the_cost_of_a_refusal_grows_no_faster_than_what_is_sent(refusals: Any) -> None:
    module, gateway, key = refusals
    now = datetime.now(UTC)
    for half, whole in zip(
        module.hostile_requests(key, now, 0.25), module.hostile_requests(key, now, 1.0), strict=True
    ):
        small, large = (module.cpu_seconds(gateway, request, runs=8) for request in (half, whole))
        assert large < 8 * small + 0.001, (whole.name, small, large)


def test_strangers_leave_no_credentials_behind(refusals: Any) -> None:
    module, gateway, key = refusals
    for request in module.hostile_requests(key, datetime.now(UTC)):
        module.refuse(gateway, request)
    held = gateway.gate._credentials.entries
    assert len(held) <= CREDENTIALS_HELD
