"""Bucket policies: kept as submitted, obeyed at once, bound to the very users and roles that they name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.house import Account, Keys, allow, deny, policy, refusal, trust, user_with


def for_whom(principal: Any, action: str | list[str], resource: str, effect: str = "Allow", **more: Any) -> str:
    return policy({"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more})


@pytest.fixture
def shared(s3: Any, bucket: str) -> str:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return bucket


def test_a_policy_comes_back_as_it_was_put(s3: Any, bucket: str, acme: Account) -> None:
    assert refusal(s3.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", "The bucket policy does not exist")
    document = json.dumps(json.loads(for_whom("*", "s3:GetObject", f"arn:aws:s3:::{bucket}/*")), indent=3)
    s3.delete_public_access_block(Bucket=bucket)
    put = s3.put_bucket_policy(Bucket=bucket, Policy=document)
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == document
    for _ in range(2):
        s3.delete_bucket_policy(Bucket=bucket)
    assert refusal(s3.get_bucket_policy, Bucket=bucket)[0] == "NoSuchBucketPolicy"


def test_a_policy_lets_a_user_of_the_account_in(acme: Account, s3: Any, shared: str) -> None:
    guest = user_with(acme, "guest").client("s3")
    assert refusal(guest.get_object, Bucket=shared, Key="k")[0] == "AccessDenied"
    principal = {"AWS": acme.arn("user/guest")}
    s3.put_bucket_policy(Bucket=shared, Policy=for_whom(principal, "s3:GetObject", f"arn:aws:s3:::{shared}/*"))
    assert guest.get_object(Bucket=shared, Key="k")["Body"].read() == b"x"
    assert refusal(guest.put_object, Bucket=shared, Key="k", Body=b"y")[0] == "AccessDenied"
    s3.delete_bucket_policy(Bucket=shared)
    assert refusal(guest.get_object, Bucket=shared, Key="k")[0] == "AccessDenied"


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
def test_everyone_includes_users_without_policies(acme: Account, s3: Any, shared: str, principal: Any) -> None:
    anyone = user_with(acme, f"anyone-{shared}").client("s3")
    s3.delete_public_access_block(Bucket=shared)
    s3.put_bucket_policy(Bucket=shared, Policy=for_whom(principal, "s3:GetObject", f"arn:aws:s3:::{shared}/*"))
    assert anyone.get_object(Bucket=shared, Key="k")["Body"].read() == b"x"


def test_naming_the_account_grants_nothing_by_itself(acme: Account, s3: Any, shared: str) -> None:
    member = user_with(acme, "member").client("s3")
    for account in (acme.id, acme.arn("root")):
        s3.put_bucket_policy(
            Bucket=shared, Policy=for_whom({"AWS": account}, "s3:GetObject", f"arn:aws:s3:::{shared}/*")
        )
        assert refusal(member.get_object, Bucket=shared, Key="k")[0] == "AccessDenied"
    shown = json.loads(s3.get_bucket_policy(Bucket=shared)["Policy"])
    assert shown["Statement"][0]["Principal"] == {"AWS": acme.arn("root")}


def test_a_policy_lets_a_role_in(acme: Account, iam: Any, s3: Any, shared: str) -> None:
    iam.create_role(RoleName="visitor", AssumeRolePolicyDocument=trust(AWS=acme.arn("user/administrator")))
    session = acme.assume("visitor").client("s3")
    assert refusal(session.get_object, Bucket=shared, Key="k")[0] == "AccessDenied"
    principal = {"AWS": acme.arn("role/visitor")}
    s3.put_bucket_policy(Bucket=shared, Policy=for_whom(principal, "s3:GetObject", f"arn:aws:s3:::{shared}/*"))
    assert session.get_object(Bucket=shared, Key="k")["Body"].read() == b"x"


def test_a_deny_binds_the_administrator_too(acme: Account, s3: Any, shared: str) -> None:
    arn = f"arn:aws:s3:::{shared}/*"
    s3.put_bucket_policy(Bucket=shared, Policy=for_whom("*", "s3:GetObject", arn, effect="Deny"))
    code, message = refusal(s3.get_object, Bucket=shared, Key="k")
    assert code == "AccessDenied"
    assert message == (
        f"User: {acme.arn('user/administrator')} is not authorized to perform: s3:GetObject on resource: "
        f'"arn:aws:s3:::{shared}/k" with an explicit deny in a resource-based policy'
    )
    s3.delete_bucket_policy(Bucket=shared)
    assert s3.get_object(Bucket=shared, Key="k")["Body"].read() == b"x"


def test_a_policy_may_ask_for_encrypted_connections(s3: Any, shared: str) -> None:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    document = for_whom("*", "s3:*", f"arn:aws:s3:::{shared}/*", effect="Deny", Condition=plain)
    s3.put_bucket_policy(Bucket=shared, Policy=document)
    assert refusal(s3.get_object, Bucket=shared, Key="k")[0] == "AccessDenied"


def test_a_user_made_again_under_the_same_name_is_not_the_one_that_was_named(
    acme: Account, iam: Any, s3: Any, shared: str
) -> None:
    def guest(keys: Keys) -> Any:
        return keys.client("s3")

    first = user_with(acme, "phoenix")
    named = acme.arn("user/phoenix")
    unique_id = iam.get_user(UserName="phoenix")["User"]["UserId"]
    s3.put_bucket_policy(Bucket=shared, Policy=for_whom({"AWS": named}, "s3:GetObject", f"arn:aws:s3:::{shared}/*"))
    assert guest(first).get_object(Bucket=shared, Key="k")["Body"].read() == b"x"
    iam.delete_access_key(UserName="phoenix", AccessKeyId=first.access_key_id)
    iam.delete_user(UserName="phoenix")
    shown = json.loads(s3.get_bucket_policy(Bucket=shared)["Policy"])
    assert shown["Statement"][0]["Principal"] == {"AWS": unique_id}
    again = user_with(acme, "phoenix")
    assert refusal(guest(again).get_object, Bucket=shared, Key="k")[0] == "AccessDenied"


def test_the_root_user_can_always_take_the_policy_away(acme: Account, s3: Any, shared: str) -> None:
    arn = f"arn:aws:s3:::{shared}"
    lock_out = policy({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]})
    s3.put_bucket_policy(Bucket=shared, Policy=lock_out)
    for call in (s3.get_bucket_policy, s3.delete_bucket_policy, s3.list_objects_v2):
        assert refusal(call, Bucket=shared)[0] == "AccessDenied"
    root = acme.root.client("s3")
    assert refusal(root.list_objects_v2, Bucket=shared)[0] == "AccessDenied"
    assert json.loads(root.get_bucket_policy(Bucket=shared)["Policy"]) == json.loads(lock_out)
    root.delete_bucket_policy(Bucket=shared)
    assert root.list_objects_v2(Bucket=shared)["KeyCount"] == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("not json", "Policies must be valid JSON and the first byte must be '{'"),
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        ('{"Version": "2012-10-17"}', "Missing required field Statement"),
        (policy({"Effect": "Allow", "Action": "s3:*", "Resource": "ARN/*"}), "Missing required field Principal"),
        (for_whom("*", "s3:GetObject", "arn:aws:s3:::another/*"), "Policy has invalid resource"),
        (for_whom("*", "s3:GetObjct", "ARN/*"), "Policy has invalid action"),
        (for_whom("*", "iam:GetUser", "ARN/*"), "Policy has invalid action"),
        (for_whom("*", "s3:GetObject", "ARN"), "Action does not apply to any resource(s) in statement"),
        (for_whom({"AWS": "arn:aws:iam::999999999999:user/x"}, "s3:*", "ARN/*"), "Invalid principal in policy"),
        (for_whom({"AWS": "nobody"}, "s3:*", "ARN/*"), "Invalid principal in policy"),
        (for_whom("*", "s3:*", "ARN/*", Condition={"Maybe": {"a": "b"}}), ""),
        (for_whom("*", "s3:*", "ARN/*", Sid="x" * 21_000), ""),
    ],
)
def test_what_is_no_bucket_policy_is_refused(s3: Any, bucket: str, document: str, message: str) -> None:
    text = document.replace("ARN", f"arn:aws:s3:::{bucket}")
    code, said = refusal(s3.put_bucket_policy, Bucket=bucket, Policy=text)
    assert code == "MalformedPolicy"
    assert said.startswith(message)
    assert refusal(s3.get_bucket_policy, Bucket=bucket)[0] == "NoSuchBucketPolicy"


def test_identity_and_bucket_policy_add_up(acme: Account, s3: Any, shared: str) -> None:
    arn = f"arn:aws:s3:::{shared}"
    keys = user_with(acme, "adder", policy(allow("s3:ListBucket", arn), deny("s3:DeleteObject", f"{arn}/*")))
    principal = {"AWS": acme.arn("user/adder")}
    s3.put_bucket_policy(Bucket=shared, Policy=for_whom(principal, ["s3:GetObject", "s3:DeleteObject"], f"{arn}/*"))
    adder = keys.client("s3")
    assert adder.get_object(Bucket=shared, Key="k")["Body"].read() == b"x"
    assert refusal(adder.get_object, Bucket=shared, Key="absent")[0] == "NoSuchKey"
    assert refusal(adder.delete_object, Bucket=shared, Key="k")[0] == "AccessDenied"
