"""Worker threads: results and exceptions come back, order of arrival holds, stopping finishes the work."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from watchword.server.threads import Threads


def test_results_and_exceptions_come_back() -> None:
    async def run() -> None:
        threads = Threads(2, asyncio.get_running_loop())
        try:
            assert await threads.run(lambda: 7) == 7
            with pytest.raises(ZeroDivisionError):
                await threads.run(lambda: 1 // 0)
            results = await asyncio.gather(*(threads.run(partial(int, number)) for number in range(2000)))
            assert results == list(range(2000))
        finally:
            threads.stop()

    asyncio.run(run())


def test_work_runs_in_order_of_arrival_beside_the_loop() -> None:
    seen: list[int] = []

    async def run() -> None:
        threads = Threads(1, asyncio.get_running_loop())
        await asyncio.gather(*(threads.run(partial(seen.append, number)) for number in range(50)))
        assert await threads.run(threading.get_ident) != threading.get_ident()
        threads.stop()

    asyncio.run(run())
    assert seen == list(range(50))


def test_stopping_finishes_what_was_submitted() -> None:
    done: list[int] = []

    async def run() -> None:
        threads = Threads(2, asyncio.get_running_loop())
        released = threading.Event()

        def held(number: int) -> None:
            assert released.wait(10)
            done.append(number)

        for number in range(6):
            threads.submit(partial(held, number), lambda _result, _error: None)
        assert done == []
        released.set()
        threads.stop()

    asyncio.run(run())
    assert sorted(done) == list(range(6))


def test_waiting_for_work_that_was_given_up_does_no_harm() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        threads = Threads(1, loop)
        begun, released = asyncio.Event(), threading.Event()

        def held() -> bool:
            loop.call_soon_threadsafe(begun.set)
            return released.wait(10)

        waiting = asyncio.create_task(threads.run(held))
        await begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        released.set()
        assert await threads.run(lambda: 1) == 1
        threads.stop()

    asyncio.run(run())
