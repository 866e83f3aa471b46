"""The scale-out page's example runs as it stands, and its front node serves without the master key."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from tests.clients.programs import BIN

PAGE = Path(__file__).parents[2] / "docs" / "scale-out.md"


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
    (tmp_path / "kms").chmod(0o700)
    assert told.returncode == 0, told.stderr
    arn, expiration, *given = told.stdout.splitlines()
    assert arn.endswith(":user/administrator")
    assert re.fullmatch(r'"20[-0-9T:+Z]+"', expiration)
    (line,) = [json.loads(each) for each in given]
    assert line["given"] is True
    assert line["scope"].endswith("/us-east-1/sts")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["front.json", "node.json"]
    front, node = (json.loads((tmp_path / "run" / f"{name}.json").read_text()) for name in ("front", "node"))
    assert front["http"] != node["http"]
