"""Roles and their trust policies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.house import Account, Keys, allow, policy, refusal, trust

SERVICE = trust(Service="ec2.amazonaws.com")


def test_answers_show_what_aws_shows_and_no_more(iam: Any, acme: Account) -> None:
    created = iam.create_role(
        RoleName="Shown",
        Path="/a/b/",
        AssumeRolePolicyDocument=SERVICE,
        Description="what for",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "x"}],
    )["Role"]
    assert set(created) == {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument", "Tags"}
    assert created["Arn"] == acme.arn("role/a/b/Shown")
    assert created["RoleId"].startswith("AROA")
    got = iam.get_role(RoleName="shown")["Role"]
    assert got == created | {"Description": "what for", "MaxSessionDuration": 7200, "RoleLastUsed": {}}
    (listed,) = iam.list_roles(PathPrefix="/a/")["Roles"]
    assert listed == {key: value for key, value in got.items() if key not in {"Tags", "RoleLastUsed"}}


def test_a_taken_name_is_refused_without_case(iam: Any) -> None:
    iam.create_role(RoleName="Taken", AssumeRolePolicyDocument=SERVICE)
    assert refusal(iam.create_role, RoleName="tAKEN", AssumeRolePolicyDocument=SERVICE) == (
        "EntityAlreadyExists",
        "Role with name tAKEN already exists.",
    )


def test_what_does_not_exist_is_said(iam: Any) -> None:
    expected = ("NoSuchEntity", "The role with name none cannot be found.")
    assert refusal(iam.get_role, RoleName="none") == expected
    assert refusal(iam.update_role, RoleName="none") == expected
    assert refusal(iam.update_role_description, RoleName="none", Description="x") == expected
    assert refusal(iam.update_assume_role_policy, RoleName="none", PolicyDocument=SERVICE) == expected
    assert refusal(iam.delete_role, RoleName="none") == expected


def test_an_update_keeps_what_it_does_not_name(iam: Any) -> None:
    iam.create_role(RoleName="kept", AssumeRolePolicyDocument=SERVICE, Description="first", MaxSessionDuration=7200)
    iam.update_role(RoleName="kept")
    role = iam.get_role(RoleName="kept")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("first", 7200)
    iam.update_role(RoleName="kept", Description="")
    assert iam.get_role(RoleName="kept")["Role"].get("Description", "") == ""
    answer = iam.update_role_description(RoleName="kept", Description="second")["Role"]
    assert answer["Description"] == "second"
    assert "MaxSessionDuration" not in answer


def test_session_length_has_bounds(iam: Any) -> None:
    for seconds in (3599, 43201):
        code, _ = refusal(
            iam.create_role, RoleName="long", AssumeRolePolicyDocument=SERVICE, MaxSessionDuration=seconds
        )
        assert code in {"ValidationError", "ParamValidation"}


def test_documents_come_back_byte_for_byte(iam: Any) -> None:
    text = (
        '{ "Version":"2012-10-17",\n\t"Statement": [ {"Effect":"Allow", "Principal":{"Service":"ec2.amazonaws.com"},'
        '"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:RequestTag/a":"%3A+%20 \u00e4"}} } ] }'
    )
    iam.create_role(RoleName="exact", AssumeRolePolicyDocument=text)
    raw: list[bytes] = []

    def keep(response_dict: dict[str, Any], **_: Any) -> None:
        raw.append(response_dict["body"])

    iam.meta.events.register("before-parse.iam.GetRole", keep)
    document = iam.get_role(RoleName="exact")["Role"]["AssumeRolePolicyDocument"]
    assert document == json.loads(text)
    encoded = raw[0].split(b"<AssumeRolePolicyDocument>")[1].split(b"<")[0]
    assert b"%7B%20%22Version%22%3A%222012-10-17%22%2C%0A%09%22Statement%22" in encoded
    assert b"%253A%2B%2520%20%C3%A4" in encoded


def test_an_account_id_in_a_trust_policy_becomes_its_root_arn(iam: Any, acme: Account, globex: Account) -> None:
    iam.create_role(RoleName="accounts", AssumeRolePolicyDocument=trust(AWS=[acme.id, globex.id]))
    document = iam.get_role(RoleName="accounts")["Role"]["AssumeRolePolicyDocument"]
    assert document["Statement"][0]["Principal"]["AWS"] == [acme.arn("root"), globex.arn("root")]


@pytest.mark.parametrize(
    "principal",
    [
        "arn:aws:iam::{id}:user/ghost",
        "arn:aws:iam::{id}:user/wrong/path/administrator",
        "arn:aws:iam::{id}:role/ghost",
        "arn:aws:sts::{id}:assumed-role/ghost/session",
        "arn:aws:iam::{id}:group/administrators",
        "arn:aws:iam::999999999999:root",
        "999999999999",
        "AIDAAAAAAAAAAAAAAAAAA",
        "nonsense",
    ],
)
def test_a_principal_that_does_not_exist_cannot_be_trusted(iam: Any, acme: Account, principal: str) -> None:
    named = principal.format(id=acme.id)
    assert refusal(iam.create_role, RoleName="trusting", AssumeRolePolicyDocument=trust(AWS=named)) == (
        "MalformedPolicyDocument",
        f'Invalid principal in policy: "AWS":"{named}"',
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [("Service", "nonsense"), ("Service", "EC2.amazonaws.com"), ("Federated", "example.com"), ("CanonicalUser", "0f")],
)
def test_what_is_no_service_or_provider_cannot_be_trusted(iam: Any, kind: str, value: str) -> None:
    code, message = refusal(iam.create_role, RoleName="odd", AssumeRolePolicyDocument=trust(**{kind: value}))
    assert code == "MalformedPolicyDocument"
    assert message.startswith("Invalid principal in policy: ")
    assert message.endswith(f':"{value}"')


def test_services_and_providers_are_trusted_by_name(iam: Any) -> None:
    names = ["ec2.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com"]
    iam.create_role(RoleName="by-name", AssumeRolePolicyDocument=trust(Service=names))
    document = trust(Federated="arn:aws:iam::123456789012:oidc-provider/idp.example.com/path")
    iam.update_assume_role_policy(
        RoleName="by-name", PolicyDocument=document.replace("AssumeRole", "AssumeRoleWithWebIdentity")
    )


def test_a_principal_made_again_under_its_old_name_is_not_trusted(iam: Any, acme: Account) -> None:
    first = iam.create_user(UserName="mallory")["User"]
    iam.create_role(RoleName="vault", AssumeRolePolicyDocument=trust(AWS=first["Arn"]))
    iam.delete_user(UserName="mallory")
    shown = iam.get_role(RoleName="vault")["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"]["AWS"] == first["UserId"]
    second = iam.create_user(UserName="mallory")["User"]
    assert second["Arn"] == first["Arn"]
    shown = iam.get_role(RoleName="vault")["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"]["AWS"] == first["UserId"]
    iam.put_user_policy(UserName="mallory", PolicyName="p", PolicyDocument=policy(allow("s3:*")))
    key = iam.create_access_key(UserName="mallory")["AccessKey"]
    mallory = Keys(acme.administrator.endpoint, key["AccessKeyId"], key["SecretAccessKey"])
    assert refusal(mallory.client("sts").assume_role, RoleArn=acme.arn("role/vault"), RoleSessionName="me")[0] == (
        "AccessDenied"
    )


def test_a_renamed_principal_stays_trusted_and_is_shown_under_its_new_name(iam: Any, acme: Account) -> None:
    arn = iam.create_user(UserName="maiden")["User"]["Arn"]
    iam.create_role(RoleName="bank", AssumeRolePolicyDocument=trust(AWS=[arn, acme.arn("root")]))
    iam.update_user(UserName="maiden", NewUserName="married")
    shown = iam.get_role(RoleName="bank")["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"]["AWS"] == [acme.arn("user/married"), acme.arn("root")]
    key = iam.create_access_key(UserName="married")["AccessKey"]
    married = Keys(acme.administrator.endpoint, key["AccessKeyId"], key["SecretAccessKey"])
    assert acme.assume("bank", married).session_token


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("not json", "This policy contains invalid Json"),
        (
            policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "s3:GetObject"}),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            policy(allow("sts:AssumeRole", "*", Principal={"Service": "ec2.amazonaws.com"})),
            "Has prohibited field Resource",
        ),
    ],
)
def test_what_is_no_trust_policy_is_refused(iam: Any, document: str, message: str) -> None:
    iam.create_role(RoleName=f"trust{len(document)}", AssumeRolePolicyDocument=SERVICE)
    assert refusal(iam.update_assume_role_policy, RoleName=f"trust{len(document)}", PolicyDocument=document) == (
        "MalformedPolicyDocument",
        message,
    )


def test_a_trust_policy_has_a_greatest_size_without_white_space(iam: Any) -> None:
    padding = {"StringEquals": {"aws:RequestTag/x": "y" * 1850}}
    fits = policy(json.loads(SERVICE)["Statement"][0] | {"Condition": padding}).replace(" ", "   ")
    iam.create_role(RoleName="big", AssumeRolePolicyDocument=fits)
    padding["StringEquals"]["aws:RequestTag/x"] += "y" * 200
    too_big = policy(json.loads(SERVICE)["Statement"][0] | {"Condition": padding})
    assert refusal(iam.update_assume_role_policy, RoleName="big", PolicyDocument=too_big) == (
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
    )


def test_a_role_that_holds_something_is_not_deleted(iam: Any) -> None:
    iam.create_role(RoleName="busy", AssumeRolePolicyDocument=SERVICE)
    iam.create_instance_profile(InstanceProfileName="busy")
    iam.add_role_to_instance_profile(InstanceProfileName="busy", RoleName="busy")
    iam.attach_role_policy(RoleName="busy", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.put_role_policy(RoleName="busy", PolicyName="p", PolicyDocument=policy(allow("s3:*")))
    reasons = [refusal(iam.delete_role, RoleName="busy")]
    iam.remove_role_from_instance_profile(InstanceProfileName="busy", RoleName="busy")
    reasons.append(refusal(iam.delete_role, RoleName="busy"))
    iam.detach_role_policy(RoleName="busy", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    reasons.append(refusal(iam.delete_role, RoleName="busy"))
    iam.delete_role_policy(RoleName="busy", PolicyName="p")
    iam.delete_role(RoleName="busy")
    assert reasons == [
        ("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."),
        ("DeleteConflict", "Cannot delete entity, must detach all policies first."),
        ("DeleteConflict", "Cannot delete entity, must delete policies first."),
    ]


def test_nobody_makes_a_role_under_a_path_of_aws(iam: Any) -> None:
    for path in ("/aws-service-role/ec2.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"):
        assert refusal(iam.create_role, RoleName="fake", Path=path, AssumeRolePolicyDocument=SERVICE)[0] == (
            "InvalidInput"
        )
