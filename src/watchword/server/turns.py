"""Commits that wait for nothing but the disk, many at a time on one thread.

While one group is written the next one gathers, however many clients there are: a thread for each would contend for the
interpreter's lock and gain nothing, since one fsync serves the whole group. Never decides which commits those are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from watchword.core.http import HttpResponse
from watchword.server.threads import Done, Threads

E = TypeVar("E")


class Turns(Generic[E]):
    """The commits that wait for their turn, on one event loop. `commit_all` answers exchanges in their order."""

    def __init__(self, commit_all: Callable[[Sequence[E]], Sequence[HttpResponse]], threads: Threads) -> None:
        self._commit_all = commit_all
        self._threads = threads
        self._waiting: list[tuple[E, Done]] = []
        self._is_busy = False

    @property
    def waiting(self) -> int:
        """How many wait for the next group."""
        return len(self._waiting)

    def submit(self, exchange: E, done: Done) -> None:
        """Commit with the next group, then run `done` on the event loop."""
        self._waiting.append((exchange, done))
        if not self._is_busy:
            self._begin_soon()

    def _begin_soon(self) -> None:
        self._is_busy = True
        # The loop looks at its sockets once more: clients that were answered together ask again together.
        self._threads.loop.call_soon(self._threads.loop.call_soon, self._begin)

    def _begin(self) -> None:
        group, self._waiting = self._waiting, []
        work = partial(self._commit_all, [exchange for exchange, _ in group])
        self._threads.submit(work, partial(self._committed, group))

    def _committed(
        self, group: list[tuple[E, Done]], answers: Sequence[HttpResponse] | None, error: BaseException | None
    ) -> None:
        self._is_busy = False
        if self._waiting:
            self._begin_soon()
        for place, (_, done) in enumerate(group):
            try:
                done(None if answers is None else answers[place], error)
            except Exception as raised:  # noqa: BLE001  one who cannot be answered keeps nobody from their answer
                self._threads.loop.call_exception_handler({"message": "an answer was lost", "exception": raised})
