"""Coverage-guided fuzzing of the signing code: whatever arrives is parsed or refused, and has one meaning.

    export PYTHONPATH=.
    .venv/bin/python tests/fuzz/atheris_signing.py form -max_total_time=3600 FOUND tests/fuzz/corpus/form

The first argument names a target of `signing_targets.py`, the others are libFuzzer's (`-dict=tests/fuzz/signing.dict`
helps). What it finds is written to FOUND and goes, minimised (`-merge=1`), to the corpus, which
`test_signing_targets.py` runs every time; `test_coverage_guided.py` begins there and looks on for some seconds.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def main() -> None:
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["watchword"]):
        targets = import_module("tests.fuzz.signing_targets").TARGETS
    target = targets[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
