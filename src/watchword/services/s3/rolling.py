"""One page of rows that lie under keys, several under one key: versions, uploads. Rolled up at a delimiter.

Rows come in the order of their keys; a page begins after a key, or after a row of it. As in `listing`, what a common
prefix hides is passed over by seeking behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar

from watchword.services.s3.listing import SEEK_AFTER, behind, behind_prefix, common_prefix

LAST = "\U0010ffff"
"""After every row of a key."""


class Keyed(Protocol):
    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=Keyed)
RowsAfter = Callable[[str, str], Iterator[R]]
"""Rows after a key's row, in order; `LAST` stands for its last one, an empty key for the beginning."""


class RolledPage(NamedTuple, Generic[R]):
    rows: list[R]
    prefixes: list[str]
    is_truncated: bool
    last_prefix: str
    """The last entry when that is a common prefix, else empty."""


def rolled_page(
    rows_after: RowsAfter[R], *, prefix: str, delimiter: str, after: tuple[str, str], limit: int
) -> RolledPage[R]:
    """The rows and common prefixes after a row, at most `limit`."""
    rows: list[R] = []
    prefixes: list[str] = []
    last = ""
    key, row = after
    skipped = behind_prefix(key, prefix, delimiter)
    if skipped != key:
        key, row = skipped, LAST
    while limit:
        hidden = 0
        for each in rows_after(key, row):
            common = common_prefix(each.key, prefix, delimiter)
            if common is not None and common == last:
                hidden += 1
                if hidden > SEEK_AFTER:
                    key, row = behind(common), LAST
                    break
                continue
            if len(rows) + len(prefixes) >= limit:
                return RolledPage(rows, prefixes, True, last)
            hidden = 0
            if common is None:
                rows.append(each)
                last = ""
            else:
                prefixes.append(common)
                last = common
        else:
            break
    return RolledPage(rows, prefixes, False, last)
