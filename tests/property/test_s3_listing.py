"""Pages of a bucket's keys against the plainest reading of the rules: sort, roll up, cut."""

from __future__ import annotations

from collections.abc import Collection as Sized
from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from watchword.directory.buckets import StoredObject
from watchword.directory.directory import Directory
from watchword.directory.ports import Store, Transaction
from watchword.services.s3.continuation import open_cursor, seal_cursor
from watchword.services.s3.listing import SEEK_AFTER, list_page
from watchword.storage.memory import MemoryStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
# Few characters, so that keys share prefixes; among them neighbours of the delimiter and the last of all characters.
TEXTS = st.text(alphabet="ab/.0~\x00é\U0010ffff", max_size=6)
KEYS = st.sets(TEXTS.filter(bool), max_size=40)
DELIMITERS = st.sampled_from(["", "/", "//", "a", "b/", "\U0010ffff"])
MANY_IN_ONE_FOLDER = {f"a/{number:03}" for number in range(3 * SEEK_AFTER)} | {"a", "a/0/0", "b"}


def store_of(keys: Sized[str]) -> Store:
    store = MemoryStore()

    def fill(transaction: Transaction) -> None:
        objects = Directory(transaction).objects
        for bucket, key in [("a", "z"), ("bucket2", "a"), *(("bucket", key) for key in keys)]:
            objects.add(StoredObject(bucket=bucket, key=key, blob="", size=0, etag="", modified_at=NOW))

    store.write(fill)
    return store


def listed(store: Store, prefix: str, delimiter: str, after: str, limit: int) -> tuple[list[str], bool]:
    """The entries of a page in their order, and whether there are more."""
    with store.read() as snapshot:
        objects = Directory(snapshot).objects
        page = list_page(objects, "bucket", prefix=prefix, delimiter=delimiter, after=after, limit=limit)
    entries = sorted([*(stored.key for stored in page.objects), *page.prefixes], key=str.encode)
    assert not entries or page.last == entries[-1]
    return entries, page.is_truncated


def model(keys: Sized[str], prefix: str, delimiter: str, after: str) -> list[str]:
    """Every entry after `after`."""
    entries: set[str] = set()
    for key in keys:
        if key.startswith(prefix):
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            entries.add(key if end < 0 else key[: end + len(delimiter)])
    return sorted((entry for entry in entries if entry.encode() > after.encode()), key=str.encode)


@given(KEYS, TEXTS, DELIMITERS, TEXTS, st.integers(1, 8))
@example(MANY_IN_ONE_FOLDER, "", "/", "", 2)
@example(MANY_IN_ONE_FOLDER, "a/", "/", "a/0/", 30)
def test_a_page_holds_the_first_entries_after_where_it_begins(
    keys: set[str], prefix: str, delimiter: str, after: str, limit: int
) -> None:
    entries, is_truncated = listed(store_of(keys), prefix, delimiter, after, limit)
    expected = model(keys, prefix, delimiter, after)
    assert entries == expected[:limit]
    assert is_truncated == (len(expected) > limit)


@given(KEYS, TEXTS, DELIMITERS, st.integers(1, 5))
@example(MANY_IN_ONE_FOLDER, "", "/", 1)
def test_pages_one_after_the_other_hold_every_entry_once(
    keys: set[str], prefix: str, delimiter: str, limit: int
) -> None:
    store = store_of(keys)
    found: list[str] = []
    is_truncated = True
    while is_truncated:
        entries, is_truncated = listed(store, prefix, delimiter, found[-1] if found else "", limit)
        assert entries or not is_truncated
        found += entries
    assert found == model(keys, prefix, delimiter, "")


def test_a_page_of_no_entries_says_that_there_are_no_more() -> None:
    assert listed(store_of({"a", "b"}), "", "", "", 0) == ([], False)


@given(st.text())
def test_a_token_names_the_entry_that_it_was_made_of(entry: str) -> None:
    token = seal_cursor(entry)
    assert open_cursor(token) == entry
    assert token.isascii()
