"""The rules of `directory.ports` on every engine: the change feed, what stands since, the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import pytest
from tests.conformance.records import ANN, BOB, CARL, COUNTERS, PEOPLE, Counter, add

from watchword.core.errors import AlreadyExists, NotFound, Unavailable
from watchword.directory.ports import Change, RecordType, Store, Transaction

OpenStore = Callable[..., Store]


class TestFeed:
    def test_every_write_leaves_a_line(self, store: Store) -> None:
        told: list[Sequence[Change] | None] = []
        store.follow(told.append)
        add(store, ANN, CARL)
        store.write(lambda t: t.collection(PEOPLE).replace(msgspec.structs.replace(ANN, note="x")))
        store.write(lambda t: t.collection(PEOPLE).remove(CARL))
        store.write(lambda t: t.collection(COUNTERS).add(Counter(name="a\0b")))
        assert store.refresh() == 5
        assert told == [
            [
                Change(1, "person", "1", ("1", "ann")),
                Change(2, "person", "2", ("2", "carl")),
                Change(3, "person", "1", ("1", "ann")),
                Change(4, "person", "2", ("2", "carl")),
                Change(5, "counter", "", ("a\0b",)),
            ]
        ]

    def test_nothing_new_is_nothing_told(self, store: Store) -> None:
        told: list[Sequence[Change] | None] = []
        store.follow(told.append)
        add(store, ANN)
        assert [store.refresh(), store.refresh()] == [1, 1]
        with pytest.raises(AlreadyExists):
            add(store, ANN)
        assert store.refresh() == 1
        assert len(told) == 1

    def test_a_rolled_back_change_uses_no_position(self, store: Store) -> None:
        def change(transaction: Transaction) -> None:
            transaction.collection(PEOPLE).add(ANN)
            assert transaction.position == 1
            raise NotFound

        with pytest.raises(NotFound):
            store.write(change)
        add(store, BOB)
        assert store.refresh() == 1

    def test_the_transaction_starts_from_the_feeds_position(self, store: Store) -> None:
        add(store, ANN, BOB)
        assert store.write(lambda transaction: transaction.position) == 2

    def test_a_follower_that_fell_behind_is_told_that_anything_changed(self, open_store: OpenStore) -> None:
        store = open_store(feed_lines_max=10)
        told: list[Sequence[Change] | None] = []
        store.follow(told.append)
        for number in range(600):
            store.write(lambda t, number=number: t.collection(COUNTERS).add(Counter(name=str(number))))
        assert store.refresh() == 600
        anything, left = told
        assert anything is None
        assert left is not None
        assert [line.position for line in left] == list(range(left[0].position, 601))
        add(store, ANN)
        store.refresh()
        assert told[2] == [Change(601, "person", "1", ("1", "ann"))]

    def test_a_listener_that_failed_is_told_again(self, store: Store) -> None:
        told: list[Sequence[Change] | None] = []

        def listen(changes: Sequence[Change] | None) -> None:
            told.append(changes)
            if len(told) == 1:
                raise ZeroDivisionError

        store.follow(listen)
        add(store, ANN)
        with pytest.raises(ZeroDivisionError):
            store.refresh()
        assert store.refresh() == 1
        assert len(told) == 2
        assert told[0] == told[1]

    def test_a_moved_account_leaves_a_line_for_both(self, store: Store) -> None:
        movable = RecordType(
            kind="movable", type=Counter, key=lambda counter: ("k",), account=lambda counter: counter.name
        )
        told: list[Sequence[Change] | None] = []
        store.follow(told.append)
        store.write(lambda t: t.collection(movable).add(Counter(name="1")))
        store.refresh()
        store.write(lambda t: t.collection(movable).replace(Counter(name="2")))
        store.refresh()
        assert told[1] is not None
        assert [change.account for change in told[1]] == ["1", "2"]


class TestStanding:
    def test_accounts_stand_while_only_what_belongs_to_none_changes(self, store: Store) -> None:
        add(store, ANN)
        with store.read() as snapshot:
            decided_at = snapshot.position
            assert snapshot.accounts_stand_since(decided_at)
            assert not snapshot.accounts_stand_since(decided_at - 1)
        store.write(lambda transaction: transaction.collection(COUNTERS).add(Counter(name="a")))
        with store.read() as snapshot:
            assert snapshot.accounts_stand_since(decided_at)

    def test_a_change_sees_what_it_and_its_neighbours_changed(self, store: Store) -> None:
        def stands(transaction: Transaction, change: Callable[[Transaction], None] | None = None) -> bool:
            if change is not None:
                change(transaction)
            return transaction.accounts_stand_since(0)

        outcomes = store.write_all(
            [
                partial(stands),
                partial(stands, change=lambda transaction: transaction.collection(COUNTERS).add(Counter(name="a"))),
                partial(stands, change=lambda transaction: transaction.collection(PEOPLE).add(ANN)),
                partial(stands),
            ]
        )
        assert [outcome() for outcome in outcomes] == [True, True, False, False]

    def test_a_snapshot_sees_no_later_change(self, store: Store) -> None:
        add(store, ANN)
        with store.read() as snapshot:
            position = snapshot.position
            add(store, BOB)
            assert snapshot.accounts_stand_since(position)

    def test_nothing_is_said_to_stand_when_the_feed_has_forgotten(self, open_store: OpenStore) -> None:
        store = open_store(feed_lines_max=5)
        for number in range(1100):
            store.write(
                lambda transaction, number=number: transaction.collection(COUNTERS).add(Counter(name=f"{number}"))
            )
        with store.read() as snapshot:
            assert not snapshot.accounts_stand_since(0)
            assert snapshot.accounts_stand_since(snapshot.position - 5)


class TestClosing:
    def test_a_closed_store_refuses_everything(self, store: Store) -> None:
        add(store, ANN)
        store.close()
        store.close()
        with pytest.raises(Unavailable):
            add(store, BOB)
        with pytest.raises(Unavailable), store.read() as snapshot:
            snapshot.collection(PEOPLE).get("1", "ann")
        with pytest.raises(Unavailable):
            store.refresh()

    def test_closing_finishes_the_writes_that_wait(self, store: Store) -> None:
        running, go_on = threading.Event(), threading.Event()
        kept: list[bool] = []

        def slow(transaction: Transaction) -> None:
            running.set()
            assert go_on.wait(10)
            transaction.collection(PEOPLE).add(ANN)

        def write() -> None:
            store.write(slow)
            kept.append(True)

        writing = threading.Thread(target=write)
        writing.start()
        assert running.wait(10)
        closing = threading.Thread(target=store.close)
        closing.start()
        go_on.set()
        for thread in (writing, closing):
            thread.join(10)
            assert not thread.is_alive()
        assert kept == [True]
