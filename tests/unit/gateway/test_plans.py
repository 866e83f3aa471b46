"""Plans while the directory changes under the requests that make them."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterable
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
        (
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/way/object/a/object/b",
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/way",
        ),
        (
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/way",
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/way",
        ),
        (
            "arn:aws:iam::111122223333:role/s3:accesspoint/object/r",
            "arn:aws:iam::111122223333:role/s3:accesspoint/object/r",
        ),
        ("arn:aws:iam::111122223333:role/path/r", "arn:aws:iam::111122223333:role/path/r"),
    ],
)
def test_the_policy_of_an_object_is_its_bucket_s(resource: str, holder: str) -> None:
    assert policy_holder(resource) == holder


OPEN = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}'


def memory_of(documents: Documents, asked: Iterable[tuple[str, str]]) -> int:
    """How many bytes more are held after these policies of these resources were asked for."""
    tracemalloc.start()
    try:
        for arn, text in asked:
            assert documents.of_resource(arn, text, is_trust=False).document is not None
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_the_objects_of_a_bucket_share_its_policy() -> None:
    documents = Documents()
    first = documents.of_resource("arn:aws:s3:::plans/0", OPEN, is_trust=False)
    assert first.source.id == "arn:aws:s3:::plans"
    for number in range(3):
        assert documents.of_resource(f"arn:aws:s3:::plans/{number}", OPEN, is_trust=False) is first
    assert documents.of_resource("arn:aws:s3:::other/0", OPEN, is_trust=False).source.id == "arn:aws:s3:::other"


def test_a_great_bucket_takes_no_more_memory_than_a_small_one() -> None:
    asked = [(f"arn:aws:s3:::plans/{number:08}", OPEN) for number in range(2_000)]
    assert memory_of(Documents(), asked) < 64 * 1024


def test_one_who_writes_long_policies_all_day_fills_no_memory() -> None:
    """A policy that was replaced is held on to by its text until others need the room: that room is bounded."""
    long = OPEN.replace('"s3:*"', json.dumps([f"s3:Get{number:05}*" for number in range(1_000)]))
    asked = [("arn:aws:s3:::plans", long + " " * number) for number in range(120)]
    few = memory_of(Documents(characters_max=10 * len(long)), asked[:10])
    assert memory_of(Documents(characters_max=10 * len(long)), asked) < 2 * few


def test_a_policy_that_is_longer_than_the_bound_still_holds() -> None:
    documents = Documents(characters_max=10)
    for bucket in ("arn:aws:s3:::plans", "arn:aws:s3:::other"):
        assert documents.of_resource(bucket, OPEN, is_trust=False).document is not None
