"""Put compiled modules into a wheel: `WATCHWORD_COMPILED=build/compiled uv build --wheel`, or `make wheel`.

Without the variable nothing is added, and the wheel is pure Python.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledWheel(BuildHookInterface[Any]):
    """Adds the libraries that `tools/compile.py` made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the libraries to hatchling, and that the wheel is for one platform."""
        folder = os.environ.get("WATCHWORD_COMPILED")
        if not folder:
            return
        root = Path(self.root, folder)
        libraries = {str(library): str(library.relative_to(root)) for library in root.rglob("*.so")}
        if not libraries:
            raise SystemExit(f"{root} holds no libraries: run `make compile`")
        build_data["force_include"].update(libraries)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
