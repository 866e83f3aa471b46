"""The metrics page's example runs as it stands, and its table names what there is."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.pages import DOCS, run_example

from watchword.server.metrics import FAMILIES


def test_the_example_runs(tmp_path: Path) -> None:
    told = run_example("metrics.md", tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [
        "ready",
        'watchword_requests_total{service="sts",operation="GetCallerIdentity",outcome="ok"} 1',
    ]


def test_every_metric_is_described() -> None:
    described = set(re.findall(r"`((?:watchword|process)_[a-z_]+)`", (DOCS / "metrics.md").read_text("utf-8")))
    assert described == set(FAMILIES)
