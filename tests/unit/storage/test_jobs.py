"""Jobs: promised with a transaction, run once at a time, never lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from watchword.directory.jobs import JOBS, Job, enqueue
from watchword.directory.ports import Transaction
from watchword.storage.jobs import Handler, JobRunner
from watchword.storage.memory import MemoryStore

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class SetClock:
    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


class World:
    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = SetClock()
        self.done: list[str] = []

    def promise(self, *names: str, kind: str = "report", due_at: datetime = NOON) -> None:
        def change(transaction: Transaction) -> None:
            for name in names:
                enqueue(transaction, Job(id=name, kind=kind, account="1", payload=b"", due_at=due_at))

        self.store.write(change)

    def runner(self, handler: Handler | None = None, name: str = "one") -> JobRunner:
        return JobRunner(self.store, {"report": handler or self.report}, self.clock, name=name, lease=5 * MINUTE)

    def report(self, job: Job) -> None:
        self.done.append(job.id)

    def waiting(self) -> list[Job]:
        with self.store.read() as snapshot:
            return list(snapshot.collection(JOBS).under())


class KilledError(BaseException):
    """Stands for the end of the process: nothing after it runs."""


@pytest.fixture
def world() -> World:
    return World()


def test_due_jobs_run_in_order_and_are_gone(world: World) -> None:
    world.promise("later", due_at=NOON - MINUTE)
    world.promise("first", due_at=NOON - 2 * MINUTE)
    assert world.runner().run_due() == 2
    assert world.done == ["first", "later"]
    assert world.waiting() == []


def test_a_job_waits_for_its_time(world: World) -> None:
    world.promise("a", due_at=NOON + MINUTE)
    runner = world.runner()
    assert runner.run_due() == 0
    assert runner.next_due_at() == NOON + MINUTE
    world.clock.moment += MINUTE
    assert runner.run_due() == 1


def test_a_job_of_a_rolled_back_transaction_was_never_promised(world: World) -> None:
    def change(transaction: Transaction) -> None:
        enqueue(transaction, Job(id="a", kind="report", account="1", payload=b"", due_at=NOON))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        world.store.write(change)
    assert world.runner().run_due() == 0


def test_the_same_work_is_promised_once(world: World) -> None:
    def promise(due_at: datetime) -> Callable[[Transaction], bool]:
        return lambda transaction: enqueue(
            transaction, Job(id="a", kind="report", account="1", payload=b"", due_at=due_at)
        )

    assert [world.store.write(promise(NOON)), world.store.write(promise(NOON + MINUTE))] == [True, False]
    assert world.runner().run_due() == 1


def test_kinds_without_a_handler_are_left_for_others(world: World) -> None:
    world.promise("strange", kind="unknown")
    world.promise("a")
    assert world.runner().run_due() == 1
    assert [job.id for job in world.waiting()] == ["strange"]


def test_a_taken_job_is_not_taken_by_another_runner(world: World) -> None:
    other = world.runner(name="two")
    ran_by_other: list[int] = []

    def handle(job: Job) -> None:
        ran_by_other.append(other.run_due())
        world.done.append(job.id)

    world.promise("a")
    assert world.runner(handle).run_due() == 1
    assert ran_by_other == [0]
    assert world.done == ["a"]


def test_a_job_whose_runner_was_killed_comes_back_when_the_lease_ends(world: World) -> None:
    def handle(job: Job) -> None:
        raise KilledError

    world.promise("a")
    with pytest.raises(KilledError):
        world.runner(handle).run_due()
    survivor = world.runner(name="two")
    world.clock.moment += 4 * MINUTE
    assert survivor.run_due() == 0
    world.clock.moment += MINUTE
    assert survivor.run_due() == 1
    assert world.done == ["a"]
    assert world.waiting() == []


def test_a_runner_that_outlived_its_lease_cannot_end_the_job_of_another(world: World) -> None:
    def slow(job: Job) -> None:
        world.clock.moment += 6 * MINUTE
        with pytest.raises(KilledError):
            world.runner(killed, name="two").run_due()

    def killed(job: Job) -> None:
        raise KilledError

    world.promise("a")
    world.runner(slow).run_due()
    assert [(job.id, job.runner, job.attempts) for job in world.waiting()] == [("a", "two", 2)]


def test_a_failing_job_is_tried_again_later_and_later(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def handle(job: Job) -> None:
        raise ZeroDivisionError

    world.promise("a")
    runner = world.runner(handle)
    waits: list[timedelta] = []
    for _ in range(16):
        assert runner.run_due() == 1
        due_at = runner.next_due_at()
        assert due_at is not None
        waits.append(due_at - world.clock.moment)
        world.clock.moment = due_at
    assert waits[:3] == [timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8)]
    assert waits[-1] == timedelta(hours=1)
    assert "job `a` failed, attempt 1" in caplog.text
    assert world.runner().run_due() == 1


def test_a_handler_may_ask_to_run_again(world: World) -> None:
    def handle(job: Job) -> datetime | None:
        world.done.append(job.id)
        return None if len(world.done) == 3 else world.clock.now() + MINUTE

    world.promise("a")
    runner = world.runner(handle)
    for _ in range(5):
        runner.run_due()
        world.clock.moment += MINUTE
    assert world.done == ["a", "a", "a"]
    assert world.waiting() == []
