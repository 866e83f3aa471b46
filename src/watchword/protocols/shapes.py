"""The base of all generated structures (`services/*/shapes.py`)."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A structure of a service: attributes in snake case, wire names in Pascal case unless a field says otherwise."""

    secret_members: ClassVar[frozenset[str]] = frozenset()
    """Attributes that no representation shows."""

    def __repr__(self) -> str:
        shown: list[str] = []
        for name in self.__struct_fields__:
            value: Any = getattr(self, name)
            if value is not None:
                shown.append(f"{name}={'<hidden>' if name in self.secret_members else repr(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"
