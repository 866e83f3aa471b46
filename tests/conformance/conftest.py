"""Every engine of the record store, for each test of the suite: a new engine is named here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from watchword.directory.ports import Store
from watchword.storage.memory import MemoryStore
from watchword.storage.sqlite import SqliteStore

OpenStore = Callable[..., Store]


def _memory(_path: Path, feed_lines_max: int = 1000) -> Store:
    return MemoryStore(feed_lines_max=feed_lines_max)


def _sqlite(path: Path, feed_lines_max: int = 1000) -> Store:
    return SqliteStore(path / "store.db", feed_lines_max=feed_lines_max)


@pytest.fixture(params=[_memory, _sqlite], ids=["memory", "sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    opened: list[Store] = []

    def make(**settings: int) -> Store:
        opened.append(request.param(tmp_path, **settings))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()
