"""What control policies cost a decision: an organization of 1,000 accounts, five units deep, with 200 policies.

The same request (iam:GetUser by a user with ten statements) is decided in an account of its own, in a member right
under the root, and in the deepest member, whose chain has seven levels of five policies. In one process, on SQLite.

Bar: in the deepest account at most 1.5 times a flat one.

Run: .venv/bin/python benchmarks/organizations.py
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.core.ids import AccountId
from watchword.directory.accounts import Account
from watchword.directory.directory import Directory
from watchword.directory.organizations import (
    SCP,
    ControlPolicy,
    Member,
    Organization,
    OrganizationalUnit,
    PolicyTarget,
)
from watchword.directory.policies import InlinePolicy
from watchword.directory.ports import Store, Transaction
from watchword.directory.users import User
from watchword.gateway.authorize import Asked, Authorizer, service_rules
from watchword.gateway.plans import Documents, Plans
from watchword.gateway.records import RecordCache
from watchword.gateway.surroundings import Surroundings
from watchword.policy.principals import Kind, Principal
from watchword.services.call import Authenticated
from watchword.services.iam.shapes import GetUserRequest
from watchword.signing.errors import Dialect
from watchword.storage.aws_policies import ShippedAwsPolicies
from watchword.storage.sqlite import SqliteStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNTS, DEEP, POLICIES = 1000, 5, 200
BAR = 1.5
MANAGER = AccountId("100000000000")
ALONE, FLAT, DEEPEST = AccountId("100000000001"), AccountId("100000000002"), AccountId("100000000999")
ORG = Organization(id="o-1234567890", root_id="r-abcd", management_account=MANAGER, created_at=NOW, policy_types=(SCP,))


def policy(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def guardrail(number: int) -> str:
    """A policy as people write them: a region, a service, a tag, the root user."""
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    blocked = {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::*:blocked-{number}"}}
    shapes: list[dict[str, object]] = [
        {"Action": f"ec2:Run{number}*", "Resource": "*"},
        {"NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": elsewhere},
        {"Action": ["iam:Create*", "iam:Delete*"], "Resource": f"arn:aws:iam::*:user/guarded-{number}/*"},
        {"Action": "*", "Resource": "*", "Condition": blocked},
    ]
    return policy({"Sid": "Guard", "Effect": "Deny", **shapes[number % len(shapes)]})


def fill(directory: Directory) -> None:
    """Make the organization: one chain of units with four guardrails each, the rest of the policies spread about."""
    directory.organizations.add(ORG)
    chain = [ORG.root_id]
    for depth in range(DEEP):
        unit_id = f"ou-abcd-0000000{depth}"
        directory.organizational_units.add(
            OrganizationalUnit(
                organization=ORG.id, id=unit_id, parent_id=chain[-1], name=f"level {depth}", created_at=NOW
            )
        )
        chain.append(unit_id)
    accounts = [MANAGER, *(AccountId(str(100_000_000_001 + number)) for number in range(ACCOUNTS - 1))]
    for account in accounts:
        if account == ALONE:
            continue
        parent = chain[-1] if account == DEEPEST else ORG.root_id
        directory.members.add(
            Member(account=account, organization=ORG.id, parent_id=parent, joined_method="CREATED", joined_at=NOW)
        )
    targets = [*chain, DEEPEST, *(each for each in accounts if each not in (DEEPEST, FLAT, ALONE))]
    for target in (*targets, FLAT):
        attach(directory, "p-FullAWSAccess", target)
    for number in range(POLICIES):
        policy_id = f"p-{number:08d}"
        directory.control_policies.add(
            ControlPolicy(
                organization=ORG.id, id=policy_id, type=SCP, name=policy_id, description="", content=guardrail(number)
            )
        )
        attach(directory, policy_id, targets[number // 4])


def attach(directory: Directory, policy_id: str, target: str) -> None:
    directory.policy_targets.add(PolicyTarget(organization=ORG.id, policy_id=policy_id, target_id=target, type=SCP))


def add_user(directory: Directory, account: AccountId) -> None:
    """A user `u` with ten statements, the last of which allows."""
    directory.accounts.add(Account(id=account, name="a", email=f"{account}@example.com", created_at=NOW))
    directory.users.add(User(account=account, name="u", path="/", id=f"AIDA{account}AAAAA", created_at=NOW))
    statements = [
        {"Effect": "Allow", "Action": f"s3:Get{number}*", "Resource": f"arn:aws:s3:::b{number}/*"}
        for number in range(9)
    ]
    statements.append({"Effect": "Allow", "Action": "iam:Get*", "Resource": f"arn:aws:iam::{account}:user/*"})
    directory.inline_policies.add(
        InlinePolicy(
            account=account,
            holder_kind="user",
            holder_id=f"AIDA{account}AAAAA",
            name="grants",
            document=policy(*statements),
        )
    )


def asked_by(account: AccountId) -> Asked:
    rules = service_rules("iam")
    arn = f"arn:aws:iam::{account}:user/u"
    unique_id = f"AIDA{account}AAAAA"
    principal = Principal(
        kind=Kind.USER, account=account, arn=arn, id=unique_id, issuer_arn=arn, unique_id=unique_id, name="u"
    )
    around = Surroundings(
        head=RequestHead("POST", b"/", b"", []),
        claim=None,
        caller=Authenticated(principal, "AKIA"),
        region="us-east-1",
        now=NOW,
        request=GetUserRequest(user_name="u"),
        requirement=rules.requirements["GetUser"],
        keys=rules.keys,
        prefixes=rules.prefixes,
    )
    return Asked(around, Dialect.QUERY, rules)


def microseconds(once: Callable[[], object], number: int) -> float:
    """The best of many short rounds: what the work costs when nothing else is in the way."""
    return min(timeit.repeat(once, number=number, repeat=100)) / number * 1e6


def measure(store: Store, authorizer: Authorizer, records: RecordCache, account: AccountId) -> tuple[float, float]:
    """Microseconds of a decision from memory, and of the first one after a change to the organization."""
    asked = asked_by(account)

    def decide() -> None:
        store.refresh()
        with records.read() as snapshot:
            authorizer.authorize(asked, Directory(snapshot), request_id="")

    def change(transaction: Transaction) -> None:
        Directory(transaction).organizations.replace(ORG)

    def first() -> float:
        store.write(change)
        return timeit.timeit(decide, number=1) * 1e6

    decide()
    return microseconds(decide, 200), min(first() for _ in range(30))


def obeys_at_once(store: Store, authorizer: Authorizer, records: RecordCache) -> float:
    """Attach a Deny at the root, with everything warm, and decide: microseconds of the decision that obeys it."""
    asked = asked_by(DEEPEST)

    def forbid(transaction: Transaction) -> None:
        directory = Directory(transaction)
        content = policy({"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
        directory.control_policies.add(
            ControlPolicy(organization=ORG.id, id="p-forbid", type=SCP, name="forbid", description="", content=content)
        )
        attach(directory, "p-forbid", ORG.root_id)

    store.write(forbid)
    started = time.perf_counter()
    store.refresh()
    try:
        with records.read() as snapshot:
            authorizer.authorize(asked, Directory(snapshot), request_id="")
    except ApiError:
        return (time.perf_counter() - started) * 1e6
    raise AssertionError("a policy that was attached at the root is not obeyed")


def main() -> int:
    """Print one line an account, and the ratio that the bar is about."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "watchword.db")

        def change(transaction: Transaction) -> None:
            directory = Directory(transaction)
            fill(directory)
            for account in (ALONE, FLAT, DEEPEST):
                add_user(directory, account)

        store.write(change)
        documents = Documents()
        records = RecordCache(store)
        authorizer = Authorizer(Plans(store, ShippedAwsPolicies(), documents), documents)
        warm: dict[str, float] = {}
        for name, account in (("no organization", ALONE), ("under the root", FLAT), ("five units deep", DEEPEST)):
            warm[name], first = measure(store, authorizer, records, account)
            print(f"{name:20} {warm[name]:7.2f} µs a decision {first:9.0f} µs the first after a change")
        spent = obeys_at_once(store, authorizer, records)
        print(f"{'a Deny at the root':20} obeyed by the next decision, which takes {spent:.0f} µs")
        store.close()
    ratio = warm["five units deep"] / warm["under the root"]
    print(f"{'deepest to flat':20} {ratio:7.2f}    (bar: {BAR})")
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
