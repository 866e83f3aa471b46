#!/usr/bin/env python3
"""Coverage-guided fuzzing of the signing code: whatever arrives is parsed or refused, and has one meaning.

    export PATH=.venv/bin:$PATH PYTHONPATH=. TARGET=form
    tests/fuzz/atheris_signing.py -max_total_time=3600 -dict=tests/fuzz/signing.dict FOUND tests/fuzz/corpus/form
    tests/fuzz/atheris_signing.py -merge=1 MINIMISED FOUND tests/fuzz/corpus/form

TARGET is one of `signing_targets.py`; the arguments are libFuzzer's. What a long run finds is minimised and becomes the
corpus, which `test_signing_targets.py` runs every time; `test_coverage_guided.py` begins there, for seconds.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["watchword"]):
        targets = import_module("tests.fuzz.signing_targets").TARGETS
    atheris.Setup(sys.argv, targets[os.environ["TARGET"]])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
