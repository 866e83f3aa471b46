"""Work that is promised in a transaction and done after it: asynchronous statuses, reports, sweeps.

A job is a record until it is done. Its key begins with the time at which somebody may next take it: for a waiting job
when it is due, for a taken one when the lease of its runner ends. So what is due stands first, in order, and a job
whose runner died comes back by itself. A job may run more than once: handlers are idempotent.
"""

from __future__ import annotations

from datetime import datetime

from watchword.core.errors import AlreadyExists
from watchword.directory.ports import Record, RecordType, Transaction


class Job(Record, frozen=True):
    id: str
    """Unique among the jobs that are not done. A name says what would be the same work: `sweep/objects`."""
    kind: str
    """Names the handler."""
    account: str
    payload: bytes
    """Whatever the handler understands."""
    due_at: datetime
    """Nobody takes the job before; UTC."""
    attempts: int = 0
    """How often it was taken. With the id it names one taking, so that a runner that lost its lease cannot end it."""
    runner: str = ""
    """Who took it last."""


def due_text(moment: datetime) -> str:
    """A UTC time as text that sorts as the time does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


JOBS = RecordType(
    kind="job",
    type=Job,
    key=lambda job: (due_text(job.due_at), job.id),
    account=lambda job: job.account,
    unique={"id": lambda job: (job.id,)},
)


def enqueue(transaction: Transaction, job: Job) -> bool:
    """Promise a job in this transaction; False when one with this id is promised already."""
    try:
        transaction.collection(JOBS).add(job)
    except AlreadyExists:
        return False
    return True
