"""The scale-out page's example runs as it stands, and its front node serves without the master key."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.support.pages import run_example


def test_the_example_runs(tmp_path: Path) -> None:
    told = run_example("scale-out.md", tmp_path)
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
