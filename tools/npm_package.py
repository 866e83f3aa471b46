"""An npm package as a source of facts: fetched into a folder that is removed again, or found where the caller says.

Only for the tools of this folder; the program itself needs neither npm nor the package.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple


class NpmPackage(NamedTuple):
    """An unpacked package."""

    name: str
    version: str
    licence: str
    folder: Path

    def read_text(self, path: str) -> str:
        return (self.folder / path).read_text("utf-8")

    def read_json(self, path: str) -> Any:
        return json.loads(self.read_text(path))

    def sha256(self, *patterns: str) -> str:
        """One digest over the named files, in the order of their paths."""
        digest = hashlib.sha256()
        for path in sorted(path for pattern in patterns for path in self.folder.glob(pattern)):
            digest.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()


@contextmanager
def npm_package(name: str, source: Path | None) -> Generator[NpmPackage]:
    """The package in `source`, or the newest of the registry that npm is configured for."""
    with tempfile.TemporaryDirectory() as folder:
        if source is None:
            subprocess.run(
                ["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent", name],
                check=True,
            )
            source = Path(folder, "node_modules", name)
        facts = json.loads((source / "package.json").read_text("utf-8"))
        if facts["name"] != name:
            raise SystemExit(f"{source} holds `{facts['name']}`, not `{name}`")
        yield NpmPackage(name, facts["version"], facts["license"], source)


Outputs = dict[Path, bytes]
"""What a converter writes, by path."""


def run_converter(
    description: str,
    package_name: str,
    convert: Callable[[NpmPackage], Outputs],
    edited: Callable[[], list[Path]],
    same: Callable[[bytes, bytes], bool] = bytes.__eq__,
) -> None:
    """The command line that converters share.

    `edited` gives the written files whose content is not what their own digest says. `--check` always asks that;
    with `--from` it also compares every file with what the package gives.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    parser.add_argument("--from", dest="source", type=Path, metavar="FOLDER", help=f"an unpacked {package_name}")
    asked = parser.parse_args()
    if asked.check:
        changed = edited()
        if changed:
            raise SystemExit(f"edited by hand, run the converter instead: {', '.join(map(str, changed))}")
        if asked.source is None:
            print(f"{package_name} is not at hand (--from FOLDER): digests checked, drift from the source not checked")
            return
    with npm_package(package_name, asked.source) as package:
        outputs = convert(package)
    if asked.check:
        stale = [path for path, new in outputs.items() if not path.exists() or not same(path.read_bytes(), new)]
        if stale:
            raise SystemExit(f"not current with {package_name}: {', '.join(map(str, stale))}")
        return
    for path, content in outputs.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{path}: {len(content):,} bytes")
