"""Tags of objects and buckets, and policies that ask for them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, allow, policy, refusal, user_with


def tags(**pairs: str) -> dict[str, Any]:
    return {"TagSet": [{"Key": key, "Value": value} for key, value in pairs.items()]}


def test_tags_of_an_object_come_and_go(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="b=2&a=1%202")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags(a="1 2", b="2")["TagSet"]
    assert s3.head_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tags(c="3"))
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags(c="3")["TagSet"]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert refusal(s3.get_object_tagging, Bucket=bucket, Key="missing")[0] == "NoSuchKey"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (tags(**{str(number): "" for number in range(11)}), "BadRequest"),
        (tags(**{"k" * 129: ""}), "InvalidTag"),
        (tags(k="v" * 257), "InvalidTag"),
        (tags(**{"aws:k": ""}), "InvalidTag"),
        ({"TagSet": [*tags(a="1")["TagSet"], *tags(a="2")["TagSet"]]}, "InvalidTag"),
    ],
)
def test_tags_that_cannot_be(s3: Any, bucket: str, asked: dict[str, Any], code: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert refusal(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging=asked)[0] == code


def test_tags_of_a_bucket_come_and_go(s3: Any, bucket: str) -> None:
    assert refusal(s3.get_bucket_tagging, Bucket=bucket) == ("NoSuchTagSet", "The TagSet does not exist")
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tags(a="1"))
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags(a="1")["TagSet"]
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refusal(s3.get_bucket_tagging, Bucket=bucket)[0] == "NoSuchTagSet"


def test_the_tags_of_an_object_decide_who_reads_it(acme: Account, s3: Any, bucket: str) -> None:
    condition = {"StringEquals": {"s3:ExistingObjectTag/team": "red"}}
    reader = user_with(
        acme, f"red-{bucket}", policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Condition=condition))
    ).client("s3")
    for key, team in (("red", "red"), ("blue", "blue")):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x", Tagging=f"team={team}")
    assert reader.get_object(Bucket=bucket, Key="red")["Body"].read() == b"x"
    assert refusal(reader.get_object, Bucket=bucket, Key="blue")[0] == "AccessDenied"
    s3.put_object_tagging(Bucket=bucket, Key="red", Tagging=tags(team="blue"))
    assert refusal(reader.get_object, Bucket=bucket, Key="red")[0] == "AccessDenied"


def test_the_tags_of_a_request_decide_who_writes_it(acme: Account, s3: Any, bucket: str) -> None:
    must = {
        "StringEquals": {"s3:RequestObjectTag/team": "red"},
        "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["team"]},
    }
    actions = ["s3:PutObject", "s3:PutObjectTagging"]
    writer = user_with(acme, f"w-{bucket}", policy(allow(actions, f"arn:aws:s3:::{bucket}/*", Condition=must))).client(
        "s3"
    )
    writer.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="team=red")
    writer.put_object_tagging(Bucket=bucket, Key="k", Tagging=tags(team="red"))
    for asked in ({}, {"Tagging": "team=blue"}, {"Tagging": "team=red&more=1"}):
        assert refusal(writer.put_object, Bucket=bucket, Key="k", Body=b"", **asked)[0] == "AccessDenied"
    assert refusal(writer.put_object_tagging, Bucket=bucket, Key="k", Tagging=tags(x="1"))[0] == "AccessDenied"


def test_the_tags_of_a_bucket_decide_who_reads_in_it(acme: Account, s3: Any, bucket: str) -> None:
    condition = {"StringEquals": {"s3:BucketTag/env": "test"}}
    reader = user_with(acme, f"env-{bucket}", policy(allow("s3:*", Condition=condition))).client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(reader.get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tags(env="test"))
    assert reader.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert [each["Key"] for each in reader.list_objects_v2(Bucket=bucket)["Contents"]] == ["k"]
