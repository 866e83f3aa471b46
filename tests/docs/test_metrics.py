"""The metrics page's example runs as it stands, and its table names what there is."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.clients.programs import BIN

from watchword.server.metrics import FAMILIES

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_example_runs(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    told = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=tmp_path,
        env={"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "LANG": "C.UTF-8", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [
        "ready",
        'watchword_requests_total{service="sts",operation="GetCallerIdentity",outcome="ok"} 1',
    ]


def test_every_metric_is_described() -> None:
    described = set(re.findall(r"`((?:watchword|process)_[a-z_]+)`", PAGE.read_text("utf-8")))
    assert described == set(FAMILIES)
