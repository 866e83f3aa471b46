"""The rules of `directory.ports` on every engine: records, unique indexes, order, counts."""

from __future__ import annotations

import msgspec
import pytest
from tests.conformance.records import ANN, BOB, CARL, COUNTERS, PEOPLE, Counter, Person, add, people

from watchword.core.errors import AlreadyExists, NotFound
from watchword.directory.ports import RecordType, Store, Transaction

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
