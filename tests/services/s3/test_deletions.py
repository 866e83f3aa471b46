"""Deleting objects, one and many."""

from __future__ import annotations

from typing import Any

from tests.support.house import Account, allow, deny, policy, refusal, user_with


def test_deleting_what_is_not_there_is_no_error(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for _ in range(2):
        assert s3.delete_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"


def test_a_deletion_with_a_condition(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    assert refusal(s3.delete_object, Bucket=bucket, Key="k", IfMatch='"y"')[0] == "PreconditionFailed"
    assert refusal(s3.delete_object, Bucket=bucket, Key="j", IfMatch="*")[0] == "NoSuchKey"
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=etag)
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"


def test_many_at_once(s3: Any, bucket: str) -> None:
    for key in ("a", "b", "c"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    asked = [{"Key": "a"}, {"Key": "missing"}, {"Key": "b", "VersionId": "1"}, {"Key": "c", "ETag": '"y"'}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": asked})
    assert [each["Key"] for each in answer["Deleted"]] == ["a", "missing"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("b", "NoSuchVersion"),
        ("c", "PreconditionFailed"),
    ]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}, {"Key": "c"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert "Errors" not in quiet
    s3.delete_bucket(Bucket=bucket)


def test_a_thousand_at_once_and_no_more(s3: Any, bucket: str) -> None:
    keys = [{"Key": f"{number:0>200}"} for number in range(1001)]
    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": keys[:1000]})["Deleted"]) == 1000
    for wrong in (keys, [], [{"Key": ""}]):
        assert refusal(s3.delete_objects, Bucket=bucket, Delete={"Objects": wrong})[0] == "MalformedXML"


def test_each_key_is_decided_by_itself(acme: Account, s3: Any, bucket: str) -> None:
    for key in ("mine/1", "theirs/1", "mine/kept"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    arn = f"arn:aws:s3:::{bucket}"
    document = policy(allow("s3:DeleteObject", f"{arn}/mine/*"), deny("s3:DeleteObject", f"{arn}/mine/kept"))
    keys = user_with(acme, "sweeper", document)
    asked = [{"Key": key} for key in ("mine/1", "theirs/1", "mine/kept", "theirs/missing")]
    answer = keys.client("s3").delete_objects(Bucket=bucket, Delete={"Objects": asked})
    assert [each["Key"] for each in answer["Deleted"]] == ["mine/1"]
    errors = {each["Key"]: (each["Code"], each["Message"]) for each in answer["Errors"]}
    assert {key: code for key, (code, _) in errors.items()} == {
        "theirs/1": "AccessDenied",
        "mine/kept": "AccessDenied",
        "theirs/missing": "AccessDenied",
    }
    assert errors["theirs/1"][1] == (
        f"User: {acme.arn('user/sweeper')} is not authorized to perform: s3:DeleteObject on resource: "
        f'"{arn}/theirs/1" because no identity-based policy allows the s3:DeleteObject action'
    )
    assert errors["mine/kept"][1].endswith("with an explicit deny in an identity-based policy")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["mine/kept", "theirs/1"]


def test_an_etag_in_a_deletion_tells_only_readers_whether_it_is_right(acme: Account, s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    keys = user_with(acme, "guesser", policy(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/*")))
    guesser = keys.client("s3")
    answer = guesser.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "ETag": etag}]})
    assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]
    assert refusal(guesser.delete_object, Bucket=bucket, Key="k", IfMatch=etag)[0] == "AccessDenied"
    guesser.delete_object(Bucket=bucket, Key="k", IfMatch="*")
