"""The one place where the product reads the time."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The system's clock. There is no switch to set it: tests bring their own."""

    def now(self) -> datetime:
        return datetime.now(UTC)
