"""Worker threads for what waits: commits, files, background work.

Like an executor, but a result costs the event loop one append, and all results that are there cost it one wake-up: a
third of what `run_in_executor` takes. Work is run in order of arrival. Never decides what may wait.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

Done = Callable[[Any, BaseException | None], None]
"""Takes the result, or the exception, on the event loop."""


def tell(future: asyncio.Future[T], result: T, error: BaseException | None) -> None:
    """Give a future the result or the exception, if anybody still waits for it."""
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


class Threads:
    """A fixed number of threads beside one event loop."""

    def __init__(self, count: int, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._work: queue.SimpleQueue[tuple[Callable[[], Any], Done] | None] = queue.SimpleQueue()
        self._results: deque[tuple[Done, Any, BaseException | None]] = deque()
        self._is_waking = False
        self._threads = [threading.Thread(target=self._run, name=f"waits-{number}") for number in range(count)]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """How much waits for a thread."""
        return self._work.qsize()

    def submit(self, work: Callable[[], Any], done: Done) -> None:
        """Run `work` in a thread, then `done` on the event loop."""
        self._work.put((work, done))

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread and give back what it returns or raises. Cancelling does not stop it."""
        return await self.start(work)

    def start(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Run `work` in a thread; the future has what it returns or raises. Cancelling does not stop it."""
        future: asyncio.Future[T] = self.loop.create_future()
        self.submit(work, partial(tell, future))
        return future

    def stop(self) -> None:
        """Finish what was submitted, then end the threads. Results that nobody can take any more are dropped."""
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            work, done = item
            try:
                result, error = work(), None
            except BaseException as raised:  # noqa: BLE001 - handed to whoever asked
                result, error = None, raised
            self._results.append((done, result, error))
            # INVARIANT: the mark falls before results are taken, so a result that finds it up will be taken.
            if not self._is_waking:
                self._is_waking = True
                self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._is_waking = False
        while self._results:
            done, result, error = self._results.popleft()
            done(result, error)
