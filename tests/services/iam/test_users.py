"""Users: what create, get, list, update and delete answer, and what they refuse."""

from __future__ import annotations

from typing import Any

from tests.support.house import Account, allow, policy, refusal


def test_a_created_user_is_shown_with_path_id_and_arn(iam: Any, acme: Account) -> None:
    user = iam.create_user(UserName="Ada", Path="/staff/")["User"]
    assert user["Arn"] == acme.arn("user/staff/Ada")
    assert (user["UserName"], user["Path"]) == ("Ada", "/staff/")
    assert user["UserId"].startswith("AIDA")
    assert len(user["UserId"]) == 21
    assert iam.get_user(UserName="Ada")["User"] == user


def test_names_are_one_without_case_and_keep_their_spelling(iam: Any) -> None:
    iam.create_user(UserName="Bob")
    assert iam.get_user(UserName="BOB")["User"]["UserName"] == "Bob"
    assert refusal(iam.create_user, UserName="bob") == (
        "EntityAlreadyExists",
        "User with name bob already exists.",
    )


def test_what_does_not_exist_is_said_in_the_words_of_the_request(iam: Any) -> None:
    expected = ("NoSuchEntity", "The user with name nobody cannot be found.")
    assert refusal(iam.get_user, UserName="nobody") == expected
    assert refusal(iam.update_user, UserName="nobody", NewPath="/x/") == expected
    assert refusal(iam.delete_user, UserName="nobody") == expected


def test_get_user_without_a_name_is_the_caller(iam: Any, acme: Account) -> None:
    assert iam.get_user()["User"]["UserName"] == "administrator"
    root = acme.root.client("iam").get_user()["User"]
    assert root["Arn"] == acme.arn("root")
    assert root["UserId"] == acme.id
    assert "UserName" not in root
    assert "Path" not in root


def test_a_role_session_is_no_user(iam: Any, acme: Account) -> None:
    trusting = policy({"Effect": "Allow", "Principal": {"AWS": acme.id}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trusting)
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy(allow("iam:*")))
    session = acme.assume("reader")
    assert refusal(session.client("iam").get_user) == (
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )


def test_lists_leave_out_tags_and_boundary_and_keep_to_a_path(iam: Any) -> None:
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_user(
        UserName="carol", Path="/list/deep/", Tags=[{"Key": "a", "Value": "b"}], PermissionsBoundary=boundary
    )
    iam.create_user(UserName="dave", Path="/listed/")
    (carol,) = iam.list_users(PathPrefix="/list/")["Users"]
    assert carol["UserName"] == "carol"
    assert "Tags" not in carol
    assert "PermissionsBoundary" not in carol
    assert [user["UserName"] for user in iam.list_users(PathPrefix="/list")["Users"]] == ["carol", "dave"]
    assert iam.list_users(PathPrefix="/none/") | {"ResponseMetadata": None} == {
        "Users": [],
        "IsTruncated": False,
        "ResponseMetadata": None,
    }


def test_pages_meet_every_user_once_whatever_their_size(iam: Any) -> None:
    names = [f"page{number:02d}" for number in range(7)]
    for name in names:
        iam.create_user(UserName=name, Path="/pages/")
    for size in (1, 3, 7, 100):
        pages = iam.get_paginator("list_users").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": size})
        assert [user["UserName"] for page in pages for user in page["Users"]] == names
    first = iam.list_users(PathPrefix="/pages/", MaxItems=2)
    rest = iam.list_users(PathPrefix="/pages/", MaxItems=100, Marker=first["Marker"])
    assert [user["UserName"] for user in rest["Users"]] == names[2:]
    assert len(first["Marker"]) <= 320


def test_renaming_changes_the_arn_and_keeps_the_id_and_all_that_hangs_on_it(iam: Any, acme: Account) -> None:
    old = iam.create_user(UserName="erin")["User"]
    iam.put_user_policy(UserName="erin", PolicyName="p", PolicyDocument=policy(allow("s3:*")))
    key = iam.create_access_key(UserName="erin")["AccessKey"]
    iam.update_user(UserName="ERIN", NewUserName="frank", NewPath="/moved/")
    new = iam.get_user(UserName="frank")["User"]
    assert new["UserId"] == old["UserId"]
    assert new["Arn"] == acme.arn("user/moved/frank")
    assert iam.list_user_policies(UserName="frank")["PolicyNames"] == ["p"]
    (held,) = iam.list_access_keys(UserName="frank")["AccessKeyMetadata"]
    assert (held["UserName"], held["AccessKeyId"]) == ("frank", key["AccessKeyId"])
    assert refusal(iam.get_user, UserName="erin")[0] == "NoSuchEntity"


def test_a_taken_name_refuses_a_rename_and_nothing_changes(iam: Any) -> None:
    iam.create_user(UserName="gina")
    iam.create_user(UserName="hugo")
    assert refusal(iam.update_user, UserName="gina", NewUserName="HUGO") == (
        "EntityAlreadyExists",
        "User with name HUGO already exists.",
    )
    assert iam.get_user(UserName="gina")["User"]["UserName"] == "gina"


def test_only_the_case_of_a_name_can_change(iam: Any) -> None:
    iam.create_user(UserName="ivan")
    iam.update_user(UserName="ivan", NewUserName="Ivan")
    assert iam.get_user(UserName="ivan")["User"]["UserName"] == "Ivan"


def test_a_user_that_holds_something_is_not_deleted(iam: Any) -> None:
    iam.create_user(UserName="judy")
    iam.create_group(GroupName="judges")
    key = iam.create_access_key(UserName="judy")["AccessKey"]["AccessKeyId"]
    iam.add_user_to_group(UserName="judy", GroupName="judges")
    iam.attach_user_policy(UserName="judy", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.put_user_policy(UserName="judy", PolicyName="p", PolicyDocument=policy(allow("s3:*")))

    def reason() -> str:
        code, message = refusal(iam.delete_user, UserName="judy")
        assert code == "DeleteConflict"
        return message

    assert reason() == "Cannot delete entity, must delete access keys first."
    iam.delete_access_key(UserName="judy", AccessKeyId=key)
    assert reason() == "Cannot delete entity, must detach all policies first."
    iam.detach_user_policy(UserName="judy", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert reason() == "Cannot delete entity, must delete policies first."
    iam.delete_user_policy(UserName="judy", PolicyName="p")
    assert reason() == "Cannot delete entity, must remove users from group first."
    iam.remove_user_from_group(UserName="judy", GroupName="judges")
    iam.delete_user(UserName="judy")
    assert refusal(iam.get_user, UserName="judy")[0] == "NoSuchEntity"


def test_a_namesake_made_later_is_another_user(iam: Any) -> None:
    first = iam.create_user(UserName="karl")["User"]["UserId"]
    iam.delete_user(UserName="karl")
    assert iam.create_user(UserName="karl")["User"]["UserId"] != first


def test_broken_constraints_are_told_before_anything_else(iam: Any) -> None:
    assert refusal(iam.create_user, UserName="a b") == (
        "ValidationError",
        (
            "1 validation error detected: Value at 'userName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]+"
        ),
    )
    for name in ("x" * 65, "", "é", "\u017f", "x\n", "x/y", "*"):
        assert refusal(iam.create_user, UserName=name)[0] == "ValidationError"
    for path in ("//", "a", "/a", "a/", "/a b/", "/é/", "/" + "x" * 511 + "/"):
        assert refusal(iam.create_user, UserName="x", Path=path)[0] == "ValidationError"
    assert refusal(iam.list_users, Marker="forged")[0] == "ValidationError"
