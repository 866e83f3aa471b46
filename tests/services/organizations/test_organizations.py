"""An organization's beginning and end, and who may look at it."""

from __future__ import annotations

import re

import pytest
from tests.support.house import Account, House, allow, policy, refusal, user_with
from tests.support.organized import SCP, Organized
from tests.support.raw_requests import send_bytes

NOT_IN_USE = ("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
NO_PERMISSION = ("AccessDeniedException", "You don't have permissions to access this resource.")


def test_a_new_organization_has_ids_and_arns_in_the_form_of_aws(house: House) -> None:
    manager = house.account()
    client = manager.administrator.client("organizations")
    made = client.create_organization(FeatureSet="ALL")["Organization"]
    assert re.fullmatch("o-[a-z0-9]{10}", made["Id"])
    assert made["Arn"] == f"arn:aws:organizations::{manager.id}:organization/{made['Id']}"
    assert made["MasterAccountArn"] == f"arn:aws:organizations::{manager.id}:account/{made['Id']}/{manager.id}"
    assert client.describe_organization()["Organization"] == made
    (root,) = client.list_roots()["Roots"]
    assert re.fullmatch("r-[a-z0-9]{4}", root["Id"])
    assert root["Arn"] == f"arn:aws:organizations::{manager.id}:root/{made['Id']}/{root['Id']}"
    assert root["PolicyTypes"] == []
    (account,) = client.list_accounts()["Accounts"]
    assert (account["Id"], account["JoinedMethod"], account["Status"]) == (manager.id, "INVITED", "ACTIVE")
    assert account["Paths"] == [f"{made['Id']}/{root['Id']}/{manager.id}/"]


def test_an_account_is_in_one_organization_at_most(organized: Organized) -> None:
    assert refusal(organized.client.create_organization)[0] == "AlreadyInOrganizationException"
    member = organized.member()
    assert refusal(member.administrator.client("organizations").create_organization)[0] == (
        "AlreadyInOrganizationException"
    )


def test_outside_an_organization_nothing_is_found(acme: Account) -> None:
    client = acme.administrator.client("organizations")
    assert refusal(client.describe_organization) == NOT_IN_USE
    assert refusal(client.list_accounts) == NOT_IN_USE
    assert refusal(client.describe_account, AccountId=acme.id) == NOT_IN_USE


def test_a_member_sees_its_organization_and_nothing_else_of_it(organized: Organized) -> None:
    member = organized.member()
    client = member.administrator.client("organizations")
    assert client.describe_organization()["Organization"]["Id"] == organized.id
    for call, parameters in (
        (client.list_accounts, {}),
        (client.list_roots, {}),
        (client.describe_account, {"AccountId": organized.management.id}),
        (client.describe_account, {"AccountId": "123456789012"}),
        (client.create_account, {"Email": "a@example.com", "AccountName": "a"}),
        (client.attach_policy, {"PolicyId": "p-FullAWSAccess", "TargetId": member.id}),
        (client.delete_organization, {}),
    ):
        assert refusal(call, **parameters) == NO_PERMISSION


def test_an_organization_of_another_account_is_out_of_reach(organized: Organized, house: House) -> None:
    other = Organized.make(house)
    theirs = organized.unit()
    for call, parameters, code in (
        (other.client.describe_organizational_unit, {"OrganizationalUnitId": theirs}, "OrganizationalUnitNotFound"),
        (other.client.describe_account, {"AccountId": organized.management.id}, "AccountNotFound"),
        (other.client.list_children, {"ParentId": organized.root_id, "ChildType": "ACCOUNT"}, "ParentNotFound"),
        (other.client.create_organizational_unit, {"ParentId": theirs, "Name": "x"}, "ParentNotFound"),
        (other.client.describe_policy, {"PolicyId": organized.policy(policy(allow("*")))}, "PolicyNotFound"),
    ):
        assert refusal(call, **parameters)[0] == f"{code}Exception"


def test_only_an_organization_of_one_account_can_be_deleted(house: House) -> None:
    organized = Organized.make(house, SCP)
    client = organized.client
    unit = organized.unit()
    member = organized.member(unit)
    assert refusal(client.delete_organization)[0] == "OrganizationNotEmptyException"
    assert refusal(client.remove_account_from_organization, AccountId=organized.management.id)[0] == (
        "MasterCannotLeaveOrganizationException"
    )
    client.remove_account_from_organization(AccountId=member.id)
    assert refusal(client.delete_organization)[0] == "OrganizationNotEmptyException"
    client.delete_organizational_unit(OrganizationalUnitId=unit)
    organized.policy(policy(allow("*")))
    client.delete_organization()
    assert refusal(client.describe_organization) == NOT_IN_USE
    assert client.create_organization()["Organization"]["Id"] != organized.id
    assert client.list_policies(Filter=SCP)["Policies"][0]["Name"] == "FullAWSAccess"


@pytest.mark.parametrize("feature_set", ["ALL", "CONSOLIDATED_BILLING"])
def test_control_policies_need_all_features(house: House, feature_set: str) -> None:
    client = house.account().administrator.client("organizations")
    client.create_organization(FeatureSet=feature_set)
    root_id = client.list_roots()["Roots"][0]["Id"]
    if feature_set == "ALL":
        enabled = client.enable_policy_type(RootId=root_id, PolicyType=SCP)["Root"]
        assert enabled["PolicyTypes"] == [{"Type": SCP, "Status": "ENABLED"}]
    else:
        code, _ = refusal(client.enable_policy_type, RootId=root_id, PolicyType=SCP)
        assert code == "PolicyTypeNotAvailableForOrganizationException"


def test_permissions_are_asked_for_action_by_action(organized: Organized) -> None:
    unit = organized.unit()
    arn = f"arn:aws:organizations::{organized.management.id}:ou/{organized.id}/{unit}"
    document = policy(
        allow("organizations:DescribeOrganizationalUnit", arn),
        allow("organizations:ListPolicies", Condition={"StringEquals": {"organizations:PolicyType": SCP}}),
    )
    client = user_with(organized.management, "auditor", document).client("organizations")
    assert client.describe_organizational_unit(OrganizationalUnitId=unit)["OrganizationalUnit"]["Arn"] == arn
    code, message = refusal(client.describe_organizational_unit, OrganizationalUnitId=organized.unit())
    assert code == "AccessDeniedException"
    assert message.endswith(
        "because no identity-based policy allows the organizations:DescribeOrganizationalUnit action"
    )
    assert client.list_policies(Filter=SCP)["Policies"]
    assert refusal(client.list_policies, Filter="RESOURCE_CONTROL_POLICY")[0] == "AccessDeniedException"
    assert refusal(client.list_accounts)[0] == "AccessDeniedException"


def test_a_call_without_a_signature_is_refused_in_json(organized: Organized) -> None:
    target = b"AWSOrganizationsV20161128.ListAccounts"
    lines = [
        b"POST / HTTP/1.1",
        b"host: localhost",
        b"x-amz-target: " + target,
        b"content-type: application/x-amz-json-1.1",
        b"content-length: 2",
    ]
    answer = send_bytes(organized.house.server.http, b"\r\n".join([*lines, b"", b"{}"]))
    assert answer.status == 400
    assert "MissingAuthenticationTokenException" in answer.text
