"""Permissions boundaries of users and roles."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, allow, policy, refusal, trust, user_with

KINDS = ("user", "role")
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def make(iam: Any, kind: str, name: str, **options: Any) -> dict[str, str]:
    more = {"AssumeRolePolicyDocument": trust(Service="ec2.amazonaws.com")} if kind == "role" else {}
    named = {f"{kind.title()}Name": name}
    getattr(iam, f"create_{kind}")(**named, **more, **options)
    return named


def boundary(iam: Any, kind: str, named: dict[str, str]) -> dict[str, str] | None:
    return getattr(iam, f"get_{kind}")(**named)[kind.title()].get("PermissionsBoundary")


@pytest.mark.parametrize("kind", KINDS)
def test_a_boundary_is_set_shown_replaced_and_taken_away(iam: Any, kind: str) -> None:
    own = iam.create_policy(PolicyName=f"{kind}-limit", PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    named = make(iam, kind, "bounded", PermissionsBoundary=own)
    assert boundary(iam, kind, named) == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": own}
    getattr(iam, f"put_{kind}_permissions_boundary")(**named, PermissionsBoundary=READ_ONLY)
    assert boundary(iam, kind, named) == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ_ONLY}
    getattr(iam, f"delete_{kind}_permissions_boundary")(**named)
    assert boundary(iam, kind, named) is None
    assert refusal(getattr(iam, f"delete_{kind}_permissions_boundary"), **named)[0] == "NoSuchEntity"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_policy_of_ours_cannot_be_a_boundary(iam: Any, acme: Account, globex: Account, kind: str) -> None:
    foreign = globex.administrator.client("iam").create_policy(
        PolicyName=f"{kind}-foreign", PolicyDocument=policy(allow("*"))
    )["Policy"]["Arn"]
    named = make(iam, kind, "picky")
    put = getattr(iam, f"put_{kind}_permissions_boundary")
    for arn in (foreign, acme.arn("policy/none")):
        expected = ("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")
        assert refusal(put, **named, PermissionsBoundary=arn) == expected
    wrong = acme.arn("not_a_policy/invalid")
    assert refusal(put, **named, PermissionsBoundary=wrong) == ("InvalidInput", f"ARN {wrong} is not valid.")
    assert boundary(iam, kind, named) is None


def test_a_boundary_limits_what_an_identity_policy_grants(iam: Any, acme: Account) -> None:
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=policy(allow("iam:ListUsers")))["Policy"]["Arn"]
    limited = user_with(acme, "limited", policy(allow("iam:*")), PermissionsBoundary=limit).client("iam")
    assert limited.list_users()["Users"]
    code, message = refusal(limited.list_roles)
    assert code == "AccessDenied"
    assert message.endswith("because no permissions boundary allows the iam:ListRoles action")


def test_nobody_may_be_made_without_the_boundary_that_a_policy_demands(iam: Any, acme: Account) -> None:
    demanded = {"StringEquals": {"iam:PermissionsBoundary": READ_ONLY}}
    delegate = user_with(
        acme,
        "delegate",
        policy(
            allow(["iam:CreateUser", "iam:AttachUserPolicy", "iam:PutUserPermissionsBoundary"], Condition=demanded),
            allow("iam:GetUser"),
        ),
    ).client("iam")
    assert refusal(delegate.create_user, UserName="free")[0] == "AccessDenied"
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert refusal(delegate.create_user, UserName="free", PermissionsBoundary=other)[0] == "AccessDenied"
    delegate.create_user(UserName="tied", PermissionsBoundary=READ_ONLY)
    delegate.attach_user_policy(UserName="tied", PolicyArn=other)
    iam.create_user(UserName="untied")
    assert refusal(delegate.attach_user_policy, UserName="untied", PolicyArn=other)[0] == "AccessDenied"
    assert refusal(delegate.put_user_permissions_boundary, UserName="tied", PermissionsBoundary=other)[0] == (
        "AccessDenied"
    )
    assert refusal(delegate.delete_user_permissions_boundary, UserName="tied")[0] == "AccessDenied"
