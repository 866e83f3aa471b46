"""One page of a bucket's keys, rolled up at a delimiter.

The entries of a list are keys and common prefixes, each once, in byte order; a page begins after an entry. What a
common prefix hides is passed over by seeking behind it, so that a page costs its entries and not what is below them.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
"""

from __future__ import annotations

from typing import NamedTuple

from watchword.directory.buckets import StoredObject
from watchword.directory.ports import Collection
from watchword.services.s3.names import KEY_BYTES_MAX

SEEK_AFTER = 8
"""Rows of a common prefix that are read on before seeking: a seek costs about as much as these."""
_BEHIND = "\U0010ffff" * (KEY_BYTES_MAX // 4 + 1)
"""Longer than any key, of the greatest character: what it is appended to comes after all keys that begin so."""


class Page(NamedTuple):
    """A page of entries."""

    objects: list[StoredObject]
    prefixes: list[str]
    is_truncated: bool
    last: str
    """The last entry: where the next page goes on. Empty on an empty page."""


def list_page(
    objects: Collection[StoredObject], bucket: str, *, prefix: str, delimiter: str, after: str, limit: int
) -> Page:
    """The entries after the entry `after` whose text begins with `prefix`, at most `limit`."""
    page = _Filling(limit)
    cursor = behind_prefix(after, prefix, delimiter)
    while limit:
        rows = objects.under(bucket, beginning=prefix, after=(bucket, cursor) if cursor else None)
        hidden = 0
        for stored in rows:
            common = common_prefix(stored.key, prefix, delimiter)
            if common is not None and common == page.last:
                hidden += 1
                if hidden > SEEK_AFTER:
                    cursor = behind(common)
                    break
            elif page.is_full():
                return Page(page.objects, page.prefixes, True, page.last)
            else:
                page.take(stored, common)
                hidden = 0
        else:
            break
    return Page(page.objects, page.prefixes, False, page.last)


class _Filling:
    """A page while it fills."""

    __slots__ = ("last", "limit", "objects", "prefixes")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.objects: list[StoredObject] = []
        self.prefixes: list[str] = []
        self.last = ""

    def is_full(self) -> bool:
        return len(self.objects) + len(self.prefixes) >= self.limit

    def take(self, stored: StoredObject, common: str | None) -> None:
        if common is None:
            self.objects.append(stored)
            self.last = stored.key
        else:
            self.prefixes.append(common)
            self.last = common


def common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """What the key is rolled up to; None when it stands for itself."""
    if not delimiter:
        return None
    found = key.find(delimiter, len(prefix))
    return None if found < 0 else key[: found + len(delimiter)]


def behind(prefix: str) -> str:
    """What comes after every key that begins with `prefix`."""
    return prefix + _BEHIND


def behind_prefix(after: str, prefix: str, delimiter: str) -> str:
    """Where reading begins: behind the whole common prefix when `after` is one, or lies in one."""
    common = common_prefix(after, prefix, delimiter) if after.startswith(prefix) else None
    return after if common is None else behind(common)
