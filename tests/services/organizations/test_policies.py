"""Control policies: written, attached, listed, refused."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError
from tests.support.house import House, allow, deny, policy, refusal
from tests.support.organized import RCP, SCP, Organized, everyone

FULL = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}


@pytest.mark.parametrize("kind", [SCP, RCP])
def test_a_policy_is_kept_byte_for_byte(organized: Organized, kind: str) -> None:
    statement = allow("*") if kind == SCP else everyone(deny("s3:*"))
    document = "\n " + policy(statement) + " "
    client = organized.client
    made = client.create_policy(Content=document, Description="why", Name=f"kept {kind}", Type=kind)["Policy"]
    summary = made["PolicySummary"]
    assert made["Content"] == document
    assert re.fullmatch("p-[a-z0-9]{8}", summary["Id"])
    assert summary["Arn"] == (
        f"arn:aws:organizations::{organized.management.id}:policy/{organized.id}/{kind.lower()}/{summary['Id']}"
    )
    assert client.describe_policy(PolicyId=summary["Id"])["Policy"] == made
    again = refusal(client.create_policy, Content=document, Description="", Name=f"kept {kind}", Type=kind)
    assert again[0] == "DuplicatePolicyException"
    updated = client.update_policy(PolicyId=summary["Id"], Description="because")["Policy"]
    assert updated["PolicySummary"]["Description"] == "because"
    assert updated["Content"] == document
    client.delete_policy(PolicyId=summary["Id"])
    assert refusal(client.describe_policy, PolicyId=summary["Id"])[0] == "PolicyNotFoundException"


@pytest.mark.parametrize("kind", [SCP, RCP])
def test_the_policies_of_aws_stand_beside_the_own_ones(organized: Organized, kind: str) -> None:
    client = organized.client
    (aws,) = (each for each in client.list_policies(Filter=kind)["Policies"] if each["AwsManaged"])
    assert aws["Id"] == FULL[kind]
    assert aws["Arn"] == f"arn:aws:organizations::aws:policy/{kind.lower()}/{FULL[kind]}"
    assert '"Action": "*"' in client.describe_policy(PolicyId=aws["Id"])["Policy"]["Content"]
    assert refusal(client.update_policy, PolicyId=aws["Id"], Description="x")[0] == "InvalidInputException"
    assert refusal(client.delete_policy, PolicyId=aws["Id"])[0] == "InvalidInputException"


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (SCP, "not json"),
        (SCP, policy(everyone(deny("s3:*")))),
        (SCP, policy({"Effect": "Deny", "Action": "s3:*"})),
        (SCP, policy(deny("nothing"))),
        (RCP, policy(deny("s3:*"))),
        (RCP, policy(everyone(allow("s3:*")))),
        (RCP, policy(everyone(deny("*")))),
        (RCP, policy({**deny("s3:*"), "Principal": {"AWS": "111122223333"}})),
    ],
)
def test_a_document_of_the_wrong_form_is_refused(organized: Organized, kind: str, document: str) -> None:
    code, _ = refusal(organized.client.create_policy, Content=document, Description="", Name="wrong", Type=kind)
    assert code == "MalformedPolicyDocumentException"


def test_a_document_has_5120_characters_at_most(organized: Organized) -> None:
    document = policy(allow("*"))
    fits = document + " " * (5120 - len(document))
    client = organized.client
    policy_id = organized.policy(fits)
    with pytest.raises(ClientError) as failed:
        client.update_policy(PolicyId=policy_id, Content=fits + " ")
    assert failed.value.response["Error"]["Code"] == "ConstraintViolationException"  # type: ignore[reportUnknownMemberType]
    assert failed.value.response["Reason"] == "POLICY_CONTENT_LIMIT_EXCEEDED"  # type: ignore[reportUnknownMemberType]


def test_what_is_attached_is_listed_on_both_sides(organized: Organized) -> None:
    client, unit = organized.client, organized.unit()
    with organized.over(unit, policy(deny("s3:*"))) as policy_id:
        listed = client.list_policies_for_target(TargetId=unit, Filter=SCP)["Policies"]
        assert {each["Id"] for each in listed} == {FULL[SCP], policy_id}
        (target,) = client.list_targets_for_policy(PolicyId=policy_id)["Targets"]
        assert (target["TargetId"], target["Type"]) == (unit, "ORGANIZATIONAL_UNIT")
        attach = {"PolicyId": policy_id, "TargetId": unit}
        assert refusal(client.attach_policy, **attach)[0] == "DuplicatePolicyAttachmentException"
        assert refusal(client.delete_policy, PolicyId=policy_id)[0] == "PolicyInUseException"
        nowhere = {"PolicyId": policy_id, "TargetId": "ou-aaaa-bbbbbbbb"}
        assert refusal(client.attach_policy, **nowhere)[0] == "TargetNotFoundException"
    assert client.list_targets_for_policy(PolicyId=policy_id)["Targets"] == []
    assert refusal(client.detach_policy, PolicyId=policy_id, TargetId=unit)[0] == "PolicyNotAttachedException"


def test_one_policy_at_least_and_five_at_most_are_attached(organized: Organized) -> None:
    client, unit = organized.client, organized.unit()
    code, message = refusal(client.detach_policy, PolicyId=FULL[SCP], TargetId=unit)
    assert (code, "last policy" in message) == ("ConstraintViolationException", True)
    assert refusal(client.detach_policy, PolicyId=FULL[RCP], TargetId=unit)[0] == "InvalidInputException"
    for _ in range(4):
        client.attach_policy(PolicyId=organized.policy(policy(deny("s3:*"))), TargetId=unit)
    fifth = organized.policy(policy(deny("s3:*")))
    assert refusal(client.attach_policy, PolicyId=fifth, TargetId=unit)[0] == "ConstraintViolationException"


def test_a_type_that_is_enabled_covers_everything_at_once(house: House) -> None:
    organized = Organized.make(house)
    client, unit, member = organized.client, organized.unit(), organized.member()
    policy_id = organized.policy(policy(deny("s3:*")))
    attach = {"PolicyId": policy_id, "TargetId": unit}
    assert refusal(client.attach_policy, **attach)[0] == "PolicyTypeNotEnabledException"
    wanted = {"RootId": organized.root_id, "PolicyType": SCP}
    assert refusal(client.disable_policy_type, **wanted)[0] == "PolicyTypeNotEnabledException"
    client.enable_policy_type(**wanted)
    assert refusal(client.enable_policy_type, **wanted)[0] == "PolicyTypeAlreadyEnabledException"
    targets = {each["TargetId"] for each in client.list_targets_for_policy(PolicyId=FULL[SCP])["Targets"]}
    assert targets == {organized.root_id, unit, member.id, organized.management.id}
    client.attach_policy(**attach)
    client.disable_policy_type(**wanted)
    client.enable_policy_type(**wanted)
    assert [each["Id"] for each in client.list_policies_for_target(TargetId=unit, Filter=SCP)["Policies"]] == [
        FULL[SCP]
    ]
    assert refusal(client.enable_policy_type, RootId="r-zzzz", PolicyType=SCP)[0] == "RootNotFoundException"
    assert refusal(client.enable_policy_type, RootId=organized.root_id, PolicyType="TAG_POLICY")[0] == (
        "PolicyTypeNotAvailableForOrganizationException"
    )
