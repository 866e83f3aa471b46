"""Entries that go when their account changes, or the organization that they were made from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from watchword.directory.ports import Change
from watchword.gateway.caches import AccountCache

ACME, GLOBEX, ORG = "111122223333", "444455556666", "o-1234567890"


def change(account: str, position: int) -> Change:
    return Change(position, "user", account, ("key",))


def test_an_entry_goes_with_any_of_its_owners() -> None:
    for owner in (ACME, ORG):
        cache: AccountCache[str] = AccountCache(10)
        cache.put("member", (ACME, ORG), "value", 1)
        cache.put("stranger", (GLOBEX,), "value", 1)
        cache.changed([change(owner, 2)])
        assert (cache.get("member"), cache.get("stranger")) == (None, "value")


def test_what_was_read_before_a_change_of_an_owner_is_not_kept() -> None:
    for owner in (ACME, ORG):
        cache: AccountCache[str] = AccountCache(10)
        cache.changed([change(owner, 5)])
        cache.put("late", (ACME, ORG), "stale", 4)
        assert cache.get("late") is None
        cache.put("late", (ACME, ORG), "fresh", 5)
        assert cache.get("late") == "fresh"


def test_an_entry_that_changes_its_owners_leaves_the_old_ones() -> None:
    cache: AccountCache[str] = AccountCache(10)
    cache.put("member", (ACME, ORG), "in the organization", 1)
    cache.put("member", (ACME,), "alone", 2)
    cache.changed([change(ORG, 3)])
    assert cache.get("member") == "alone"


def test_when_it_cannot_be_told_what_changed_everything_goes() -> None:
    cache: AccountCache[str] = AccountCache(10)
    cache.put("member", (ACME, ORG), "value", 1)
    cache.changed(None)
    assert len(cache) == 0
    cache.put("member", (ACME, ORG), "value", 2)
    cache.changed([change(ORG, 3)])
    assert len(cache) == 0


_owners = st.sampled_from([(ACME,), (GLOBEX,), (ACME, ORG), (GLOBEX, ORG)])
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 8), _owners),
        st.tuples(st.just("drop"), st.integers(0, 8), _owners),
        st.tuples(st.just("change"), st.sampled_from([ACME, GLOBEX, ORG]), _owners),
    ),
    max_size=40,
)


@given(_steps)
def test_what_is_kept_was_read_after_the_last_change_of_every_owner(
    steps: list[tuple[str, int | str, tuple[str, ...]]],
) -> None:
    cache: AccountCache[int] = AccountCache(4)
    moved: dict[str, int] = {}
    kept: dict[int | str, tuple[str, ...]] = {}
    for position, (step, what, owners) in enumerate(steps):
        if step == "put":
            cache.put(what, owners, position, position)
            kept[what] = owners
        elif step == "drop":
            cache.drop(what)
        else:
            moved[str(what)] = position
            cache.changed([change(str(what), position)])
        for key, its_owners in kept.items():
            read_at = cache.get(key)
            assert read_at is None or all(read_at > moved.get(owner, -1) for owner in its_owners)
        assert len(cache) <= 4


def test_after_an_unknown_change_nothing_older_is_kept() -> None:
    cache: AccountCache[str] = AccountCache(10)
    cache.put("key", (ACME,), "old", 5)
    cache.changed(None)
    cache.put("key", (ACME,), "read before", 5)
    assert cache.get("key") is None
    cache.changed([change(GLOBEX, 9)])
    cache.put("key", (ACME,), "read before", 8)
    assert cache.get("key") is None
    cache.put("key", (ACME,), "new", 9)
    assert cache.get("key") == "new"
