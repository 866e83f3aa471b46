"""Records that the suites keep: one with every kind of index, one with none; and the people that they know."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from watchword.directory.ports import Collection, Record, RecordType, Store, Transaction


class Person(Record, frozen=True, kw_only=True):
    account: str
    name: str
    email: str | None = None
    teams: tuple[str, ...] = ()
    note: str = ""


PEOPLE = RecordType(
    kind="person",
    type=Person,
    key=lambda person: (person.account, person.name),
    account=lambda person: person.account,
    unique={"email": lambda person: None if person.email is None else (person.email.lower(),)},
    indexes={"team": lambda person: ((person.account, team) for team in person.teams)},
)


class Counter(Record, frozen=True, kw_only=True):
    name: str
    value: int = 0


COUNTERS = RecordType(kind="counter", type=Counter, key=lambda counter: (counter.name,), account=lambda counter: "")

ANN = Person(account="1", name="ann", email="ann@example.com", teams=("red", "blue"))
BOB = Person(account="1", name="bob", email="bob@example.com", teams=("red",))
CARL = Person(account="2", name="carl", teams=("red",))


def add(store: Store, *people: Person) -> None:
    def change(transaction: Transaction) -> None:
        for person in people:
            transaction.collection(PEOPLE).add(person)

    store.write(change)


def people(store: Store, read: Callable[[Collection[Person]], Iterator[Person]]) -> list[str]:
    with store.read() as snapshot:
        return [person.name for person in read(snapshot.collection(PEOPLE))]
