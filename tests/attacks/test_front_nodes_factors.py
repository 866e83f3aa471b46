"""Second factors and lent sessions through a front node, which can neither verify a code nor make a session itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.support.authenticators import Authenticator
from tests.support.fronts import Fronts, finds_in_memory, fronts
from tests.support.house import Account, Keys, allow, federate, policy, user_with
from tests.support.raw_requests import call, whoami


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(tmp_path_factory.mktemp("fronts") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def acme(system: Fronts) -> Account:
    return system.house.account()


def test_one_code_is_taken_once_by_all_nodes(system: Fronts, acme: Account) -> None:
    home = user_with(acme, "holder", policy(allow("iam:*")))
    front = system.at_front(home)
    device = Authenticator.make(acme.administrator.client("iam"), "holder")
    device.enable(system.at_front(acme.administrator).client("iam"), "holder")
    code = device.code()

    def give(keys: Keys) -> int:
        return call(keys, "sts", "GetSessionToken", SerialNumber=device.serial, TokenCode=code).send().status

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(give, [home, front] * 3)) == [200, *[403] * 5]
    session = device.log_in(front, 1)
    assert session.client("iam").list_mfa_devices(UserName="holder")["MFADevices"]
    assert not finds_in_memory(system.front.process.pid, [device.seed.encode()])


def test_a_federated_user_is_made_and_served(system: Fronts, acme: Account) -> None:
    front = system.at_front(acme.administrator)
    guest = federate(front, Policy=policy(allow("s3:*")))
    for keys in (guest, replace(guest, endpoint=acme.administrator.endpoint)):
        assert f"arn:aws:sts::{acme.id}:federated-user/guest" in whoami(keys).send().text
        keys.client("s3").list_buckets()
