"""One account and the things of another: both sides must say yes, and the refusal names one of them."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from tests.support.house import Account, House, Keys, allow, deny, policy, refusal, trust, user_with
from tests.support.organized import SCP, Organized

DENIED = ("AccessDenied", "Access Denied")
READ = policy(allow("s3:GetObject"))
_numbers = count(1)


def shared(owner: Account, principal: Any, effect: str = "Allow", **more: Any) -> str:
    """A bucket with an object `k`, and a policy for this principal."""
    name = f"shared-{next(_numbers)}"
    s3 = owner.administrator.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    statement = {**allow("s3:GetObject", f"arn:aws:s3:::{name}/*"), "Effect": effect, "Principal": principal, **more}
    s3.put_bucket_policy(Bucket=name, Policy=policy(statement))
    return name


def read(keys: Keys, bucket: str) -> None:
    keys.client("s3").get_object(Bucket=bucket, Key="k")


def refused(keys: Keys, bucket: str) -> tuple[str, str]:
    return refusal(keys.client("s3").get_object, Bucket=bucket, Key="k")


@pytest.fixture(scope="module")
def reader(acme: Account) -> Keys:
    """A user of acme whose own policy allows reading."""
    return user_with(acme, "reader", READ)


@pytest.fixture(scope="module")
def nobody(acme: Account) -> Keys:
    """A user of acme without any permission."""
    return user_with(acme, "nobody")


@pytest.fixture(scope="module")
def session(acme: Account) -> Keys:
    """A session of a role of acme that may read."""
    iam = acme.administrator.client("iam")
    iam.create_role(RoleName="reading", AssumeRolePolicyDocument=trust(AWS=acme.id))
    iam.put_role_policy(RoleName="reading", PolicyName="read", PolicyDocument=READ)
    return acme.assume("reading")


class TestBothSides:
    def test_a_grant_to_the_user_needs_the_users_own_policy(
        self, acme: Account, globex: Account, nobody: Keys, reader: Keys
    ) -> None:
        # worked case 14
        bucket = shared(globex, {"AWS": [acme.arn("user/nobody"), acme.arn("user/reader")]})
        assert refused(nobody, bucket) == DENIED
        read(reader, bucket)

    def test_a_grant_to_the_account_lets_in_whom_it_permits(
        self, acme: Account, globex: Account, nobody: Keys, reader: Keys, session: Keys
    ) -> None:
        # worked cases 15 and 18
        bucket = shared(globex, {"AWS": acme.id})
        for keys in (reader, session, acme.administrator, acme.root):
            read(keys, bucket)
        assert refused(nobody, bucket) == DENIED

    def test_permission_at_home_alone_opens_nothing(self, acme: Account, globex: Account, reader: Keys) -> None:
        # worked case 16
        bucket = shared(globex, {"AWS": globex.id})
        for keys in (reader, acme.administrator, acme.root):
            assert refused(keys, bucket) == DENIED

    @pytest.mark.usefixtures("session")
    def test_a_boundary_and_a_session_policy_limit_however_the_session_is_named(
        self, acme: Account, globex: Account
    ) -> None:
        # worked case 17
        iam = acme.administrator.client("iam")
        only_iam = iam.create_policy(PolicyName="only-iam", PolicyDocument=policy(allow("iam:*")))["Policy"]["Arn"]
        iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=trust(AWS=acme.id), PermissionsBoundary=only_iam)
        iam.put_role_policy(RoleName="bounded", PolicyName="read", PolicyDocument=READ)
        sessions = [f"arn:aws:sts::{acme.id}:assumed-role/{name}/test" for name in ("bounded", "reading")]
        bucket = shared(globex, {"AWS": [*sessions, acme.arn("role/bounded")]})
        assert refused(acme.assume("bounded"), bucket) == DENIED
        assert refused(acme.assume("reading", Policy=policy(allow("iam:*"))), bucket) == DENIED
        read(acme.assume("reading", Policy=READ), bucket)

    @pytest.mark.usefixtures("reader")
    def test_a_deny_on_either_side_is_final(self, acme: Account, globex: Account) -> None:
        keys = user_with(acme, "denied", policy(allow("s3:*"), deny("s3:GetObject")))
        assert refused(keys, shared(globex, {"AWS": acme.id})) == DENIED
        s3 = globex.administrator.client("s3")
        bucket = shared(globex, {"AWS": acme.id})
        both = policy(
            {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": acme.id}},
            {**deny("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": acme.arn("user/reader")}},
        )
        s3.put_bucket_policy(Bucket=bucket, Policy=both)
        read(acme.administrator, bucket)
        again = user_with(acme, "again", READ)
        read(again, bucket)

    def test_a_user_made_again_is_not_the_one_that_was_let_in(self, acme: Account, globex: Account) -> None:
        iam = acme.administrator.client("iam")
        first = user_with(acme, "reborn", READ)
        bucket = shared(globex, {"AWS": acme.arn("user/reborn")})
        read(first, bucket)
        iam.delete_access_key(UserName="reborn", AccessKeyId=first.access_key_id)
        iam.delete_user_policy(UserName="reborn", PolicyName="grants")
        iam.delete_user(UserName="reborn")
        assert refused(user_with(acme, "reborn", READ), bucket) == DENIED

    def test_what_a_stranger_writes_belongs_to_the_bucket(self, acme: Account, globex: Account) -> None:
        bucket = shared(globex, {"AWS": acme.id}, Action=["s3:GetObject", "s3:PutObject"])
        acme.administrator.client("s3").put_object(Bucket=bucket, Key="theirs", Body=b"x")
        got = globex.administrator.client("s3").get_object(Bucket=bucket, Key="theirs")
        assert got["Body"].read() == b"x"

    def test_a_bucket_policy_is_for_its_own_account_whatever_it_says(self, acme: Account, globex: Account) -> None:
        bucket = shared(globex, {"AWS": acme.id})
        s3 = globex.administrator.client("s3")
        arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        document = policy({**allow("s3:*", arns), "Principal": {"AWS": acme.arn("root")}})
        s3.put_bucket_policy(Bucket=bucket, Policy=document)
        for keys in (acme.administrator, acme.root):
            theirs = keys.client("s3")
            theirs.list_objects_v2(Bucket=bucket)
            asked: dict[str, str] = {"Bucket": bucket}
            for call in (theirs.get_bucket_policy, theirs.delete_bucket_policy):
                assert refusal(call, **asked)[0] == "MethodNotAllowed"
            assert refusal(theirs.put_bucket_policy, Policy=document, **asked)[0] == "MethodNotAllowed"
        assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == document

    def test_services_without_resource_policies_cannot_be_reached(self, acme: Account, globex: Account) -> None:
        globex.administrator.client("iam").create_policy(PolicyName="theirs", PolicyDocument=READ)
        for keys in (acme.administrator, acme.root):
            code, message = refusal(keys.client("iam").get_policy, PolicyArn=globex.arn("policy/theirs"))
            assert code == "AccessDenied"
            assert message.endswith("because no resource-based policy allows the iam:GetPolicy action")


class TestReasons:
    """Inside one organization S3 says why; who is named follows AWS's answers of both sides."""

    @pytest.fixture
    def pair(self, house: House) -> tuple[Organized, Account]:
        organized = Organized.make(house, SCP)
        return organized, organized.member()

    def test_the_side_that_is_named(self, pair: tuple[Organized, Account]) -> None:
        organized, member = pair
        home = organized.management
        nobody, reader = user_with(home, "nobody"), user_with(home, "reader", READ)
        denied = user_with(home, "denied", policy(allow("s3:*"), deny("s3:GetObject")))
        account, user = {"AWS": home.id}, {"AWS": [home.arn("user/nobody"), home.arn("user/reader")]}
        none = {"AWS": member.id}
        resource = "because no resource-based policy allows the s3:GetObject action"
        identity = "because no identity-based policy allows the s3:GetObject action"
        for keys, bucket, ending in (
            (nobody, shared(member, account), resource),
            (nobody, shared(member, user), identity),
            (reader, shared(member, none), resource),
            (nobody, shared(member, none), resource),
            (denied, shared(member, account), "with an explicit deny in an identity-based policy"),
            (reader, shared(member, account, "Deny"), "with an explicit deny in a resource-based policy"),
        ):
            code, message = refused(keys, bucket)
            assert code == "AccessDenied"
            assert message.endswith(f'on resource: "arn:aws:s3:::{bucket}/k" {ending}')
