"""Devices that cannot be made are refused before a seed is drawn and a picture of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import NoReturn

import pytest

from watchword.core.ids import AccountId
from watchword.credentials.keyring import new_keyring
from watchword.credentials.sealing import Sealer
from watchword.credentials.totp import SEED_PURPOSE
from watchword.directory.directory import Directory
from watchword.directory.mfa_devices import MfaDevice
from watchword.policy.principals import Kind, Principal
from watchword.services.call import Authenticated, Call
from watchword.services.iam.errors import EntityAlreadyExists, LimitExceeded
from watchword.services.iam.mfa_devices import NewDevice, draw_device
from watchword.services.iam.quotas import VIRTUAL_MFA_DEVICES
from watchword.services.iam.shapes import CreateVirtualMFADeviceRequest
from watchword.storage.memory import MemoryStore

ACME = AccountId("111122223333")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = Authenticated(Principal(kind=Kind.ROOT, account=ACME, arn=f"arn:aws:iam::{ACME}:root"))
SEALER = Sealer(new_keyring(os.urandom), SEED_PURPOSE, os.urandom)


def no_random_bytes(count: int) -> NoReturn:
    raise AssertionError("a seed was drawn for a device that cannot be made")


def asked_for(name: str, *, held: int = 1) -> NewDevice:
    """Ask for a device where devices `phone-0`, `phone-1`, … are held."""
    store = MemoryStore()

    def hold(directory: Directory) -> None:
        for number in range(held):
            device = MfaDevice(
                account=ACME, name=f"phone-{number}", path="/", id=f"MFA{number}", sealed_seed=b"", created_at=NOW
            )
            directory.mfa_devices.add(device)

    store.write(lambda transaction: hold(Directory(transaction)))
    request = CreateVirtualMFADeviceRequest(virtual_mfa_device_name=name)
    with store.read() as transaction:
        is_free = name == "free"
        return draw_device(
            Call(request, ROOT, "us-east-1", NOW, "request"),
            Directory(transaction),
            os.urandom if is_free else no_random_bytes,
            SEALER,
        )


def test_a_name_that_is_taken() -> None:
    with pytest.raises(EntityAlreadyExists):
        asked_for("phone-0")


def test_one_device_too_many() -> None:
    with pytest.raises(LimitExceeded):
        asked_for("another", held=VIRTUAL_MFA_DEVICES.limit)


def test_a_name_that_is_free() -> None:
    device = asked_for("free")
    assert device.device.name == "free"
    assert device.picture.startswith(b"\x89PNG")
