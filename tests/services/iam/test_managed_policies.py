"""Managed policies, their versions, and AWS's own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.house import Account, allow, policy, refusal

DOCUMENT = policy(allow("s3:ListBucket"))
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def make(iam: Any, name: str, document: str = DOCUMENT, **options: Any) -> str:
    return iam.create_policy(PolicyName=name, PolicyDocument=document, **options)["Policy"]["Arn"]


def versions(iam: Any, arn: str) -> list[tuple[str, bool]]:
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    return [(version["VersionId"], version["IsDefaultVersion"]) for version in listed]


def test_answers_show_what_aws_shows_and_no_more(iam: Any, acme: Account) -> None:
    created = iam.create_policy(PolicyName="Shown", Path="/p/q/", PolicyDocument=DOCUMENT, Description="what for")[
        "Policy"
    ]
    assert created["Arn"] == acme.arn("policy/p/q/Shown")
    assert created["PolicyId"].startswith("ANPA")
    assert "Description" not in created
    assert "Tags" not in created
    expected = created | {"Description": "what for", "Tags": []}
    assert iam.get_policy(PolicyArn=created["Arn"])["Policy"] == expected
    assert (created["DefaultVersionId"], created["AttachmentCount"], created["IsAttachable"]) == ("v1", 0, True)
    (listed,) = iam.list_policies(Scope="Local", PathPrefix="/p/")["Policies"]
    assert listed == created


def test_names_are_unique_without_case_and_whatever_the_path(iam: Any) -> None:
    make(iam, "Unique")
    assert refusal(iam.create_policy, PolicyName="uNIQUE", Path="/other/", PolicyDocument=DOCUMENT) == (
        "EntityAlreadyExists",
        "A policy called uNIQUE already exists. Duplicate names are not allowed.",
    )


def test_versions_count_up_and_are_never_used_twice(iam: Any) -> None:
    arn = make(iam, "versioned")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT, SetAsDefault=True)["PolicyVersion"]
    assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", True)
    assert "Document" not in made
    for _ in range(3):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT)
    assert versions(iam, arn) == [("v5", False), ("v4", False), ("v3", False), ("v2", True), ("v1", False)]
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=DOCUMENT) == (
        "LimitExceeded",
        (
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
            "version."
        ),
    )
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT)["PolicyVersion"]
    assert (made["VersionId"], made["IsDefaultVersion"]) == ("v6", False)
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 2})
    assert [version["VersionId"] for page in pages for version in page["Versions"]] == ["v6", "v4", "v3", "v2", "v1"]


def test_the_default_version_is_in_force_and_cannot_be_deleted(iam: Any) -> None:
    arn = make(iam, "default")
    text = policy(allow("ec2:*"))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=text)
    got = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert (got["Document"], got["IsDefaultVersion"]) == (json.loads(text), False)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert refusal(iam.delete_policy_version, PolicyArn=arn, VersionId="v2") == (
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
    )
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    assert versions(iam, arn) == [("v2", True)]


def test_absent_policies_and_versions_are_said(iam: Any, acme: Account) -> None:
    arn, ghost = make(iam, "present"), acme.arn("policy/ghost")
    assert refusal(iam.get_policy, PolicyArn=ghost) == ("NoSuchEntity", f"Policy {ghost} was not found.")
    assert refusal(iam.delete_policy, PolicyArn=ghost) == ("NoSuchEntity", f"Policy {ghost} was not found.")
    for named, version in ((ghost, "v1"), (arn, "v9"), (arn, "v99999999999999999999")):
        expected = ("NoSuchEntity", f"Policy {named} version {version} does not exist or is not attachable.")
        assert refusal(iam.get_policy_version, PolicyArn=named, VersionId=version) == expected
        assert refusal(iam.delete_policy_version, PolicyArn=named, VersionId=version) == expected
        assert refusal(iam.set_default_policy_version, PolicyArn=named, VersionId=version) == expected
    assert refusal(iam.get_policy_version, PolicyArn=arn, VersionId="1") == (
        "ValidationError",
        (
            "1 validation error detected: Value at 'versionId' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"
        ),
    )
    assert refusal(iam.get_policy, PolicyArn="this is not an ARN at all") == (
        "ValidationError",
        "ARN this is not an ARN at all is not valid.",
    )


def test_a_policy_in_use_or_with_versions_is_not_deleted(iam: Any) -> None:
    arn = make(iam, "held")
    iam.create_group(GroupName="holds")
    iam.attach_group_policy(GroupName="holds", PolicyArn=arn)
    in_use = ("DeleteConflict", "Cannot delete a policy attached to entities.")
    assert refusal(iam.delete_policy, PolicyArn=arn) == in_use
    iam.detach_group_policy(GroupName="holds", PolicyArn=arn)
    iam.create_user(UserName="bounded", PermissionsBoundary=arn)
    assert refusal(iam.delete_policy, PolicyArn=arn) == in_use
    iam.delete_user_permissions_boundary(UserName="bounded")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT)
    assert refusal(iam.delete_policy, PolicyArn=arn) == (
        "DeleteConflict",
        (
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        ),
    )
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    assert refusal(iam.get_policy, PolicyArn=arn)[0] == "NoSuchEntity"
    assert versions(iam, make(iam, "held")) == [("v1", True)]


def test_the_greatest_size_leaves_out_white_space(iam: Any) -> None:
    fits = policy(allow("s3:Get*", "arn:aws:s3:::" + "b" * 6000)).replace(" ", " " * 500)
    make(iam, "fits", fits)
    too_big = policy(allow("s3:Get*", "arn:aws:s3:::" + "b" * 6144))
    assert refusal(iam.create_policy, PolicyName="big", PolicyDocument=too_big) == (
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{}", "Syntax errors in policy."),
        ("[", "Syntax errors in policy."),
        (
            '{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}',
            "Policy document must be version 2012-10-17 or greater.",
        ),
        (policy(allow("GetObject")), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        (policy(allow("s3:GetObject", "bucket")), 'Resource bucket must be in ARN format or "*".'),
        (
            policy(allow("s3:GetObject", Principal="*")),
            "Policy document should not specify a principal.",
        ),
    ],
)
def test_what_is_no_policy_is_refused(iam: Any, document: str, message: str) -> None:
    arn = make(iam, f"valid{len(document)}-{len(message)}")
    expected = ("MalformedPolicyDocument", message)
    assert refusal(iam.create_policy, PolicyName="malformed", PolicyDocument=document) == expected
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=document) == expected


def test_lists_choose_by_scope_path_and_use(iam: Any) -> None:
    used, idle = make(iam, "used", Path="/choice/"), make(iam, "idle", Path="/choice/")
    bounds = make(iam, "bounds", Path="/choice/")
    iam.create_user(UserName="chooser", PermissionsBoundary=bounds)
    iam.attach_user_policy(UserName="chooser", PolicyArn=used)

    def arns(**options: Any) -> set[str]:
        return {each["Arn"] for each in iam.list_policies(PathPrefix="/choice/", **options)["Policies"]}

    assert arns() == {used, idle, bounds}
    assert arns(Scope="AWS") == set()
    assert arns(OnlyAttached=True) == {used, bounds}
    assert arns(OnlyAttached=True, PolicyUsageFilter="PermissionsPolicy") == {used}
    assert arns(OnlyAttached=True, PolicyUsageFilter="PermissionsBoundary") == {bounds}
    assert arns(PolicyUsageFilter="PermissionsBoundary") == {used, idle, bounds}
    listed = {each["Arn"]: each for each in iam.list_policies(PathPrefix="/choice/")["Policies"]}
    assert (listed[used]["AttachmentCount"], listed[used]["PermissionsBoundaryUsageCount"]) == (1, 0)
    assert (listed[bounds]["AttachmentCount"], listed[bounds]["PermissionsBoundaryUsageCount"]) == (0, 1)
    attached = {each["Arn"] for each in iam.list_policies(Scope="AWS", OnlyAttached=True)["Policies"]}
    assert ADMINISTRATOR in attached


def test_pages_meet_every_policy_once_aws_s_and_our_own(iam: Any) -> None:
    own = {make(iam, "AdministratorAccess", Path="/x/"), make(iam, "zzzLast"), make(iam, "aaaFirst")}

    def collect(size: int, **options: Any) -> list[str]:
        pages = iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": size}, **options)
        return [each["Arn"] for page in pages for each in page["Policies"]]

    everything = collect(1000)
    assert len(everything) == len(set(everything)) > 1000
    assert own | {ADMINISTRATOR} <= set(everything)
    assert collect(97) == everything
    assert set(collect(1000, Scope="AWS")) | set(collect(1000, Scope="Local")) == set(everything)
    assert collect(1, Scope="Local") == collect(1000, Scope="Local")


def test_aws_s_policies_can_be_read_and_not_changed(iam: Any) -> None:
    shown = iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
    assert (shown["PolicyName"], shown["IsAttachable"], shown["Tags"]) == ("AdministratorAccess", True, [])
    assert shown["AttachmentCount"] >= 1
    version = shown["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId=version)["PolicyVersion"]["Document"]
    assert document["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert versions(iam, ADMINISTRATOR) == [(version, True)]
    for change, options in (
        (iam.delete_policy, {}),
        (iam.create_policy_version, {"PolicyDocument": DOCUMENT}),
        (iam.set_default_policy_version, {"VersionId": "v1"}),
        (iam.delete_policy_version, {"VersionId": "v1"}),
        (iam.tag_policy, {"Tags": [{"Key": "a", "Value": "b"}]}),
    ):
        assert refusal(change, PolicyArn=ADMINISTRATOR, **options)[0] == "AccessDenied"


def test_entities_are_listed_once_by_kind_use_and_path(iam: Any) -> None:
    arn = make(iam, "shared")
    service = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    iam.create_user(UserName="both", PermissionsBoundary=arn, Path="/e/")
    iam.attach_user_policy(UserName="both", PolicyArn=arn)
    iam.create_user(UserName="only-bound", PermissionsBoundary=arn)
    iam.create_role(RoleName="role-bound", AssumeRolePolicyDocument=service, PermissionsBoundary=arn)
    iam.create_role(RoleName="role-has", AssumeRolePolicyDocument=service)
    iam.attach_role_policy(RoleName="role-has", PolicyArn=arn)
    iam.create_group(GroupName="group-has")
    iam.attach_group_policy(GroupName="group-has", PolicyArn=arn)

    def names(size: int = 100, **options: Any) -> list[str]:
        pages = iam.get_paginator("list_entities_for_policy").paginate(
            PolicyArn=arn, PaginationConfig={"PageSize": size}, **options
        )
        return [
            entity[f"{kind}Name"]
            for page in pages
            for kind in ("User", "Group", "Role")
            for entity in page[f"Policy{kind}s"]
        ]

    everybody = ["both", "group-has", "only-bound", "role-bound", "role-has"]
    assert sorted(names()) == everybody
    for size in (1, 2, 3):
        assert sorted(names(size)) == everybody
    assert sorted(names(PolicyUsageFilter="PermissionsPolicy")) == ["both", "group-has", "role-has"]
    assert sorted(names(PolicyUsageFilter="PermissionsBoundary")) == ["both", "only-bound", "role-bound"]
    assert sorted(names(1, PolicyUsageFilter="PermissionsBoundary")) == ["both", "only-bound", "role-bound"]
    assert sorted(names(EntityFilter="User")) == ["both", "only-bound"]
    assert names(EntityFilter="Group") == ["group-has"]
    assert names(PathPrefix="/e/") == ["both"]
