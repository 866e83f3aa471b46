"""Instance profiles and the one role in each."""

from __future__ import annotations

from typing import Any

from tests.support.house import Account, allow, policy, refusal, trust, user_with

SERVICE = trust(Service="ec2.amazonaws.com")


def test_a_profile_is_shown_with_its_role(iam: Any, acme: Account) -> None:
    created = iam.create_instance_profile(InstanceProfileName="Web", Path="/web/")["InstanceProfile"]
    assert created["Arn"] == acme.arn("instance-profile/web/Web")
    assert created["InstanceProfileId"].startswith("AIPA")
    assert created["Roles"] == []
    assert "Tags" not in created
    role = iam.create_role(RoleName="Web", AssumeRolePolicyDocument=SERVICE)["Role"]
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="WEB")
    shown = iam.get_instance_profile(InstanceProfileName="WEB")["InstanceProfile"]
    assert shown == created | {"Roles": [role], "Tags": []}
    assert iam.list_instance_profiles_for_role(RoleName="web")["InstanceProfiles"] == [created | {"Roles": [role]}]
    assert iam.list_instance_profiles(PathPrefix="/web/")["InstanceProfiles"] == [created | {"Roles": [role]}]
    iam.remove_role_from_instance_profile(InstanceProfileName="Web", RoleName="Web")
    assert iam.list_instance_profiles_for_role(RoleName="Web")["InstanceProfiles"] == []


def test_a_profile_holds_one_role(iam: Any) -> None:
    iam.create_instance_profile(InstanceProfileName="one")
    for name in ("first", "second"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=SERVICE)
    iam.add_role_to_instance_profile(InstanceProfileName="one", RoleName="first")
    assert refusal(iam.add_role_to_instance_profile, InstanceProfileName="one", RoleName="second") == (
        "LimitExceeded",
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    )
    assert refusal(iam.remove_role_from_instance_profile, InstanceProfileName="one", RoleName="second") == (
        "NoSuchEntity",
        "Role second in Instance Profile one cannot be found.",
    )
    assert refusal(iam.delete_instance_profile, InstanceProfileName="one") == (
        "DeleteConflict",
        "Cannot delete entity, must remove roles from instance profile first.",
    )


def test_what_does_not_exist_is_said(iam: Any) -> None:
    no_profile = ("NoSuchEntity", "Instance Profile none cannot be found.")
    no_role = ("NoSuchEntity", "The role with name none cannot be found.")
    iam.create_instance_profile(InstanceProfileName="exists")
    assert refusal(iam.get_instance_profile, InstanceProfileName="none") == no_profile
    assert refusal(iam.delete_instance_profile, InstanceProfileName="none") == no_profile
    assert refusal(iam.add_role_to_instance_profile, InstanceProfileName="none", RoleName="none") == no_profile
    assert refusal(iam.add_role_to_instance_profile, InstanceProfileName="exists", RoleName="none") == no_role
    assert refusal(iam.remove_role_from_instance_profile, InstanceProfileName="exists", RoleName="none") == no_role
    assert refusal(iam.list_instance_profiles_for_role, RoleName="none") == no_role
    assert refusal(iam.create_instance_profile, InstanceProfileName="EXISTS") == (
        "EntityAlreadyExists",
        "Instance Profile EXISTS already exists.",
    )


def test_profiles_come_in_pages(iam: Any) -> None:
    iam.create_role(RoleName="many", AssumeRolePolicyDocument=SERVICE)
    names = [f"many{number}" for number in range(5)]
    for name in names:
        iam.create_instance_profile(InstanceProfileName=name, Path="/many/")
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="many")
    for operation, options in (
        ("list_instance_profiles", {"PathPrefix": "/many/"}),
        ("list_instance_profiles_for_role", {"RoleName": "many"}),
    ):
        pages = iam.get_paginator(operation).paginate(**options, PaginationConfig={"PageSize": 2})
        assert [each["InstanceProfileName"] for page in pages for each in page["InstanceProfiles"]] == names


def test_whoever_puts_a_role_into_a_profile_must_be_allowed_to_pass_it(iam: Any, acme: Account) -> None:
    iam.create_role(RoleName="weak", Path="/pass/", AssumeRolePolicyDocument=SERVICE)
    iam.create_role(RoleName="mighty", AssumeRolePolicyDocument=SERVICE)
    iam.create_instance_profile(InstanceProfileName="target")
    passing = allow(
        "iam:PassRole",
        acme.arn("role/pass/*"),
        Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    )
    passer = user_with(acme, "passer", policy(allow("iam:AddRoleToInstanceProfile"), passing)).client("iam")
    code, message = refusal(passer.add_role_to_instance_profile, InstanceProfileName="target", RoleName="mighty")
    assert code == "AccessDenied"
    assert f"not authorized to perform: iam:PassRole on resource: {acme.arn('role/mighty')} because" in message
    passer.add_role_to_instance_profile(InstanceProfileName="target", RoleName="weak")
