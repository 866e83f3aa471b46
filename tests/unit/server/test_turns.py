"""Commits that take turns: what gathers while a group is written is the next group, and every one has its answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import partial

import pytest

from watchword.core.http import HttpResponse
from watchword.server.threads import Threads, tell
from watchword.server.turns import Turns


class Disk:
    """Answers each of a group with its name, when it is let."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.released = threading.Event()
        self.began = threading.Semaphore(0)

    def commit_all(self, names: Sequence[str]) -> list[HttpResponse]:
        self.groups.append(list(names))
        self.began.release()
        assert self.released.wait(10)
        if "broken" in names:
            raise ZeroDivisionError
        return [HttpResponse(200, [], name.encode()) for name in names]


def commit(turns: Turns[str], name: str) -> asyncio.Future[HttpResponse]:
    committed: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
    turns.submit(name, partial(tell, committed))
    return committed


def test_what_gathers_while_a_group_is_written_is_the_next() -> None:
    async def run() -> None:
        disk = Disk()
        threads = Threads(4, asyncio.get_running_loop())
        turns = Turns(disk.commit_all, threads)
        waiting = [commit(turns, "first")]
        assert await threads.run(partial(disk.began.acquire, timeout=10))
        waiting += [commit(turns, f"{number}") for number in range(5)]
        disk.released.set()
        answers = await asyncio.gather(*waiting)
        assert [answer.body for answer in answers] == [b"first", b"0", b"1", b"2", b"3", b"4"]
        assert disk.groups == [["first"], ["0", "1", "2", "3", "4"]]
        together = [commit(turns, name) for name in ("x", "y", "z")]
        assert [answer.body for answer in await asyncio.gather(*together)] == [b"x", b"y", b"z"]
        assert disk.groups[2:] == [["x", "y", "z"]]
        threads.stop()

    asyncio.run(run())


def test_a_group_that_breaks_the_contract_is_told_so_and_the_next_goes_on() -> None:
    async def run() -> None:
        disk = Disk()
        threads = Threads(2, asyncio.get_running_loop())
        turns = Turns(disk.commit_all, threads)
        broken = commit(turns, "broken")
        assert await threads.run(partial(disk.began.acquire, timeout=10))
        whole = commit(turns, "whole")
        disk.released.set()
        with pytest.raises(ZeroDivisionError):
            await broken
        assert (await whole).body == b"whole"
        threads.stop()

    asyncio.run(run())


def test_an_answer_that_nobody_waits_for_keeps_no_one_from_theirs() -> None:
    async def run() -> None:
        disk = Disk()
        threads = Threads(1, asyncio.get_running_loop())
        turns = Turns(disk.commit_all, threads)
        disk.released.set()
        first, gone, last = commit(turns, "first"), commit(turns, "gone"), commit(turns, "last")
        gone.cancel()
        assert [(await each).body for each in (first, last)] == [b"first", b"last"]
        threads.stop()

    asyncio.run(run())


def test_one_who_cannot_be_answered_keeps_nobody_from_their_answer() -> None:
    """All are committed: whoever stands behind one whose connection breaks would wait for ever."""

    def breaks(_: HttpResponse | None, __: BaseException | None) -> None:
        raise ZeroDivisionError

    async def run() -> None:
        disk = Disk()
        loop = asyncio.get_running_loop()
        told: list[BaseException] = []
        loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
        threads = Threads(1, loop)
        turns = Turns(disk.commit_all, threads)
        disk.released.set()
        first = commit(turns, "first")
        turns.submit("breaks", breaks)
        last = commit(turns, "last")
        try:
            async with asyncio.timeout(10):
                assert [(await each).body for each in (first, last)] == [b"first", b"last"]
        finally:
            threads.stop()
        assert [type(each) for each in told] == [ZeroDivisionError]

    asyncio.run(run())
