"""Plans while the directory changes under the requests that make them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import _GeneratorContextManager  # type: ignore[reportPrivateUsage]
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from watchword.core.ids import AccountId
from watchword.directory.control_policies import control_levels
from watchword.directory.directory import Directory
from watchword.directory.organizations import RCP, Member, Organization
from watchword.directory.ports import Transaction
from watchword.directory.users import User
from watchword.gateway.plans import Documents, Plans, policy_holder
from watchword.gateway.records import RecordCache
from watchword.policy.principals import Kind, Principal
from watchword.services.call import Authenticated
from watchword.storage.aws_policies import ShippedAwsPolicies
from watchword.storage.memory import MemoryStore

ACME = AccountId("111122223333")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
USER = User(account=ACME, name="bob", path="/", id="AIDABOB", created_at=NOW)
BOB = Authenticated(Principal(kind=Kind.USER, account=ACME, arn=USER.arn, unique_id=USER.id, name="bob"))
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ORGANIZATION = Organization(
    id="o-1234567890", root_id="r-1234", management_account=AccountId("444455556666"), created_at=NOW
)
MEMBER = Member(
    account=ACME, organization=ORGANIZATION.id, parent_id=ORGANIZATION.root_id, joined_method="CREATED", joined_at=NOW
)


class BusyStore(MemoryStore):
    """A store in which others write, and hear of it, at the moment before a snapshot begins."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[Directory], None] | None = None

    def read(self) -> _GeneratorContextManager[Transaction]:
        change, self.meanwhile = self.meanwhile, None
        if change is not None:
            self.write(lambda transaction: change(Directory(transaction)))
            self.refresh()
        return super().read()


def test_a_boundary_set_while_a_plan_is_made_is_in_the_plan_and_in_the_next() -> None:
    store = BusyStore()
    records, plans = RecordCache(store), Plans(store, ShippedAwsPolicies(), Documents())
    store.write(lambda transaction: Directory(transaction).users.add(USER))
    store.refresh()
    with records.read() as warm:
        assert Directory(warm).users.seek("id", USER.id) == USER
    store.meanwhile = lambda directory: directory.users.replace(replace(USER, boundary=BOUNDARY))
    for _ in range(2):
        with records.read() as request:
            assert plans.plan(BOB, Directory(request)).policies.boundary is not None


def test_resource_control_policies_enabled_while_there_are_none_stand_over_the_next_request() -> None:
    store = BusyStore()
    records, plans = RecordCache(store), Plans(store, ShippedAwsPolicies(), Documents())

    def join(directory: Directory) -> None:
        directory.organizations.add(ORGANIZATION)
        directory.members.add(MEMBER)

    store.write(lambda transaction: join(Directory(transaction)))
    store.refresh()
    with records.read() as warm:
        assert control_levels(Directory(warm), ACME, RCP) is None
    store.meanwhile = lambda directory: directory.organizations.replace(replace(ORGANIZATION, policy_types=(RCP,)))
    for _ in range(2):
        with records.read() as request:
            assert plans.control(ACME, Directory(request)) is not None


@pytest.mark.parametrize(
    ("resource", "holder"),
    [
        ("arn:aws:s3:::plans/a.txt", "arn:aws:s3:::plans"),
        ("arn:aws:s3:::plans", "arn:aws:s3:::plans"),
        ("arn:aws:iam::111122223333:role/path/r", "arn:aws:iam::111122223333:role/path/r"),
    ],
)
def test_the_policy_of_an_object_is_its_bucket_s(resource: str, holder: str) -> None:
    assert policy_holder(resource) == holder
