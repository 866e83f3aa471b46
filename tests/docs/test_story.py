"""The story that the README points to is true, told by either version of the AWS CLI, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.clients.programs import BIN, aws_cli_v1, aws_cli_v2

STORY = Path(__file__).parents[2] / "docs" / "story.sh"


def tell(tmp_path: Path, aws_cli: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "LANG": "C.UTF-8",
        "TMPDIR": str(tmp_path),
        "AWS_CLI": aws_cli,
        # What a reader may have in the shell must not matter.
        "AWS_PROFILE": "another",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_SESSION_TOKEN": "another",
    }
    return subprocess.run(
        ["bash", STORY],
        env=variables,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("aws_cli", [aws_cli_v1, aws_cli_v2], ids=["v1", "v2"])
def test_the_story_is_true(tmp_path: Path, aws_cli: Callable[[], str]) -> None:
    told = tell(tmp_path, aws_cli())
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr
    assert told.stderr == ""
    (last,) = re.findall(r"^As told: (\d+) answers were compared", told.stdout, re.MULTILINE)
    assert int(last) == len(re.findall(r"^(?:says|refused|answers) ", STORY.read_text("utf-8"), re.MULTILINE))
    assert list(tmp_path.iterdir()) == []


def test_a_story_that_is_not_true_fails(tmp_path: Path) -> None:
    (lying := tmp_path / "aws").write_text("#!/bin/sh\necho arn:aws:iam::111122223333:user/somebody-else\n")
    lying.chmod(0o755)
    told = tell(tmp_path, str(lying))
    assert told.returncode == 1
    assert "expected: arn:aws:iam::111122223333:root" in told.stderr
    assert list(tmp_path.iterdir()) == [lying]
