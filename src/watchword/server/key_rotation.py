"""The rotation of the master key: a further key, every secret sealed under it, and the old keys dropped.

Rules:

* A key that seals anything is on disk, with its folder, before anything is sealed under it.
* Nothing is sealed under a key that a running server has not read: it could not open it. It is started again first.
* Old keys stay until the sessions that were made under them are over. Their last trace, in pages of the database that
  were freed, goes when they are dropped.
* Every step can be killed at any instant and done again; it goes on where it was.

Never prints, logs or gives back a key. Where keys are kept: `master_key.py`; what they seal: `sealed_secrets.py`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from watchword.core.clock import Clock
from watchword.core.errors import OperatorError
from watchword.core.ids import RandomBytes
from watchword.credentials.keyring import Keyring
from watchword.gateway.key_desk import SESSION_HOURS_MAX
from watchword.server.bootstrap import DATABASE, open_store
from watchword.server.data_directory import locked, require_initialized, write_private
from watchword.server.master_key import (
    drop_older_keys,
    knows_present_keys,
    load_keyring,
    remove_half_written,
    rotate_keyring,
    source_name,
)
from watchword.server.sealed_secrets import check_opens, count_by_key, seal_anew
from watchword.storage.rebuild import rebuild

LOCK = "keys.lock"
STATE = "keys.json"
TOKENS_LIVE = timedelta(hours=SESSION_HOURS_MAX + 1)
"""How long something that was sealed under an old key may still be asked to open; with an hour for clocks."""


class Rotated(msgspec.Struct, frozen=True):
    """A rotation that is over but for the old keys."""

    newest: int
    resealed_at: datetime


@dataclass(frozen=True, slots=True)
class KeyState:
    """The master keys of a directory, without their bytes."""

    secrets: dict[int, int]
    """How many secrets at rest each key seals."""
    newest: int
    source: str
    """The variable that gives the keys; empty for DIR/master.key."""
    dropped_from: datetime | None
    """From when on older keys may be dropped; None while they are needed, or when there are none."""


def state(data_dir: Path) -> KeyState:
    """What the keys of a directory are used for. Raises OperatorError, Unavailable."""
    require_initialized(data_dir)
    keyring = load_keyring(data_dir)
    counts = _counts(data_dir, keyring)
    secrets = {number: counts[number] for number in sorted(keyring.numbers)}
    is_over = all(count == 0 for number, count in secrets.items() if number != keyring.newest_number)
    rotated = _read_state(data_dir)
    known = rotated is not None and rotated.newest == keyring.newest_number and len(secrets) > 1 and is_over
    dropped_from = rotated.resealed_at + TOKENS_LIVE if known and rotated is not None else None
    return KeyState(secrets, keyring.newest_number, source_name(), dropped_from)


def rotate(data_dir: Path, clock: Clock, random_bytes: RandomBytes) -> int:
    """Add a key and seal every secret under it, or go on with a rotation that was not finished.

    Gives back how many secrets were sealed anew. Raises OperatorError when something else must be done first, and says
    what; Unavailable.
    """
    require_initialized(data_dir)
    with locked(data_dir, LOCK):
        remove_half_written(data_dir)
        keyring = load_keyring(data_dir)
        counts = _counts(data_dir, keyring)
        is_over = all(number == keyring.newest_number for number in counts)
        if is_over and not _was_killed_at_the_end(data_dir, keyring):
            keyring = _add_key(data_dir, keyring, random_bytes)
        with _no_server_without(data_dir, keyring):
            store = open_store(data_dir)
            try:
                done = seal_anew(store, keyring, random_bytes)
            finally:
                store.close()
            _write_state(data_dir, Rotated(keyring.newest_number, clock.now()))
    return done


def drop(data_dir: Path, clock: Clock, *, ends_sessions: bool) -> tuple[int, ...]:
    """Forget all keys but the newest, and what they sealed in freed pages; gives back their numbers.

    Raises OperatorError while something needs them; `ends_sessions` does not wait for sessions. Unavailable.
    """
    require_initialized(data_dir)
    with locked(data_dir, LOCK):
        remove_half_written(data_dir)
        keyring = load_keyring(data_dir)
        counts = _counts(data_dir, keyring)
        older = tuple(sorted(number for number in keyring.numbers if number != keyring.newest_number))
        if any(number != keyring.newest_number for number in counts):
            raise OperatorError(
                f"secrets are sealed under older master keys: run `watchword keys rotate` on `{data_dir}`"
            )
        if older and not ends_sessions:
            _require_over(_read_state(data_dir), keyring, clock.now())
        if older and not source_name():
            drop_older_keys(data_dir)
        rebuild(data_dir / DATABASE)
    return older


def _was_killed_at_the_end(data_dir: Path, keyring: Keyring) -> bool:
    """True when everything is sealed under the newest of several keys, and nobody wrote down since when."""
    rotated = _read_state(data_dir)
    return len(keyring.numbers) > 1 and (rotated is None or rotated.newest != keyring.newest_number)


def _add_key(data_dir: Path, keyring: Keyring, random_bytes: RandomBytes) -> Keyring:
    if source := source_name():
        raise OperatorError(
            f"the master key comes from {source}: add a line `{keyring.newest_number + 1} BASE64-OF-32-RANDOM-BYTES` to"
            " what it gives, start the server again, and run this again"
        )
    return rotate_keyring(data_dir, random_bytes)


def _counts(data_dir: Path, keyring: Keyring) -> dict[int, int]:
    store = open_store(data_dir)
    try:
        check_opens(store, keyring)
        return count_by_key(store)
    finally:
        store.close()


@contextlib.contextmanager
def _no_server_without(data_dir: Path, keyring: Keyring) -> Generator[None]:
    """Keep servers from starting while the block runs; one that runs must know the newest key. Raises OperatorError."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(data_dir))
        except OperatorError:
            if source := source_name():
                raise OperatorError(
                    f"nobody knows which keys {source} gave the running server: stop it first"
                ) from None
            if not knows_present_keys(data_dir):
                raise OperatorError(
                    f"master key {keyring.newest_number} is there and seals nothing yet: start the server on"
                    f" `{data_dir}` again, so that it reads it, and run this again; or stop it first"
                ) from None
        yield


def _require_over(rotated: Rotated | None, keyring: Keyring, now: datetime) -> None:
    if rotated is None or rotated.newest != keyring.newest_number:
        raise OperatorError("nobody knows when the older master keys were last used: run `watchword keys rotate` first")
    if now < (until := rotated.resealed_at + TOKENS_LIVE):
        raise OperatorError(
            f"sessions that were made under the older master keys may live until {until:%Y-%m-%d %H:%M} UTC: wait, or"
            " end them now with --end-sessions"
        )


def _read_state(data_dir: Path) -> Rotated | None:
    try:
        return msgspec.json.decode((data_dir / STATE).read_bytes(), type=Rotated)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        raise OperatorError(
            f"`{data_dir / STATE}` cannot be read: delete it, and run `watchword keys rotate`"
        ) from None


def _write_state(data_dir: Path, rotated: Rotated) -> None:
    write_private(data_dir / STATE, msgspec.json.encode(rotated).decode())
