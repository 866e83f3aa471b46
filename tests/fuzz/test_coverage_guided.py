"""Whatever a coverage-guided fuzzer thinks of in a few seconds, the signing code parses or refuses it.

The long runs are by hand (`atheris_signing.py`); what they found is in the corpus, from which these begin.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.fuzz.signing_targets import TARGETS

ROOT = Path(__file__).parents[2]
SECONDS = 20 if os.environ.get("CI") else 3


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no package for this Python or machine")
@pytest.mark.parametrize("target", TARGETS)
def test_seconds_of_fuzzing(target: str, tmp_path: Path) -> None:
    (found := tmp_path / "found").mkdir()
    ran = subprocess.run(
        [
            *(sys.executable, "tests/fuzz/atheris_signing.py", f"-max_total_time={SECONDS}", "-timeout=10"),
            *("-max_len=4096", "-dict=tests/fuzz/signing.dict", f"-artifact_prefix={tmp_path}/", str(found)),
            f"tests/fuzz/corpus/{target}",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TARGET": target},
        capture_output=True,
        text=True,
        timeout=SECONDS + 120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    assert "cov: " in ran.stderr, "nothing was measured"
