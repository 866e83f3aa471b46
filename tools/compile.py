"""Compile the modules that every request passes to machine code with mypyc: a copy of the package in build/compiled.

The copy is whole, so it takes the place of `src` on the path: `PYTHONPATH=build/compiled watchword serve …`. Which
modules are compiled, and why those, is said in pyproject.toml (`tool.watchword.compiled`). Nothing in `src` changes.

A module that defines a `msgspec.Struct` cannot be compiled: mypyc drops the options of its class (frozen, rename) and
its annotations, without a word. This is checked.

Needs a C compiler and Python's headers. Run: .venv/bin/python tools/compile.py [DIR]
"""

from __future__ import annotations

import ast
import io
import os
import shutil
import sys
import tomllib
from contextlib import redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SKIPPED = shutil.ignore_patterns("__pycache__")


def module_paths() -> list[str]:
    """The files to compile, relative to `src`. Raises SystemExit when one cannot be."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    names: list[str] = project["tool"]["watchword"]["compiled"]["modules"]
    paths = [name.replace(".", "/") + ".py" for name in names]
    for path in paths:
        for node in ast.walk(ast.parse((ROOT / "src" / path).read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and (node.keywords or any(map(_is_struct, node.bases))):
                raise SystemExit(f"{path}: class {node.name} is a Struct, or has options: mypyc would drop them")
    return paths


def _is_struct(base: ast.expr) -> bool:
    return ast.unparse(base).endswith("Struct")


def compile_into(folder: Path) -> list[Path]:
    """Make the compiled copy and give its libraries. Raises SystemExit when the compiler refuses."""
    from mypyc.build import mypycify
    from setuptools import Distribution

    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "src" / "watchword", folder / "watchword", ignore=_SKIPPED)
    os.chdir(folder)
    options = [f"--config-file={ROOT / 'pyproject.toml'}", f"--python-executable={sys.executable}"]
    said = io.StringIO()
    try:
        with redirect_stdout(said):  # mypyc warns of what it compiles in a slower way
            extensions = mypycify([*options, *module_paths()], opt_level="3", debug_level="0", multi_file=True)
    except SystemExit:
        print(said.getvalue(), end="")
        raise
    command = Distribution({"name": "watchword", "ext_modules": extensions}).get_command_obj("build_ext")
    command.inplace = True
    command.parallel = os.cpu_count()
    command.ensure_finalized()
    command.run()
    for rest in ("build", ".mypy_cache"):
        shutil.rmtree(folder / rest, ignore_errors=True)
    return sorted(folder.rglob("*.so"))


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "compiled").resolve()
    print(f"compiling {len(module_paths())} modules into {folder}: about a minute a core", flush=True)
    libraries = compile_into(folder)
    print(f"{len(libraries)} libraries; use them with PYTHONPATH={folder}")


if __name__ == "__main__":
    main()
