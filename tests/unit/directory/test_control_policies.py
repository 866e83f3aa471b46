"""The chain of control policies over an account: which levels, in which order, and what happens when it is broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from watchword.core.errors import Inconsistent
from watchword.core.ids import AccountId
from watchword.directory.control_policies import chain, control_levels, membership, organization_path
from watchword.directory.directory import Directory
from watchword.directory.organizations import (
    RCP,
    SCP,
    ControlPolicy,
    Member,
    Organization,
    OrganizationalUnit,
    PolicyTarget,
)
from watchword.storage.memory import MemoryStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MANAGER, ACME, ALONE = AccountId("999999999999"), AccountId("111122223333"), AccountId("444455556666")
ORG = Organization(
    id="o-1234567890", root_id="r-abcd", management_account=MANAGER, created_at=NOW, policy_types=(SCP, RCP)
)
OUTER, INNER = "ou-abcd-00000001", "ou-abcd-00000002"


def unit(unit_id: str, parent_id: str) -> OrganizationalUnit:
    return OrganizationalUnit(organization=ORG.id, id=unit_id, parent_id=parent_id, name=unit_id, created_at=NOW)


def member(account: AccountId, parent_id: str) -> Member:
    return Member(account=account, organization=ORG.id, parent_id=parent_id, joined_method="CREATED", joined_at=NOW)


def target(policy_id: str, target_id: str) -> PolicyTarget:
    return PolicyTarget(organization=ORG.id, policy_id=policy_id, target_id=target_id, type=SCP)


def in_organization(check: Callable[[Directory], None]) -> None:
    """Run a check where acme is two units deep, with policies at the root, in between and on the account."""

    def change(transaction: Any) -> None:
        directory = Directory(transaction)
        directory.organizations.add(ORG)
        directory.organizational_units.add(unit(OUTER, ORG.root_id))
        directory.organizational_units.add(unit(INNER, OUTER))
        directory.members.add(member(MANAGER, ORG.root_id))
        directory.members.add(member(ACME, INNER))
        directory.control_policies.add(
            ControlPolicy(organization=ORG.id, id="p-own00001", type=SCP, name="own", description="", content="{}")
        )
        for each in (ORG.root_id, OUTER, ACME):
            directory.policy_targets.add(target("p-FullAWSAccess", each))
        directory.policy_targets.add(target("p-own00001", OUTER))
        check(directory)

    MemoryStore().write(change)


def test_levels_go_from_the_root_down_to_the_account() -> None:
    def check(directory: Directory) -> None:
        levels = control_levels(directory, ACME, SCP)
        assert levels is not None
        full, own = "p-FullAWSAccess", "p-own00001"
        # A level that nothing is attached to stays, and allows nothing.
        assert [sorted(each.id for each in level) for level in levels] == [[full], [full, own], [], [full]]
        (text,) = (each for each in levels[1] if each.id == own)
        assert text.arn == f"arn:aws:organizations::{MANAGER}:policy/{ORG.id}/service_control_policy/{own}"
        assert organization_path(directory, ACME) == f"{ORG.id}/{ORG.root_id}/{OUTER}/{INNER}/"

    in_organization(check)


def test_who_is_exempt() -> None:
    def check(directory: Directory) -> None:
        assert control_levels(directory, MANAGER, SCP) is None
        assert control_levels(directory, ALONE, SCP) is None
        directory.organizations.replace(replace(ORG, policy_types=(RCP,)))
        assert control_levels(directory, ACME, SCP) is None
        assert control_levels(directory, ACME, RCP) == ((), (), (), ())

    in_organization(check)


@pytest.mark.parametrize("broken", ["policy", "unit", "circle", "organization"])
def test_records_that_do_not_fit_together_decide_nothing(broken: str) -> None:
    def check(directory: Directory) -> None:
        match broken:
            case "policy":
                (policy,) = directory.control_policies.under(ORG.id)
                directory.control_policies.remove(policy)
            case "unit":
                directory.organizational_units.remove(unit(OUTER, ORG.root_id))
            case "circle":
                directory.organizational_units.replace(unit(OUTER, INNER))
            case _:
                directory.organizations.remove(ORG)
        with pytest.raises(Inconsistent):
            control_levels(directory, ACME, SCP)

    in_organization(check)


def test_membership_and_chain_of_the_root_itself() -> None:
    def check(directory: Directory) -> None:
        assert membership(directory, ALONE) is None
        assert organization_path(directory, ALONE) is None
        assert chain(directory, ORG, ORG.root_id) == (ORG.root_id,)
        assert organization_path(directory, MANAGER) == f"{ORG.id}/{ORG.root_id}/"

    in_organization(check)
