"""Write `src/watchword/services/*/shapes.py` and `errors.py` for the operations that each `served.toml` lists.

`served.toml` has `service`, the SDK's name of the service, `operations`, and perhaps `optional`: members (`User.Path`)
that the model requires of an answer and AWS leaves out. With `--check` nothing is written, and the exit status says
whether the files are current.
"""

from __future__ import annotations

import keyword
import subprocess
import sys
import tomllib
from pathlib import Path

from watchword.protocols.model import Ref, ServiceModel, error_code, error_status, load_service
from watchword.protocols.names import attribute_name
from watchword.protocols.secret_members import is_secret

SERVICES = Path(__file__).parent.parent / "src" / "watchword" / "services"

SCALARS = {
    "string": "str", "character": "str", "boolean": "bool", "integer": "int", "long": "int", "short": "int",
    "byte": "int", "bigInteger": "int", "float": "float", "double": "float", "bigDecimal": "float",
    "timestamp": "datetime", "blob": "bytes",
}  # fmt: skip
TAKEN = frozenset({"Shape", "Sequence", "Mapping", "ClassVar", "FileBody", "Spooled", "ApiError"})


class Generator:
    """The source text of one service."""

    def __init__(self, model: ServiceModel, operations: list[str], optional: list[str]) -> None:
        self.model = model
        self.operations = operations
        self.optional = frozenset(optional)
        self.users: dict[str, list[str]] = {}
        """For each structure, the operations that use it."""
        self.inputs: set[str] = set()
        for name in operations:
            facts = model.operations[name]
            if facts.input:
                self.inputs.add(facts.input.shape)
                self.reach(facts.input.shape, name)
            if facts.output:
                self.reach(facts.output.shape, name)

    def reach(self, name: str, operation: str) -> None:
        shape = self.model.shapes[name]
        if shape.type == "structure":
            users = self.users.setdefault(name, [])
            if operation in users:
                return
            users.append(operation)
            if name in TAKEN or name[0].islower() or keyword.iskeyword(name):
                raise SystemExit(f"structure `{name}` cannot be a class name")
        for ref in (*shape.members.values(), shape.member, shape.key, shape.value):
            if ref is not None:
                self.reach(ref.shape, operation)

    def annotation(self, ref: Ref, *, is_input: bool) -> str:
        shape = self.model.shapes[ref.shape]
        if ref.streaming:
            return "Spooled" if is_input else "bytes | FileBody"
        if shape.document or ref.jsonvalue:
            return "object"
        if shape.type == "structure":
            return ref.shape
        if shape.member:
            return f"Sequence[{self.annotation(shape.member, is_input=is_input)}]"
        if shape.value:
            return f"Mapping[str, {self.annotation(shape.value, is_input=is_input)}]"
        return SCALARS[shape.type]

    def structure(self, name: str) -> str:
        shape = self.model.shapes[name]
        lines = [f"class {name}(Shape, frozen=True, kw_only=True):", f'    """{self.role(name)}"""', ""]
        secret = [
            attribute_name(key) for key, ref in shape.members.items() if is_secret(key, self.model.shapes[ref.shape])
        ]
        if secret:
            shown = "{" + ", ".join(f'"{member}"' for member in secret) + "}"
            lines.append(f"    secret_members: ClassVar[frozenset[str]] = frozenset({shown})")
        for key, ref in shape.members.items():
            required = key in shape.required and f"{name}.{key}" not in self.optional
            lines.append(self.member(key, ref, required, is_input=name in self.inputs))
        return "\n".join(lines)

    def member(self, key: str, ref: Ref, required: bool, *, is_input: bool) -> str:
        attribute = attribute_name(key)
        hint = self.annotation(ref, is_input=is_input)
        name = "" if pascal(attribute) == key else f'name="{key}"'
        if required:
            return f"    {attribute}: {hint}" + (f" = msgspec.field({name})" if name else "")
        default = f"msgspec.field(default=None, {name})" if name else "None"
        return f"    {attribute}: {hint} | None = {default}"

    def role(self, name: str) -> str:
        for operation in self.operations:
            facts = self.model.operations[operation]
            if facts.input and facts.input.shape == name:
                return f"Input of {operation}."
            if facts.output and facts.output.shape == name and len(self.users[name]) == 1:
                return f"Output of {operation}."
        users = self.users[name]
        return f"Used by {', '.join(users[:2])}{f' and {len(users) - 2} more' if len(users) > 2 else ''}."

    def shapes(self) -> str:
        body = "\n\n\n".join(self.structure(name) for name in sorted(self.users))
        service = self.model.metadata.service_id
        head = [
            (
                f'"""Structures of {service} for the operations in `served.toml`. Generated by '
                'tools/generate_shapes.py."""'
            ),
            "",
            "from __future__ import annotations",
            "",
        ]
        abstract = [name for name in ("Mapping", "Sequence") if f"{name}[" in body]
        if abstract:
            head.append(f"from collections.abc import {', '.join(abstract)}")
        if "datetime" in body:
            head.append("from datetime import datetime")
        if "ClassVar[" in body:
            head.append("from typing import ClassVar")
        head.append("")
        if "msgspec." in body:
            head += ["import msgspec", ""]
        bodies = [name for name in ("FileBody", "Spooled") if name in body]
        if bodies:
            head.append(f"from watchword.core.http import {', '.join(bodies)}")
        head += ["from watchword.protocols.shapes import Shape", "", "", ""]
        types = ", ".join(f'"{name}": {name}' for name in sorted(self.users))
        table = f'TYPES: dict[str, type[Shape]] = {{{types}}}\n"""The classes above by shape name."""'
        return "\n".join(head) + body + f"\n\n\n{table}\n"

    def errors(self) -> str:
        codes: dict[str, int] = {}
        for operation in self.operations:
            for ref in self.model.operations[operation].errors:
                shape = self.model.shapes[ref.shape]
                codes[error_code(ref.shape, shape)] = error_status(shape)
        head = (
            f'"""Errors of {self.model.metadata.service_id} for the operations in `served.toml`. Generated by '
            'tools/generate_shapes.py."""\n\nfrom __future__ import annotations\n\n'
            "from collections.abc import Mapping\n\nfrom watchword.core.errors import ApiError\n\n\n"
        )
        return head + "\n\n\n".join(error_class(code, status) for code, status in sorted(codes.items())) + "\n"


def error_class(code: str, status: int) -> str:
    return (
        f'class {code}(ApiError):\n    """Status {status}."""\n\n'
        "    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:\n"
        f'        super().__init__("{code}", message, {status}, fields=fields)'
    )


def pascal(attribute: str) -> str:
    """What msgspec makes of an attribute with `rename="pascal"`."""
    return "".join(part[:1].upper() + part[1:] for part in attribute.split("_"))


def formatted(text: str) -> str:
    for arguments in (["check", "--fix-only", "--select", "I"], ["format"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--quiet", "--stdin-filename", "src/x.py", "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    return text


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale: list[Path] = []
    for served in sorted(SERVICES.glob("*/served.toml")):
        listed = tomllib.loads(served.read_text())
        generator = Generator(load_service(listed["service"]), listed["operations"], listed.get("optional", []))
        for name, source in (("shapes.py", generator.shapes()), ("errors.py", generator.errors())):
            path, text = served.with_name(name), formatted(source)
            if path.exists() and path.read_text() == text:
                continue
            stale.append(path)
            if not check:
                path.write_text(text)
    if check and stale:
        print(f"not current: {', '.join(map(str, stale))}; run tools/generate_shapes.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
