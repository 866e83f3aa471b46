"""The line before the database: groups, hand-over of the lead, interrupted callers."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from watchword.core.errors import Unavailable
from watchword.storage.commits import GROUP_MAX, Job, Line


class Disk:
    """Commits groups when it is told to, and remembers them."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)
        self.line = Line(self.commit, lambda: None)

    def commit(self, group: Sequence[Job]) -> None:
        self.entered.release()
        assert self.gate.wait(10)
        self.groups.append(len(group))
        for job in group:
            job.succeed(job.change, ())

    def write(self) -> None:
        self.line.run(Job(lambda transaction: transaction))


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_for_queue(line: Line, length: int) -> None:
    """Let other threads run until so many changes stand in the line."""
    deadline = threading.Event()
    for _ in range(2000):
        if len(line._queue) == length:  # pyright: ignore[reportPrivateUsage]
            return
        deadline.wait(0.005)
    raise AssertionError


def test_those_who_come_while_the_disk_is_busy_share_the_next_commit() -> None:
    disk = Disk()
    threads = [in_thread(disk.write)]
    assert disk.entered.acquire(timeout=10)
    threads += [in_thread(disk.write) for _ in range(9)]
    wait_for_queue(disk.line, 9)
    disk.gate.set()
    for thread in threads:
        thread.join(10)
    assert disk.groups == [1, 9]


def test_a_group_is_bounded_and_the_lead_is_handed_on() -> None:
    disk = Disk()
    threads = [in_thread(disk.write)]
    assert disk.entered.acquire(timeout=10)
    threads += [in_thread(disk.write) for _ in range(GROUP_MAX + 5)]
    wait_for_queue(disk.line, GROUP_MAX + 5)
    disk.gate.set()
    for thread in threads:
        thread.join(10)
    assert disk.groups == [1, GROUP_MAX, 5]


def test_a_commit_that_gives_no_outcome_is_unavailable_and_the_line_goes_on() -> None:
    outcomes: list[str] = []

    def commit(group: Sequence[Job]) -> None:
        outcomes.append("committed")
        if len(outcomes) == 1:
            raise ZeroDivisionError
        for job in group:
            job.succeed("kept", ())

    line = Line(commit, lambda: None)
    with pytest.raises(ZeroDivisionError):
        line.run(Job(lambda transaction: transaction))
    assert line.run(Job(lambda transaction: transaction)) == "kept"


def test_a_failing_settlement_does_not_stop_the_line() -> None:
    def commit(group: Sequence[Job]) -> None:
        for job in group:
            job.succeed("kept", ())

    def settle() -> None:
        raise ZeroDivisionError

    line = Line(commit, settle)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            line.run(Job(lambda transaction: transaction))
    line.close()


def test_several_changes_of_one_caller_stand_behind_each_other() -> None:
    disk = Disk()
    leading = in_thread(disk.write)
    assert disk.entered.acquire(timeout=10)
    jobs = [Job(lambda transaction: transaction) for _ in range(GROUP_MAX + 3)]
    standing = in_thread(lambda: disk.line.run_all(jobs))
    wait_for_queue(disk.line, len(jobs))
    following = in_thread(disk.write)
    wait_for_queue(disk.line, len(jobs) + 1)
    disk.gate.set()
    for thread in (leading, standing, following):
        thread.join(10)
        assert not thread.is_alive()
    assert disk.groups == [1, GROUP_MAX, 4]
    assert all(job.error is None for job in jobs)


def test_several_changes_of_which_a_commit_fails_leave_nobody_in_line() -> None:
    groups: list[int] = []

    def commit(group: Sequence[Job]) -> None:
        groups.append(len(group))
        if len(groups) == 1:
            raise ZeroDivisionError
        for job in group:
            job.succeed("kept", ())

    line = Line(commit, lambda: None)
    jobs = [Job(lambda transaction: transaction) for _ in range(GROUP_MAX + 3)]
    with pytest.raises(ZeroDivisionError):
        line.run_all(jobs)
    assert groups == [GROUP_MAX, 3]
    assert [job.error is None for job in jobs] == [False] * GROUP_MAX + [True] * 3
    assert line.run(Job(lambda transaction: transaction)) == "kept"
    line.close()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT interrupts, even where whoever began the tests ignores it, as a shell does for what it runs behind."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_caller_leaves_the_line_and_the_others_go_on() -> None:
    disk = Disk()
    leading = in_thread(disk.write)
    assert disk.entered.acquire(timeout=10)
    main = threading.main_thread().ident
    assert main is not None

    def interrupt_and_go_on() -> None:
        wait_for_queue(disk.line, 1)
        signal.pthread_kill(main, signal.SIGINT)

    interrupting = in_thread(interrupt_and_go_on)
    with pytest.raises(KeyboardInterrupt):
        disk.write()
    interrupting.join(10)
    following = in_thread(disk.write)
    wait_for_queue(disk.line, 1)
    disk.gate.set()
    for thread in (leading, following):
        thread.join(10)
        assert not thread.is_alive()
    assert disk.groups == [1, 1]


def test_a_closed_line_takes_nothing() -> None:
    disk = Disk()
    disk.gate.set()
    disk.write()
    disk.line.close()
    with pytest.raises(Unavailable):
        disk.write()
