"""Who gets in without being of the account: by policy, by ACL, and never past what is blocked."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from tests.services.s3.conftest import new_name
from tests.support.house import REGION, Account, refusal, user_with
from tests.support.raw_requests import unsigned

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


@pytest.fixture(scope="module")
def nobody(acme: Account) -> Any:
    """S3 without credentials."""
    connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    config = Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    return connect("s3", region_name=REGION, endpoint_url=acme.administrator.endpoint, config=config)


@pytest.fixture
def stranger(globex: Account) -> Any:
    return globex.administrator.client("s3")


def for_everybody(bucket: str, *actions: str, **condition: Any) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(actions),
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def opened(s3: Any, bucket: str) -> str:
    """A bucket with an object `k`, whose public access block is gone."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.delete_public_access_block(Bucket=bucket)
    return bucket


@pytest.fixture
def with_acls(s3: Any) -> str:
    """A bucket with ACLs and without a block."""
    name = new_name()
    s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=name)
    return name


def test_a_new_bucket_is_shut_in_every_way(s3: Any, nobody: Any, bucket: str) -> None:
    shown = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(shown.values()) == {True}
    rules = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    policy = for_everybody(bucket, "s3:GetObject")
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy=policy)[0] == "AccessDenied"
    assert refusal(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")[0] == "AccessControlListNotSupported"
    for missing in ("k", "missing"):
        assert refusal(nobody.get_object, Bucket=bucket, Key=missing) == ("AccessDenied", "Access Denied")


def test_a_public_policy_lets_everybody_do_what_it_says(s3: Any, nobody: Any, stranger: Any, opened: str) -> None:
    assert refusal(nobody.get_object, Bucket=opened, Key="k")[0] == "AccessDenied"
    s3.put_bucket_policy(Bucket=opened, Policy=for_everybody(opened, "s3:GetObject"))
    for who in (nobody, stranger):
        assert who.get_object(Bucket=opened, Key="k")["Body"].read() == b"x"
        assert refusal(who.list_objects_v2, Bucket=opened)[0] == "AccessDenied"
        assert refusal(who.put_object, Bucket=opened, Key="k", Body=b"y")[0] == "AccessDenied"
        assert refusal(who.get_object, Bucket=opened, Key="missing")[0] == "AccessDenied"
    assert s3.get_bucket_policy_status(Bucket=opened)["PolicyStatus"] == {"IsPublic": True}


def test_a_block_that_comes_later_shuts_a_public_policy(s3: Any, nobody: Any, stranger: Any, opened: str) -> None:
    s3.put_bucket_policy(Bucket=opened, Policy=for_everybody(opened, "s3:GetObject"))
    block = {"RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket=opened, PublicAccessBlockConfiguration=block)
    for who in (nobody, stranger):
        assert refusal(who.get_object, Bucket=opened, Key="k")[0] == "AccessDenied"
    assert s3.get_object(Bucket=opened, Key="k")["Body"].read() == b"x"
    s3.delete_public_access_block(Bucket=opened)
    assert nobody.get_object(Bucket=opened, Key="k")["Body"].read() == b"x"


def test_a_policy_with_a_firm_bound_is_not_public(s3: Any, nobody: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    bounded = for_everybody(bucket, "s3:GetObject", IpAddress={"aws:SourceIp": "127.0.0.0/8"})
    s3.put_bucket_policy(Bucket=bucket, Policy=bounded)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    assert nobody.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    loose = for_everybody(bucket, "s3:GetObject", IpAddress={"aws:SourceIp": "0.0.0.0/0"})
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy=loose)[0] == "AccessDenied"


def test_a_browser_reads_what_is_public(acme: Account, s3: Any, opened: str) -> None:
    request = unsigned(acme.administrator, "GET", f"/{opened}/k")
    assert request.send().status == 403
    s3.put_bucket_policy(Bucket=opened, Policy=for_everybody(opened, "s3:GetObject"))
    answer = request.send()
    assert (answer.status, answer.body) == (200, b"x")


def test_a_canned_acl_opens_one_object(s3: Any, nobody: Any, stranger: Any, with_acls: str) -> None:
    s3.put_object(Bucket=with_acls, Key="open", Body=b"x", ACL="public-read")
    s3.put_object(Bucket=with_acls, Key="known", Body=b"x", ACL="authenticated-read")
    s3.put_object(Bucket=with_acls, Key="shut", Body=b"x")
    assert nobody.get_object(Bucket=with_acls, Key="open")["Body"].read() == b"x"
    assert stranger.get_object(Bucket=with_acls, Key="known")["Body"].read() == b"x"
    assert refusal(nobody.get_object, Bucket=with_acls, Key="known")[0] == "AccessDenied"
    for who in (nobody, stranger):
        assert refusal(who.get_object, Bucket=with_acls, Key="shut")[0] == "AccessDenied"
        assert refusal(who.put_object, Bucket=with_acls, Key="open", Body=b"y")[0] == "AccessDenied"
    s3.put_object_acl(Bucket=with_acls, Key="open", ACL="private")
    assert refusal(nobody.get_object, Bucket=with_acls, Key="open")[0] == "AccessDenied"


def test_ignored_acls_open_nothing(s3: Any, nobody: Any, with_acls: str) -> None:
    s3.put_object(Bucket=with_acls, Key="k", Body=b"x", ACL="public-read")
    s3.put_public_access_block(Bucket=with_acls, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert refusal(nobody.get_object, Bucket=with_acls, Key="k")[0] == "AccessDenied"
    s3.put_public_access_block(Bucket=with_acls, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert nobody.get_object(Bucket=with_acls, Key="k")["Body"].read() == b"x"
    assert refusal(s3.put_object_acl, Bucket=with_acls, Key="k", ACL="public-read")[0] == "AccessDenied"
    assert refusal(s3.put_bucket_acl, Bucket=with_acls, ACL="public-read-write")[0] == "AccessDenied"
    assert refusal(s3.put_object, Bucket=with_acls, Key="k2", Body=b"", ACL="public-read")[0] == "AccessDenied"


def test_a_list_of_which_nothing_counts_shuts_nobody_out_who_may(s3: Any, with_acls: str) -> None:
    everybody = f'uri="{ALL_USERS}"'
    s3.put_object(Bucket=with_acls, Key="k", Body=b"x", GrantRead=everybody)
    s3.put_bucket_acl(Bucket=with_acls, GrantWrite=everybody)
    s3.put_public_access_block(Bucket=with_acls, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert s3.get_object(Bucket=with_acls, Key="k")["Body"].read() == b"x"
    assert refusal(s3.get_object, Bucket=with_acls, Key="missing")[0] == "NoSuchKey"
    assert s3.list_objects_v2(Bucket=with_acls)["KeyCount"] == 1


def test_switching_acls_off_shuts_what_they_opened(s3: Any, nobody: Any, with_acls: str) -> None:
    s3.put_object(Bucket=with_acls, Key="k", Body=b"x", ACL="public-read")
    rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    s3.put_bucket_ownership_controls(Bucket=with_acls, OwnershipControls={"Rules": rules})
    assert refusal(nobody.get_object, Bucket=with_acls, Key="k")[0] == "AccessDenied"


def test_a_bucket_acl_lets_others_list_and_write(s3: Any, nobody: Any, stranger: Any, with_acls: str) -> None:
    s3.put_bucket_acl(Bucket=with_acls, ACL="public-read-write")
    stranger.put_object(Bucket=with_acls, Key="theirs", Body=b"x")
    assert [each["Key"] for each in nobody.list_objects_v2(Bucket=with_acls)["Contents"]] == ["theirs"]
    # The writer owns it: not even the bucket's owner reads it, but may remove it.
    assert refusal(s3.get_object, Bucket=with_acls, Key="theirs")[0] == "AccessDenied"
    assert stranger.get_object(Bucket=with_acls, Key="theirs")["Body"].read() == b"x"
    s3.delete_object(Bucket=with_acls, Key="theirs")
    stranger.put_object(Bucket=with_acls, Key="given", Body=b"x", ACL="bucket-owner-full-control")
    assert s3.get_object(Bucket=with_acls, Key="given")["Body"].read() == b"x"


def test_an_acl_names_another_account(acme: Account, globex: Account, s3: Any, stranger: Any, with_acls: str) -> None:
    theirs = stranger.list_buckets()["Owner"]["ID"]
    own = s3.list_buckets()["Owner"]["ID"]
    s3.put_object(Bucket=with_acls, Key="k", Body=b"x", GrantRead=f'id="{theirs}"')
    assert stranger.get_object(Bucket=with_acls, Key="k")["Body"].read() == b"x"
    member = user_with(globex, f"member-{with_acls}").client("s3")
    assert refusal(member.get_object, Bucket=with_acls, Key="k")[0] == "AccessDenied"
    shown = s3.get_object_acl(Bucket=with_acls, Key="k")
    assert shown["Owner"]["ID"] == own
    assert [(grant["Grantee"].get("ID"), grant["Permission"]) for grant in shown["Grants"]] == [(theirs, "READ")]
    s3.put_object_acl(
        Bucket=with_acls,
        Key="k",
        AccessControlPolicy={
            "Owner": {"ID": own},
            "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": own}, "Permission": "FULL_CONTROL"}],
        },
    )
    assert refusal(stranger.get_object, Bucket=with_acls, Key="k")[0] == "AccessDenied"


def test_acls_are_shown_as_they_are(s3: Any, with_acls: str) -> None:
    own = s3.list_buckets()["Owner"]["ID"]
    full = {"Grantee": {"ID": own, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    assert s3.get_bucket_acl(Bucket=with_acls)["Grants"] == [full]
    s3.put_bucket_acl(Bucket=with_acls, ACL="public-read")
    everybody = {"Grantee": {"URI": ALL_USERS, "Type": "Group"}, "Permission": "READ"}
    assert s3.get_bucket_acl(Bucket=with_acls)["Grants"] == [full, everybody]
    s3.put_bucket_acl(Bucket=with_acls, GrantRead=f'uri="{AUTHENTICATED}"', GrantFullControl=f"id={own}")
    assert [grant["Permission"] for grant in s3.get_bucket_acl(Bucket=with_acls)["Grants"]] == ["READ", "FULL_CONTROL"]


def test_an_acl_may_be_empty(s3: Any, with_acls: str) -> None:
    own = s3.list_buckets()["Owner"]["ID"]
    s3.put_bucket_acl(Bucket=with_acls, AccessControlPolicy={"Owner": {"ID": own}, "Grants": []})
    assert s3.get_bucket_acl(Bucket=with_acls).get("Grants", []) == []


def test_who_may_list_hears_that_there_is_nothing(s3: Any, nobody: Any, with_acls: str) -> None:
    assert refusal(nobody.get_object, Bucket=with_acls, Key="missing")[0] == "AccessDenied"
    s3.put_bucket_acl(Bucket=with_acls, ACL="public-read")
    assert refusal(nobody.get_object, Bucket=with_acls, Key="missing")[0] == "NoSuchKey"
    s3.put_object(Bucket=with_acls, Key="there", Body=b"x")
    assert refusal(nobody.get_object, Bucket=with_acls, Key="there")[0] == "AccessDenied"


def test_acls_that_cannot_be(s3: Any, with_acls: str) -> None:
    assert refusal(s3.put_bucket_acl, Bucket=with_acls, ACL="nonsense")[0] == "InvalidArgument"
    assert refusal(s3.put_bucket_acl, Bucket=with_acls, GrantRead='id="abc"')[0] == "InvalidArgument"
    assert refusal(s3.put_bucket_acl, Bucket=with_acls, GrantRead='uri="http://x"')[0] == "InvalidArgument"
    code = refusal(s3.put_bucket_acl, Bucket=with_acls, GrantRead='emailAddress="no@one.example"')[0]
    assert code == "UnresolvableGrantByEmailAddress"


def test_what_is_deleted_is_not_found(s3: Any, bucket: str) -> None:
    s3.delete_public_access_block(Bucket=bucket)
    assert refusal(s3.get_public_access_block, Bucket=bucket)[0] == "NoSuchPublicAccessBlockConfiguration"
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert refusal(s3.get_bucket_ownership_controls, Bucket=bucket)[0] == "OwnershipControlsNotFoundError"
    assert refusal(s3.get_bucket_policy_status, Bucket=bucket)[0] == "NoSuchBucketPolicy"


def test_the_policy_itself_is_for_the_account_of_the_bucket(s3: Any, nobody: Any, stranger: Any, opened: str) -> None:
    s3.put_bucket_policy(Bucket=opened, Policy=for_everybody(opened, "s3:*"))
    for who in (nobody, stranger):
        assert refusal(who.get_bucket_policy, Bucket=opened)[0] == "MethodNotAllowed"
        assert refusal(who.delete_bucket_policy, Bucket=opened)[0] == "MethodNotAllowed"
        policy = for_everybody(opened, "s3:GetObject")
        assert refusal(who.put_bucket_policy, Bucket=opened, Policy=policy)[0] == "MethodNotAllowed"
    assert s3.get_bucket_policy(Bucket=opened)["Policy"] == for_everybody(opened, "s3:*")


def test_a_nonsensical_version_is_told_to_no_stranger(nobody: Any, bucket: str) -> None:
    assert refusal(nobody.get_object, Bucket=bucket, Key="k", VersionId="x") == ("AccessDenied", "Access Denied")
