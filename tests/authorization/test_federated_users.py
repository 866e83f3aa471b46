"""Federated users with real clients: what they are shown as, what policies may ask about them, what is granted."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.house import Account, Keys, allow, federate, policy, refusal, user_with

READ = policy(allow("s3:GetObject"))
EVERYTHING = policy(allow("*"))
HOURS_12 = 43_200
MANY_TAGS = [{"Key": os.urandom(48).hex(), "Value": os.urandom(128).hex()} for _ in range(50)]
"""More than a token holds, however it is packed."""


@pytest.fixture(scope="module")
def bucket(acme: Account) -> str:
    name = f"federated-{acme.id}"
    s3 = acme.administrator.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    return name


@pytest.fixture(scope="module")
def lender(acme: Account) -> Keys:
    return user_with(acme, "lender", EVERYTHING, Tags=[{"Key": "team", "Value": "red"}, {"Key": "site", "Value": "x"}])


def get(keys: Keys, bucket: str) -> None:
    keys.client("s3").get_object(Bucket=bucket, Key="k")


def granted(acme: Account, bucket: str, principal: Any, **more: Any) -> None:
    statement = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", **more), "Principal": principal}
    acme.administrator.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy(statement))


def test_the_answer(acme: Account, lender: Keys) -> None:
    made = lender.client("sts").get_federation_token(Name="Bob", Policy=READ, Tags=[{"Key": "a", "Value": "b"}])
    assert made["FederatedUser"] == {
        "FederatedUserId": f"{acme.id}:Bob",
        "Arn": f"arn:aws:sts::{acme.id}:federated-user/Bob",
    }
    assert made["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert 1 <= made["PackedPolicySize"] <= 100
    left = (made["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds()
    assert HOURS_12 - 120 < left <= HOURS_12
    assert lender.client("sts").get_federation_token(Name="Bob")["PackedPolicySize"] == 0


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"Name": "x"}, "Value 'x' at 'name' failed to satisfy constraint: Member must have length greater than or"),
        (
            {"Name": "x" * 33},
            "at 'name' failed to satisfy constraint: Member must have length less than or equal to 32",
        ),
        ({"Name": "a b"}, "Member must satisfy regular expression pattern: [\\w+=,.@-]*"),
        ({"Name": "ab", "DurationSeconds": 899}, "at 'durationSeconds' failed to satisfy constraint: Member must have"),
        ({"Name": "ab", "DurationSeconds": 129_601}, "Member must have value less than or equal to 129600"),
        ({"Name": "ab", "Policy": "x" * 2_049}, "at 'policy' failed to satisfy constraint: Member must have length"),
    ],
)
def test_what_the_model_bounds(lender: Keys, parameters: dict[str, Any], said: str) -> None:
    code, message = refusal(lender.client("sts").get_federation_token, **parameters)
    assert code == "ValidationError"
    assert said in message


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Policy": "{}"}, "MalformedPolicyDocument"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/None"}]}, "MalformedPolicyDocument"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}] * 11}, "ValidationError"),
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}, "InvalidParameterValue"),
        ({"Tags": [{"Key": "aws:a", "Value": "1"}]}, "InvalidParameterValue"),
        ({"Tags": MANY_TAGS}, "PackedPolicyTooLarge"),
    ],
    ids=["no policy", "no such policy", "eleven policies", "a tag twice", "a reserved tag", "more than a token holds"],
)
def test_what_is_refused(lender: Keys, parameters: dict[str, Any], code: str) -> None:
    assert refusal(lender.client("sts").get_federation_token, Name="guest", **parameters)[0] == code


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:userid": "${aws:PrincipalAccount}:guest", "aws:PrincipalType": "FederatedUser"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::*:federated-user/guest"}},
        {"Null": {"aws:username": "true", "aws:TokenIssueTime": "false", "aws:FederatedProvider": "true"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
        {"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:PrincipalTag/site": "x"}},
    ],
    ids=["id and type", "arn", "name and times", "no second factor", "own tags over the maker's"],
)
def test_condition_keys(lender: Keys, bucket: str, condition: dict[str, Any]) -> None:
    tags = [{"Key": "Team", "Value": "blue"}]
    get(federate(lender, Policy=policy(allow("s3:GetObject", Condition=condition)), Tags=tags), bucket)


class TestAGrantByTheResource:
    def test_to_the_federated_user(self, acme: Account, bucket: str) -> None:
        """Worked case 13: neither its maker's policies nor a session policy need to allow."""
        maker = user_with(acme, "poor", policy(allow("sts:GetFederationToken")))
        granted(acme, bucket, {"AWS": f"arn:aws:sts::{acme.id}:federated-user/guest"})
        get(federate(maker), bucket)
        get(federate(maker, Policy=policy(allow("ec2:*"))), bucket)

    def test_to_the_maker_is_limited_by_the_session_policy(self, acme: Account, bucket: str) -> None:
        maker = user_with(acme, "poor-too", policy(allow("sts:GetFederationToken")))
        granted(acme, bucket, {"AWS": acme.arn("user/poor-too")})
        get(federate(maker, Policy=READ), bucket)
        for options in ({}, {"Policy": policy(allow("ec2:*"))}):
            message = refusal(federate(maker, **options).client("s3").get_object, Bucket=bucket, Key="k")[1]
            assert message.endswith("because no session policy allows the s3:GetObject action")

    def test_to_everyone_narrowed_to_its_arn(self, acme: Account, lender: Keys, bucket: str) -> None:
        arn = f"arn:aws:sts::{acme.id}:federated-user/guest"
        granted(acme, bucket, "*", Condition={"StringEquals": {"aws:PrincipalArn": arn}})
        get(federate(lender), bucket)
        assert refusal(federate(lender, "other").client("s3").get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"

    def test_to_the_account_is_none(self, acme: Account, lender: Keys, bucket: str) -> None:
        granted(acme, bucket, {"AWS": acme.id})
        assert refusal(federate(lender).client("s3").get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"


def test_a_denial_names_the_federated_user(acme: Account, lender: Keys, bucket: str) -> None:
    guest = federate(lender, "ann", Policy=READ)
    assert refusal(guest.client("s3").delete_object, Bucket=bucket, Key="k")[1] == (
        f"User: arn:aws:sts::{acme.id}:federated-user/ann is not authorized to perform: s3:DeleteObject on resource: "
        f'"arn:aws:s3:::{bucket}/k" because no session policy allows the s3:DeleteObject action'
    )
