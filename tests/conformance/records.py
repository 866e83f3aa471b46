"""Records that the suites keep: one with every kind of index, one with none."""

from __future__ import annotations

from watchword.directory.ports import Record, RecordType


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
