"""Service and resource control policies in live requests: who is limited, who is exempt, and since when."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from tests.support.clocks import SystemClock
from tests.support.house import Account, House, Keys, allow, deny, federate, policy, refusal, trust, user_with
from tests.support.organized import RCP, SCP, Organized, everyone

from watchword.core.ids import AccountId, new_unique_id
from watchword.directory.policies import Attachment
from watchword.directory.roles import Role

NO_USERS = policy(deny("iam:ListUsers"))
ONLY_S3 = policy(allow("s3:*"))
CLOSED_TO_OTHERS = "organization-bucket"


@pytest.fixture(scope="module")
def organized(house: House) -> Organized:
    return Organized.make(house, SCP, RCP)


@pytest.fixture(scope="module")
def unit(organized: Organized) -> str:
    return organized.unit(organized.unit())


@pytest.fixture(scope="module")
def member(organized: Organized, unit: str) -> Account:
    return organized.member(unit)


@pytest.fixture(scope="module")
def bucket(member: Account, acme: Account, organized: Organized) -> str:
    """A bucket of a member, open to a stranger and to the management account."""
    s3 = member.administrator.client("s3")
    s3.create_bucket(Bucket=CLOSED_TO_OTHERS)
    s3.put_object(Bucket=CLOSED_TO_OTHERS, Key="k", Body=b"v")
    principals = {"AWS": [acme.id, organized.management.id]}
    grant = {**allow("s3:GetObject", f"arn:aws:s3:::{CLOSED_TO_OTHERS}/*"), "Principal": principals}
    s3.put_bucket_policy(Bucket=CLOSED_TO_OTHERS, Policy=policy(grant))
    return CLOSED_TO_OTHERS


def said(keys: Keys) -> str:
    """The message that refuses ListUsers."""
    code, message = refusal(keys.client("iam").list_users)
    assert code == "AccessDenied"
    return message


def list_users(keys: Keys) -> None:
    keys.client("iam").list_users()


class TestServiceControlPolicies:
    @pytest.mark.parametrize("level", ["root", "unit", "account"])
    def test_a_deny_at_any_level_is_obeyed_by_the_next_request(
        self, organized: Organized, unit: str, member: Account, level: str
    ) -> None:
        target = {"root": organized.root_id, "unit": unit, "account": member.id}[level]
        for keys in (member.administrator, member.root):
            list_users(keys)
            with organized.over(target, NO_USERS):
                assert said(keys).endswith("with an explicit deny in a service control policy")
            list_users(keys)

    def test_every_level_must_allow(self, organized: Organized, unit: str, member: Account) -> None:
        client = organized.client
        policy_id = organized.policy(ONLY_S3)
        client.attach_policy(PolicyId=policy_id, TargetId=unit)
        list_users(member.administrator)
        client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
        try:
            message = said(member.administrator)
            assert message.endswith("because no service control policy allows the iam:ListUsers action")
            assert said(member.root) == message.replace(message.split()[1], f"arn:aws:iam::{member.id}:root")
            member.administrator.client("s3").list_buckets()
            client.update_policy(PolicyId=policy_id, Content=policy(allow(["s3:*", "iam:ListUsers"])))
            list_users(member.administrator)
        finally:
            client.attach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
            client.detach_policy(PolicyId=policy_id, TargetId=unit)

    def test_an_allow_of_the_resource_does_not_get_past(self, organized: Organized, member: Account) -> None:
        # worked case 19
        user = user_with(member, "nineteen")
        s3 = member.administrator.client("s3")
        s3.create_bucket(Bucket="nineteen")
        grant = {**allow("s3:ListBucket", "arn:aws:s3:::nineteen"), "Principal": {"AWS": member.arn("user/nineteen")}}
        s3.put_bucket_policy(Bucket="nineteen", Policy=policy(grant))
        user.client("s3").list_objects_v2(Bucket="nineteen")
        with organized.over(member.id, policy(deny("s3:ListBucket"))):
            _, message = refusal(user.client("s3").list_objects_v2, Bucket="nineteen")
            assert message.endswith("with an explicit deny in a service control policy")

    def test_the_management_account_is_exempt(self, organized: Organized) -> None:
        # worked case 20
        with organized.over(organized.root_id, NO_USERS), organized.over(organized.management.id, NO_USERS):
            list_users(organized.management.administrator)
            list_users(organized.management.root)

    def test_accounts_outside_the_organization_are_exempt(self, organized: Organized, acme: Account) -> None:
        with organized.over(organized.root_id, NO_USERS):
            list_users(acme.administrator)

    def test_an_account_that_moves_comes_under_other_policies_at_once(self, organized: Organized) -> None:
        strict, member = organized.unit(), organized.member()
        move = {"AccountId": member.id, "SourceParentId": organized.root_id, "DestinationParentId": strict}
        with organized.over(strict, NO_USERS):
            list_users(member.administrator)
            organized.client.move_account(**move)
            assert "service control policy" in said(member.administrator)
            organized.client.remove_account_from_organization(AccountId=member.id)
            list_users(member.administrator)

    def test_keys_of_the_organization_can_be_asked_about(
        self, organized: Organized, unit: str, member: Account
    ) -> None:
        path = organized.client.describe_account(AccountId=member.id)["Account"]["Paths"][0].removesuffix(
            f"{member.id}/"
        )
        conditions: list[tuple[dict[str, Any], bool]] = [
            ({"StringEquals": {"aws:PrincipalOrgID": organized.id}}, True),
            ({"StringEquals": {"aws:ResourceOrgID": organized.id}}, True),
            ({"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": path}}, True),
            ({"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": f"{organized.id}/*/{unit}/*"}}, True),
            ({"StringEquals": {"aws:PrincipalOrgPaths": path}}, False),
            ({"StringEquals": {"aws:PrincipalOrgID": "o-other00000"}}, False),
        ]
        for condition, holds in conditions:
            with organized.over(member.id, policy(deny("iam:ListUsers", Condition=condition))):
                if holds:
                    assert "service control policy" in said(member.administrator), condition
                else:
                    list_users(member.administrator)


class TestServiceLinkedRoles:
    def put_in(self, house: House, member: Account, name: str, *, is_service_linked: bool) -> None:
        role = Role(
            account=AccountId(member.id),
            name=name,
            path="/aws-service-role/test.amazonaws.com/",
            id=new_unique_id("AROA", os.urandom),
            created_at=SystemClock().now(),
            trust_policy=trust(AWS=f"arn:aws:iam::{member.id}:root"),
            is_service_linked=is_service_linked,
        )
        attachment = Attachment(
            account=AccountId(member.id),
            policy_arn="arn:aws:iam::aws:policy/AdministratorAccess",
            holder_kind="role",
            holder_id=role.id,
        )
        house.change(lambda directory: directory.roles.add(role))
        house.change(lambda directory: directory.attachments.add(attachment))

    def test_only_a_role_that_was_made_as_one_is_exempt(
        self, organized: Organized, member: Account, house: House
    ) -> None:
        # worked case 22, and a role that merely has such a path
        self.put_in(house, member, "Linked", is_service_linked=True)
        self.put_in(house, member, "Looks", is_service_linked=False)
        path = "aws-service-role/test.amazonaws.com"
        linked, looks = (member.assume(f"{path}/{name}") for name in ("Linked", "Looks"))
        denial = policy(everyone(deny("sts:AssumeRole")))
        with organized.over(member.id, NO_USERS), organized.over(member.id, denial, RCP):
            list_users(linked)
            assert "service control policy" in said(looks)
            member.assume(f"{path}/Linked")
            assert (
                refusal(
                    member.administrator.client("sts").assume_role,
                    RoleArn=member.arn(f"role/{path}/Looks"),
                    RoleSessionName="test",
                )[0]
                == "AccessDenied"
            )


class TestResourceControlPolicies:
    def test_outsiders_are_kept_out(
        self, organized: Organized, unit: str, member: Account, acme: Account, bucket: str
    ) -> None:
        # worked case 21
        condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": organized.id}}
        callers = (acme.administrator, acme.root, organized.management.administrator, member.root)
        for keys in callers:
            keys.client("s3").get_object(Bucket=bucket, Key="k")
        with organized.over(unit, policy(everyone(deny("s3:*", Condition=condition))), RCP):
            for keys in callers[:2]:
                assert refusal(keys.client("s3").get_object, Bucket=bucket, Key="k") == (
                    "AccessDenied",
                    "Access Denied",
                )
            for keys in callers[2:]:
                keys.client("s3").get_object(Bucket=bucket, Key="k")
        callers[0].client("s3").get_object(Bucket=bucket, Key="k")

    def test_its_own_account_is_limited_too_with_the_reason(
        self, organized: Organized, member: Account, bucket: str
    ) -> None:
        with organized.over(organized.root_id, policy(everyone(deny("s3:GetObject"))), RCP):
            for keys in (member.administrator, member.root, organized.management.administrator):
                _, message = refusal(keys.client("s3").get_object, Bucket=bucket, Key="k")
                assert message.endswith(
                    f'on resource: "arn:aws:s3:::{bucket}/k" with an explicit deny in a resource control policy'
                )

    def test_it_follows_the_owner_of_the_resource_not_the_caller(
        self, organized: Organized, member: Account, acme: Account
    ) -> None:
        s3 = acme.administrator.client("s3")
        s3.create_bucket(Bucket="acme-outside")
        s3.put_object(Bucket="acme-outside", Key="k", Body=b"v")
        grant = {**allow("s3:GetObject", "arn:aws:s3:::acme-outside/*"), "Principal": {"AWS": member.id}}
        s3.put_bucket_policy(Bucket="acme-outside", Policy=policy(grant))
        with organized.over(organized.root_id, policy(everyone(deny("s3:GetObject"))), RCP):
            member.administrator.client("s3").get_object(Bucket="acme-outside", Key="k")

    def test_resources_of_the_management_account_are_exempt(self, organized: Organized) -> None:
        s3 = organized.management.administrator.client("s3")
        s3.create_bucket(Bucket="manager-bucket")
        with organized.over(organized.root_id, policy(everyone(deny("s3:*"))), RCP):
            s3.list_objects_v2(Bucket="manager-bucket")

    def test_actions_without_resources_are_exempt(self, organized: Organized, member: Account) -> None:
        with organized.over(member.id, policy(everyone(deny("s3:*"))), RCP):
            member.administrator.client("s3").list_buckets()

    def test_services_off_the_list_are_not_spoken_of(self, organized: Organized) -> None:
        said = refusal(
            organized.management.administrator.client("organizations").create_policy,
            Name="iam",
            Description="",
            Type=RCP,
            Content=policy(everyone(deny("iam:*"))),
        )
        assert said[0] == "MalformedPolicyDocumentException"

    def test_roles_can_be_kept_from_outsiders(self, organized: Organized, member: Account, acme: Account) -> None:
        member.administrator.client("iam").create_role(
            RoleName="open", AssumeRolePolicyDocument=trust(AWS=[acme.id, member.id, organized.management.id])
        )
        condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": organized.id}}
        member.assume("open", acme.administrator)
        with organized.over(member.id, policy(everyone(deny("sts:AssumeRole", Condition=condition))), RCP):
            code, message = refusal(
                acme.administrator.client("sts").assume_role, RoleArn=member.arn("role/open"), RoleSessionName="test"
            )
            assert code == "AccessDenied"
            assert message.endswith(f"sts:AssumeRole on resource: {member.arn('role/open')}")
            member.assume("open", organized.management.administrator)


def test_federated_users_are_limited_like_their_makers(organized: Organized, member: Account) -> None:
    maker = user_with(member, "lender", policy(allow(["s3:*", "sts:GetFederationToken"])))
    read = policy(allow("s3:ListAllMyBuckets"))
    guest = federate(maker, Policy=read)
    guest.client("s3").list_buckets()
    with organized.over(member.id, policy(deny("s3:*")), SCP):
        message = refusal(guest.client("s3").list_buckets)[1]
    assert message.endswith("with an explicit deny in a service control policy")


def test_every_worker_obeys_the_next_request(tmp_path: Any) -> None:
    house = House.start(tmp_path / "data", workers=2)
    try:
        organized = Organized.make(house, SCP)
        member = organized.member(organized.unit())
        policy_id = organized.policy(NO_USERS)
        change = {"PolicyId": policy_id, "TargetId": organized.root_id}
        for _ in range(5):
            # Each client opens a connection of its own, which either worker may take.
            clients = [member.administrator.client("iam") for _ in range(8)]
            for client in clients:
                client.list_users()
            organized.client.attach_policy(**change)
            assert {refusal(client.list_users)[0] for client in clients} == {"AccessDenied"}
            organized.client.detach_policy(**change)
            for client in clients:
                client.list_users()
    finally:
        house.stop()


def test_documents_are_as_they_were_written(organized: Organized) -> None:
    policy_id = organized.policy(NO_USERS)
    content = organized.client.describe_policy(PolicyId=policy_id)["Policy"]["Content"]
    assert json.loads(content) == json.loads(NO_USERS)
