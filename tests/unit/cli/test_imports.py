"""What a command does not need is not imported: `--help` answers at once, plain HTTP needs no certificates."""

from __future__ import annotations

import subprocess
import sys

import pytest

from watchword.cli.clients import with_sections


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("watchword.cli.main", {"uvicorn", "cryptography", "lxml", "rich", "msgspec", "apsw", "asyncio"}),
        ("watchword.cli.clients", {"uvicorn", "cryptography", "lxml", "rich", "apsw", "asyncio"}),
        ("watchword.server.workers", {"cryptography.x509", "rich", "urllib.request", "argon2"}),
    ],
)
def test_heavy_modules_stay_out(module: str, absent: set[str]) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not absent & set(done.stdout.split())


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", "[a]\nx = 1\n"),
        ("[b]\ny = 2\n", "[b]\ny = 2\n\n[a]\nx = 1\n"),
        ("# top\n[a]\nold = 0\n# in a\n[b]\ny = 2\n", "# top\n[b]\ny = 2\n\n[a]\nx = 1\n"),
        ("[a]\nold = 0\n[b]\ny = 2\n[a]\nolder = 0\n", "[b]\ny = 2\n\n[a]\nx = 1\n"),
        ("[ab]\nz = 3", "[ab]\nz = 3\n\n[a]\nx = 1\n"),
    ],
)
def test_section_is_replaced_and_the_rest_stays(text: str, changed: str) -> None:
    assert with_sections(text, {"a": ["x = 1"]}) == changed
    assert with_sections(changed, {"a": ["x = 1"]}) == changed
