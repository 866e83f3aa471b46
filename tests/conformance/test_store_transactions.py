"""The rules of `directory.ports` on every engine: snapshots, changes, short bodies, what follows a commit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import msgspec
import pytest
from tests.conformance.records import ANN, BOB, CARL, COUNTERS, PEOPLE, Counter, add, people

from watchword.core.errors import AlreadyExists, Conflict, NotFound, Unavailable
from watchword.directory.ports import Store, Transaction


class TestSnapshots:
    def test_a_snapshot_sees_one_instant(self, store: Store) -> None:
        add(store, ANN)
        with store.read() as snapshot:
            collection = snapshot.collection(PEOPLE)
            assert collection.count() == 1
            add(store, BOB, CARL)
            store.write(lambda t: t.collection(PEOPLE).replace(msgspec.structs.replace(ANN, note="new", teams=())))
            store.write(lambda t: t.collection(PEOPLE).remove(ANN))
            assert collection.get("1", "ann") == ANN
            assert collection.get("1", "bob") is None
            assert collection.seek("email", "bob@example.com") is None
            assert [person.name for person in collection.under()] == ["ann"]
            assert [person.name for person in collection.where("team", "1", "red")] == ["ann"]
            assert collection.count() == 1
        assert people(store, lambda c: c.under()) == ["bob", "carl"]

    def test_a_snapshot_begins_with_its_first_question(self, store: Store) -> None:
        with store.read() as snapshot:
            add(store, ANN)
            assert snapshot.collection(PEOPLE).get("1", "ann") == ANN

    def test_a_snapshot_keeps_its_position(self, store: Store) -> None:
        add(store, ANN)
        with store.read() as snapshot:
            assert snapshot.position == 1
            add(store, BOB)
            assert snapshot.position == 1
            assert snapshot.collection(PEOPLE).get("1", "bob") is None

    def test_snapshots_nest(self, store: Store) -> None:
        add(store, ANN)
        with store.read() as outer:
            assert outer.collection(PEOPLE).count() == 1
            add(store, BOB)
            with store.read() as inner:
                assert inner.collection(PEOPLE).count() == 2
            assert outer.collection(PEOPLE).count() == 1

    def test_a_snapshot_refuses_to_write(self, store: Store) -> None:
        add(store, ANN)
        with store.read() as snapshot:
            for refused in (
                lambda: snapshot.collection(PEOPLE).add(BOB),
                lambda: snapshot.collection(PEOPLE).replace(ANN),
                lambda: snapshot.collection(PEOPLE).remove(ANN),
                lambda: snapshot.after_commit(lambda: None),
                lambda: snapshot.bodies.add(b"x"),
                lambda: snapshot.bodies.remove(1),
            ):
                with pytest.raises(RuntimeError, match="snapshot"):
                    refused()
        assert people(store, lambda c: c.under()) == ["ann"]

    def test_a_snapshot_ends_with_its_block(self, store: Store) -> None:
        with store.read() as snapshot:
            collection = snapshot.collection(PEOPLE)
            assert collection.get("1", "ann") is None
        with pytest.raises(RuntimeError):
            collection.get("1", "ann")
        with pytest.raises(RuntimeError):
            next(collection.under())


class TestTransactions:
    def test_a_transaction_sees_its_own_writes(self, store: Store) -> None:
        def change(transaction: Transaction) -> None:
            collection = transaction.collection(PEOPLE)
            collection.add(ANN)
            collection.add(BOB)
            collection.remove(ANN)
            assert collection.get("1", "ann") is None
            assert collection.seek("email", "bob@example.com") == BOB
            assert [person.name for person in collection.under("1")] == ["bob"]
            assert [person.name for person in collection.where("team", "1", "red")] == ["bob"]
            assert collection.count("1") == 1

        store.write(change)

    def test_an_exception_rolls_everything_back(self, store: Store) -> None:
        def change(transaction: Transaction) -> None:
            transaction.collection(PEOPLE).add(ANN)
            transaction.collection(COUNTERS).add(Counter(name="x"))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            store.write(change)
        with store.read() as snapshot:
            assert snapshot.collection(PEOPLE).count() == 0
            assert snapshot.collection(COUNTERS).get("x") is None
            assert snapshot.position == 0

    def test_the_result_is_returned(self, store: Store) -> None:
        assert store.write(lambda transaction: transaction.position + 41) == 41

    def test_a_transaction_ends_with_its_function(self, store: Store) -> None:
        collection = store.write(lambda transaction: transaction.collection(PEOPLE))
        with pytest.raises(RuntimeError):
            collection.add(ANN)
        assert people(store, lambda c: c.under()) == []

    def test_a_write_inside_a_write_is_refused(self, store: Store) -> None:
        with pytest.raises(RuntimeError, match="write"):
            store.write(lambda _: add(store, ANN))
        add(store, ANN)
        assert people(store, lambda c: c.under()) == ["ann"]

    def test_a_write_inside_a_snapshot_is_fine(self, store: Store) -> None:
        with store.read() as snapshot:
            assert snapshot.collection(PEOPLE).count() == 0
            add(store, ANN)
        assert people(store, lambda c: c.under()) == ["ann"]

    def test_a_conflict_is_run_again_from_nothing(self, store: Store) -> None:
        runs: list[int] = []

        def change(transaction: Transaction) -> str:
            runs.append(transaction.collection(PEOPLE).count())
            transaction.collection(PEOPLE).add(ANN)
            if len(runs) < 3:
                raise Conflict
            return "done"

        assert store.write(change) == "done"
        assert runs == [0, 0, 0]
        assert people(store, lambda c: c.under()) == ["ann"]

    def test_a_conflict_that_stays_is_raised(self, store: Store) -> None:
        runs: list[int] = []

        def change(transaction: Transaction) -> None:
            runs.append(1)
            transaction.collection(PEOPLE).add(ANN)
            raise Conflict

        with pytest.raises(Conflict):
            store.write(change)
        assert 1 < len(runs) < 20
        assert people(store, lambda c: c.under()) == []

    def test_changes_of_many_threads_all_arrive(self, store: Store) -> None:
        store.write(lambda t: t.collection(COUNTERS).add(Counter(name="x")))

        def increment(transaction: Transaction) -> None:
            counter = transaction.collection(COUNTERS).get("x")
            assert counter is not None
            transaction.collection(COUNTERS).replace(Counter(name="x", value=counter.value + 1))

        def work() -> None:
            for _ in range(25):
                store.write(increment)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.read() as snapshot:
            assert snapshot.collection(COUNTERS).get("x") == Counter(name="x", value=200)

    def test_a_failure_takes_none_of_its_neighbours_with_it(self, store: Store) -> None:
        outcomes: dict[int, str] = {}
        together = threading.Barrier(12)

        def work(number: int) -> None:
            def change(transaction: Transaction) -> None:
                transaction.collection(COUNTERS).add(Counter(name=f"{number:02}"))
                if number % 3 == 0:
                    raise ZeroDivisionError

            together.wait()
            try:
                store.write(change)
                outcomes[number] = "kept"
            except ZeroDivisionError:
                outcomes[number] = "raised"

        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes == {number: "raised" if number % 3 == 0 else "kept" for number in range(12)}
        with store.read() as snapshot:
            kept = [int(counter.name) for counter in snapshot.collection(COUNTERS).under()]
        assert kept == [number for number in range(12) if number % 3]

    def test_changes_that_are_written_together_have_their_own_outcomes(self, store: Store) -> None:
        def keep(name: str, error: Exception | None = None) -> Callable[[Transaction], str]:
            def change(transaction: Transaction) -> str:
                transaction.collection(COUNTERS).add(Counter(name=name))
                transaction.after_commit(lambda: seen.append(name))
                if error is not None:
                    raise error
                return name

            return change

        seen: list[str] = []
        outcomes = store.write_all([keep("a"), keep("b", ZeroDivisionError()), keep("c"), keep("a"), keep("d")])
        for outcome, name in zip(outcomes, ["a", "", "c", "", "d"], strict=True):
            if name:
                assert outcome() == name
            else:
                with pytest.raises((ZeroDivisionError, AlreadyExists)):
                    outcome()
        assert seen == ["a", "c", "d"]
        with store.read() as snapshot:
            assert [counter.name for counter in snapshot.collection(COUNTERS).under()] == ["a", "c", "d"]

    def test_more_changes_than_one_commit_takes_are_written_all_the_same(self, store: Store) -> None:
        def change(transaction: Transaction, number: int) -> None:
            transaction.collection(COUNTERS).add(Counter(name=f"{number:04}"))

        outcomes = store.write_all([partial(change, number=number) for number in range(600)])
        assert [outcome() for outcome in outcomes] == [None] * 600
        with store.read() as snapshot:
            assert snapshot.collection(COUNTERS).count() == 600

    def test_nothing_written_together_is_nothing(self, store: Store) -> None:
        assert store.write_all([]) == []

    def test_a_closed_store_refuses_what_is_written_together(self, store: Store) -> None:
        store.close()
        (outcome,) = store.write_all([lambda transaction: transaction.position])
        with pytest.raises(Unavailable):
            outcome()


class TestShortBodies:
    def test_a_body_comes_back_under_its_number(self, store: Store) -> None:
        bodies = [b"", b"a", bytes(range(256)) * 64, b"a"]
        numbers = [store.write(lambda transaction, body=body: transaction.bodies.add(body)) for body in bodies]
        assert numbers == sorted(set(numbers))
        with store.read() as snapshot:
            assert [snapshot.bodies.get(number) for number in numbers] == bodies
            assert snapshot.bodies.get(numbers[-1] + 1) is None
            assert snapshot.bodies.count() == len(bodies)

    def test_what_is_removed_is_gone_for_those_who_come_later(self, store: Store) -> None:
        number = store.write(lambda transaction: transaction.bodies.add(b"a"))
        with store.read() as before:
            assert before.bodies.get(number) == b"a"
            store.write(lambda transaction: transaction.bodies.remove(number))
            assert before.bodies.get(number) == b"a"
            assert before.bodies.count() == 1
        with store.read() as after:
            assert after.bodies.get(number) is None
            assert after.bodies.count() == 0

    def test_to_remove_what_is_not_there_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFound):
            store.write(lambda transaction: transaction.bodies.remove(1))

    def test_a_number_is_never_given_twice(self, store: Store) -> None:
        first = store.write(lambda transaction: transaction.bodies.add(b"a"))
        store.write(lambda transaction: transaction.bodies.remove(first))
        assert store.write(lambda transaction: transaction.bodies.add(b"b")) > first

    def test_a_change_sees_its_own_bodies_and_leaves_none_when_it_fails(self, store: Store) -> None:
        kept = store.write(lambda transaction: transaction.bodies.add(b"kept"))

        def change(transaction: Transaction) -> None:
            number = transaction.bodies.add(b"a")
            assert transaction.bodies.get(number) == b"a"
            transaction.bodies.remove(kept)
            assert transaction.bodies.get(kept) is None
            assert transaction.bodies.count() == 1
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            store.write(change)
        with store.read() as snapshot:
            assert snapshot.bodies.get(kept) == b"kept"
            assert snapshot.bodies.count() == 1

    def test_bodies_are_in_no_feed(self, store: Store) -> None:
        number = store.write(lambda transaction: transaction.bodies.add(b"a"))
        store.write(lambda transaction: transaction.bodies.remove(number))
        with store.read() as snapshot:
            assert snapshot.position == 0

    def test_they_end_with_their_transaction(self, store: Store) -> None:
        kept = store.write(lambda transaction: transaction.bodies)
        with pytest.raises(RuntimeError):
            kept.add(b"a")
        with store.read() as snapshot:
            bodies = snapshot.bodies
        with pytest.raises(RuntimeError):
            bodies.get(1)


class TestAfterCommit:
    def test_actions_run_in_order_when_the_change_can_be_seen(self, store: Store) -> None:
        seen: list[object] = []

        def change(transaction: Transaction) -> None:
            transaction.collection(PEOPLE).add(ANN)
            transaction.after_commit(lambda: seen.append(people(store, lambda c: c.under())))
            transaction.after_commit(lambda: seen.append("second"))

        store.write(change)
        assert seen == [["ann"], "second"]

    def test_a_rolled_back_change_has_no_actions(self, store: Store) -> None:
        seen: list[int] = []
        runs: list[int] = []

        def change(transaction: Transaction) -> None:
            runs.append(1)
            run = len(runs)
            transaction.after_commit(lambda: seen.append(run))
            if len(runs) == 1:
                raise Conflict
            if len(runs) == 3:
                raise ZeroDivisionError

        store.write(change)
        with pytest.raises(ZeroDivisionError):
            store.write(change)
        assert seen == [2]

    def test_an_action_may_write(self, store: Store) -> None:
        store.write(lambda transaction: transaction.after_commit(lambda: add(store, ANN)))
        assert people(store, lambda c: c.under()) == ["ann"]

    def test_a_failing_action_is_logged_and_the_change_stands(
        self, store: Store, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail() -> None:
            raise ZeroDivisionError

        def change(transaction: Transaction) -> str:
            transaction.collection(PEOPLE).add(ANN)
            transaction.after_commit(fail)
            return "done"

        assert store.write(change) == "done"
        assert "ZeroDivisionError" in caplog.text
