"""Following the change feed: who is told, from which position, and when the feed no longer reaches back.

Engines say where the feed stands and read it; this file keeps the follower's position and tells the listeners.
A follower whose next line was pruned is told None, anything may have changed, and then the lines that are left.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchword.directory.ports import Change, Listener

FEED_LINES_MAX = 10_000
"""Lines that an engine keeps at least. A worker that asks once in so many changes loses nothing."""


class Follower:
    """One store object's place in the feed. Not safe for several threads at once: the engine holds a lock."""

    __slots__ = ("_listeners", "position")

    def __init__(self, position: int) -> None:
        self.position = position
        self._listeners: list[Listener] = []

    def add(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def catch_up(self, newest: int, lines: Sequence[Change]) -> None:
        """Tell the listeners of the lines that are kept above `position`, up to `newest`, and move there."""
        if newest == self.position:
            return
        # INVARIANT: lines are numbered without gaps, so a first line further on means that some were pruned.
        is_cut = not lines or lines[0].position != self.position + 1
        for listener in self._listeners:
            if is_cut:
                listener(None)
            if lines:
                listener(lines)
        self.position = newest
