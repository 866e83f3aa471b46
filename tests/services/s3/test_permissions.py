"""Who may do what to objects, and that nobody learns what is there without being allowed to."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, Keys, allow, deny, policy, refusal, user_with


def reason(acme: Account, user: str, action: str, resource: str) -> str:
    return (
        f"User: {acme.arn(f'user/{user}')} is not authorized to perform: {action} on resource: "
        f'"{resource}" because no identity-based policy allows the {action} action'
    )


@pytest.fixture
def secret(s3: Any, bucket: str) -> str:
    """A bucket with one object in it."""
    s3.put_object(Bucket=bucket, Key="there", Body=b"x")
    return bucket


def test_a_missing_key_is_denied_to_those_who_may_not_list(acme: Account, secret: str) -> None:
    arn = f"arn:aws:s3:::{secret}"
    reader = user_with(acme, "reader", policy(allow("s3:GetObject", f"{arn}/*"))).client("s3")
    assert reader.get_object(Bucket=secret, Key="there")["Body"].read() == b"x"
    assert refusal(reader.get_object, Bucket=secret, Key="absent") == (
        "AccessDenied",
        reason(acme, "reader", "s3:ListBucket", arn),
    )
    assert refusal(reader.head_object, Bucket=secret, Key="absent")[0] == "403"
    lister = user_with(acme, "lister", policy(allow("s3:GetObject", f"{arn}/*"), allow("s3:ListBucket", arn)))
    assert refusal(lister.client("s3").get_object, Bucket=secret, Key="absent")[0] == "NoSuchKey"
    assert refusal(lister.client("s3").head_object, Bucket=secret, Key="absent")[0] == "404"


def test_what_exists_is_denied_in_the_same_words_as_what_does_not(acme: Account, secret: str) -> None:
    nobody = user_with(acme, "nobody").client("s3")
    for key in ("there", "absent"):
        for operation, action in (("get_object", "s3:GetObject"), ("delete_object", "s3:DeleteObject")):
            assert refusal(getattr(nobody, operation), Bucket=secret, Key=key) == (
                "AccessDenied",
                reason(acme, "nobody", action, f"arn:aws:s3:::{secret}/{key}"),
            )


def test_every_operation_asks_for_its_action(acme: Account, secret: str) -> None:
    keys = user_with(acme, "nothing").client("s3")
    calls = {
        "s3:ListAllMyBuckets": keys.list_buckets,
        "s3:CreateBucket": lambda: keys.create_bucket(Bucket="denied-bucket"),
        "s3:GetBucketLocation": lambda: keys.get_bucket_location(Bucket=secret),
        "s3:DeleteBucket": lambda: keys.delete_bucket(Bucket=secret),
        "s3:ListBucket": lambda: keys.list_objects(Bucket=secret),
        "s3:PutObject": lambda: keys.put_object(Bucket=secret, Key="k", Body=b""),
        "s3:GetBucketPolicy": lambda: keys.get_bucket_policy(Bucket=secret),
        "s3:PutBucketPolicy": lambda: keys.put_bucket_policy(Bucket=secret, Policy="{}"),
        "s3:DeleteBucketPolicy": lambda: keys.delete_bucket_policy(Bucket=secret),
    }
    for action, call in calls.items():
        code, message = refusal(call)
        assert code == "AccessDenied"
        assert f"is not authorized to perform: {action} " in message


def test_another_account_reaches_nothing(globex: Account, secret: str) -> None:
    stranger = globex.administrator.client("s3")
    for call in (
        lambda: stranger.get_object(Bucket=secret, Key="there"),
        lambda: stranger.get_object(Bucket=secret, Key="absent"),
        lambda: stranger.put_object(Bucket=secret, Key="there", Body=b"y"),
        lambda: stranger.delete_object(Bucket=secret, Key="there"),
        lambda: stranger.list_objects_v2(Bucket=secret),
        lambda: stranger.get_bucket_policy(Bucket=secret),
        lambda: stranger.put_bucket_policy(Bucket=secret, Policy="{}"),
        lambda: stranger.delete_bucket(Bucket=secret),
    ):
        assert refusal(call) == ("AccessDenied", "Access Denied")
    answer = stranger.delete_objects(Bucket=secret, Delete={"Objects": [{"Key": "there"}]})
    assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]


def test_a_prefix_may_be_all_that_one_may_list(acme: Account, s3: Any, bucket: str) -> None:
    arn = f"arn:aws:s3:::{bucket}"
    home = allow("s3:ListBucket", arn, Condition={"StringLike": {"s3:prefix": ["", "home/${aws:username}/*"]}})
    lister = user_with(acme, "homely", policy(home)).client("s3")
    s3.put_object(Bucket=bucket, Key="home/homely/a", Body=b"")
    assert lister.list_objects_v2(Bucket=bucket, Prefix="home/homely/")["KeyCount"] == 1
    assert lister.list_objects_v2(Bucket=bucket, Prefix="")["KeyCount"] == 1
    assert refusal(lister.list_objects_v2, Bucket=bucket, Prefix="home/other/")[0] == "AccessDenied"
    assert refusal(lister.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"


def test_who_may_list_a_prefix_learns_which_of_its_keys_are_missing(acme: Account, s3: Any, secret: str) -> None:
    arn = f"arn:aws:s3:::{secret}"
    reading = allow(["s3:GetObject", "s3:PutObject"], f"{arn}/*")
    by_prefix = {"StringLike": {"s3:prefix": "mine/*"}}
    allowed = user_with(acme, "of-mine", policy(reading, allow("s3:ListBucket", arn, Condition=by_prefix)))
    others = deny("s3:ListBucket", arn, Condition={"StringNotLike": {"s3:prefix": "mine/*"}})
    denied = user_with(acme, "of-no-other", policy(reading, allow("s3:ListBucket", arn), others))
    for keys in (allowed, denied):
        s3_of = keys.client("s3")
        assert refusal(s3_of.head_object, Bucket=secret, Key="mine/absent")[0] == "404"
        assert refusal(s3_of.get_object, Bucket=secret, Key="mine/absent")[0] == "NoSuchKey"
        assert refusal(s3_of.head_object, Bucket=secret, Key="absent")[0] == "403"
        assert s3_of.get_object(Bucket=secret, Key="there")["Body"].read() == b"x"
        # A copy's source counts, not the place that it is copied to.
        for source, code in (("mine/absent", "NoSuchKey"), ("absent", "AccessDenied")):
            place = {"Bucket": secret, "Key": "mine/copy", "CopySource": f"{secret}/{source}"}
            assert refusal(s3_of.copy_object, **place)[0] == code
    # The key is a list's alone: what is read has no prefix.
    odd = user_with(acme, "of-odd", policy(allow("s3:GetObject", f"{arn}/*", Condition=by_prefix)))
    s3.put_object(Bucket=secret, Key="mine/k", Body=b"x")
    assert refusal(odd.client("s3").get_object, Bucket=secret, Key="mine/k")[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("operator", "key", "value", "allowed", "denied"),
    [
        ("NumericLessThanEquals", "s3:max-keys", "10", {"MaxKeys": 10}, {"MaxKeys": 11}),
        ("StringEquals", "s3:delimiter", "/", {"Delimiter": "/"}, {"Delimiter": "-"}),
        ("StringEquals", "s3:authType", "REST-HEADER", {}, None),
        ("StringEquals", "s3:signatureversion", "AWS4-HMAC-SHA256", {}, None),
        ("NumericLessThan", "s3:signatureAge", "600000", {}, None),
        ("StringEquals", "s3:authType", "REST-QUERY-STRING", None, {}),
    ],
)
def test_conditions_on_lists(
    acme: Account, bucket: str, operator: str, key: str, value: str, allowed: Any, denied: Any
) -> None:
    statement = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition={operator: {key: value}})
    lister = user_with(acme, f"lister-{bucket}", policy(statement)).client("s3")
    if allowed is not None:
        lister.list_objects_v2(Bucket=bucket, **allowed)
    if denied is not None:
        assert refusal(lister.list_objects_v2, Bucket=bucket, **denied)[0] == "AccessDenied"


def test_writers_may_be_made_to_create_only(acme: Account, bucket: str) -> None:
    arn = f"arn:aws:s3:::{bucket}/*"
    document = policy(allow("s3:PutObject", arn, Condition={"StringEquals": {"s3:if-none-match": "*"}}))
    writer = user_with(acme, "creator", document).client("s3")
    assert refusal(writer.put_object, Bucket=bucket, Key="k", Body=b"1")[0] == "AccessDenied"
    writer.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")
    assert refusal(writer.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")[0] == "PreconditionFailed"


def test_an_acl_or_a_condition_asks_for_more_than_writing(acme: Account, s3: Any, bucket: str) -> None:
    arn = f"arn:aws:s3:::{bucket}/*"
    writer = user_with(acme, "plain-writer", policy(allow("s3:PutObject", arn))).client("s3")
    etag = writer.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    _, message = refusal(writer.put_object, Bucket=bucket, Key="k", Body=b"1", ACL="bucket-owner-full-control")
    assert "s3:PutObjectAcl" in message
    _, message = refusal(writer.put_object, Bucket=bucket, Key="k", Body=b"1", IfMatch=etag)
    assert "s3:GetObject " in message


def test_a_region_may_be_all_where_one_may_make_buckets(acme: Account) -> None:
    only = allow("s3:CreateBucket", Condition={"StringEquals": {"s3:LocationConstraint": "eu-west-1"}})
    maker = user_with(acme, "european", policy(only)).client("s3")
    assert refusal(maker.create_bucket, Bucket="american-bucket")[0] == "AccessDenied"
    maker.create_bucket(Bucket="european-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def test_a_deny_outweighs_an_allow(acme: Account, secret: str) -> None:
    arn = f"arn:aws:s3:::{secret}/*"
    document = policy(allow("s3:*"), deny("s3:GetObject", arn))
    keys: Keys = user_with(acme, "denied", document)
    code, message = refusal(keys.client("s3").get_object, Bucket=secret, Key="there")
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in an identity-based policy")
