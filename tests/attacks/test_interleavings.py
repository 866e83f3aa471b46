"""Changes of many kinds, two at a time, while others keep every worker's caches warm: each is obeyed at once by all.

A model of what is in force says what the next request must get; the server has three workers, and every request comes
over a connection of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from tests.support.house import Account, House, Keys, allow, deny, policy, user_with
from tests.support.organized import SCP, Organized
from tests.support.raw_requests import call

LIST_USERS = policy(allow("iam:ListUsers"))
NOTHING = policy(allow("iam:GetUser", "arn:aws:iam::111122223333:user/nobody"))
NO_LISTS = policy(deny("iam:List*"))
NO_BUCKETS = policy(deny("s3:*"))
REQUESTS = 8
STEPS = 40


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House.start(tmp_path_factory.mktemp("office") / "data", workers=3)
    yield house
    house.stop()


@dataclass
class InForce:
    """What grants and what forbids ListUsers to one user of a member account."""

    on: dict[str, bool] = field(default_factory=dict[str, bool])

    def allows(self) -> bool:
        on = self.on
        granted = on["inline"] or (on["in group"] and on["group policy"]) or (on["attached"] and on["version lists"])
        over = on["scp at root"] or (on["scp at unit"] and on["in unit"]) or on["scp at account"]
        return granted and not (over and on["scp denies"]) and (not on["bounded"] or on["boundary lists"])


class Office:
    """The changes that can be made: each is a pair of calls, to switch it on and off."""

    def __init__(self, house: House) -> None:
        self.organized = Organized.make(house, SCP)
        self.unit = self.organized.unit()
        self.member = self.organized.member(self.unit)
        self.keys = user_with(self.member, "u")
        iam = self.iam = self.client(self.member)
        iam.create_group(GroupName="g")
        made = [iam.create_policy(PolicyName=name, PolicyDocument=LIST_USERS) for name in ("grants", "bounds")]
        self.grants, self.bounds = (each["Policy"]["Arn"] for each in made)
        for arn in (self.grants, self.bounds):
            iam.create_policy_version(PolicyArn=arn, PolicyDocument=NOTHING)
        self.scp = self.organized.policy(NO_LISTS)
        starts_on = {"version lists", "boundary lists", "in unit", "scp denies"}
        self.in_force = InForce({name: name in starts_on for name in self.changes()})

    @staticmethod
    def client(account: Account) -> Any:
        return account.administrator.client("iam")

    def changes(self) -> dict[str, Callable[[bool], Any]]:
        """What can be switched, by name."""
        user, group, iam = {"UserName": "u"}, {"GroupName": "g"}, self.iam
        named = {**user, "PolicyName": "p"}
        return {
            "inline": lambda on: (
                iam.put_user_policy(**named, PolicyDocument=LIST_USERS) if on else iam.delete_user_policy(**named)
            ),
            "in group": lambda on: (iam.add_user_to_group if on else iam.remove_user_from_group)(**user, **group),
            "group policy": lambda on: iam.put_group_policy(
                **group, PolicyName="p", PolicyDocument=LIST_USERS if on else NOTHING
            ),
            "attached": lambda on: (iam.attach_user_policy if on else iam.detach_user_policy)(
                **user, PolicyArn=self.grants
            ),
            "version lists": lambda on: self.set_version(self.grants, lists=on),
            "bounded": lambda on: (
                iam.put_user_permissions_boundary(**user, PermissionsBoundary=self.bounds)
                if on
                else iam.delete_user_permissions_boundary(**user)
            ),
            "boundary lists": lambda on: self.set_version(self.bounds, lists=on),
            "in unit": self.move,
            "scp at root": lambda on: self.attach(self.organized.root_id, on=on),
            "scp at unit": lambda on: self.attach(self.unit, on=on),
            "scp at account": lambda on: self.attach(self.member.id, on=on),
            "scp denies": lambda on: self.organized.client.update_policy(
                PolicyId=self.scp, Content=NO_LISTS if on else NO_BUCKETS
            ),
        }

    def set_version(self, arn: str, *, lists: bool) -> None:
        self.iam.set_default_policy_version(PolicyArn=arn, VersionId="v1" if lists else "v2")

    def attach(self, target: str, *, on: bool) -> None:
        client = self.organized.client
        (client.attach_policy if on else client.detach_policy)(PolicyId=self.scp, TargetId=target)

    def move(self, on: bool) -> None:
        parents = (self.organized.root_id, self.unit)
        source, destination = parents if on else reversed(parents)
        self.organized.client.move_account(
            AccountId=self.member.id, SourceParentId=source, DestinationParentId=destination
        )


def keep_asking(keys: Keys, is_over: list[bool]) -> set[int]:
    request, seen = call(keys, "iam", "ListUsers"), set[int]()
    while not is_over:
        seen.add(request.send().status)
    return seen


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_changes_the_next_request_of_every_worker_obeys(office: House, seed: int) -> None:
    chance, place, is_over = Random(seed), Office(office), list[bool]()
    changes, met = place.changes(), set[bool]()
    request = call(place.keys, "iam", "ListUsers")
    with ThreadPoolExecutor(4) as pool:
        noises = [pool.submit(keep_asking, place.keys, is_over) for _ in range(2)]
        try:
            for _ in range(STEPS):
                names = chance.sample(sorted(changes), 2)
                for name in names:
                    place.in_force.on[name] = not place.in_force.on[name]
                for made in [pool.submit(changes[name], place.in_force.on[name]) for name in names]:
                    made.result()
                expected = place.in_force.allows()
                met.add(expected)
                got = {request.send().status for _ in range(REQUESTS)}
                assert got == {200 if expected else 403}, (names, place.in_force)
        finally:
            is_over.append(True)
        assert set[int]().union(*(noise.result() for noise in noises)) <= {200, 403}
    assert met == {True, False}
