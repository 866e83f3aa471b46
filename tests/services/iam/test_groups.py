"""Groups and their members."""

from __future__ import annotations

from typing import Any

from tests.support.house import Account, allow, policy, refusal, user_with


def test_a_created_group_is_shown_with_path_id_and_arn(iam: Any, acme: Account) -> None:
    group = iam.create_group(GroupName="Dev", Path="/teams/")["Group"]
    assert group["Arn"] == acme.arn("group/teams/Dev")
    assert group["GroupId"].startswith("AGPA")
    shown = iam.get_group(GroupName="dev")
    assert (shown["Group"], shown["Users"], shown["IsTruncated"]) == (group, [], False)
    assert refusal(iam.create_group, GroupName="DEV") == (
        "EntityAlreadyExists",
        "Group with name DEV already exists.",
    )


def test_what_does_not_exist_is_said(iam: Any) -> None:
    iam.create_user(UserName="known")
    iam.create_group(GroupName="known")
    no_group = ("NoSuchEntity", "The group with name none cannot be found.")
    no_user = ("NoSuchEntity", "The user with name none cannot be found.")
    assert refusal(iam.get_group, GroupName="none") == no_group
    assert refusal(iam.update_group, GroupName="none", NewPath="/x/") == no_group
    assert refusal(iam.delete_group, GroupName="none") == no_group
    assert refusal(iam.add_user_to_group, GroupName="none", UserName="known") == no_group
    assert refusal(iam.add_user_to_group, GroupName="known", UserName="none") == no_user
    assert refusal(iam.remove_user_from_group, GroupName="none", UserName="none") == no_user
    assert refusal(iam.list_groups_for_user, UserName="none") == no_user


def test_membership_is_the_same_when_it_is_said_twice(iam: Any) -> None:
    iam.create_user(UserName="twice")
    iam.create_group(GroupName="twice")
    for _ in range(2):
        iam.add_user_to_group(GroupName="twice", UserName="TWICE")
        assert [user["UserName"] for user in iam.get_group(GroupName="twice")["Users"]] == ["twice"]
    for _ in range(2):
        iam.remove_user_from_group(GroupName="twice", UserName="twice")
        assert iam.list_groups_for_user(UserName="twice")["Groups"] == []


def test_members_and_groups_come_in_pages(iam: Any) -> None:
    iam.create_group(GroupName="crowd")
    for number in range(5):
        iam.create_user(UserName=f"crowd{number}")
        iam.add_user_to_group(GroupName="crowd", UserName=f"crowd{number}")
        iam.create_group(GroupName=f"crowd{number}", Path="/crowd/")
        iam.add_user_to_group(GroupName=f"crowd{number}", UserName="crowd0")
    pages = iam.get_paginator("get_group").paginate(GroupName="crowd", PaginationConfig={"PageSize": 2})
    assert sorted(user["UserName"] for page in pages for user in page["Users"]) == [f"crowd{n}" for n in range(5)]
    pages = iam.get_paginator("list_groups_for_user").paginate(UserName="crowd0", PaginationConfig={"PageSize": 2})
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == [
        "crowd",
        *[f"crowd{n}" for n in range(5)],
    ]
    pages = iam.get_paginator("list_groups").paginate(PathPrefix="/crowd/", PaginationConfig={"PageSize": 2})
    assert [group["GroupName"] for page in pages for group in page["Groups"]] == [f"crowd{n}" for n in range(5)]


def test_the_eleventh_group_of_a_user_is_refused(iam: Any) -> None:
    iam.create_user(UserName="joiner")
    for number in range(11):
        iam.create_group(GroupName=f"club{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"club{number}", UserName="joiner")
    assert refusal(iam.add_user_to_group, GroupName="club10", UserName="joiner") == (
        "LimitExceeded",
        "Cannot exceed quota for GroupsPerUser: 10",
    )


def test_renaming_keeps_members_and_policies(iam: Any, acme: Account) -> None:
    old = iam.create_group(GroupName="before")["Group"]
    iam.create_user(UserName="stays")
    iam.add_user_to_group(GroupName="before", UserName="stays")
    iam.put_group_policy(GroupName="before", PolicyName="p", PolicyDocument=policy(allow("s3:*")))
    iam.update_group(GroupName="before", NewGroupName="after", NewPath="/new/")
    shown = iam.get_group(GroupName="after")
    assert shown["Group"]["GroupId"] == old["GroupId"]
    assert shown["Group"]["Arn"] == acme.arn("group/new/after")
    assert [user["UserName"] for user in shown["Users"]] == ["stays"]
    assert iam.list_group_policies(GroupName="after")["PolicyNames"] == ["p"]
    iam.create_group(GroupName="other")
    assert refusal(iam.update_group, GroupName="after", NewGroupName="other") == (
        "EntityAlreadyExists",
        "Group with name other already exists.",
    )


def test_a_group_that_holds_something_is_not_deleted(iam: Any) -> None:
    iam.create_group(GroupName="full")
    iam.create_user(UserName="inside")
    iam.add_user_to_group(GroupName="full", UserName="inside")
    iam.attach_group_policy(GroupName="full", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.put_group_policy(GroupName="full", PolicyName="p", PolicyDocument=policy(allow("s3:*")))
    conflict = "DeleteConflict"
    assert refusal(iam.delete_group, GroupName="full") == (
        conflict,
        "Cannot delete entity, must remove users from group first.",
    )
    iam.remove_user_from_group(GroupName="full", UserName="inside")
    assert refusal(iam.delete_group, GroupName="full") == (
        conflict,
        "Cannot delete entity, must detach all policies first.",
    )
    iam.detach_group_policy(GroupName="full", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert refusal(iam.delete_group, GroupName="full") == (
        conflict,
        "Cannot delete entity, must delete policies first.",
    )
    iam.delete_group_policy(GroupName="full", PolicyName="p")
    iam.delete_group(GroupName="full")
    assert refusal(iam.get_group, GroupName="full")[0] == "NoSuchEntity"


def test_permissions_come_and_go_with_membership(iam: Any, acme: Account) -> None:
    member = user_with(acme, "member").client("iam")
    iam.create_group(GroupName="readers")
    iam.put_group_policy(GroupName="readers", PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers")))
    assert refusal(member.list_users)[0] == "AccessDenied"
    iam.add_user_to_group(GroupName="readers", UserName="member")
    assert member.list_users()["Users"]
    iam.remove_user_from_group(GroupName="readers", UserName="member")
    assert refusal(member.list_users)[0] == "AccessDenied"
