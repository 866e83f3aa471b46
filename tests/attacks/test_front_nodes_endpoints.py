"""VPC endpoints of front nodes: what the node with the keys would judge otherwise, or not at all, does not start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.fronts import Fronts, fronts
from tests.support.house import Account, Keys, allow, policy, run_server
from tests.support.organized import everyone
from tests.support.processes import ServerProcess
from tests.support.raw_requests import call, whoami

OWNER = "111122223333"


@pytest.fixture(scope="module")
def policy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("policies") / "policy.json"
    path.write_text(policy(everyone(allow("sts:*"))))
    return path


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, policy_file: Path) -> Iterator[Fronts]:
    endpoints = [f"vpce-0sts:vpc-1:{OWNER}:{policy_file}@127.0.0.1:0", "vpce-0open:vpc-2@127.0.0.1:0"]
    folder = tmp_path_factory.mktemp("fronts") / "data"
    with fronts(folder, front={"vpc_endpoints": endpoints}, vpc_endpoints=endpoints) as running:
        yield running


def start_front(system: Fronts, *endpoints: str) -> ServerProcess:
    return run_server(system.house.server.data_dir, keys_from=str(system.socket), vpc_endpoints=endpoints)


def test_what_is_handed_on_is_judged_as_through_the_endpoint(system: Fronts) -> None:
    acme: Account = system.house.account()
    keys = acme.administrator
    through = Keys(system.front.description["vpc_endpoints"]["vpce-0sts"], keys.access_key_id, keys.secret_access_key)
    assert whoami(through).send().status == 200
    assert call(through, "sts", "GetSessionToken").send().status == 200
    assert call(through, "iam", "CreateAccessKey", UserName="administrator").send().status == 403


def refused_start(system: Fronts, *endpoints: str) -> str:
    """Start what must not start; gives back what it said last."""
    with pytest.raises(AssertionError) as refused:
        start_front(system, *endpoints)
    return str(refused.value).splitlines()[-1]


def test_an_endpoint_that_the_other_node_does_not_know(system: Fronts) -> None:
    said = refused_start(system, "vpce-0stz:vpc-1@127.0.0.1:0")
    assert "knows no VPC endpoint `vpce-0stz`, only vpce-0open, vpce-0sts" in said
    assert "start that node with the same --vpc-endpoint" in said


@pytest.mark.parametrize(
    ("endpoint", "differing"),
    [
        ("vpce-0open:vpc-1@127.0.0.1:0", "another VPC at"),
        (f"vpce-0open:vpc-2:{OWNER}@127.0.0.1:0", "another account at"),
        ("vpce-0sts:vpc-1@127.0.0.1:0", "another account and policy at"),
        (f"vpce-0sts:vpc-1:{OWNER}@127.0.0.1:0", "another policy at"),
    ],
)
def test_an_endpoint_that_is_another_at_the_other_node(system: Fronts, endpoint: str, differing: str) -> None:
    said = refused_start(system, endpoint)
    assert differing in said
    assert "start that one again after its policy was changed" in said


def test_a_policy_that_was_changed_after_the_other_node_started(system: Fronts, policy_file: Path) -> None:
    before = policy_file.read_text()
    try:
        policy_file.write_text(policy(everyone(allow("*"))))
        said = refused_start(system, f"vpce-0sts:vpc-1:{OWNER}:{policy_file}@127.0.0.1:0")
    finally:
        policy_file.write_text(before)
    assert "`vpce-0sts` has another policy at" in said


def test_fewer_endpoints_than_the_other_node_are_right(system: Fronts) -> None:
    front = start_front(system, "vpce-0open:vpc-2@127.0.0.1:0")
    assert front.stop() == 0
