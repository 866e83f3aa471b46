"""The store against a dictionary, on every engine; keys against the order that they promise."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conformance.records import PEOPLE, Person

from watchword.core.errors import AlreadyExists, NotFound
from watchword.directory.ports import Key, Store, Transaction
from watchword.storage.keys import decode_key, encode_key, key_after, key_range
from watchword.storage.memory import MemoryStore
from watchword.storage.sqlite import SqliteStore

PARTS = st.text(st.sampled_from("\0\x01aAbé\x7f￿😀\U0010ffff"), max_size=4) | st.text(max_size=6)
KEYS = st.lists(PARTS, min_size=1, max_size=4).map(tuple)


def utf8(key: Key) -> list[bytes]:
    return [part.encode("utf-8", "surrogatepass") for part in key]


@given(st.lists(PARTS, max_size=4).map(tuple))
def test_decode_of_encode_is_the_key(key: Key) -> None:
    assert decode_key(encode_key(key)) == key


@given(KEYS, KEYS)
def test_encoded_keys_sort_as_the_tuples(one: Key, other: Key) -> None:
    assert (encode_key(one) < encode_key(other)) == (utf8(one) < utf8(other))


@given(st.lists(PARTS, max_size=3).map(tuple), PARTS, KEYS)
def test_a_range_holds_exactly_what_begins_so(prefix: Key, beginning: str, key: Key) -> None:
    low, high = key_range(prefix, beginning)
    begins = key[: len(prefix)] == prefix
    if beginning:
        begins = begins and len(key) > len(prefix) and key[len(prefix)].startswith(beginning)
    assert (low <= encode_key(key) < high) == begins


@given(KEYS, KEYS)
def test_after_a_key_comes_every_greater_one(one: Key, other: Key) -> None:
    assert (encode_key(other) >= key_after(encode_key(one))) == (utf8(other) > utf8(one))


NAMES = st.sampled_from(["a", "a\0", "b", "bb", "c", "😀"])
ACCOUNTS = st.sampled_from(["1", "2", "2\0"])
EMAILS = st.none() | st.sampled_from(["x@example.com", "X@example.com", "y@example.com"])
TEAMS = st.lists(st.sampled_from(["red", "blue"]), max_size=2).map(tuple)
PERSONS = st.builds(Person, account=ACCOUNTS, name=NAMES, email=EMAILS, teams=TEAMS, note=st.text(max_size=3))
STEPS = st.tuples(st.sampled_from(["add", "add", "replace", "remove"]), PERSONS)
CHANGES = st.lists(st.tuples(st.lists(STEPS, min_size=1, max_size=5), st.booleans()), max_size=12)


class Model:
    """The rules, as plainly as they can be written."""

    def __init__(self) -> None:
        self.people: dict[Key, Person] = {}

    def apply(self, step: str, person: Person) -> str:
        key = (person.account, person.name)
        if (key in self.people) == (step == "add"):
            return "key" if step == "add" else "not found"
        others = [other for at, other in self.people.items() if at != key]
        if step == "remove":
            del self.people[key]
            return "done"
        if person.email and any(other.email and other.email.lower() == person.email.lower() for other in others):
            return "email"
        self.people[key] = person
        return "done"

    def ordered(self) -> list[Person]:
        return [self.people[key] for key in sorted(self.people, key=utf8)]


def apply(transaction: Transaction, step: str, person: Person) -> str:
    collection = transaction.collection(PEOPLE)
    try:
        {"add": collection.add, "replace": collection.replace, "remove": collection.remove}[step](person)
    except AlreadyExists as error:
        return error.index
    except NotFound:
        return "not found"
    return "done"


def check(store: Store, model: Model) -> None:
    ordered = model.ordered()
    with store.read() as snapshot:
        collection = snapshot.collection(PEOPLE)
        assert list(collection.under()) == ordered
        assert collection.count() == len(ordered)
        for account in ("1", "2", "2\0", "3"):
            of_account = [person for person in ordered if person.account == account]
            assert list(collection.under(account)) == of_account
            assert collection.count(account) == len(of_account)
            for team in ("red", "blue"):
                in_team = [person for person in of_account if team in person.teams]
                assert list(collection.where("team", account, team)) == in_team
        for email in ("x@example.com", "y@example.com"):
            found = [person for person in ordered if person.email and person.email.lower() == email]
            assert collection.seek("email", email) == (found[0] if found else None)


@contextmanager
def opened(engine: str) -> Generator[Store, None, None]:
    with tempfile.TemporaryDirectory() as folder:
        store: Store = MemoryStore() if engine == "memory" else SqliteStore(Path(folder) / "store.db")
        yield store
        store.close()


class RolledBackError(Exception):
    pass


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
@settings(deadline=None, max_examples=60)
@given(changes=CHANGES)
def test_a_store_does_what_a_dictionary_does(engine: str, changes: list[tuple[list[tuple[str, Person]], bool]]) -> None:
    model = Model()
    with opened(engine) as store:
        for steps, is_kept in changes:
            attempt = Model()
            attempt.people = dict(model.people)
            expected = [attempt.apply(*step) for step in steps]

            def change(
                transaction: Transaction, steps: list[tuple[str, Person]] = steps, is_kept: bool = is_kept
            ) -> list[str]:
                outcomes = [apply(transaction, *step) for step in steps]
                if not is_kept:
                    raise RolledBackError(outcomes)
                return outcomes

            if is_kept:
                assert store.write(change) == expected
                model = attempt
            else:
                with pytest.raises(RolledBackError) as rolled_back:
                    store.write(change)
                assert rolled_back.value.args == (expected,)
            check(store, model)


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
@settings(deadline=None, max_examples=30)
@given(before=st.lists(PERSONS, max_size=8), after=st.lists(STEPS, max_size=8))
def test_a_snapshot_does_not_move(engine: str, before: list[Person], after: list[tuple[str, Person]]) -> None:
    with opened(engine) as store:
        for person in before:
            store.write(lambda transaction, person=person: apply(transaction, "add", person))
        with store.read() as snapshot:
            collection = snapshot.collection(PEOPLE)
            first = list(collection.under())
            for step, person in after:
                store.write(lambda t, step=step, person=person: apply(t, step, person))
            assert list(collection.under()) == first
            assert collection.count() == len(first)
            assert [collection.get(person.account, person.name) for person in first] == first
            red = [person for person in first if "red" in person.teams]
            found = [person for account in ("1", "2", "2\0") for person in collection.where("team", account, "red")]
            assert sorted(found, key=msgspec.json.encode) == sorted(red, key=msgspec.json.encode)
