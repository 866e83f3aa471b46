"""Wildcard patterns: `*` is any run of characters, also none; `?` is one UTF-16 unit.

Decides whether a text matches a pattern, left to right by the segments between the `*`s; the work is bounded by the
pattern's length times the text's, a machine word of the pattern at a time. Never uses regular expressions, never
backtracks, gives no other character a meaning.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Final


class Wildcard(Enum):
    """The characters with a meaning."""

    ANY = "*"
    ONE = "?"


ANY: Final = Wildcard.ANY
ONE: Final = Wildcard.ONE

TOGETHER_MIN: Final = 8
"""From how many patterns with `?` on it is quicker to follow them together, a character at a time."""

Parts = Sequence[str | Wildcard]
"""A pattern: literal texts and wildcards, in order."""


def parse_pattern(text: str) -> tuple[str | Wildcard, ...]:
    """The parts of a pattern in which every `*` and `?` is a wildcard."""
    parts: list[str | Wildcard] = []
    literal_from = 0
    for at, character in enumerate(text):
        if character in "*?":
            if at > literal_from:
                parts.append(text[literal_from:at])
            parts.append(ANY if character == "*" else ONE)
            literal_from = at + 1
    if literal_from < len(text):
        parts.append(text[literal_from:])
    return tuple(parts)


def utf16_units(text: str) -> str:
    """The text with one character for each UTF-16 unit."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    encoded = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(encoded[at] | encoded[at + 1] << 8) for at in range(0, len(encoded), 2))


class Segment:
    """What stands between two `*`s: literal texts at fixed offsets, and `?`s in the gaps."""

    __slots__ = ("_places", "length", "literals", "only")

    def __init__(self, parts: Parts) -> None:
        literals: list[tuple[int, str]] = []
        at = 0
        for part in parts:
            if part is ONE:
                at += 1
            elif isinstance(part, str) and part:
                if literals and literals[-1][0] + len(literals[-1][1]) == at:
                    offset, before = literals.pop()
                    literals.append((offset, before + part))
                else:
                    literals.append((at, part))
                at += len(part)
        self.literals = tuple(literals)
        self.length = at
        self.only = literals[0][1] if len(literals) == 1 and len(literals[0][1]) == at else None
        """The text itself when there is no `?`."""
        self._places: tuple[int, dict[str, int]] | None = None

    def fits(self, text: str, at: int) -> bool:
        """True when the segment stands in `text` at this place."""
        return all(text.startswith(literal, at + offset) for offset, literal in self.literals)

    def find(self, text: str, start: int, end: int) -> int:
        """The first place from `start` on where the segment stands and ends by `end`, or -1."""
        if self.only is not None:
            return text.find(self.only, start, end)
        if self.length == 0:
            return start
        anything, places = self._places or self._count_places()
        whole = 1 << (self.length - 1)
        begun = 0  # bit n: the segment's first n + 1 characters stand right before here
        for at in range(start, end):
            begun = (begun << 1 | 1) & places.get(text[at], anything)
            if begun & whole:
                return at - self.length + 1
        return -1

    def _count_places(self) -> tuple[int, dict[str, int]]:
        """For each character of the literals a bit for every place where it fits; the `?`s fit everywhere."""
        anything = (1 << self.length) - 1
        for offset, literal in self.literals:
            anything &= ~(((1 << len(literal)) - 1) << offset)
        places: dict[str, int] = {}
        for offset, literal in self.literals:
            for at, character in enumerate(literal, offset):
                places[character] = places.get(character, anything) | 1 << at
        self._places = anything, places
        return self._places


class Pattern:
    """A compiled pattern.

    `exact` is the whole text when there is no wildcard; `prefix` the literal before a single, final `*` (empty for the
    pattern `*`); both are None otherwise. `head` and `tail` are texts with which all that matches
    begins and ends. `counts_units` is true, and `parts` kept, when there is a `?`.
    """

    __slots__ = (
        "_between",
        "_is_anchored",
        "_length_min",
        "_segments",
        "counts_units",
        "exact",
        "head",
        "parts",
        "prefix",
        "tail",
    )

    def __init__(self, parts: Parts) -> None:
        counts_units = ONE in parts
        self.parts = parts if counts_units else ()
        self.counts_units = counts_units
        groups: list[list[str | Wildcard]] = [[]]
        for part in parts:
            if part is ANY:
                groups.append([])
            else:
                groups[-1].append(utf16_units(part) if isinstance(part, str) and counts_units else part)
        self._is_anchored = len(groups) == 1
        self._segments = tuple(Segment(group) for group in groups)
        literals = ["".join(part for part in group if isinstance(part, str)) for group in groups]
        self.exact = literals[0] if not counts_units and len(groups) == 1 else None
        is_prefix = not counts_units and len(groups) > 1 and not any(literals[1:])
        self.prefix = literals[0] if is_prefix else None
        self._between = tuple(literals[1:-1])
        self._length_min = len(literals[0]) + len(literals[-1])
        self.head, self.tail = (literals[0], literals[-1]) if not counts_units else (_literal_head(parts), "")

    def matches(self, text: str) -> bool:
        """True when the whole text matches."""
        if self.exact is not None:
            return text == self.exact
        if self.prefix is not None:
            return text.startswith(self.prefix)
        if not self.counts_units:
            return self._matches_literals(text)
        text = utf16_units(text)
        segments = self._segments
        first = segments[0]
        if self._is_anchored:
            return len(text) == first.length and first.fits(text, 0)
        last = segments[-1]
        end = len(text) - last.length
        at = first.length
        if end < at or not first.fits(text, 0) or not last.fits(text, end):
            return False
        for segment in segments[1:-1]:
            found = segment.find(text, at, end)
            if found < 0:
                return False
            at = found + segment.length
        return True

    def _matches_literals(self, text: str) -> bool:
        """`matches` for a pattern of literals and `*`s: no place has to be counted."""
        if len(text) < self._length_min or not text.startswith(self.head) or not text.endswith(self.tail):
            return False
        if self._between:
            at, end = len(self.head), len(text) - len(self.tail)
            for literal in self._between:
                found = text.find(literal, at, end)
                if found < 0:
                    return False
                at = found + len(literal)
        return True


class PatternSet:
    """Many patterns asked at once: what no pattern can match is told after four comparisons, however many there are.

    `exact` holds whole texts, `prefixes` the beginnings of what a final `*` matches; `others` asks all other patterns,
    None when there are none. Callers in a hurry ask the three themselves.
    """

    __slots__ = ("_heads", "_matchers", "_tails", "exact", "others", "prefixes")

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        exact: set[str] = set()
        prefixes: set[str] = set()
        others: list[Pattern] = []
        for pattern in patterns:
            if pattern.exact is not None:
                exact.add(pattern.exact)
            elif pattern.prefix is not None:
                prefixes.add(pattern.prefix)
            else:
                others.append(pattern)
        self.exact = frozenset(exact)
        self.prefixes = tuple(prefixes)
        self._heads = tuple({pattern.head for pattern in others})
        self._tails = tuple({pattern.tail for pattern in others})
        counting = [pattern.parts for pattern in others if pattern.counts_units]
        self._matchers = tuple(pattern.matches for pattern in others)
        if len(counting) >= TOGETHER_MIN:
            plain = (pattern.matches for pattern in others if not pattern.counts_units)
            self._matchers = (*plain, Automaton(counting).matches)
        self.others = self._matchers[0] if len(others) == 1 else self._match_any if others else None

    def matches(self, text: str) -> bool:
        """True when the whole text matches any of the patterns."""
        if text in self.exact or text.startswith(self.prefixes):
            return True
        return self.others is not None and self.others(text)

    def _match_any(self, text: str) -> bool:
        if text.startswith(self._heads) and text.endswith(self._tails):
            for matches in self._matchers:
                if matches(text):
                    return True
        return False


class Automaton:
    """All patterns followed at once, one bit for each place in each: a step a character, however many there are."""

    __slots__ = ("_anything", "_ends", "_fits", "_starts", "_stays")

    def __init__(self, patterns: Iterable[Parts]) -> None:
        self._starts = self._ends = self._stays = self._anything = 0
        self._fits: dict[str, int] = {}
        bit = 1  # stands for: the pattern is followed up to here
        for parts in patterns:
            self._starts |= bit
            for part in parts:
                if part is ANY:
                    self._stays |= bit
                    continue
                for character in "?" if part is ONE else utf16_units(str(part)):
                    bit <<= 1
                    if part is ONE:
                        self._anything |= bit
                    else:
                        self._fits[character] = self._fits.get(character, 0) | bit
            self._ends |= bit
            bit <<= 1

    def matches(self, text: str) -> bool:
        """True when the whole text matches any of the patterns."""
        anything, stays, fits = self._anything, self._stays, self._fits
        reached = self._starts
        for character in utf16_units(text):
            reached = reached << 1 & (fits.get(character, 0) | anything) | reached & stays
        return reached & self._ends != 0


def _literal_head(parts: Parts) -> str:
    """What stands before the first wildcard, when it is one character for each UTF-16 unit in any text."""
    head = parts[0] if parts and isinstance(parts[0], str) else ""
    return head if head.isascii() else ""
