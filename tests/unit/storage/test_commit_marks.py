"""Commit marks: at rest only when nothing can be new."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchword.storage.commit_marks import CommitMarks, are_at_rest


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def test_a_commit_moves_the_marks_of_every_process(database: Path) -> None:
    mine, others = CommitMarks(database), CommitMarks(database)
    before = mine.memory[:]
    others.end(others.begin())
    assert mine.memory[:] != before
    assert are_at_rest(mine.memory[:])


def test_while_a_commit_runs_the_marks_say_nothing(database: Path) -> None:
    marks = CommitMarks(database)
    number = marks.begin()
    assert not are_at_rest(marks.memory[:])
    marks.end(number)
    assert are_at_rest(marks.memory[:])


def test_a_writer_that_died_leaves_marks_that_say_nothing_until_the_next_commit(database: Path) -> None:
    dead, alive = CommitMarks(database), CommitMarks(database)
    dead.begin()
    assert not are_at_rest(alive.memory[:])
    alive.end(alive.begin())
    assert are_at_rest(alive.memory[:])


def test_a_late_end_never_makes_the_marks_look_as_before(database: Path) -> None:
    slow, fast = CommitMarks(database), CommitMarks(database)
    slow_commit = slow.begin()
    known = slow.memory[:]
    fast.end(fast.begin())
    slow.end(slow_commit)
    assert not are_at_rest(slow.memory[:])
    assert slow.memory[:] != known


def test_marks_outlive_the_processes(database: Path) -> None:
    marks = CommitMarks(database)
    marks.end(marks.begin())
    known = marks.memory[:]
    del marks
    assert CommitMarks(database).memory[:] == known
