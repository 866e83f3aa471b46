"""The tree is the one that ARCHITECTURE.md draws, and stays readable."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "watchword"
FOLDERS = (
    "cli", "core", "credentials", "directory", "gateway", "policy", "protocols", "server", "services", "signing",
    "storage",
)  # fmt: skip
GATEWAY = ("serve", "identify", "authenticate", "authorize", "dispatch", "respond", "audit")
LINES_MAX = 400
FUNCTION_LINES_MAX = 60


def python_files(*folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts
    )


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def docstring(path: Path) -> str:
    return ast.get_docstring(parsed(path)) or ""


def is_generated(path: Path) -> bool:
    return "generated" in docstring(path).lower().partition("\n")[0]


def contracts() -> list[dict[str, Any]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_of_the_tree_is_there_and_says_what_it_is(folder: str) -> None:
    assert docstring(SOURCE / folder / "__init__.py")


def test_the_gateway_reads_in_the_order_of_a_request() -> None:
    missing = [name for name in GATEWAY if not (SOURCE / "gateway" / f"{name}.py").exists()]
    assert missing == []


def test_every_module_states_its_law_first() -> None:
    silent = [str(path.relative_to(ROOT)) for path in python_files("src", "tools") if not docstring(path)]
    assert silent == []


def test_models_are_data_and_never_python() -> None:
    assert [path.name for path in (SOURCE / "models").rglob("*.py")] == ["__init__.py"]
    assert len(parsed(SOURCE / "models" / "__init__.py").body) == 1


def test_no_file_is_long() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_bytes().splitlines())
        for path in python_files("src", "tools", "tests", "benchmarks")
        if not is_generated(path)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}


def test_functions_fit_on_a_screen() -> None:
    too_long = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in python_files("src", "tools")
        if not is_generated(path)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    }
    assert too_long == set()


def test_the_import_contract_names_every_service() -> None:
    (independence,) = (contract for contract in contracts() if contract["name"] == "Services never import each other")
    (line,) = independence["layers"]
    named = {part.strip(" ()").removeprefix("watchword.services.") for part in line.split("|")}
    services = {path.parent.name for path in (SOURCE / "services").glob("*/__init__.py")}
    services |= {path.parent.name for path in (SOURCE / "services").glob("*/authorization.toml")}
    assert services <= named


def test_the_import_contract_names_every_folder_in_the_order_of_the_design() -> None:
    (arrows,) = (contract for contract in contracts() if contract["name"] == "Arrows point one way")
    order = [{part.strip(" ()") for part in layer.split("|")} for layer in arrows["layers"]]
    assert order == [
        {"cli"},
        {"server"},
        {"gateway"},
        {"services", "storage"},
        {"directory", "protocols"},
        {"policy", "signing", "credentials"},
        {"core"},
        {"models"},
    ]
