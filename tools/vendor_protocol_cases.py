"""Write `tests/protocol/cases/` from botocore's source distribution: its protocol cases, without documentation.

Run it with the folder of the unpacked distribution: the cases are not part of the installed package. With `--check` it
writes nothing and fails when a file is not current.

Source: botocore's `tests/unit/protocols/{input,output}/*.json` (see NOTICE).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

TARGET = Path(__file__).parent.parent / "tests" / "protocol" / "cases"
PROTOCOLS = ("query", "ec2", "json", "json_1_0", "rest-json", "rest-xml")


def plain(value: Any) -> Any:
    """The value without any `documentation` that is text."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value).items()
        return {key: plain(entry) for key, entry in entries if key != "documentation" or isinstance(entry, dict)}
    return [plain(entry) for entry in cast("list[Any]", value)] if isinstance(value, list) else value


def convert(source: Path) -> dict[Path, str]:
    """The case files, by path, from the folder of the unpacked distribution."""
    outputs: dict[Path, str] = {}
    for direction in ("input", "output"):
        for protocol in PROTOCOLS:
            cases = source / "tests" / "unit" / "protocols" / direction / f"{protocol}.json"
            suites = plain(json.loads(cases.read_text()))
            lines = ",\n".join(json.dumps(suite, separators=(",", ":")) for suite in suites)
            outputs[TARGET / direction / f"{protocol}.json"] = f"[\n{lines}\n]\n"
    return outputs


def main() -> int:
    folders = [Path(argument) for argument in sys.argv[1:] if argument != "--check"]
    if not folders:
        print("botocore's source distribution is not at hand (name its folder): protocol cases not checked")
        return 0 if "--check" in sys.argv[1:] else 2
    outputs = convert(folders[0])
    if "--check" in sys.argv[1:]:
        stale = [path.name for path, text in outputs.items() if not path.exists() or path.read_text() != text]
        if stale:
            print(f"not current with botocore's protocol cases: {', '.join(stale)}")
        return 1 if stale else 0
    for path, text in outputs.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
