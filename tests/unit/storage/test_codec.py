"""Record bodies of older and newer schema versions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from watchword.core.errors import OperatorError
from watchword.directory.ports import Record, RecordType
from watchword.storage.codec import Codec

NOON = datetime(2026, 1, 2, 12, 0, 0, 250, UTC)


class NoteV1(Record, frozen=True, kw_only=True):
    name: str
    text: str
    made_at: datetime
    digest: bytes


class NoteV2(Record, frozen=True, kw_only=True):
    name: str
    lines: tuple[str, ...]
    made_at: datetime
    digest: bytes


class NoteV3(Record, frozen=True, kw_only=True):
    title: str
    lines: tuple[str, ...]
    made_at: datetime
    digest: bytes
    pinned: bool = False


def text_to_lines(fields: dict[str, Any]) -> dict[str, Any]:
    text = fields.pop("text")
    return {**fields, "lines": text.split("\n")}


def name_to_title(fields: dict[str, Any]) -> dict[str, Any]:
    return {**{key: value for key, value in fields.items() if key != "name"}, "title": fields["name"]}


V1 = RecordType(kind="note", type=NoteV1, key=lambda n: (n.name,), account=lambda n: "")
V2 = RecordType(kind="note", type=NoteV2, key=lambda n: (n.name,), account=lambda n: "", version=2)
V3 = RecordType(
    kind="note",
    type=NoteV3,
    key=lambda n: (n.title,),
    account=lambda n: "",
    version=3,
    upgrades={1: text_to_lines, 2: name_to_title},
)


def test_a_record_comes_back_equal() -> None:
    note = NoteV1(name="n", text="a\0😀", made_at=NOON, digest=b"\x00\xff")
    codec = Codec(V1)
    assert codec.decode(1, codec.encode(note)) == note


def test_an_old_record_is_upgraded_step_by_step() -> None:
    old = Codec(V1).encode(NoteV1(name="n", text="a\nb", made_at=NOON, digest=b"\x00\xff"))
    assert Codec(V3).decode(1, old) == NoteV3(title="n", lines=("a", "b"), made_at=NOON, digest=b"\x00\xff")


def test_an_upgrade_starts_at_the_version_that_wrote() -> None:
    old = Codec(V2).encode(NoteV2(name="n", lines=("a",), made_at=NOON, digest=b""))
    assert Codec(V3).decode(2, old) == NoteV3(title="n", lines=("a",), made_at=NOON, digest=b"")


def test_a_field_with_a_default_needs_no_upgrade() -> None:
    class Before(Record, frozen=True, kw_only=True):
        name: str

    class After(Record, frozen=True, kw_only=True):
        name: str
        note: str = "none"

    before = RecordType(kind="x", type=Before, key=lambda x: (x.name,), account=lambda x: "")
    after = RecordType(kind="x", type=After, key=lambda x: (x.name,), account=lambda x: "")
    assert Codec(after).decode(1, Codec(before).encode(Before(name="a"))) == After(name="a")


def test_a_record_of_a_newer_program_is_refused() -> None:
    with pytest.raises(OperatorError, match="schema version 3 are in the store and this program knows 1"):
        Codec(V1).decode(3, b"")
