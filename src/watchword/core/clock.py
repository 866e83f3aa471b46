"""Time as an argument: the product reads it in one place and passes it down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time. The product uses the system clock; tests start the server with one that they set."""

    def now(self) -> datetime:
        """The present instant: an aware UTC datetime."""
        ...


def iso8601(moment: datetime) -> str:
    """`2015-08-30T12:36:00Z`: AWS's form in XML answers, whole seconds."""
    return moment.isoformat()[:19] + "Z"


def from_epoch(seconds: float) -> datetime:
    """An aware UTC datetime from seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
