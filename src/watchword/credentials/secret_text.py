"""A text that must not be read by accident.

`repr`, `str`, formatting, logging, pickling and copying into JSON give nothing away; `reveal` is the only way in, so
that every place that reads a secret can be found by its name. Never protects against code that wants the secret.
"""

from __future__ import annotations

import hmac
from typing import NoReturn


class SecretText:
    """A secret: compares in constant time, shows itself only to `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself."""
        return self._text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretText):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a table

    def __repr__(self) -> str:
        return "SecretText(…)"

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")
