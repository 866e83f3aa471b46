"""Member accounts: created, moved, listed, removed, closed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.house import Account, allow, policy, refusal
from tests.support.organized import ACCESS_ROLE, SCP, Organized


def test_a_new_account_is_there_with_a_role_for_those_who_made_it(organized: Organized) -> None:
    client = organized.client
    made = client.create_account(Email="new@example.com", AccountName="new")["CreateAccountStatus"]
    assert re.fullmatch("car-[a-z0-9]{32}", made["Id"])
    assert made["State"] == "SUCCEEDED"
    assert client.describe_create_account_status(CreateAccountRequestId=made["Id"])["CreateAccountStatus"] == made
    account = client.describe_account(AccountId=made["AccountId"])["Account"]
    assert (account["Name"], account["Email"], account["JoinedMethod"]) == ("new", "new@example.com", "CREATED")
    inside = Account(made["AccountId"], organized.management.administrator, organized.management.root)
    keys = inside.assume(ACCESS_ROLE)
    assert keys.client("sts").get_caller_identity()["Account"] == made["AccountId"]
    assert [role["RoleName"] for role in keys.client("iam").list_roles()["Roles"]] == [ACCESS_ROLE]


def test_the_access_role_may_have_another_name(organized: Organized) -> None:
    made = organized.client.create_account(Email="named@example.com", AccountName="n", RoleName="Owners")
    account = made["CreateAccountStatus"]["AccountId"]
    inside = Account(account, organized.management.administrator, organized.management.root)
    assert inside.assume("Owners").client("sts").get_caller_identity()["Account"] == account


def test_an_address_that_is_taken_makes_a_creation_fail(organized: Organized) -> None:
    client = organized.client
    client.create_account(Email="taken@example.com", AccountName="first")
    failed = client.create_account(Email="Taken@example.com", AccountName="second")["CreateAccountStatus"]
    assert (failed["State"], failed["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert "AccountId" not in failed
    (listed,) = client.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert listed == failed
    assert refusal(client.describe_create_account_status, CreateAccountRequestId="car-00000000")[0] == (
        "CreateAccountStatusNotFoundException"
    )


def test_an_account_moves_from_one_parent_to_another(organized: Organized) -> None:
    client, unit = organized.client, organized.unit()
    account = organized.member().id
    move = {"AccountId": account, "SourceParentId": organized.root_id, "DestinationParentId": unit}
    for wrong, code in (
        ({"AccountId": "123456789012"}, "AccountNotFoundException"),
        ({"SourceParentId": organized.unit()}, "SourceParentNotFoundException"),
        ({"DestinationParentId": "ou-aaaa-bbbbbbbb"}, "DestinationParentNotFoundException"),
        ({"DestinationParentId": organized.root_id}, "DuplicateAccountException"),
    ):
        assert refusal(client.move_account, **(move | wrong))[0] == code
    client.move_account(**move)
    assert client.list_parents(ChildId=account)["Parents"] == [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]
    assert [each["Id"] for each in client.list_accounts_for_parent(ParentId=unit)["Accounts"]] == [account]
    assert client.list_children(ParentId=unit, ChildType="ACCOUNT")["Children"] == [{"Id": account, "Type": "ACCOUNT"}]
    assert client.describe_account(AccountId=account)["Account"]["Paths"] == [
        f"{organized.id}/{organized.root_id}/{unit}/{account}/"
    ]


def test_a_removed_account_stands_alone_and_free_of_policies(organized: Organized) -> None:
    client, member = organized.client, organized.member()
    assert client.list_policies_for_target(TargetId=member.id, Filter=SCP)["Policies"]
    client.remove_account_from_organization(AccountId=member.id)
    assert refusal(client.describe_account, AccountId=member.id)[0] == "AccountNotFoundException"
    alone = member.administrator.client("organizations")
    assert refusal(alone.describe_organization)[0] == "AWSOrganizationsNotInUseException"
    targets = client.list_targets_for_policy(PolicyId="p-FullAWSAccess")["Targets"]
    assert member.id not in [each["TargetId"] for each in targets]


def test_nobody_of_a_closed_account_gets_in(organized: Organized) -> None:
    client, member = organized.client, organized.member()
    member.administrator.client("sts").get_caller_identity()
    member.root.client("sts").get_caller_identity()
    client.close_account(AccountId=member.id)
    for keys in (member.administrator, member.root):
        assert refusal(keys.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"
    assert client.describe_account(AccountId=member.id)["Account"]["Status"] == "SUSPENDED"
    assert refusal(client.close_account, AccountId=member.id)[0] == "AccountAlreadyClosedException"
    code, _ = refusal(client.close_account, AccountId=organized.management.id)
    assert code == "ConstraintViolationException"


def test_a_closed_account_gives_nothing_to_others(organized: Organized) -> None:
    member, manager = organized.member(), organized.management
    s3 = member.administrator.client("s3")
    s3.create_bucket(Bucket="closing")
    s3.put_object(Bucket="closing", Key="k", Body=b"v")
    grant = {**allow("s3:GetObject", "arn:aws:s3:::closing/*"), "Principal": {"AWS": manager.id}}
    s3.put_bucket_policy(Bucket="closing", Policy=policy(grant))
    theirs = manager.administrator
    theirs.client("s3").get_object(Bucket="closing", Key="k")
    member.assume(ACCESS_ROLE, theirs)
    organized.client.close_account(AccountId=member.id)
    assert refusal(theirs.client("s3").get_object, Bucket="closing", Key="k") == ("AccessDenied", "Access Denied")
    role = {"RoleArn": member.arn(f"role/{ACCESS_ROLE}"), "RoleSessionName": "test"}
    assert refusal(theirs.client("sts").assume_role, **role)[0] == "AccessDenied"


def test_accounts_come_in_pages(organized: Organized) -> None:
    for _ in range(3):
        organized.member()
    client = organized.client
    pages = list(client.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 2}))
    assert len(pages) > 1
    listed = [account["Id"] for page in pages for account in page["Accounts"]]
    assert listed == sorted(listed)
    assert len(set(listed)) == len(listed)
    token = client.list_accounts(MaxResults=1)["NextToken"]
    for call, wrong in ((client.list_accounts, "made-up"), (client.list_create_account_status, token)):
        assert refusal(call, NextToken=wrong)[0] == "InvalidInputException"


@pytest.mark.parametrize(
    "wrong", [{"Email": "no-address"}, {"AccountName": ""}, {"AccountName": "x" * 51}, {"RoleName": "a b"}], ids=str
)
def test_input_that_breaks_the_model_is_invalid_input(organized: Organized, wrong: dict[str, Any]) -> None:
    asked = {"Email": "fine@example.com", "AccountName": "fine"} | wrong
    with pytest.raises(ClientError) as failed:
        organized.client.create_account(**asked)
    assert failed.value.response["Error"]["Code"] == "InvalidInputException"  # type: ignore[reportUnknownMemberType]
