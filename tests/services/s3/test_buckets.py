"""Buckets: create, find, list, delete, and where they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.services.s3.conftest import new_name, s3_client
from tests.support.house import Account, refusal
from tests.support.raw_requests import get


def test_a_bucket_is_listed_with_its_owner_until_it_is_deleted(s3: Any) -> None:
    name = new_name()
    made = s3.create_bucket(Bucket=name)
    assert (made["Location"], made["BucketArn"]) == (f"/{name}", f"arn:aws:s3:::{name}")
    listed = s3.list_buckets()
    (found,) = [each for each in listed["Buckets"] if each["Name"] == name]
    assert abs((datetime.now(UTC) - found["CreationDate"]).total_seconds()) < 60
    assert len(listed["Owner"]["ID"]) == 64
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.delete_bucket(Bucket=name)
    assert name not in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert refusal(s3.delete_bucket, Bucket=name) == ("NoSuchBucket", "The specified bucket does not exist")
    assert refusal(s3.head_bucket, Bucket=name)[0] == "404"


def test_the_name_of_a_bucket_is_taken_in_all_accounts(s3: Any, globex: Account, bucket: str) -> None:
    s3.create_bucket(Bucket=bucket)
    assert refusal(globex.administrator.client("s3").create_bucket, Bucket=bucket)[0] == "BucketAlreadyExists"


@pytest.mark.parametrize(
    "name", ["token", "federation", "UPPER", "a_b", "1.2.3.4", "xn--abc", "a..b", "a.-b", "a-.b", "-ab", "ab-"]
)
def test_names_that_no_bucket_may_have(s3: Any, name: str) -> None:
    assert refusal(s3.create_bucket, Bucket=name) == ("InvalidBucketName", "The specified bucket is not valid.")


@pytest.mark.parametrize("name", ["UPPER", "a_b", "xn--abc", "federation", "a..b", "-ab", "a" * 255])
def test_names_that_buckets_once_could_have_are_looked_for(s3: Any, name: str) -> None:
    """As s3transfer's own tests expect of a name with capitals."""
    assert refusal(s3.list_objects_v2, Bucket=name)[0] == "NoSuchBucket"
    assert refusal(s3.delete_object, Bucket=name, Key="k")[0] == "NoSuchBucket"


@pytest.mark.parametrize("name", ["1.2.3.4", "ab", "a" * 256, "a+b"])
def test_names_that_no_bucket_ever_had_are_refused(acme: Account, name: str) -> None:
    answer = get(acme.administrator, f"/{name}/k").send()
    assert answer.error == (400, "InvalidBucketName", "The specified bucket is not valid.")


def test_a_bucket_with_objects_stays(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="key", Body=b"")
    assert refusal(s3.delete_bucket, Bucket=bucket) == (
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty",
    )
    s3.delete_object(Bucket=bucket, Key="key")
    s3.delete_bucket(Bucket=bucket)


def test_buckets_are_listed_page_by_page(globex: Account) -> None:
    s3 = globex.administrator.client("s3")
    names = sorted(new_name() for _ in range(5))
    for name in names:
        s3.create_bucket(Bucket=name)
    pages = list(s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2}))
    assert [[each["Name"] for each in page["Buckets"]] for page in pages] == [names[:2], names[2:4], names[4:]]
    found = s3.list_buckets(Prefix=names[1])
    assert ([each["Name"] for each in found["Buckets"]], found["Prefix"]) == ([names[1]], names[1])
    assert s3.list_buckets(BucketRegion="eu-west-1").get("Buckets", []) == []
    assert refusal(s3.list_buckets, MaxBuckets=0)[0] == "InvalidArgument"
    assert refusal(s3.list_buckets, MaxBuckets=10_001)[0] == "InvalidArgument"
    assert refusal(s3.list_buckets, ContinuationToken="nobody's")[0] == "InvalidArgument"


def test_a_bucket_of_another_region_is_found_by_following_the_redirect(s3: Any, acme: Account) -> None:
    name = new_name()
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for operation in ("head_bucket", "list_objects_v2", "get_bucket_location"):
        client = s3_client(acme.administrator, "us-east-1")
        answer = getattr(client, operation)(Bucket=name)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "eu-west-1"
    s3.put_object(Bucket=name, Key="key", Body=b"body")
    at_home = s3_client(acme.administrator, "eu-west-1")
    assert at_home.get_object(Bucket=name, Key="key")["Body"].read() == b"body"
    assert at_home.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    constraint = {"LocationConstraint": "eu-west-1"}
    code, _ = refusal(at_home.create_bucket, Bucket=name, CreateBucketConfiguration=constraint)
    assert code == "BucketAlreadyOwnedByYou"


def test_where_a_bucket_may_be_made(s3: Any, acme: Account) -> None:
    name = new_name()
    home = s3_client(acme.administrator, "eu-west-1")
    code, message = refusal(home.create_bucket, Bucket=name)
    assert code == "IllegalLocationConstraintException"
    assert message.startswith("The unspecified location constraint is incompatible")
    elsewhere = {"LocationConstraint": "eu-central-1"}
    assert refusal(home.create_bucket, Bucket=name, CreateBucketConfiguration=elsewhere)[0] == (
        "IllegalLocationConstraintException"
    )
    for nowhere in ("us-east-1", "atlantis"):
        constraint = {"LocationConstraint": nowhere}
        assert refusal(s3.create_bucket, Bucket=name, CreateBucketConfiguration=constraint)[0] == (
            "InvalidLocationConstraint"
        )
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "EU"})
    assert home.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"


def test_the_expected_owner_must_be_the_owner(s3: Any, acme: Account, globex: Account, bucket: str) -> None:
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=acme.id)
    assert refusal(s3.list_objects_v2, Bucket=bucket, ExpectedBucketOwner=globex.id) == (
        "AccessDenied",
        "Access Denied",
    )
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"", ExpectedBucketOwner=globex.id)[0] == "AccessDenied"
    assert refusal(s3.list_objects_v2, Bucket=bucket, ExpectedBucketOwner="nobody")[0] == (
        "InvalidBucketOwnerAWSAccountID"
    )


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ({"ACL": "public-read"}, "InvalidBucketAclWithObjectOwnership"),
        ({"ACL": "public-read", "ObjectOwnership": "ObjectWriter"}, "AccessDenied"),
        ({"ObjectOwnership": "Nobody"}, "InvalidArgument"),
        ({"CreateBucketConfiguration": {"Tags": [{"Key": "aws:a", "Value": "b"}]}}, "InvalidTag"),
        ({"GrantRead": "id=abc"}, "InvalidBucketAclWithObjectOwnership"),
    ],
)
def test_a_bucket_is_not_made_with_settings_that_cannot_be(s3: Any, setting: dict[str, Any], code: str) -> None:
    name = new_name()
    assert refusal(s3.create_bucket, Bucket=name, **setting)[0] == code
    assert refusal(s3.head_bucket, Bucket=name)[0] == "404"


def test_settings_that_say_what_is_so_anyway(s3: Any) -> None:
    s3.create_bucket(Bucket=new_name(), ACL="private", ObjectOwnership="BucketOwnerEnforced")
