"""Wildcards: the cost of a match grows with pattern plus text, counted in executed lines, not in time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from watchword.policy.wildcards import Pattern, PatternSet, parse_pattern, utf16_units


def lines_executed(action: Callable[[], object]) -> int:
    """How many lines of Python `action` runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "pattern",
    [
        "a*" * 30 + "b",
        "*a" * 30 + "*b*",
        "*?a" * 30 + "b",
        "?*" * 30 + "b",
        "*" * 500 + "b",
        "*" + "a?" * 40 + "b*",
        "*" + "?" * 200 + "b*",
        "*" + "a?" * 20 + "*" + "a?" * 20 + "b*",
    ],
)
@pytest.mark.parametrize("text", ["a" * 400, "ab" * 200, "a" * 399 + "c"])
def test_hostile_patterns_cost_no_more_than_pattern_plus_text(pattern: str, text: str) -> None:
    compiled = Pattern(parse_pattern(pattern))
    assert lines_executed(lambda: compiled.matches(text)) <= 8 * (len(pattern) + len(text))


def test_a_thousand_hostile_patterns_cost_no_more_than_patterns_plus_text() -> None:
    letters = [chr(33 + n) for n in range(64) if chr(33 + n) not in "*?"]
    patterns = [f"*{second}?{first}*" for second in letters for first in letters if first < second]
    text = "".join(letter * 10 for letter in letters)
    together = PatternSet(Pattern(parse_pattern(each)) for each in patterns)
    assert not together.matches(text)
    assert len(patterns) > 1_000
    assert lines_executed(lambda: together.matches(text)) <= 8 * (len(patterns) + len(text))


def test_many_stars_without_questions_do_not_depend_on_the_text_in_python() -> None:
    compiled = Pattern(parse_pattern("a*" * 30 + "b"))
    assert (
        lines_executed(lambda: compiled.matches("a" * 10)) * 2
        >= lines_executed(lambda: compiled.matches("a" * 100_000)) - 30 * 12
    )


def test_whole_texts_and_prefixes_are_told_apart() -> None:
    assert (Pattern(parse_pattern("abc")).exact, Pattern(parse_pattern("abc")).prefix) == ("abc", None)
    assert (Pattern(parse_pattern("abc**")).exact, Pattern(parse_pattern("abc**")).prefix) == (None, "abc")
    assert (Pattern(parse_pattern("a*c")).exact, Pattern(parse_pattern("a*c")).prefix) == (None, None)
    assert (Pattern(parse_pattern("a?")).exact, Pattern(parse_pattern("a?")).prefix) == (None, None)
    assert Pattern(parse_pattern("")).exact == ""


def test_units_are_those_of_utf_16() -> None:
    assert [ord(unit) for unit in utf16_units("a\N{GRINNING FACE}")] == [0x61, 0xD83D, 0xDE00]
