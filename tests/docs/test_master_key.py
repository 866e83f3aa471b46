"""The master key page's example runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.clients.programs import BIN

PAGE = Path(__file__).parents[2] / "docs" / "master-key.md"


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
    assert "key 1  seals what is new, 1 secrets at rest\n1 secrets are sealed under master key 2\n" in told.stdout
    assert "the master keys 1 are gone from data/master.key" in told.stdout
    assert "\nkey 2  seals what is new, 1 secrets at rest\n" in told.stdout
    assert "restored the records" in told.stdout
    key = (tmp_path / "data" / "master.key").read_text()
    assert key.startswith("2 ")
    assert key.split()[1] not in told.stdout + told.stderr
