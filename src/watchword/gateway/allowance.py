"""How often something may be asked for: so many at once, and so many a second after that."""

from __future__ import annotations


class Allowance:
    """A bucket that fills by itself. Times are seconds of any clock; one that jumps back fills nothing."""

    __slots__ = ("_at", "_left", "_most", "_per_second")

    def __init__(self, most: float, per_second: float, now: float) -> None:
        self._most = most
        self._per_second = per_second
        self._left = most
        self._at = now

    def take(self, now: float) -> bool:
        """Take one; False when there is none left."""
        self._left = min(self._most, self._left + max(0.0, now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
