"""The master key page's example runs as it stands."""

from __future__ import annotations

from pathlib import Path

from tests.support.pages import run_example


def test_the_example_runs(tmp_path: Path) -> None:
    told = run_example("master-key.md", tmp_path)
    assert told.returncode == 0, told.stderr
    assert "key 1  seals what is new, 1 secrets at rest\n1 secrets are sealed under master key 2\n" in told.stdout
    assert "the master keys 1 are gone from data/master.key" in told.stdout
    assert "\nkey 2  seals what is new, 1 secrets at rest\n" in told.stdout
    assert "restored the records" in told.stdout
    key = (tmp_path / "data" / "master.key").read_text()
    assert key.startswith("2 ")
    assert key.split()[1] not in told.stdout + told.stderr
