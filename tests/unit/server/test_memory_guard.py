"""A process that holds keys can be dumped by nobody, and neither can its workers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
CODE = """
import ctypes, os
from watchword.server.memory_guard import forbid_reading
PR_GET_DUMPABLE = 3
libc = ctypes.CDLL(None)
before = libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
forbid_reading()
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, str(libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)).encode())
    os._exit(0)
os.wait()
print(before, libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), os.read(read, 10).decode())
"""


def test_the_guard_holds_for_the_process_and_its_workers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.split() == ["1", "0", "0"]
    assert done.stderr == ""
