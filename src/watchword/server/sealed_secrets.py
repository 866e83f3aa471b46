"""What stands sealed in the records, under which master key, and how it is sealed anew.

Secrets at rest are those of long-term access keys and the seeds of virtual MFA devices. Session tokens, page markers
and authorization messages are sealed too, and are in the hands of others: nobody can seal them anew.
The bytes of objects are sealed only by keys of customers, which no master key opens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from msgspec.structs import replace

from watchword.core.errors import OperatorError, SealBroken
from watchword.core.ids import RandomBytes
from watchword.credentials.access_keys import ACCESS_KEY_PURPOSE
from watchword.credentials.keyring import Keyring
from watchword.credentials.sealing import Sealer, master_key_number
from watchword.credentials.totp import SEED_PURPOSE
from watchword.directory.access_keys import AccessKey
from watchword.directory.directory import Directory
from watchword.directory.mfa_devices import MfaDevice
from watchword.directory.ports import Collection, Store

BATCH_MAX = 200
"""Records that one transaction seals anew: others wait a few milliseconds for it."""


class _Kind(NamedTuple):
    """One type of record that holds something sealed."""

    named: str
    purpose: str
    field: str
    collection: Callable[[Directory], Collection[Any]]
    key: Callable[[Any], tuple[str, ...]]


def _access_keys(directory: Directory) -> Collection[Any]:
    return directory.access_keys


def _mfa_devices(directory: Directory) -> Collection[Any]:
    return directory.mfa_devices


def _key_of_access_key(key: AccessKey) -> tuple[str, ...]:
    return (key.id,)


def _key_of_device(device: MfaDevice) -> tuple[str, ...]:
    return (device.account, device.id)


KINDS = (
    _Kind("access key", ACCESS_KEY_PURPOSE, "sealed_secret", _access_keys, _key_of_access_key),
    _Kind("MFA device", SEED_PURPOSE, "sealed_seed", _mfa_devices, _key_of_device),
)


def check_opens(store: Store, keyring: Keyring) -> None:
    """Raise OperatorError when the master keys do not open what the records seal.

    Of each kind the first that opens is enough: one that is damaged is no wrong key.
    """
    with store.read() as snapshot:
        for kind in KINDS:
            sealer = Sealer(keyring, kind.purpose, _no_random_bytes)
            unopened: dict[int, bytes] = {}
            for record in kind.collection(Directory(snapshot)).under():
                sealed = getattr(record, kind.field)
                number = master_key_number(sealed)
                if _opens(sealer, sealed, record.id):
                    unopened.pop(number, None)
                    if not unopened:
                        break
                else:
                    unopened.setdefault(number, sealed)
            for sealed in unopened.values():
                raise wrong_key(keyring, sealed)


def _opens(sealer: Sealer, sealed: bytes, owner: str) -> bool:
    try:
        sealer.open(sealed, owner)
    except SealBroken:
        return False
    return True


def wrong_key(keyring: Keyring, sealed: bytes) -> OperatorError:
    """The error for master keys that do not open a secret."""
    number, held = master_key_number(sealed), ", ".join(map(str, sorted(keyring.numbers)))
    if number in keyring.numbers:
        return OperatorError(
            f"the master key is not the one that sealed these records: number {number} opens none of them; put the"
            " right one back"
        )
    return OperatorError(
        f"the master key is not whole: secrets are sealed under number {number}, and only {held} is there; put the file"
        " back that the last `watchword keys rotate` wrote, or add that line where the key is kept"
    )


def count_by_key(store: Store) -> Counter[int]:
    """How many secrets are sealed under each master key."""
    with store.read() as snapshot:
        directory = Directory(snapshot)
        return Counter(
            master_key_number(getattr(record, kind.field))
            for kind in KINDS
            for record in kind.collection(directory).under()
        )


def seal_anew(store: Store, keyring: Keyring, random_bytes: RandomBytes) -> int:
    """Seal everything under the newest key that is under another, a batch a transaction; gives back how many.

    May be killed at any instant and run again: what is done is done. Raises OperatorError for what does not open.
    """
    done = 0
    for kind in KINDS:
        sealer = Sealer(keyring, kind.purpose, random_bytes)
        waiting = _waiting(store, kind, keyring.newest_number)
        while batch := list(islice(waiting, BATCH_MAX)):
            done += store.write(
                lambda transaction, kind=kind, sealer=sealer, batch=batch: _seal_batch(
                    Directory(transaction), kind, sealer, keyring, batch
                )
            )
    return done


def _waiting(store: Store, kind: _Kind, newest: int) -> Iterator[tuple[str, ...]]:
    """The keys of records that are sealed under an older key, as one snapshot has them."""
    with store.read() as snapshot:
        return iter(
            [
                kind.key(record)
                for record in kind.collection(Directory(snapshot)).under()
                if master_key_number(getattr(record, kind.field)) != newest
            ]
        )


def _seal_batch(
    directory: Directory, kind: _Kind, sealer: Sealer, keyring: Keyring, batch: list[tuple[str, ...]]
) -> int:
    """Seal some records anew. What was changed or deleted meanwhile is as the transaction finds it."""
    collection, done = kind.collection(directory), 0
    for key in batch:
        record = collection.get(*key)
        if record is None or master_key_number(getattr(record, kind.field)) == keyring.newest_number:
            continue
        sealed = getattr(record, kind.field)
        try:
            plain = sealer.open(sealed, record.id)
        except SealBroken:
            raise OperatorError(
                f"the secret of the {kind.named} `{record.id}` does not open: put the right master key"
                f" {master_key_number(sealed)} back; if that is the right one the secret is damaged: delete it first"
            ) from None
        collection.replace(replace(record, **{kind.field: sealer.seal(plain, record.id)}))
        done += 1
    return done


def _no_random_bytes(count: int) -> bytes:
    raise AssertionError(f"{count} random bytes were asked for by what only opens")
