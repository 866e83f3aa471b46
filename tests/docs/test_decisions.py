"""Decision records are complete, and the code's deviations from AWS point to one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
SMALL_DEVIATIONS = ROOT / "docs" / "decisions" / "0005-small-deviations-from-aws.md"
MARK = re.compile(r"DIFFERS:\s*([0-9]{4})?")


def deviations() -> list[tuple[str, str | None]]:
    """Every mark in the code: its file and the record that it names."""
    source = ROOT / "src" / "watchword"
    return [
        (path.relative_to(source).as_posix(), found[1])
        for path in sorted((*source.rglob("*.py"), *source.rglob("*.toml")))
        for found in MARK.finditer(path.read_text("utf-8"))
    ]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_its_parts(record: Path) -> None:
    text = record.read_text("utf-8")
    assert text.startswith(f"# {record.stem[:4]}. ")
    assert re.search(r"^- Status: (proposed|accepted|superseded by [0-9]{4})$", text, re.MULTILINE)
    assert re.search(r"^- Date: [0-9]{4}-[0-9]{2}-[0-9]{2}$", text, re.MULTILINE)
    for part in ("The question", "Options", "Decision", "Consequences"):
        assert re.search(rf"^## .*{part}", text, re.MULTILINE | re.IGNORECASE), part


def test_numbers_are_used_once_and_without_gaps() -> None:
    numbers = [int(record.stem[:4]) for record in RECORDS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_deviation_names_a_record_that_exists() -> None:
    known = {record.stem[:4] for record in RECORDS}
    assert [mark for mark in deviations() if mark[1] not in known] == []


def test_the_table_of_small_deviations_is_complete() -> None:
    listed = set(re.findall(r"^\| `([^`]+)` \|", SMALL_DEVIATIONS.read_text("utf-8"), re.MULTILINE))
    assert listed == {file for file, number in deviations() if number == "0005"}


def test_every_runtime_dependency_is_a_recorded_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    record = (ROOT / "docs" / "decisions" / "0002-runtime-dependencies.md").read_text("utf-8")
    chosen = " ".join(line.split("|")[2] for line in record.splitlines() if line.startswith("| "))
    names = {re.split(r"[<>=\[ ]", dependency)[0] for dependency in project["dependencies"]}
    assert {name for name in names if not re.search(rf"\b{re.escape(name)}\b", chosen)} == set()
