"""A gateway without a front, for tests of what happens between two requests; the fixtures are in unit/gateway."""

from __future__ import annotations

from tests.support.clocks import SystemClock

CLOCK = SystemClock()
REGION = "us-east-1"
NAME = "ledger-2026"
"""Of the bucket that is there."""
