"""Java's regular expressions mean the same here."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest

from watchword.protocols.model import load_service, service_names
from watchword.protocols.patterns import compile_pattern


@pytest.mark.parametrize("service", service_names())
def test_every_pattern_of_every_model_has_a_translation(service: str) -> None:
    patterns = {shape.pattern for shape in load_service(service).shapes.values() if shape.pattern}
    for pattern in patterns:
        assert compile_pattern(pattern).flags


@pytest.mark.parametrize(
    ("java", "matching", "other"),
    [
        (r"[\w+=,.@-]*", ["", "a_Z9+=,.@-"], ["é", "a b", "a\n", "٣"]),
        (r"\d{12}", ["123456789012"], ["٣" * 12, "123456789012\n"]),
        (r"\S+", ["aé"], ["a b", "a\x0bb"]),
        (r"[\s\S]*", ["", "a\n\u2028"], []),
        (r"^.+$", ["a b"], ["a\nb", "a\u2028b", ""]),
        (r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", ["/", "/a/", "/a//b/"], ["", "//", "a", "/a", "/é/"]),
        (r"^(r-[0-9a-z]{4})|(\d{12})|(ou-a)$", ["r-0000", "123456789012", "ou-a"], ["r-0000x", "xou-a"]),
        (r"[\uD800\uDC00-\uDBFF\uDFFF\t]*", ["😹\t", "\U0010ffff"], ["a", "\uffff"]),
        (r"[\u0020-\u00FF]+", ["aÿ"], ["Ā"]),
        (r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", ["a-b"], ["a--b", "-ab", "ab-"]),
        (r"\b[0-9a-f]{2}\b-a", ["0f-a"], ["0g-a"]),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", ["é ½_\u3000", "日本²"], ["a\tb", "*", "\u0301"]),
        (r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", ["é€½!\u0301"], ["a b", "\x00"]),
        (r"\p{L}+(?:\.\p{L}+){0,2}", ["é.b"], ["1", "a..b"]),
        (r"[a&&b||c~~[]+", ["a&|~[c"], ["d"]),
    ],
)
def test_meaning(java: str, matching: list[str], other: list[str]) -> None:
    pattern = compile_pattern(java)
    assert [text for text in matching if not pattern.fullmatch(text)] == []
    assert [text for text in other if pattern.fullmatch(text)] == []


@pytest.mark.parametrize("java", [r"\Qa\E", r"\p{IsGreek}", r"[\W]", "(", r"a\\"[:-1], r"\1"])
def test_what_has_no_translation_is_refused(java: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        compile_pattern(java)


def test_tag_characters_are_letters_separators_and_numbers_exactly() -> None:
    pattern = compile_pattern(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]")
    for code_point in range(sys.maxunicode + 1):
        char = chr(code_point)
        expected = unicodedata.category(char)[0] in "LZN" or char in "_.:/=+-@"
        assert (pattern.match(char) is not None) == expected, hex(code_point)


@pytest.mark.parametrize("service", service_names())
def test_no_pattern_is_slow_on_the_longest_input(service: str) -> None:
    pieces = ["a", "0", "/", "-", ".", "é", "/a", "a.", "a-", "0/", ":a", "arn:aws:"]
    for shape in load_service(service).shapes.values():
        if shape.pattern:
            pattern = compile_pattern(shape.pattern)
            length = min(int(shape.max or 20_000), 20_000)
            for piece in pieces:
                text = (piece * length)[: length - 1] + "\x00"  # the last character makes it fail as late as possible
                began = time.process_time()
                pattern.fullmatch(text)
                assert time.process_time() - began < 1, (shape.pattern, piece)
