"""Who may what: denials in AWS's words, and attempts to get around them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, Keys, allow, deny, policy, refusal, session_of, trust, user_with


@pytest.fixture(scope="module")
def powerless(acme: Account) -> Any:
    return user_with(acme, "powerless").client("iam")


def test_denials_name_things_as_aws_does(iam: Any, powerless: Any, acme: Account) -> None:
    iam.create_user(UserName="bob", Path="/staff/")
    cases: list[tuple[Any, dict[str, Any], str, str]] = [
        (powerless.list_users, {}, "ListUsers", acme.arn("user/")),
        (powerless.list_roles, {"PathPrefix": "/a/"}, "ListRoles", acme.arn("role/a/")),
        (powerless.list_groups, {}, "ListGroups", acme.arn("group/")),
        (powerless.list_instance_profiles, {}, "ListInstanceProfiles", acme.arn("instance-profile/")),
        (powerless.list_policies, {}, "ListPolicies", "policy path /"),
        (powerless.list_account_aliases, {}, "ListAccountAliases", "*"),
        (powerless.get_account_summary, {}, "GetAccountSummary", "*"),
        (powerless.get_user, {}, "GetUser", "user powerless"),
        (powerless.get_user, {"UserName": "bob"}, "GetUser", "user bob"),
        (powerless.get_role, {"RoleName": "none"}, "GetRole", "role none"),
        (powerless.get_group, {"GroupName": "none"}, "GetGroup", "group none"),
        (powerless.create_user, {"UserName": "eve", "Path": "/x/"}, "CreateUser", acme.arn("user/x/eve")),
        (
            powerless.create_policy,
            {"PolicyName": "p", "PolicyDocument": policy(allow("s3:*"))},
            "CreatePolicy",
            "policy p",
        ),
        (
            powerless.get_policy,
            {"PolicyArn": acme.arn("policy/none")},
            "GetPolicy",
            f"policy {acme.arn('policy/none')}",
        ),
        (
            powerless.get_instance_profile,
            {"InstanceProfileName": "none"},
            "GetInstanceProfile",
            "instance profile none",
        ),
        (powerless.tag_user, {"UserName": "bob", "Tags": []}, "TagUser", acme.arn("user/staff/bob")),
        (powerless.create_access_key, {"UserName": "bob"}, "CreateAccessKey", "user bob"),
    ]
    for call, parameters, action, shown in cases:
        assert refusal(call, **parameters) == (
            "AccessDenied",
            (
                f"User: {acme.arn('user/powerless')} is not authorized to perform: iam:{action} on resource: {shown} "
                f"because no identity-based policy allows the iam:{action} action"
            ),
        )


def test_a_deny_outweighs_the_administrator(iam: Any, acme: Account) -> None:
    user_with(acme, "fenced", policy(deny("iam:*", acme.arn("user/fenced"))))
    iam.attach_user_policy(UserName="fenced", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="fenced")["AccessKey"]
    fenced = Keys(acme.administrator.endpoint, key["AccessKeyId"], key["SecretAccessKey"])
    client = fenced.client("iam")
    code, message = refusal(client.delete_user_policy, UserName="FENCED", PolicyName="grants")
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in an identity-based policy")
    assert client.list_users()["Users"]


def test_paths_bound_what_may_be_made_and_where_it_may_move(iam: Any, acme: Account) -> None:
    inside = acme.arn("user/inside/*")
    keeper = user_with(acme, "keeper", policy(allow("iam:*", inside))).client("iam")
    keeper.create_user(UserName="mine", Path="/inside/")
    assert refusal(keeper.create_user, UserName="mine2", Path="/outside/")[0] == "AccessDenied"
    assert refusal(keeper.update_user, UserName="mine", NewPath="/outside/")[0] == "AccessDenied"
    iam.create_user(UserName="theirs", Path="/outside/")
    assert refusal(keeper.update_user, UserName="theirs", NewPath="/inside/")[0] == "AccessDenied"
    assert refusal(keeper.update_user, UserName="theirs", NewUserName="inside/x")[0] == "ValidationError"
    keeper.update_user(UserName="mine", NewUserName="renamed")
    assert iam.get_user(UserName="renamed")["User"]["Arn"] == acme.arn("user/inside/renamed")


def test_a_resource_is_matched_by_its_stored_spelling_not_by_the_request_s(iam: Any, acme: Account) -> None:
    iam.create_user(UserName="Secret")
    sneaky = user_with(
        acme, "sneaky", policy(allow("iam:GetUser"), deny("iam:GetUser", acme.arn("user/Secret")))
    ).client("iam")
    assert refusal(sneaky.get_user, UserName="Secret")[0] == "AccessDenied"
    assert refusal(sneaky.get_user, UserName="sECRET")[0] == "AccessDenied"


def test_only_the_named_policies_may_be_attached(iam: Any, acme: Account) -> None:
    iam.create_user(UserName="target")
    granted = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    granter = user_with(
        acme,
        "granter",
        policy(allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": granted}})),
    ).client("iam")
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert refusal(granter.attach_user_policy, UserName="target", PolicyArn=administrator)[0] == "AccessDenied"
    granter.attach_user_policy(UserName="target", PolicyArn=granted)


def test_what_exists_does_not_leak_to_those_who_may_not_see_it(powerless: Any, iam: Any) -> None:
    iam.create_user(UserName="hidden")
    _, present = refusal(powerless.get_user, UserName="hidden")
    _, absent = refusal(powerless.get_user, UserName="absent")
    assert present.replace("hidden", "absent") == absent


@pytest.mark.parametrize("verb", ["get_policy", "list_policy_versions", "delete_policy", "list_entities_for_policy"])
def test_policies_of_another_account_are_out_of_reach(acme: Account, globex: Account, verb: str) -> None:
    theirs = globex.administrator.client("iam")
    name = f"theirs-{verb.replace('_', '-')}"
    arn = theirs.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    for caller in (acme.administrator, acme.root):
        call = getattr(caller.client("iam"), verb)
        code, present = refusal(call, PolicyArn=arn)
        assert code == "AccessDenied"
        assert refusal(call, PolicyArn=globex.arn("policy/absent")) == (
            "AccessDenied",
            present.replace(arn, globex.arn("policy/absent")),
        )
    assert theirs.get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn


def test_the_same_name_in_two_accounts_is_two_things(acme: Account, globex: Account) -> None:
    ours, theirs = acme.administrator.client("iam"), globex.administrator.client("iam")
    for client in (ours, theirs):
        client.create_user(UserName="shared")
        client.create_role(RoleName="shared", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    ours.delete_user(UserName="shared")
    ours.delete_role(RoleName="shared")
    assert theirs.get_user(UserName="shared")["User"]["Arn"] == globex.arn("user/shared")
    assert theirs.get_role(RoleName="shared")["Role"]["Arn"] == globex.arn("role/shared")


def test_a_marker_of_one_account_does_not_open_a_page_of_another(acme: Account, globex: Account) -> None:
    ours, theirs = acme.administrator.client("iam"), globex.administrator.client("iam")
    for client in (ours, theirs):
        client.create_user(UserName="pages")
    marker = ours.list_users(MaxItems=1)["Marker"]
    assert refusal(theirs.list_users, MaxItems=1, Marker=marker)[0] == "ValidationError"
    assert refusal(ours.list_roles, MaxItems=1, Marker=marker)[0] == "ValidationError"


def test_grants_are_obeyed_by_the_very_next_request(iam: Any, acme: Account) -> None:
    learner = user_with(acme, "learner").client("iam")
    for _ in range(5):
        assert refusal(learner.list_groups)[0] == "AccessDenied"
        iam.put_user_policy(UserName="learner", PolicyName="p", PolicyDocument=policy(allow("iam:ListGroups")))
        assert learner.list_groups()["IsTruncated"] is False
        iam.delete_user_policy(UserName="learner", PolicyName="p")


def test_a_new_default_version_changes_what_its_holders_may_do(iam: Any, acme: Account) -> None:
    arn = iam.create_policy(PolicyName="moving", PolicyDocument=policy(allow("iam:ListUsers")))["Policy"]["Arn"]
    holder = user_with(acme, "holder").client("iam")
    iam.attach_user_policy(UserName="holder", PolicyArn=arn)
    assert holder.list_users()["Users"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("iam:ListRoles")), SetAsDefault=True)
    assert refusal(holder.list_users)[0] == "AccessDenied"
    assert "Roles" in holder.list_roles()
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert holder.list_users()["Users"]


def test_a_role_session_may_what_its_role_may_and_its_session_policy_lets_through(iam: Any, acme: Account) -> None:
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(AWS=acme.id))
    iam.put_role_policy(
        RoleName="worker", PolicyName="p", PolicyDocument=policy(allow(["iam:ListUsers", "iam:ListRoles"]))
    )
    session = acme.assume("worker").client("iam")
    assert session.list_users()["Users"]
    assert refusal(session.list_groups)[0] == "AccessDenied"
    narrow = acme.assume("worker", Policy=policy(allow("iam:ListRoles"))).client("iam")
    assert narrow.list_roles()["Roles"]
    assert refusal(narrow.list_users) == (
        "AccessDenied",
        (
            f"User: arn:aws:sts::{acme.id}:assumed-role/worker/test is not authorized to perform: iam:ListUsers on "
            f"resource: {acme.arn('user/')} because no session policy allows the iam:ListUsers action"
        ),
    )
    assert iam.get_role(RoleName="worker")["Role"]["RoleName"] == "worker"


def test_a_session_token_without_a_second_factor_does_not_reach_iam(acme: Account) -> None:
    for caller in (acme.administrator, acme.root):
        session = session_of(caller)
        assert session.client("sts").get_caller_identity()["Account"] == acme.id
        for call in (session.client("iam").get_user, session.client("iam").list_users):
            assert refusal(call) == (
                "InvalidClientTokenId",
                "The security token included in the request is invalid",
            )
