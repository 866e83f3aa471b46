"""The account: its summary and its alias."""

from __future__ import annotations

from typing import Any

from tests.support.house import Account, House, allow, policy, refusal, trust


def test_the_summary_counts_what_the_account_holds(house: House) -> None:
    acme = house.account()
    iam = acme.administrator.client("iam")
    before = iam.get_account_summary()["SummaryMap"]
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    iam.create_instance_profile(InstanceProfileName="i")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("s3:*")))
    after = iam.get_account_summary()["SummaryMap"]
    grown = {key: after[key] - before[key] for key in after if after[key] != before[key]}
    assert grown == {
        "Users": 1,
        "Groups": 1,
        "Roles": 1,
        "InstanceProfiles": 1,
        "Policies": 1,
        "PolicyVersionsInUse": 2,
    }
    assert (before["Users"], before["UsersQuota"], before["AccessKeysPerUserQuota"]) == (1, 5000, 2)
    assert (before["AccountPasswordPresent"], before["AccountAccessKeysPresent"]) == (1, 1)
    assert len(after) == 34


def test_an_account_has_one_alias_and_no_two_accounts_have_the_same(acme: Account, globex: Account) -> None:
    ours, theirs = acme.administrator.client("iam"), globex.administrator.client("iam")
    assert ours.list_account_aliases()["AccountAliases"] == []
    ours.create_account_alias(AccountAlias="acme")
    ours.create_account_alias(AccountAlias="acme-corp")
    assert ours.list_account_aliases()["AccountAliases"] == ["acme-corp"]
    taken = ("EntityAlreadyExists", "The account alias acme-corp already exists.")
    assert refusal(theirs.create_account_alias, AccountAlias="acme-corp") == taken
    theirs.create_account_alias(AccountAlias="acme")
    absent = ("NoSuchEntity", "The account alias acme-corp cannot be found.")
    assert refusal(theirs.delete_account_alias, AccountAlias="acme-corp") == absent
    ours.delete_account_alias(AccountAlias="acme-corp")
    assert ours.list_account_aliases()["AccountAliases"] == []
    for bad in ("ab", "Acme", "a--b", "-ab", "ab-"):
        assert refusal(ours.create_account_alias, AccountAlias=bad)[0] == "ValidationError"


def test_roles_of_aws_cannot_be_changed(house: House, iam: Any, acme: Account) -> None:
    name = acme.service_role(house)
    expected = (
        "UnmodifiableEntity",
        f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS",
    )
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_instance_profile(InstanceProfileName="takes-none")
    for change, options in (
        (iam.delete_role, {}),
        (iam.update_role, {"Description": "x"}),
        (iam.update_role_description, {"Description": "x"}),
        (iam.update_assume_role_policy, {"PolicyDocument": trust(Service="ec2.amazonaws.com")}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": policy(allow("s3:*"))}),
        (iam.delete_role_policy, {"PolicyName": "p"}),
        (iam.attach_role_policy, {"PolicyArn": read_only}),
        (iam.detach_role_policy, {"PolicyArn": read_only}),
        (iam.put_role_permissions_boundary, {"PermissionsBoundary": read_only}),
        (iam.delete_role_permissions_boundary, {}),
        (iam.add_role_to_instance_profile, {"InstanceProfileName": "takes-none"}),
    ):
        assert refusal(change, RoleName=name, **options) == expected
    assert iam.get_role(RoleName=name)["Role"]["RoleName"] == name
