"""The audit log on disk: whole lines, bounded files, nothing lost while the disk is full for a while."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from watchword.storage.audit_log import FileAuditLog


@contextmanager
def file_bytes_limited(limit: int) -> Generator[None]:
    """No file of this process may grow beyond `limit` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "audit"


def lines(folder: Path) -> list[bytes]:
    return [line for path in folder.iterdir() for line in path.read_bytes().split(b"\n")[:-1]]


def test_what_is_taken_is_written_when_it_is_closed(folder: Path) -> None:
    log = FileAuditLog(folder, bytes)
    for number in range(100):
        log.append(b"%d" % number)
    log.close()
    assert lines(folder) == [b"%d" % number for number in range(100)]
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_files_are_rotated_and_the_oldest_make_room(folder: Path) -> None:
    log = FileAuditLog(folder, bytes, file_bytes_max=1000, bytes_max=5000)
    for number in range(300):
        log.append(b"%099d" % number)
        log.flush()
    log.close()
    kept = sorted(lines(folder))
    assert kept == [b"%099d" % number for number in range(300 - len(kept), 300)]
    assert 4000 <= sum(path.stat().st_size for path in folder.iterdir()) <= 6000
    assert all(path.stat().st_size <= 1000 for path in folder.iterdir())


def test_the_files_of_processes_that_have_ended_count_too(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from watchword.storage.audit_log import FileAuditLog;"
        "log = FileAuditLog(Path(sys.argv[1]), bytes, bytes_max=1500); log.append(b'x' * 999); log.close()"
    )
    for _ in range(4):
        subprocess.run([sys.executable, "-c", program, str(folder)], check=True)
    assert len(lines(folder)) <= 3


def test_the_file_of_a_process_that_lives_is_left_alone(folder: Path) -> None:
    log = FileAuditLog(folder, bytes)
    log.append(b"one")
    log.flush()
    other = FileAuditLog(folder, bytes, bytes_max=0)
    log.append(b"two")
    log.close()
    other.close()
    assert lines(folder) == [b"one", b"two"]


def test_a_full_disk_leaves_no_half_line_and_loses_nothing(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = FileAuditLog(folder, bytes)
    log.append(b"before")
    log.flush()
    with file_bytes_limited(100):
        for number in range(20):
            log.append(b"%020d" % number)
        log.flush()
        assert not log.is_writable
        assert lines(folder) == [b"before"]
        assert caplog.messages[-1].endswith("writes are refused")
        log.append(b"meanwhile")
        log.flush()
        assert not log.is_writable
    log.flush()
    assert log.is_writable
    assert caplog.messages[-1].endswith("can be written again; 0 events were lost")
    log.close()
    assert lines(folder) == [b"before", *[b"%020d" % number for number in range(20)], b"meanwhile"]


def test_while_the_disk_is_full_only_the_newest_lines_are_kept(folder: Path) -> None:
    log = FileAuditLog(folder, bytes)
    with file_bytes_limited(10):
        for number in range(12):
            log.append(b"%02d" % number + b"x" * 1024 * 1024)
            log.flush()
    log.close()
    assert [line[:2] for line in lines(folder)] == [b"%02d" % number for number in range(5, 12)]
