"""Accounts that keep the S3 defaults of before April 2023 are shown by name, and groups come first in their ACLs."""

from __future__ import annotations

from typing import Any

import pytest
from tests.services.s3.conftest import new_name
from tests.support.house import Account, House, Keys, refusal

from watchword.server.s3_defaults import set_s3_defaults

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


@pytest.fixture(scope="module")
def old(house: House) -> Account:
    """An account that keeps the old ways."""
    account = house.account()
    set_s3_defaults(house.server.data_dir, account.id, old=True)
    return account


def named(house: House, account: Account) -> str:
    names: list[str] = []

    def read(directory: Any) -> None:
        names.append(directory.accounts.get(account.id).name)

    house.change(read)
    return names[0]


def owner_of(keys: Keys) -> dict[str, str]:
    return keys.client("s3").list_buckets()["Owner"]


def test_such_an_account_is_shown_by_its_name_wherever_it_owns(house: House, old: Account) -> None:
    bucket, s3 = new_name(), old.root.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    me = owner_of(old.root)
    assert me["DisplayName"] == named(house, old)
    assert s3.get_bucket_acl(Bucket=bucket)["Owner"] == me
    (grant,) = s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]
    assert grant["Grantee"] == {**me, "Type": "CanonicalUser"}
    assert s3.list_objects(Bucket=bucket)["Contents"][0]["Owner"] == me
    assert s3.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"][0]["Owner"] == me
    assert "Owner" not in s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert s3.list_object_versions(Bucket=bucket)["Versions"][0]["Owner"] == me
    (began,) = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    parts = s3.list_parts(Bucket=bucket, Key="parts", UploadId=upload)
    assert began["Owner"] == began["Initiator"] == parts["Owner"] == parts["Initiator"] == me


def test_nobody_else_is_called_by_name(house: House, old: Account, acme: Account) -> None:
    bucket, s3 = new_name(), old.administrator.client("s3")
    s3.create_bucket(Bucket=bucket)
    me, other = owner_of(old.root), owner_of(acme.root)
    assert "DisplayName" not in other
    s3.put_bucket_acl(Bucket=bucket, GrantWrite=f"id={other['ID']}", GrantReadACP=f"id={other['ID']}")
    acme.root.client("s3").put_object(Bucket=bucket, Key="theirs", Body=b"x")
    assert s3.list_objects(Bucket=bucket)["Contents"][0]["Owner"] == other
    for account in (old, acme):
        shown = account.root.client("s3").get_bucket_acl(Bucket=bucket)
        assert shown["Owner"] == me
        assert {grant["Grantee"]["ID"] for grant in shown["Grants"]} == {other["ID"]}
        assert all("DisplayName" not in grant["Grantee"] for grant in shown["Grants"])


def test_grants_to_groups_come_before_those_to_accounts(old: Account) -> None:
    bucket, s3 = new_name(), old.administrator.client("s3")
    s3.create_bucket(Bucket=bucket, ACL="public-read-write")
    shown = [(grant["Grantee"].get("URI"), grant["Permission"]) for grant in s3.get_bucket_acl(Bucket=bucket)["Grants"]]
    assert shown == [(ALL_USERS, "READ"), (ALL_USERS, "WRITE"), (None, "FULL_CONTROL")]


def test_a_new_bucket_of_such_an_account_has_no_ownership_controls(old: Account) -> None:
    bucket, s3 = new_name(), old.administrator.client("s3")
    s3.create_bucket(Bucket=bucket)
    assert refusal(s3.get_bucket_ownership_controls, Bucket=bucket)[0] == "OwnershipControlsNotFoundError"
    s3.create_bucket(Bucket=f"{bucket}-2", ObjectOwnership="BucketOwnerPreferred")
    rules = s3.get_bucket_ownership_controls(Bucket=f"{bucket}-2")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerPreferred"}]


def test_the_present_ways_forget_the_name(house: House) -> None:
    account = house.account()
    for is_old in (True, False):
        set_s3_defaults(house.server.data_dir, account.id, old=is_old)
        assert ("DisplayName" in owner_of(account.root)) is is_old
