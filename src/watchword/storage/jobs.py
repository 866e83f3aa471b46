"""Running the jobs that are due, by any number of workers, each job by one of them at a time.

A runner takes a job by moving it to the end of a lease and counting the taking; it ends the job only if that taking is
still the last. A runner that dies leaves the job where the lease ends. A handler that fails is asked again, later and
later; nothing is given up. Decides when and by whom; never what a job does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from watchword.core.clock import Clock
from watchword.directory.jobs import JOBS, Job
from watchword.directory.ports import Store, Transaction

Handler = Callable[[Job], datetime | None]
"""Does the work of a job, any number of times with the same result. Gives the time at which to run it again, or None
when it is done."""

LEASE = timedelta(minutes=5)
"""Longer than any handler works: a job that outlasts its lease is run twice at once."""
_RETRY = timedelta(seconds=1)
_RETRY_MAX = timedelta(hours=1)

_log = logging.getLogger(__name__)


class JobRunner:
    """One worker's hand on the jobs."""

    def __init__(
        self, store: Store, handlers: Mapping[str, Handler], clock: Clock, *, name: str, lease: timedelta = LEASE
    ) -> None:
        """`name` tells this runner from all others, of other processes too. Kinds without a handler are left alone."""
        self._store = store
        self._handlers = handlers
        self._clock = clock
        self._name = name
        self._lease = lease

    def run_due(self) -> int:
        """Run what is due until nothing is. Returns how many jobs were run. Raises Unavailable."""
        ran = 0
        while (job := self._take()) is not None:
            self._run(job)
            ran += 1
        return ran

    def next_due_at(self) -> datetime | None:
        """When to look again: the time of the first job that this runner can run; None when there is none."""
        with self._store.read() as snapshot:
            job = self._first(snapshot)
        return None if job is None else job.due_at

    def _first(self, transaction: Transaction) -> Job | None:
        jobs = transaction.collection(JOBS).under()
        return next((job for job in jobs if job.kind in self._handlers), None)

    def _take(self) -> Job | None:
        now = self._clock.now()
        due_at = self.next_due_at()
        if due_at is None or due_at > now:
            return None
        return self._store.write(lambda transaction: self._take_first(transaction, now))

    def _take_first(self, transaction: Transaction, now: datetime) -> Job | None:
        job = self._first(transaction)
        if job is None or job.due_at > now:
            return None
        taken = replace(job, due_at=now + self._lease, attempts=job.attempts + 1, runner=self._name)
        _move(transaction, job, taken)
        return taken

    def _run(self, job: Job) -> None:
        try:
            again_at = self._handlers[job.kind](job)
        except Exception:  # noqa: BLE001  whatever it raises, the job is kept
            _log.exception("job `%s` failed, attempt %d", job.id, job.attempts)
            again = replace(job, due_at=self._clock.now() + _retry_after(job.attempts))
        else:
            again = None if again_at is None else replace(job, due_at=again_at, attempts=0)
        self._store.write(lambda transaction: _end(transaction, job, again))


def _end(transaction: Transaction, taken: Job, again: Job | None) -> None:
    jobs = transaction.collection(JOBS)
    present = jobs.seek("id", taken.id)
    # INVARIANT: a runner whose lease ended, and whose job another one took, changes nothing.
    if present == taken:
        jobs.remove(taken)
        if again is not None:
            jobs.add(again)


def _move(transaction: Transaction, old: Job, new: Job) -> None:
    jobs = transaction.collection(JOBS)
    jobs.remove(old)
    jobs.add(new)


def _retry_after(attempts: int) -> timedelta:
    return min(_RETRY * 2 ** min(attempts, 20), _RETRY_MAX)
