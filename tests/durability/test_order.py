"""Nothing is acknowledged before it is on disk: the order of system calls of one write, seen by strace."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.house import Account, House
from tests.support.raw_requests import call, delete, get, put

from watchword.directory.bodies import SHORT_BYTES_MAX

CALLS = "fsync,fdatasync,rename,write,writev,sendto,sendmsg"


def can_trace() -> str:
    """Why system calls cannot be watched here; empty when they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-e", "trace=fsync", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else f"strace is not allowed here: {tried.stderr.decode()[-200:]}"


REASON = can_trace()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "strace works")


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[House, Account]]:
    house = House.start(tmp_path_factory.mktemp("traced") / "data")
    account = house.account()
    account.administrator.client("s3").create_bucket(Bucket="traced")
    yield house, account
    house.stop()


@contextmanager
def tracing(house: House, log: Path) -> Generator[None]:
    """Write the system calls of the server to a file while the block runs."""
    watched = [f"-p{house.server.process.pid}", "-e", f"trace={CALLS}", "-y", "-s", "64", "-o", str(log)]
    strace = subprocess.Popen(["strace", "-f", *watched], stderr=subprocess.PIPE)
    assert strace.stderr is not None
    assert b"attached" in strace.stderr.readline()
    try:
        yield
    finally:
        strace.send_signal(signal.SIGINT)
        strace.wait(10)
        strace.stderr.close()


def steps(log: Path) -> list[str]:
    """What happened, in order, up to the answer, as words."""
    found: list[str] = []
    words = (
        (r'(write|writev|sendto|sendmsg)\(.*"HTTP/1\.1 20', "answer"),
        (r"(fsync|fdatasync)\(\d+<[^>]*/objects/staging/", "sync body"),
        (r'rename\("[^"]*/objects/staging/', "name body"),
        (r"fsync\(\d+<[^>]*/objects/[0-9a-f]{2}>", "sync folder"),
        (r"(fsync|fdatasync)\(\d+<[^>]*watchword\.db(-wal)?>", "sync records"),
    )
    for line in log.read_text("utf-8", "replace").splitlines():
        if "resumed>" not in line:
            found += [word for pattern, word in words if re.search(pattern, line)]
    return found[: found.index("answer") + 1]


class TestOrder:
    def test_a_user_is_on_disk_before_the_answer(self, traced: tuple[House, Account], tmp_path: Path) -> None:
        house, account = traced
        with tracing(house, tmp_path / "log"):
            assert call(account.administrator, "iam", "CreateUser", UserName="durable").send().status == 200
        assert steps(tmp_path / "log") == ["sync records", "answer"]

    def test_a_short_object_is_on_disk_with_its_record_before_the_answer(
        self, traced: tuple[House, Account], tmp_path: Path
    ) -> None:
        house, account = traced
        with tracing(house, tmp_path / "log"):
            assert put(account.administrator, "/traced/short", b"x" * SHORT_BYTES_MAX).send().status == 200
        assert steps(tmp_path / "log") == ["sync records", "answer"]

    @pytest.mark.parametrize("size", [SHORT_BYTES_MAX + 1, 500_000], ids=["small", "spooled"])
    def test_an_object_is_on_disk_before_its_record_and_both_before_the_answer(
        self, traced: tuple[House, Account], tmp_path: Path, size: int
    ) -> None:
        house, account = traced
        with tracing(house, tmp_path / "log"):
            assert put(account.administrator, "/traced/durable", b"x" * size).send().status == 200
        assert steps(tmp_path / "log") == ["sync body", "name body", "sync folder", "sync records", "answer"]

    def test_a_deletion_is_on_disk_before_the_answer(self, traced: tuple[House, Account], tmp_path: Path) -> None:
        house, account = traced
        assert put(account.administrator, "/traced/gone", b"x").send().status == 200
        with tracing(house, tmp_path / "log"):
            assert delete(account.administrator, "/traced/gone").send().status == 204
        assert steps(tmp_path / "log") == ["sync records", "answer"]

    def test_reading_waits_for_no_disk(self, traced: tuple[House, Account], tmp_path: Path) -> None:
        house, account = traced
        assert put(account.administrator, "/traced/read", b"x").send().status == 200
        with tracing(house, tmp_path / "log"):
            assert get(account.administrator, "/traced/read").send().body == b"x"
            assert call(account.administrator, "iam", "ListUsers").send().status == 200
        assert steps(tmp_path / "log") == ["answer"]
