"""Commits in groups: callers stand in line, the first commits for all who stand behind it, and all answers follow.

While one group waits for the disk the next one gathers, so that one fsync serves as many changes as there are callers.
The line has no thread of its own that could die: the caller whose turn it is leads, then hands the lead on.
It decides who runs when; what a commit is, the engine says.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from watchword.core.errors import Unavailable
from watchword.directory.ports import Transaction

GROUP_MAX = 256
"""Changes in one group: bounds how long the first of them waits for the others to run."""
ATTEMPTS_MAX = 5
"""Runs of a change that raises Conflict."""

_log = logging.getLogger(__name__)


class Job:
    """One change in the line, and later its outcome."""

    __slots__ = ("actions", "change", "error", "leads", "result", "turn")

    def __init__(self, change: Callable[[Transaction], Any]) -> None:
        self.change = change
        self.result: Any = None
        self.error: BaseException | None = Unavailable("the change was not run")
        self.actions: Sequence[Callable[[], None]] = ()
        self.leads = False
        self.turn = threading.Lock()

    def succeed(self, result: Any, actions: Sequence[Callable[[], None]]) -> None:
        self.result, self.actions, self.error = result, actions, None

    def fail(self, error: BaseException) -> None:
        self.result, self.actions, self.error = None, (), error

    def outcome(self) -> Any:
        """The result, after the actions that waited for it. Raises what the change raised."""
        if self.error is not None:
            raise self.error
        run_actions(self.actions)
        return self.result


class Line:
    """The line of changes before one database."""

    def __init__(self, commit: Callable[[Sequence[Job]], None], settle: Callable[[], None]) -> None:
        """`commit` runs a group and gives every job its outcome; `settle` tidies up after the answers are out."""
        self._commit = commit
        self._settle = settle
        self._mutex = threading.Lock()
        self._queue: deque[Job] = deque()
        self._leader: int | None = None
        self._led = False
        self._closed = False
        self._idle = threading.Condition(self._mutex)

    def run(self, job: Job) -> Any:
        """Wait for a turn and return the job's result. Raises Unavailable when the line is closed."""
        self._refuse_leader()
        with self._mutex:
            if self._closed:
                raise Unavailable("the store is closed")
            self._stand(job)
        if not job.leads:
            self._await_turn(job)
        if job.leads:
            self._lead()
        return job.outcome()

    def run_all(self, jobs: Sequence[Job]) -> None:
        """Stand in line for several jobs, behind each other, until each has its outcome."""
        self._refuse_leader()
        with self._mutex:
            is_closed = self._closed
            for job in jobs:
                if is_closed:
                    job.fail(Unavailable("the store is closed"))
                else:
                    self._stand(job)
        if is_closed:
            return
        failure: BaseException | None = None
        for job in jobs:
            # INVARIANT: whatever fails, none of these jobs is left in line, where it might be given the lead.
            try:
                if not job.leads:
                    self._await_turn(job)
                if job.leads:
                    self._lead()
            except BaseException as error:  # noqa: BLE001  raised below
                failure = failure or error
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Let the line run empty and take no more."""
        with self._mutex:
            self._closed = True
            self._idle.wait_for(lambda: not self._led)

    def _refuse_leader(self) -> None:
        if self._leader == threading.get_ident():
            raise RuntimeError("a change called `write`")

    def _stand(self, job: Job) -> None:
        self._queue.append(job)
        job.leads = not self._led
        self._led = True
        job.turn.acquire()

    def _await_turn(self, job: Job) -> None:
        try:
            job.turn.acquire()
        except BaseException:
            # An interrupted caller leaves the line; nobody else may wait for a lead that it was given.
            with self._mutex:
                if job in self._queue:
                    self._queue.remove(job)
                    if job.leads:
                        self._hand_on()
            raise

    def _lead(self) -> None:
        with self._mutex:
            group = [self._queue.popleft() for _ in range(min(GROUP_MAX, len(self._queue)))]
        self._leader = threading.get_ident()
        try:
            self._commit(group)
        finally:
            self._leader = None
            for job in group[1:]:
                job.turn.release()
            try:
                self._settle()
            finally:
                with self._mutex:
                    self._hand_on()

    def _hand_on(self) -> None:
        if self._queue:
            self._queue[0].leads = True
            self._queue[0].turn.release()
        else:
            self._led = False
            self._idle.notify_all()


def run_actions(actions: Sequence[Callable[[], None]]) -> None:
    """Run what waited for a commit. The change stands whatever an action does, so its error is only logged."""
    for action in actions:
        try:
            action()
        except Exception:  # noqa: BLE001  whatever it raises, the commit stands
            _log.exception("an action after a commit failed")
