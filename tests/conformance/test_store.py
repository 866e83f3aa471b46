"""The rules of `directory.ports`, on every engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
import pytest
from tests.conformance.records import COUNTERS, PEOPLE, Counter, Person

from watchword.core.errors import AlreadyExists, Conflict, NotFound, Unavailable
from watchword.directory.ports import Change, Collection, RecordType, Store, Transaction
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


def add(store: Store, *people: Person) -> None:
    def change(transaction: Transaction) -> None:
        for person in people:
            transaction.collection(PEOPLE).add(person)

    store.write(change)


def people(store: Store, read: Callable[[Collection[Person]], Iterator[Person]]) -> list[str]:
    with store.read() as snapshot:
        return [person.name for person in read(snapshot.collection(PEOPLE))]


ANN = Person(account="1", name="ann", email="ann@example.com", teams=("red", "blue"))
BOB = Person(account="1", name="bob", email="bob@example.com", teams=("red",))
CARL = Person(account="2", name="carl", teams=("red",))

AWKWARD = [
    "",
    "\0",
    "\0\0",
    "\0a",
    "\x01",
    "a",
    "a\0",
    "a\0b",
    "a\x01",
    "aa",
    "A",
    "é",
    "\x7f",
    "߿",
    "￿",
    "𐀀",
    "😀",
    "\U0010ffff",
]


class TestRecords:
    def test_a_kept_record_comes_back_equal(self, store: Store) -> None:
        add(store, ANN)
        with store.read() as snapshot:
            assert snapshot.collection(PEOPLE).get("1", "ann") == ANN

    def test_what_was_never_kept_is_none(self, store: Store) -> None:
        add(store, ANN)
        with store.read() as snapshot:
            collection = snapshot.collection(PEOPLE)
            assert collection.get("1", "an") is None
            assert collection.get("1") is None
            assert collection.get("1", "ann", "x") is None
            assert collection.seek("email", "nobody@example.com") is None

    def test_a_key_is_taken_once(self, store: Store) -> None:
        add(store, ANN)
        with pytest.raises(AlreadyExists) as refused:
            add(store, Person(account="1", name="ann"))
        assert (refused.value.kind, refused.value.index) == ("person", "key")

    def test_replace_of_nothing_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFound):
            store.write(lambda transaction: transaction.collection(PEOPLE).replace(ANN))

    def test_remove_of_nothing_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFound):
            store.write(lambda transaction: transaction.collection(PEOPLE).remove(ANN))

    def test_a_removed_record_can_be_added_again(self, store: Store) -> None:
        add(store, ANN)
        store.write(lambda transaction: transaction.collection(PEOPLE).remove(ANN))
        assert people(store, lambda collection: collection.where("team", "1", "red")) == []
        add(store, ANN)
        assert people(store, lambda collection: collection.where("team", "1", "red")) == ["ann"]

    def test_types_do_not_see_each_other(self, store: Store) -> None:
        add(store, ANN)
        store.write(lambda transaction: transaction.collection(COUNTERS).add(Counter(name="1")))
        assert people(store, lambda collection: collection.under()) == ["ann"]

    def test_two_types_of_one_kind_are_refused(self, store: Store) -> None:
        twin = RecordType(kind="person", type=Counter, key=lambda c: (c.name,), account=lambda c: "")
        add(store, ANN)
        with pytest.raises(ValueError, match="person"), store.read() as snapshot:
            snapshot.collection(twin)


class TestUniqueIndexes:
    def test_seek_finds_by_the_folded_value(self, store: Store) -> None:
        add(store, msgspec.structs.replace(ANN, email="Ann@Example.com"))
        with store.read() as snapshot:
            found = snapshot.collection(PEOPLE).seek("email", "ann@example.com")
        assert found is not None
        assert found.email == "Ann@Example.com"

    def test_a_taken_value_is_refused_and_named(self, store: Store) -> None:
        add(store, ANN)
        with pytest.raises(AlreadyExists) as refused:
            add(store, msgspec.structs.replace(BOB, email="ANN@example.com"))
        assert refused.value.index == "email"

    def test_replace_cannot_take_what_another_has(self, store: Store) -> None:
        add(store, ANN, BOB)
        with pytest.raises(AlreadyExists) as refused:
            store.write(lambda t: t.collection(PEOPLE).replace(msgspec.structs.replace(BOB, email=ANN.email)))
        assert refused.value.index == "email"

    def test_replace_frees_the_old_value(self, store: Store) -> None:
        add(store, ANN)
        store.write(lambda t: t.collection(PEOPLE).replace(msgspec.structs.replace(ANN, email="new@example.com")))
        add(store, msgspec.structs.replace(BOB, email=ANN.email))
        with store.read() as snapshot:
            names = [
                found.name if (found := snapshot.collection(PEOPLE).seek("email", email)) else None
                for email in ("new@example.com", "ann@example.com")
            ]
        assert names == ["ann", "bob"]

    def test_a_record_may_keep_its_own_value(self, store: Store) -> None:
        add(store, ANN)
        store.write(lambda t: t.collection(PEOPLE).replace(msgspec.structs.replace(ANN, note="x")))
        with store.read() as snapshot:
            found = snapshot.collection(PEOPLE).seek("email", "ann@example.com")
        assert found == msgspec.structs.replace(ANN, note="x")

    def test_none_stands_in_no_unique_index(self, store: Store) -> None:
        add(store, Person(account="1", name="x"), Person(account="1", name="y"))
        assert people(store, lambda collection: collection.under("1")) == ["x", "y"]

    def test_a_refused_record_leaves_nothing_behind(self, store: Store) -> None:
        add(store, ANN)

        def change(transaction: Transaction) -> None:
            collection = transaction.collection(PEOPLE)
            with pytest.raises(AlreadyExists):
                collection.add(msgspec.structs.replace(BOB, email=ANN.email))
            collection.add(CARL)

        store.write(change)
        assert people(store, lambda collection: collection.under()) == ["ann", "carl"]
        assert people(store, lambda collection: collection.where("team", "1", "red")) == ["ann"]
        with store.read() as snapshot:
            assert snapshot.collection(PEOPLE).count() == 2

    def test_an_unknown_index_is_a_bug(self, store: Store) -> None:
        with store.read() as snapshot:
            with pytest.raises(ValueError, match="shoe"):
                snapshot.collection(PEOPLE).seek("shoe", "1")
            with pytest.raises(ValueError, match="shoe"):
                snapshot.collection(PEOPLE).where("shoe", "1")


class TestOrder:
    def test_under_is_in_byte_order_of_the_parts(self, store: Store) -> None:
        add(store, *(Person(account="1", name=name) for name in AWKWARD))
        assert people(store, lambda c: c.under("1")) == sorted(AWKWARD, key=lambda name: name.encode())

    def test_order_goes_part_by_part(self, store: Store) -> None:
        keys = [(a, b) for a in AWKWARD for b in ("", "\0", "a", "😀")]
        add(store, *(Person(account=a, name=b) for a, b in keys))
        with store.read() as snapshot:
            found = [(person.account, person.name) for person in snapshot.collection(PEOPLE).under()]
        assert found == sorted(keys, key=lambda key: [part.encode() for part in key])

    @pytest.mark.parametrize("part", AWKWARD)
    def test_under_keeps_to_whole_parts(self, store: Store, part: str) -> None:
        add(store, *(Person(account=account, name="x") for account in AWKWARD))
        with store.read() as snapshot:
            assert [person.account for person in snapshot.collection(PEOPLE).under(part)] == [part]

    @pytest.mark.parametrize("text", AWKWARD)
    def test_beginning_keeps_to_a_text(self, store: Store, text: str) -> None:
        add(store, *(Person(account="1", name=name) for name in AWKWARD), Person(account="2", name=text))
        expected = sorted((name for name in AWKWARD if name.startswith(text)), key=lambda name: name.encode())
        assert people(store, lambda c: c.under("1", beginning=text)) == expected

    @pytest.mark.parametrize("name", [*AWKWARD, "between", "a\0a"])
    def test_after_need_not_exist(self, store: Store, name: str) -> None:
        add(store, *(Person(account="1", name=other, teams=("red",)) for other in AWKWARD))
        expected = sorted((n for n in AWKWARD if n.encode() > name.encode()), key=lambda n: n.encode())
        assert people(store, lambda c: c.under("1", after=("1", name))) == expected
        assert people(store, lambda c: c.where("team", "1", "red", after=("1", name))) == expected

    def test_after_before_the_prefix_changes_nothing(self, store: Store) -> None:
        add(store, ANN, BOB, CARL)
        assert people(store, lambda c: c.under("2", after=("1", "ann"))) == ["carl"]
        assert people(store, lambda c: c.under("1", after=("2", "carl"))) == []

    def test_where_finds_exactly_the_value_in_key_order(self, store: Store) -> None:
        add(store, CARL, BOB, ANN, Person(account="1", name="dora", teams=("re", "redd", "red\0")))
        assert people(store, lambda c: c.where("team", "1", "red")) == ["ann", "bob"]
        assert people(store, lambda c: c.where("team", "1", "red\0")) == ["dora"]
        assert people(store, lambda c: c.where("team", "1")) == []

    def test_replace_moves_index_entries(self, store: Store) -> None:
        add(store, ANN, BOB)
        store.write(lambda t: t.collection(PEOPLE).replace(msgspec.structs.replace(ANN, teams=("blue", "green"))))
        found = {
            team: people(store, lambda c, team=team: c.where("team", "1", team)) for team in ("red", "blue", "green")
        }
        assert found == {"red": ["bob"], "blue": ["ann"], "green": ["ann"]}

    @pytest.mark.parametrize("limit", [0, 1, 31, 32, 33, 96, 97, 700, 1000, None])
    def test_pages_join_without_seams(self, store: Store, limit: int | None) -> None:
        names = [f"{number:04}" for number in range(700)]
        add(store, *(Person(account="1", name=name, teams=("red",)) for name in names))
        assert people(store, lambda c: c.under("1", limit=limit)) == names[:limit]
        assert people(store, lambda c: c.where("team", "1", "red", limit=limit)) == names[:limit]
        assert people(store, lambda c: c.under("1", limit=limit, after=("1", "0009"))) == names[10:][:limit]

    def test_records_may_be_removed_while_they_are_read(self, store: Store) -> None:
        add(store, *(Person(account="1", name=f"{number:04}", teams=("red",)) for number in range(300)))

        def change(transaction: Transaction) -> int:
            collection = transaction.collection(PEOPLE)
            removed = 0
            for person in collection.where("team", "1", "red"):
                collection.remove(person)
                removed += 1
            return removed

        assert store.write(change) == 300
        assert people(store, lambda c: c.under()) == []


class TestCounts:
    def test_counts_follow_adds_and_removes(self, store: Store) -> None:
        add(store, ANN, BOB, CARL)
        store.write(lambda t: t.collection(PEOPLE).remove(BOB))
        store.write(lambda t: t.collection(PEOPLE).replace(msgspec.structs.replace(ANN, note="x")))
        with store.read() as snapshot:
            collection = snapshot.collection(PEOPLE)
            counts = [collection.count(*prefix) for prefix in ((), ("1",), ("2",), ("3",), ("1", "ann"), ("1", "bob"))]
        assert counts == [2, 1, 1, 0, 1, 0]

    def test_a_rolled_back_add_is_not_counted(self, store: Store) -> None:
        def change(transaction: Transaction) -> None:
            transaction.collection(PEOPLE).add(ANN)
            assert transaction.collection(PEOPLE).count("1") == 1
            raise NotFound

        with pytest.raises(NotFound):
            store.write(change)
        with store.read() as snapshot:
            assert snapshot.collection(PEOPLE).count("1") == 0


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
