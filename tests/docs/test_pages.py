"""What the pages say exists: links, make targets, commands' flags, changelog fragments."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changelog.d").glob("*.md")])
PROMISED_TARGETS = {
    "help", "install", "up", "test", "check", "compile", "test-compiled", "wheel", "bench", "format", "clean",
}  # fmt: skip
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")
TARGET = re.compile(r"(?:^|[`\s])make ([a-z-]+)(?=[`\s,.;:)#]|$)", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
PATH = re.compile(r"`((?:src|tests|tools|docs|benchmarks|changelog\.d|\.ci)/[\w./-]*\w/?)`")
FRAGMENT = re.compile(r"\+[a-z0-9-]+\.(security|added|changed|removed|fixed)\.md")


def make(*arguments: str) -> str:
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_a_page_names_exist(page: Path) -> None:
    missing = [path for path in PATH.findall(page.read_text("utf-8")) if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_make_targets_that_a_page_names_exist(page: Path) -> None:
    named = {target for code in CODE.findall(page.read_text("utf-8")) for target in TARGET.findall(code)}
    assert named <= PROMISED_TARGETS


def test_make_alone_lists_every_target() -> None:
    listed = set(re.findall(r"^  make ([a-z-]+) ", make(), re.MULTILINE))
    assert listed == PROMISED_TARGETS


@pytest.mark.parametrize("target", sorted(PROMISED_TARGETS))
def test_make_knows_how_to_reach_a_target(target: str) -> None:
    make("--dry-run", target)


def test_changelog_fragments_have_a_kind() -> None:
    names = [path.name for path in (ROOT / "changelog.d").iterdir() if path.name not in ("README.md", ".gitkeep")]
    assert [fragment for fragment in names if not FRAGMENT.fullmatch(fragment)] == []
