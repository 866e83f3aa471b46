r"""Java regular expressions, as the models write them, to Python's.

What differs: Java's `\w \d \s \b` are ASCII; `.` stops at more line ends; `\p{L}` names a Unicode category;
`\uD800\uDC00` is one character. What has no translation here raises ValueError, and `tools/convert_models.py` tries
every pattern of every model, so that it fails there and not in a request.

Source: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/regex/Pattern.html
"""

from __future__ import annotations

import functools
import re
import unicodedata

_SHORTHANDS = {"d": "0-9", "w": "a-zA-Z0-9_", "s": r" \t\n\x0b\f\r"}
_LINE_ENDS = "\\n\\r\\u0085\\u2028\\u2029"
_CONTROLS = "tnrf"
_ESCAPED_IN_CLASS = "&~|[\\"
_SEPARATORS = "\\u0020\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
"""Category Z, which no version of Unicode is likely to extend."""
_SCANNED = (range(0x34000), range(0xE0000, 0xE0200))
"""The code points that can be letters, marks, numbers, punctuation, symbols or separators."""


@functools.cache
def compile_pattern(java: str) -> re.Pattern[str]:
    """A pattern to use with `fullmatch`. Raises ValueError."""
    try:
        return re.compile(_Translation(java).text())
    except re.error as error:
        raise ValueError(f"`{java}`: {error}") from None


class _Translation:
    """One pass over a pattern."""

    def __init__(self, java: str) -> None:
        self._java = java
        self._at = 0

    def text(self) -> str:
        parts: list[str] = []
        while self._at < len(self._java):
            char = self._take()
            if char == "\\":
                parts.append(self._escape())
            elif char == "[":
                parts.append(self._class())
            elif char == ".":
                parts.append(f"[^{_LINE_ENDS}]")
            else:
                parts.append(char)
        return "".join(parts)

    def _take(self) -> str:
        if self._at >= len(self._java):
            raise ValueError(f"`{self._java}` ends too early")
        char = self._java[self._at]
        self._at += 1
        return char

    def _escape(self) -> str:
        """What follows a backslash outside a class."""
        char = self._take()
        if char in "dws":
            return f"[{_SHORTHANDS[char]}]"
        if char in "DWS":
            return f"[^{_SHORTHANDS[char.lower()]}]"
        if char == "b":
            return r"(?a:\b)"
        if char == "p":
            return f"[{_category(self._category_name())}]"
        return self._character(char)

    def _character(self, char: str) -> str:
        """An escape that stands for one character, in or outside a class."""
        if char == "u":
            return _python_escape(self._code_point())
        if char in _CONTROLS:
            return f"\\{char}"
        if char.isalnum():
            raise ValueError(f"`{self._java}`: no translation of `\\{char}`")
        return f"\\{char}"

    def _code_point(self) -> int:
        high = int(self._java[self._at : self._at + 4], 16)
        self._at += 4
        if 0xD800 <= high < 0xDC00 and self._java.startswith("\\u", self._at):
            low = int(self._java[self._at + 2 : self._at + 6], 16)
            if 0xDC00 <= low < 0xE000:
                self._at += 6
                return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
        return high

    def _category_name(self) -> str:
        end = self._java.index("}", self._at)
        name = self._java[self._at + 1 : end]
        self._at = end + 1
        return name

    def _class(self) -> str:
        parts: list[str] = []
        categories: list[str] = []
        start = "[^" if self._java.startswith("^", self._at) else "["
        self._at += len(start) - 1
        while (char := self._take()) != "]":
            if char != "\\":
                parts.append(f"\\{char}" if char in _ESCAPED_IN_CLASS else char)
                continue
            char = self._take()
            if char == "p":
                categories.append(self._category_name())
            elif char in "dws":
                parts.append(_SHORTHANDS[char])
            elif char == "S" and parts in ([], [_SHORTHANDS["s"]]):
                parts.append(r"\S\s")  # only as `[\s\S]`, which is everything
            else:
                parts.append(self._character(char))
        # Letters, numbers and the underscore are what `\w` means in Python, and cost no table.
        if {"L", "N"} <= set(categories) and "_" in parts:
            categories = [name for name in categories if name not in "LN"]
            parts.insert(0, r"\w")
        return start + "".join([_category(name) for name in categories]) + "".join(parts) + "]"


def _python_escape(code_point: int) -> str:
    return f"\\u{code_point:04x}" if code_point < 0x10000 else f"\\U{code_point:08x}"


@functools.cache
def _category(name: str) -> str:
    """The ranges of a general category (`L`, `M`, `N`, `P`, `S`, `Z`), as a class writes them."""
    if name == "Z":
        return _SEPARATORS
    if name not in "LMNPS":
        raise ValueError(f"no translation of category `{name}`")
    ranges: list[str] = []
    for span in _SCANNED:
        first: int | None = None
        for code_point in range(span.start, span.stop + 1):
            inside = code_point < span.stop and unicodedata.category(chr(code_point))[0] == name
            if inside and first is None:
                first = code_point
            elif not inside and first is not None:
                last = code_point - 1
                ranges.append(_python_escape(first) + (f"-{_python_escape(last)}" if last > first else ""))
                first = None
    return "".join(ranges)
