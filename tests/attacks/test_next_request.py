"""A change is obeyed by the very next request, whichever worker takes it: there is no moment of grace.

Every request comes over a connection of its own, so that with two workers both are met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.support.house import Account, House, Keys, allow, deny, policy, trust, user_with
from tests.support.raw_requests import RawRequest, call, get, whoami

REQUESTS = 6
"""After each change: the chance that one of two workers gets none of them is one in 32."""
LIST_USERS = policy(allow("iam:ListUsers"))
NOTHING = policy(allow("iam:GetUser", "arn:aws:iam::111122223333:user/nobody"))


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House.start(tmp_path_factory.mktemp("office") / "data", workers=request.param)
    yield house
    house.stop()


@pytest.fixture(scope="module")
def company(office: House) -> Account:
    return office.account()


@pytest.fixture(scope="module")
def chief(company: Account) -> Any:
    return company.administrator.client("iam")


def statuses(request: RawRequest) -> set[int]:
    return {request.send().status for _ in range(REQUESTS)}


def flips(request: RawRequest, *changes: tuple[Callable[[], Any], bool], rounds: int = 3) -> None:
    """Make the changes again and again; after each, every request is allowed, or none is."""
    for _ in range(rounds):
        for change, is_allowed in changes:
            change()
            assert statuses(request) == {200 if is_allowed else 403}


class TestGrants:
    def test_inline_policies_put_and_deleted(self, chief: Any, company: Account) -> None:
        keys = user_with(company, "inline")
        name = {"UserName": "inline", "PolicyName": "p"}
        flips(
            call(keys, "iam", "ListUsers"),
            (lambda: chief.put_user_policy(**name, PolicyDocument=LIST_USERS), True),
            (lambda: chief.put_user_policy(**name, PolicyDocument=NOTHING), False),
            (lambda: chief.put_user_policy(**name, PolicyDocument=LIST_USERS), True),
            (lambda: chief.delete_user_policy(**name), False),
        )

    def test_managed_policies_attached_and_detached(self, chief: Any, company: Account) -> None:
        keys = user_with(company, "attached")
        own = chief.create_policy(PolicyName="lists", PolicyDocument=LIST_USERS)["Policy"]["Arn"]
        for arn in (own, "arn:aws:iam::aws:policy/IAMReadOnlyAccess"):
            which = {"UserName": "attached", "PolicyArn": arn}
            flips(
                call(keys, "iam", "ListUsers"),
                (lambda which=which: chief.attach_user_policy(**which), True),
                (lambda which=which: chief.detach_user_policy(**which), False),
            )

    def test_the_default_version_changed(self, chief: Any, company: Account) -> None:
        keys = user_with(company, "versioned")
        arn = chief.create_policy(PolicyName="versions", PolicyDocument=NOTHING)["Policy"]["Arn"]
        chief.attach_user_policy(UserName="versioned", PolicyArn=arn)
        chief.create_policy_version(PolicyArn=arn, PolicyDocument=LIST_USERS)
        flips(
            call(keys, "iam", "ListUsers"),
            (lambda: chief.set_default_policy_version(PolicyArn=arn, VersionId="v2"), True),
            (lambda: chief.set_default_policy_version(PolicyArn=arn, VersionId="v1"), False),
        )
        forbid = policy(deny("iam:ListUsers"))
        chief.put_user_policy(UserName="versioned", PolicyName="p", PolicyDocument=LIST_USERS)
        assert statuses(call(keys, "iam", "ListUsers")) == {200}
        chief.create_policy_version(PolicyArn=arn, PolicyDocument=forbid, SetAsDefault=True)
        assert statuses(call(keys, "iam", "ListUsers")) == {403}

    def test_groups_joined_left_and_changed(self, chief: Any, company: Account) -> None:
        keys = user_with(company, "member")
        chief.create_group(GroupName="team")
        membership = {"GroupName": "team", "UserName": "member"}
        name = {"GroupName": "team", "PolicyName": "p"}
        flips(
            call(keys, "iam", "ListUsers"),
            (lambda: chief.put_group_policy(**name, PolicyDocument=LIST_USERS), False),
            (lambda: chief.add_user_to_group(**membership), True),
            (lambda: chief.put_group_policy(**name, PolicyDocument=NOTHING), False),
            (lambda: chief.put_group_policy(**name, PolicyDocument=LIST_USERS), True),
            (lambda: chief.delete_group_policy(**name), False),
            (lambda: chief.put_group_policy(**name, PolicyDocument=LIST_USERS), True),
            (lambda: chief.remove_user_from_group(**membership), False),
        )

    def test_boundaries_put_and_deleted(self, chief: Any, company: Account) -> None:
        keys = user_with(company, "fenced", LIST_USERS)
        arn = chief.create_policy(PolicyName="fence", PolicyDocument=NOTHING)["Policy"]["Arn"]
        flips(
            call(keys, "iam", "ListUsers"),
            (lambda: chief.put_user_permissions_boundary(UserName="fenced", PermissionsBoundary=arn), False),
            (lambda: chief.delete_user_permissions_boundary(UserName="fenced"), True),
        )

    def test_tags_that_conditions_ask_for(self, chief: Any, company: Account) -> None:
        condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
        keys = user_with(company, "tagged", policy(allow("iam:ListUsers", Condition=condition)))
        tag = {"Key": "team", "Value": "red"}
        flips(
            call(keys, "iam", "ListUsers"),
            (lambda: chief.tag_user(UserName="tagged", Tags=[tag]), True),
            (lambda: chief.tag_user(UserName="tagged", Tags=[{**tag, "Value": "blue"}]), False),
            (lambda: chief.tag_user(UserName="tagged", Tags=[tag]), True),
            (lambda: chief.untag_user(UserName="tagged", TagKeys=["team"]), False),
        )


class TestSessions:
    def test_a_role_s_policies_bind_sessions_that_exist(self, chief: Any, company: Account) -> None:
        chief.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(AWS=company.id))
        session = company.assume("worker")
        name = {"RoleName": "worker", "PolicyName": "p"}
        flips(
            call(session, "iam", "ListUsers"),
            (lambda: chief.put_role_policy(**name, PolicyDocument=LIST_USERS), True),
            (lambda: chief.delete_role_policy(**name), False),
        )

    def test_sessions_issued_before_a_moment_are_revoked_by_policy(self, chief: Any, company: Account) -> None:
        chief.create_role(RoleName="revoked", AssumeRolePolicyDocument=trust(AWS=company.id))
        chief.put_role_policy(RoleName="revoked", PolicyName="p", PolicyDocument=LIST_USERS)
        session = company.assume("revoked")
        assert statuses(call(session, "iam", "ListUsers")) == {200}
        condition = {"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}}
        document = policy(deny("*", Condition=condition))
        chief.put_role_policy(RoleName="revoked", PolicyName="AWSRevokeOlderSessions", PolicyDocument=document)
        assert statuses(call(session, "iam", "ListUsers")) == {403}

    def test_a_trust_policy_changed(self, chief: Any, company: Account) -> None:
        keys = user_with(company, "assumer", policy(allow("sts:AssumeRole")))
        chief.create_role(RoleName="moody", AssumeRolePolicyDocument=trust(AWS=company.id))
        ask = call(keys, "sts", "AssumeRole", RoleArn=company.arn("role/moody"), RoleSessionName="test")
        name = {"RoleName": "moody"}
        nobody, everybody = trust(Service="ec2.amazonaws.com"), trust(AWS=company.id)
        flips(
            ask,
            (lambda: chief.update_assume_role_policy(**name, PolicyDocument=nobody), False),
            (lambda: chief.update_assume_role_policy(**name, PolicyDocument=everybody), True),
        )


class TestCredentials:
    def test_keys_switched_off_and_on(self, chief: Any, company: Account) -> None:
        keys = user_with(company, "switch")
        name = {"UserName": "switch", "AccessKeyId": keys.access_key_id}
        flips(
            whoami(keys),
            (lambda: chief.update_access_key(**name, Status="Inactive"), False),
            (lambda: chief.update_access_key(**name, Status="Active"), True),
        )
        chief.delete_access_key(**name)
        assert statuses(whoami(keys)) == {403}

    def test_a_new_key_works_at_once_on_every_worker(self, chief: Any, company: Account) -> None:
        for number in range(5):
            assert statuses(whoami(user_with(company, f"new-{number}"))) == {200}

    def test_a_deleted_user_is_nobody_at_once(self, chief: Any, company: Account) -> None:
        keys = user_with(company, "leaver", policy(allow("sts:*")))
        held = keys.client("sts").get_session_token()["Credentials"]
        session = Keys(keys.endpoint, held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"])
        assert statuses(whoami(session)) == {200}
        chief.delete_access_key(UserName="leaver", AccessKeyId=keys.access_key_id)
        chief.delete_user_policy(UserName="leaver", PolicyName="grants")
        chief.delete_user(UserName="leaver")
        assert statuses(whoami(session)) == {403}
        assert statuses(whoami(keys)) == {403}


class TestBuckets:
    def test_bucket_policies_put_and_deleted(self, company: Account, office: House) -> None:
        s3 = company.administrator.client("s3")
        s3.create_bucket(Bucket="next-request")
        s3.put_object(Bucket="next-request", Key="k", Body=b"v")
        keys = user_with(company, "guest")
        grant = {"Effect": "Allow", "Principal": {"AWS": company.arn("user/guest")}, "Action": "s3:GetObject"}
        document = policy({**grant, "Resource": "arn:aws:s3:::next-request/*"})
        flips(
            get(keys, "/next-request/k"),
            (lambda: s3.put_bucket_policy(Bucket="next-request", Policy=document), True),
            (lambda: s3.delete_bucket_policy(Bucket="next-request"), False),
        )

    def test_a_bucket_policy_that_was_replaced_holds_for_every_object(self, company: Account, office: House) -> None:
        """What is kept of the policy belongs to the bucket, and the same text is put again and again."""
        s3 = company.administrator.client("s3")
        s3.create_bucket(Bucket="next-objects")
        for key in ("a", "b", "c"):
            s3.put_object(Bucket="next-objects", Key=key, Body=b"v")
        keys = user_with(company, "reader")
        grant = {"Principal": {"AWS": company.arn("user/reader")}, "Action": "s3:GetObject"}
        opened = policy({"Effect": "Allow", **grant, "Resource": "arn:aws:s3:::next-objects/*"})
        closed = policy({"Effect": "Deny", **grant, "Resource": "arn:aws:s3:::next-objects/*"})
        for document, is_allowed in [(opened, True), (closed, False)] * 2:
            s3.put_bucket_policy(Bucket="next-objects", Policy=document)
            for key in ("a", "b", "c", "a"):
                assert statuses(get(keys, f"/next-objects/{key}")) == {200 if is_allowed else 403}

    def test_an_object_written_is_read_and_deleted_is_gone(self, company: Account, office: House) -> None:
        s3 = company.administrator.client("s3")
        s3.create_bucket(Bucket="next-object")
        for number in range(5):
            s3.put_object(Bucket="next-object", Key="k", Body=b"%d" % number)
            assert {get(company.administrator, "/next-object/k").send().body for _ in range(REQUESTS)} == {
                b"%d" % number
            }
        s3.delete_object(Bucket="next-object", Key="k")
        assert statuses(get(company.administrator, "/next-object/k")) == {404}


def test_under_load_no_request_that_begins_after_a_change_is_decided_by_what_was_before(
    chief: Any, company: Account
) -> None:
    """Others keep both workers' caches warm all the while."""
    keys = user_with(company, "busy")
    others = [user_with(company, f"noise-{number}", LIST_USERS) for number in range(3)]
    name = {"UserName": "busy", "PolicyName": "p"}
    is_over: list[bool] = []

    def make_noise(other: Keys) -> set[int]:
        seen: set[int] = set()
        noise, own = call(other, "iam", "ListUsers"), call(keys, "iam", "ListUsers")
        while not is_over:
            seen.add(noise.send().status)
            own.send()
        return seen

    with ThreadPoolExecutor(3) as pool:
        noises = [pool.submit(make_noise, other) for other in others]
        try:
            flips(
                call(keys, "iam", "ListUsers"),
                (lambda: chief.put_user_policy(**name, PolicyDocument=LIST_USERS), True),
                (lambda: chief.delete_user_policy(**name), False),
                rounds=15,
            )
        finally:
            is_over.append(True)
        assert [noise.result() for noise in noises] == [{200}] * 3
