"""Conditions turned into questions: who may not look must not learn by the reason of a refusal, nor by ambiguity pass.

A caller writes its own policies, so it can deny itself something on a condition about a stranger's resource and read
the answer out of the sentence that refuses. And a request that says two things under one condition key must not be
judged by the one and obeyed by the other.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from msgspec.structs import replace
from tests.support.house import Account, House, allow, deny, policy, refusal, user_with

from watchword.directory.directory import Directory

TEAM = {"Key": "team", "Value": "blue"}


def test_tags_of_a_strangers_policy_are_not_told_by_the_reason(acme: Account, globex: Account) -> None:
    made = globex.administrator.client("iam").create_policy(
        PolicyName="tagged", PolicyDocument=policy(allow("s3:*")), Tags=[TEAM]
    )
    answers: list[str] = []
    for guess in ("blue", "red"):
        equals = {"StringEquals": {"aws:ResourceTag/team": guess}}
        keys = user_with(acme, f"guesses-{guess}", policy(allow("iam:*"), deny("iam:*", Condition=equals)))
        answers.append(refusal(keys.client("iam").get_policy, PolicyArn=made["Policy"]["Arn"])[1].partition(" is ")[2])
    assert answers[0] == answers[1]


def test_the_organization_of_a_stranger_is_not_told_by_the_reason(acme: Account, globex: Account) -> None:
    organization = globex.administrator.client("organizations").create_organization(FeatureSet="ALL")["Organization"]
    answers: list[str] = []
    for number, guess in enumerate((organization["Id"], "o-aaaaaaaaaa")):
        equals = {"StringEquals": {"aws:ResourceOrgID": guess}}
        keys = user_with(acme, f"asks-{number}", policy(allow("iam:*"), deny("iam:*", Condition=equals)))
        call = keys.client("iam").get_policy
        answers.append(refusal(call, PolicyArn=globex.arn("policy/any"))[1].partition(" is ")[2])
    assert answers[0] == answers[1]


@pytest.fixture(scope="module")
def member(acme: Account) -> tuple[Account, Any]:
    """A member account of the organization that acme manages, and acme's client."""
    organizations = acme.administrator.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(Email="member@oracle.example.com", AccountName="member")
    account_id = made["CreateAccountStatus"]["AccountId"]
    role = acme.administrator.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account_id}:role/OrganizationAccountAccessRole", RoleSessionName="setup"
    )["Credentials"]
    keys = type(acme.administrator)(
        acme.administrator.endpoint, role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"]
    )
    return Account(account_id, keys, keys), organizations


def test_a_member_does_not_learn_the_tags_of_units_by_the_reason(member: tuple[Account, Any]) -> None:
    account, organizations = member
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="plans", Tags=[TEAM])["OrganizationalUnit"]
    answers: list[str] = []
    for guess in ("blue", "red"):
        equals = {"StringEquals": {"aws:ResourceTag/team": guess}}
        document = policy(allow("organizations:*"), deny("organizations:*", Condition=equals))
        keys = user_with(account, f"looks-{guess}", document)
        call = keys.client("organizations").describe_organizational_unit
        answers.append(refusal(call, OrganizationalUnitId=unit["Id"])[1].partition(" is ")[2])
    assert answers[0] == answers[1]


def test_a_member_does_not_learn_which_control_policies_exist(member: tuple[Account, Any]) -> None:
    account, organizations = member
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="RESOURCE_CONTROL_POLICY")
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl", "Resource": "*"},
        }
    )
    made = organizations.create_policy(Content=document, Description="", Name="hidden", Type="RESOURCE_CONTROL_POLICY")[
        "Policy"
    ]["PolicySummary"]
    client = user_with(account, "peeks").client("organizations")
    known, unknown = made["Id"], "p-aaaaaaaaaa"
    answers = [
        refusal(client.describe_policy, PolicyId=each)[1].replace(each, "ID").partition(" is ")[2]
        for each in (known, unknown)
    ]
    assert answers[0] == answers[1]


def test_two_tags_under_one_condition_key_do_not_pass_as_one_of_them(acme: Account) -> None:
    iam = acme.administrator.client("iam")
    only_blue = {"StringEquals": {"aws:RequestTag/team": "blue"}}
    guarded = policy(allow("iam:CreatePolicy"), allow("iam:TagPolicy", Condition=only_blue))
    keys = user_with(acme, "tagger", guarded)
    arn = iam.create_policy(PolicyName="tagged-twice", PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    tag = keys.client("iam").tag_policy
    tag(PolicyArn=arn, Tags=[TEAM])
    for tags in ([{"Key": "Team", "Value": "red"}, TEAM], [TEAM, {"Key": "TEAM", "Value": "red"}]):
        assert refusal(tag, PolicyArn=arn, Tags=tags)[0] == "AccessDenied"
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [TEAM]


def test_a_deny_on_a_tag_is_not_passed_by_a_second_spelling(acme: Account) -> None:
    iam = acme.administrator.client("iam")
    no_red = {"StringEquals": {"aws:RequestTag/team": "red"}}
    keys = user_with(acme, "denied-red", policy(allow("iam:TagPolicy"), deny("iam:TagPolicy", Condition=no_red)))
    arn = iam.create_policy(PolicyName="never-red", PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    tags = [{"Key": "Team", "Value": "red"}, TEAM]
    assert refusal(keys.client("iam").tag_policy, PolicyArn=arn, Tags=tags)[0] == "AccessDenied"


def test_tags_that_no_policy_asks_about_may_differ_in_case_alone(acme: Account) -> None:
    iam = acme.administrator.client("iam")
    arn = iam.create_policy(PolicyName="two-cases", PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    tags = [{"Key": "Team", "Value": "red"}, TEAM]
    iam.tag_policy(PolicyArn=arn, Tags=tags)
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == tags


def test_whether_an_account_was_closed_is_not_told_to_strangers(house: House, acme: Account) -> None:
    closed, open_ = house.account(), house.account()

    def close(directory: Directory) -> None:
        account = directory.accounts.get(closed.id)
        assert account is not None
        directory.accounts.replace(replace(account, closed_at=account.created_at))

    house.change(close)
    get_policy = acme.administrator.client("iam").get_policy
    answers = [
        refusal(get_policy, PolicyArn=account.arn("policy/any"))[1].replace(account.id, "ACCOUNT")
        for account in (closed, open_)
    ]
    assert answers[0] == answers[1]


class TestTagsThatDifferOnlyInCase:
    """Of a resource: whoever may tag it must not choose which of two values a policy sees."""

    @pytest.fixture
    def tagged(self, acme: Account) -> str:
        """The ARN of a policy with two tags that differ only in case."""
        made = acme.administrator.client("iam").create_policy(
            PolicyName=f"two-tags-{os.urandom(4).hex()}",
            PolicyDocument=policy(allow("s3:*")),
            Tags=[{"Key": "team", "Value": "blue"}, {"Key": "Team", "Value": "red"}],
        )
        return made["Policy"]["Arn"]

    @pytest.mark.parametrize(
        "statements",
        [
            [allow("iam:GetPolicy", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})],
            [allow("iam:GetPolicy", Condition={"StringEquals": {"aws:ResourceTag/Team": "red"}})],
            [
                allow("iam:GetPolicy"),
                deny("iam:GetPolicy", Condition={"StringNotEquals": {"aws:ResourceTag/team": "blue"}}),
            ],
            [allow("iam:GetPolicy"), deny("iam:GetPolicy", Condition={"Null": {"aws:ResourceTag/team": "false"}})],
        ],
    )
    def test_either_is_denied(self, acme: Account, tagged: str, statements: list[dict[str, Any]]) -> None:
        keys = user_with(acme, f"asks-{os.urandom(4).hex()}", policy(*statements))
        assert refusal(keys.client("iam").get_policy, PolicyArn=tagged)[0] == "AccessDenied"

    def test_who_is_not_asked_is_let_in(self, acme: Account, tagged: str) -> None:
        keys = user_with(acme, f"asks-{os.urandom(4).hex()}", policy(allow("iam:GetPolicy")))
        keys.client("iam").get_policy(PolicyArn=tagged)

    def test_of_an_object_and_its_bucket(self, acme: Account) -> None:
        s3, bucket = acme.administrator.client("s3"), f"two-tags-{acme.id}"
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=b"v", Tagging="team=blue&Team=red")
        for key in ("s3:ExistingObjectTag/team", "s3:ExistingObjectTag/Team"):
            for value in ("blue", "red"):
                document = policy(allow("s3:GetObject", Condition={"StringEquals": {key: value}}))
                keys = user_with(acme, f"asks-{os.urandom(4).hex()}", document)
                assert refusal(keys.client("s3").get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
