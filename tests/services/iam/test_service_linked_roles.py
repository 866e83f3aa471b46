"""Service-linked roles: what they are made of, what may be changed of them, who may assume them, how they go."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.support.clocks import SystemClock
from tests.support.house import Account, House, Keys, allow, policy, refusal, trust, user_with
from tests.support.organized import SCP, Organized

from watchword.core.ids import AccountId
from watchword.directory.directory import Directory
from watchword.directory.service_linked_roles import RoleDeletion
from watchword.services.iam.service_linked_roles import DELETIONS_MAX, templates
from watchword.storage.aws_policies import ShippedAwsPolicies

SCALING = "autoscaling.amazonaws.com"


def made(iam: Any, suffix: str, **more: Any) -> dict[str, Any]:
    return iam.create_service_linked_role(AWSServiceName=SCALING, CustomSuffix=suffix, **more)["Role"]


def test_a_role_is_made_with_name_path_trust_and_policy(acme: Account, iam: Any) -> None:
    role = iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com", Description="for tasks")["Role"]
    assert (role["RoleName"], role["Path"]) == ("AWSServiceRoleForECS", "/aws-service-role/ecs.amazonaws.com/")
    assert role["Arn"] == acme.arn("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
    assert role["RoleId"].startswith("AROA")
    assert not {"MaxSessionDuration", "Description"} & set(role)
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"Service": ["ecs.amazonaws.com"]}, ["sts:AssumeRole"])
    found = iam.get_role(RoleName="AWSServiceRoleForECS")["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("for tasks", 3600)
    assert found["AssumeRolePolicyDocument"] == json.loads(trust(Service="ecs.amazonaws.com"))
    attached = iam.list_attached_role_policies(RoleName="AWSServiceRoleForECS")["AttachedPolicies"]
    assert attached == [
        {
            "PolicyName": "AmazonECSServiceRolePolicy",
            "PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy",
        }
    ]


def test_a_service_has_one_role_unless_it_takes_suffixes(iam: Any) -> None:
    iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")
    assert refusal(iam.create_service_linked_role, AWSServiceName="batch.amazonaws.com") == (
        "InvalidInput",
        "Service role name AWSServiceRoleForBatch has been taken in this account, please try a different suffix.",
    )
    said = refusal(iam.create_service_linked_role, AWSServiceName="batch.amazonaws.com", CustomSuffix="x")
    assert said == ("InvalidInput", "Custom suffix is not allowed for batch.amazonaws.com")
    assert made(iam, "one")["RoleName"] == "AWSServiceRoleForAutoScaling_one"
    assert made(iam, "two")["RoleName"] == "AWSServiceRoleForAutoScaling_two"
    assert refusal(made, iam=iam, suffix="x" * 60)[0] == "InvalidInput"


def test_a_service_without_a_role(iam: Any) -> None:
    assert refusal(iam.create_service_linked_role, AWSServiceName="nothing.amazonaws.com")[0] == "InvalidInput"


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("update_assume_role_policy", {"PolicyDocument": trust(Service="ec2.amazonaws.com")}),
        ("put_role_policy", {"PolicyName": "p", "PolicyDocument": policy(allow("*"))}),
        ("delete_role_policy", {"PolicyName": "p"}),
        ("attach_role_policy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        (
            "detach_role_policy",
            {"PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"},
        ),
        ("put_role_permissions_boundary", {"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        ("delete_role_permissions_boundary", {}),
        ("delete_role", {}),
        ("add_role_to_instance_profile", {"InstanceProfileName": "any"}),
    ],
)
def test_what_a_role_may_do_and_whom_it_trusts_is_not_changed(
    iam: Any, operation: str, parameters: dict[str, Any]
) -> None:
    name = made(iam, operation.replace("_", "")[:30])["RoleName"]
    if "InstanceProfileName" in parameters:
        iam.create_instance_profile(InstanceProfileName="any")
    assert refusal(getattr(iam, operation), RoleName=name, **parameters) == (
        "UnmodifiableEntity",
        f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS",
    )


def test_descriptions_and_tags_are_changed(iam: Any) -> None:
    name = made(iam, "described")["RoleName"]
    iam.update_role_description(RoleName=name, Description="one")
    iam.update_role(RoleName=name, Description="two")
    iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "b"}])
    iam.untag_role(RoleName=name, TagKeys=["c"])
    found = iam.get_role(RoleName=name)["Role"]
    assert (found["Description"], found["Tags"]) == ("two", [{"Key": "a", "Value": "b"}])
    assert refusal(iam.update_role, RoleName=name, MaxSessionDuration=7200) == (
        "UnmodifiableEntity",
        f"{name} is an AWS service linked role, max session duration cannot be changed.",
    )


def test_nobody_makes_a_role_that_looks_like_one(iam: Any, acme: Account) -> None:
    said = refusal(
        iam.create_role, RoleName="x", Path="/aws-service-role/x/", AssumeRolePolicyDocument=trust(AWS=acme.id)
    )
    assert said[0] == "InvalidInput"


def test_nobody_assumes_it(acme: Account, iam: Any) -> None:
    arn = made(iam, "assumed")["Arn"]
    for keys in (acme.administrator, acme.root):
        assert refusal(keys.client("sts").assume_role, RoleArn=arn, RoleSessionName="ab")[0] == "AccessDenied"


def test_it_is_one_that_control_policies_leave_alone(house: House) -> None:
    organized = Organized.make(house, SCP)
    member = organized.member(organized.unit())
    made(member.administrator.client("iam"), "member")
    found: list[bool] = []

    def look(directory: Directory) -> None:
        role = directory.roles.get(member.id, "awsserviceroleforautoscaling_member")
        found.append(role is not None and role.is_service_linked)

    house.change(look)
    assert found == [True]


def test_making_one_asks_for_the_service(acme: Account) -> None:
    only_batch = {"StringEquals": {"iam:AWSServiceName": "autoscaling.amazonaws.com"}}
    resource = f"arn:aws:iam::{acme.id}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling*"
    keys = user_with(acme, "linker", policy(allow("iam:CreateServiceLinkedRole", resource, Condition=only_batch)))
    made(keys.client("iam"), "linker")
    code, message = refusal(keys.client("iam").create_service_linked_role, AWSServiceName="rds.amazonaws.com")
    assert code == "AccessDenied"
    assert f"{acme.id}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS" in message


class TestDeletion:
    def test_the_role_is_gone_and_the_status_says_so(self, iam: Any) -> None:
        name = made(iam, "gone")["RoleName"]
        task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
        assert task.startswith(f"task/aws-service-role/{SCALING}/{name}/")
        assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
        assert refusal(iam.get_role, RoleName=name)[0] == "NoSuchEntity"
        assert made(iam, "gone")["RoleName"] == name

    def test_an_ordinary_role_is_not_deleted_so(self, acme: Account, iam: Any) -> None:
        iam.create_role(RoleName="ordinary", AssumeRolePolicyDocument=trust(AWS=acme.id))
        said = refusal(iam.delete_service_linked_role, RoleName="ordinary")
        assert said == ("NoSuchEntity", "ordinary exists but is not a service role.")
        assert refusal(iam.delete_service_linked_role, RoleName="none")[0] == "NoSuchEntity"
        iam.get_role(RoleName="ordinary")

    @pytest.mark.parametrize("task", ["x", "task/aws-service-role/a/b", "task/aws-service-role/a/b/c/d"])
    def test_what_is_no_task(self, iam: Any, task: str) -> None:
        said = refusal(iam.get_service_linked_role_deletion_status, DeletionTaskId=task)
        assert said == ("InvalidInput", "Invalid task id")

    def test_an_unknown_task_and_one_of_another_account(self, iam: Any, globex: Account) -> None:
        unknown = ("NoSuchEntity", "Cannot find deletion status for given id.")
        task = iam.delete_service_linked_role(RoleName=made(iam, "foreign")["RoleName"])["DeletionTaskId"]
        other = globex.administrator.client("iam")
        assert refusal(other.get_service_linked_role_deletion_status, DeletionTaskId=task) == unknown
        never = task[:-4] + "0000"
        assert refusal(iam.get_service_linked_role_deletion_status, DeletionTaskId=never) == unknown

    def test_an_organization_keeps_its_role(self, house: House) -> None:
        member: Keys = Organized.make(house, SCP).management.administrator
        client = member.client("iam")
        client.create_service_linked_role(AWSServiceName="organizations.amazonaws.com")
        task = client.delete_service_linked_role(RoleName="AWSServiceRoleForOrganizations")["DeletionTaskId"]
        status = client.get_service_linked_role_deletion_status(DeletionTaskId=task)
        assert status["Status"] == "FAILED"
        assert status["Reason"]["RoleUsageList"][0]["Resources"][0].startswith("o-")
        client.get_role(RoleName="AWSServiceRoleForOrganizations")

    def test_deletions_without_end_are_not_all_kept(self, house: House) -> None:
        """Who asks again and again makes nobody wait longer; the newest are answered."""
        account = house.account()
        begun = SystemClock().now()

        def add(directory: Directory) -> None:
            for number in range(DELETIONS_MAX * 2):
                ended_at, task = begun - timedelta(seconds=number), f"task/aws-service-role/a/b/{number:04}"
                directory.role_deletions.add(RoleDeletion(AccountId(account.id), task, ended_at))

        house.change(add)
        client = account.administrator.client("iam")
        task = client.delete_service_linked_role(RoleName=made(client, "again")["RoleName"])["DeletionTaskId"]
        kept: list[str] = []
        house.change(lambda directory: kept.extend(each.task_id for each in directory.role_deletions.under(account.id)))
        newest = {f"task/aws-service-role/a/b/{number:04}" for number in range(DELETIONS_MAX - 1)}
        assert set(kept) == {task, *newest}


def test_every_listed_role_has_a_policy_that_is_shipped_and_a_name_that_fits() -> None:
    shipped = ShippedAwsPolicies()
    for template in templates().values():
        assert shipped.get(template.policy_arn) is not None, template
        assert template.role_name.startswith("AWSServiceRoleFor")
        assert len(template.role_name) <= 64
        assert template.service.endswith(".amazonaws.com")
