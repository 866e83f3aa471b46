"""Pages of the documentation: their examples, run as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.clients.programs import BIN

DOCS = Path(__file__).parents[2] / "docs"


def run_example(page: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the one shell example of a page in an empty folder, with the project's programs; what it said."""
    (script,) = re.findall(r"^```sh\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=folder,
        env={"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "LANG": "C.UTF-8", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )
