"""GetAccountAuthorizationDetails: all of an account, in one list, page by page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.house import Account, House, allow, policy, trust

LISTS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
}
DOCUMENT = policy(allow("s3:ListBucket"))
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(scope="module")
def furnished(house: House) -> Account:
    acme = house.account()
    iam = acme.administrator.client("iam")
    own = iam.create_policy(PolicyName="own", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=own, PolicyDocument=DOCUMENT)
    iam.create_user(UserName="ada", Tags=[{"Key": "a", "Value": "b"}], PermissionsBoundary=own)
    iam.create_group(GroupName="dev")
    iam.add_user_to_group(UserName="ada", GroupName="dev")
    iam.create_role(RoleName="build", Path="/p/", AssumeRolePolicyDocument=trust(AWS=acme.arn("user/ada")))
    iam.create_instance_profile(InstanceProfileName="build")
    iam.add_role_to_instance_profile(InstanceProfileName="build", RoleName="build")
    for kind, named in (
        ("user", {"UserName": "ada"}),
        ("group", {"GroupName": "dev"}),
        ("role", {"RoleName": "build"}),
    ):
        getattr(iam, f"put_{kind}_policy")(**named, PolicyName="inline", PolicyDocument=DOCUMENT)
        getattr(iam, f"attach_{kind}_policy")(**named, PolicyArn=own)
    return acme


def details(acme: Account, size: int = 1000, **options: Any) -> dict[str, list[Any]]:
    paginator = acme.administrator.client("iam").get_paginator("get_account_authorization_details")
    found: dict[str, list[Any]] = {name: [] for name in LISTS.values()}
    for page in paginator.paginate(PaginationConfig={"PageSize": size}, **options):
        assert sum(len(page[name]) for name in found) <= size
        for name in found:
            found[name] += page[name]
    return found


def test_everything_is_shown_with_all_its_policies(furnished: Account) -> None:
    shown = details(furnished)
    inline = [{"PolicyName": "inline", "PolicyDocument": json.loads(DOCUMENT)}]
    own = furnished.arn("policy/own")
    attached = [{"PolicyName": "own", "PolicyArn": own}]
    ada, administrator = shown["UserDetailList"]
    assert (ada["GroupList"], ada["UserPolicyList"], ada["AttachedManagedPolicies"]) == (["dev"], inline, attached)
    assert ada["Tags"] == [{"Key": "a", "Value": "b"}]
    assert ada["PermissionsBoundary"]["PermissionsBoundaryArn"] == own
    assert "UserPolicyList" not in administrator
    assert administrator["GroupList"] == administrator["Tags"] == []
    (dev,) = shown["GroupDetailList"]
    assert (dev["GroupPolicyList"], dev["AttachedManagedPolicies"]) == (inline, attached)
    (build,) = shown["RoleDetailList"]
    assert (build["RolePolicyList"], build["AttachedManagedPolicies"]) == (inline, attached)
    assert build["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"] == furnished.arn("user/ada")
    assert build["InstanceProfileList"][0]["Roles"][0]["RoleName"] == "build"
    assert (build["RoleLastUsed"], build["Tags"]) == ({}, [])
    policies = {each["Arn"]: each for each in shown["Policies"]}
    assert set(policies) == {own, ADMINISTRATOR}
    assert [each["VersionId"] for each in policies[own]["PolicyVersionList"]] == ["v2", "v1"]
    assert policies[own]["PolicyVersionList"][1]["Document"] == json.loads(DOCUMENT)
    assert (policies[own]["AttachmentCount"], policies[own]["PermissionsBoundaryUsageCount"]) == (3, 1)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_of_any_size_meet_everything_once(furnished: Account, size: int) -> None:
    assert details(furnished, size) == details(furnished)


@pytest.mark.parametrize(("kind", "name"), LISTS.items())
def test_a_filter_shows_one_kind_alone(furnished: Account, kind: str, name: str) -> None:
    shown = details(furnished, Filter=[kind])
    expected = [each for each in details(furnished)[name] if each["Arn"] != ADMINISTRATOR]
    assert shown == {other: expected if other == name else [] for other in LISTS.values()}


def test_filters_add_up(furnished: Account) -> None:
    shown = details(furnished, 1, Filter=["AWSManagedPolicy", "Group"])
    assert [each["GroupName"] for each in shown["GroupDetailList"]] == ["dev"]
    assert [each["Arn"] for each in shown["Policies"]] == [ADMINISTRATOR]
