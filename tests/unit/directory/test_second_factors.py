"""Using codes up, in whatever order they come: none counts twice, and no more than nine are looked at in a while."""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from watchword.core.ids import AccountId
from watchword.credentials.keyring import new_keyring
from watchword.credentials.sealing import Sealer
from watchword.credentials.secret_text import SecretText
from watchword.credentials.totp import SEED_PURPOSE, STEP_SECONDS, code_at, seal_seed, step_at
from watchword.directory.directory import Directory
from watchword.directory.mfa_devices import MfaDevice
from watchword.directory.second_factors import (
    ATTEMPTS_MAX,
    TOLERATED_STEPS,
    Verdict,
    attempts_window,
    use_code,
)
from watchword.storage.memory import MemoryStore

SEALER = Sealer(new_keyring(os.urandom), SEED_PURPOSE, os.urandom)
SEED = SecretText(base64.b32encode(bytes(range(40))).decode())
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DEVICE = MfaDevice(
    account=AccountId("111111111111"),
    name="phone",
    path="/",
    id="MFA1",
    sealed_seed=seal_seed(SEALER, SEED, "MFA1"),
    created_at=BEGIN,
    owner_id="AIDAU",
    enabled_at=BEGIN,
)
SERIAL = DEVICE.serial_number


class World:
    """A store with one device, and a clock that tests turn."""

    def __init__(self, device: MfaDevice = DEVICE) -> None:
        self.store = MemoryStore()
        self.store.write(lambda transaction: Directory(transaction).mfa_devices.add(device))
        self.now = BEGIN

    def give(self, code: str, *, owner_id: str = "AIDAU", serial_number: str = SERIAL) -> Verdict:
        return self.store.write(
            lambda transaction: use_code(
                Directory(transaction), SEALER, serial_number=serial_number, owner_id=owner_id, code=code, now=self.now
            )
        )

    def change(self, device: MfaDevice) -> None:
        self.store.write(lambda transaction: Directory(transaction).mfa_devices.replace(device))

    @property
    def step(self) -> int:
        return step_at(self.now)


moves = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 400)),
        st.tuples(st.just("give"), st.integers(-4, 4)),
        st.tuples(st.just("guess"), st.just(0)),
        st.tuples(st.just("resync"), st.integers(-6, 6)),
    ),
    max_size=40,
)


@given(moves)
def test_no_code_counts_twice_and_few_are_looked_at(steps: list[tuple[str, int]]) -> None:
    world, device = World(), DEVICE
    taken: list[int] = []
    looked: dict[int, int] = {}
    for move, number in steps:
        if move == "wait":
            world.now += timedelta(seconds=number)
            continue
        if move == "resync":
            device = replace(device, drift_steps=number)
            world.change(device)
            continue
        step = world.step + device.drift_steps + number
        verdict = world.give(code_at(SEED, step) if move == "give" else "not it")
        window = attempts_window(world.now)
        if verdict is not Verdict.NOT_LOOKED_AT:
            looked[window] = looked.get(window, 0) + 1
        else:
            assert looked[window] == ATTEMPTS_MAX
        if verdict is Verdict.RIGHT:
            assert move == "give"
            assert abs(number) <= TOLERATED_STEPS
            taken.append(step)
    assert len(taken) == len(set(taken))
    assert all(count <= ATTEMPTS_MAX for count in looked.values())


@given(st.permutations(range(-TOLERATED_STEPS, TOLERATED_STEPS + 1)))
def test_unused_codes_of_the_window_count_in_any_order(order: list[int]) -> None:
    world = World()
    assert [world.give(code_at(SEED, world.step + ahead)) for ahead in order] == [Verdict.RIGHT] * len(order)
    assert {world.give(code_at(SEED, world.step + ahead)) for ahead in order[:4]} == {Verdict.WRONG}


def test_attempts_are_fresh_in_the_next_span() -> None:
    world = World()
    for _ in range(ATTEMPTS_MAX):
        assert world.give("000000") is Verdict.WRONG
    assert world.give(code_at(SEED, world.step)) is Verdict.NOT_LOOKED_AT
    world.now += timedelta(seconds=6 * STEP_SECONDS)
    assert world.give(code_at(SEED, world.step)) is Verdict.RIGHT


def test_others_and_nobody_count_nothing() -> None:
    world = World()
    for _ in range(ATTEMPTS_MAX + 1):
        assert world.give("000000", owner_id="AIDAOTHER") is Verdict.NOT_LOOKED_AT
        assert world.give("000000", serial_number=f"{SERIAL}x") is Verdict.NOT_LOOKED_AT
    assert world.give(code_at(SEED, world.step)) is Verdict.RIGHT
    nobodys = World(replace(DEVICE, owner_id=""))
    assert nobodys.give(code_at(SEED, nobodys.step), owner_id="") is Verdict.NOT_LOOKED_AT


def test_a_device_made_again_has_its_own_codes_and_the_old_attempts() -> None:
    world = World()
    right = code_at(SEED, world.step)
    assert world.give(right) is Verdict.RIGHT
    world.store.write(lambda transaction: Directory(transaction).mfa_devices.remove(DEVICE))
    again = replace(DEVICE, id="MFA2", sealed_seed=seal_seed(SEALER, SEED, "MFA2"))
    world.store.write(lambda transaction: Directory(transaction).mfa_devices.add(again))
    assert world.give(right) is Verdict.RIGHT
    for _ in range(ATTEMPTS_MAX - 2):
        assert world.give("000000") is Verdict.WRONG
    assert world.give(code_at(SEED, world.step + 1)) is Verdict.NOT_LOOKED_AT


def test_a_seed_of_another_device_opens_nothing() -> None:
    world = World(replace(DEVICE, sealed_seed=seal_seed(SEALER, SEED, "MFA9")))
    assert world.give(code_at(SEED, world.step)) is Verdict.NOT_LOOKED_AT
