"""Federated users: what a lent session must never do, whoever lent it and whatever was asked with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.house import (
    Account,
    House,
    Keys,
    allow,
    deny,
    federate,
    policy,
    refusal,
    session_of,
    trust,
    user_with,
)

READ = policy(allow("s3:GetObject"))
EVERYTHING = policy(allow("*"))
LENDER = policy(allow("s3:GetObject"), allow(["sts:GetFederationToken", "sts:TagSession", "iam:*"]))
INVALID_TOKEN = ("InvalidClientTokenId", "The security token included in the request is invalid")


def get(keys: Keys, bucket: str) -> None:
    keys.client("s3").get_object(Bucket=bucket, Key="k")


def reason(keys: Keys, bucket: str) -> str:
    """The end of the sentence that refuses GetObject."""
    code, message = refusal(keys.client("s3").get_object, Bucket=bucket, Key="k")
    assert code == "AccessDenied"
    return message.partition(f'on resource: "arn:aws:s3:::{bucket}/k" ')[2] or message


@pytest.fixture(scope="module")
def bucket(acme: Account) -> str:
    name = f"lent-{acme.id}"
    s3 = acme.administrator.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    return name


@pytest.fixture(scope="module")
def lender(acme: Account) -> Keys:
    return user_with(acme, "lender", LENDER)


def test_without_a_session_policy_nothing_is_lent(acme: Account, lender: Keys, bucket: str) -> None:
    assert reason(federate(lender), bucket) == "because no session policy allows the s3:GetObject action"
    assert reason(federate(acme.root), bucket) == "because no session policy allows the s3:GetObject action"


def test_nobody_lends_what_he_has_not(acme: Account, lender: Keys, bucket: str) -> None:
    guest = federate(lender, Policy=EVERYTHING)
    get(guest, bucket)
    assert refusal(guest.client("s3").put_object, Bucket=bucket, Key="new", Body=b"v")[1].endswith(
        "because no identity-based policy allows the s3:PutObject action"
    )


def test_a_session_policy_limits_root_too(acme: Account, bucket: str) -> None:
    guest = federate(acme.root, Policy=READ)
    get(guest, bucket)
    assert refusal(guest.client("s3").delete_bucket, Bucket=bucket)[1].endswith(
        "because no session policy allows the s3:DeleteBucket action"
    )


def test_managed_session_policies_limit_as_well(acme: Account, bucket: str) -> None:
    arns = [{"arn": "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"}]
    assert reason(federate(acme.administrator, PolicyArns=arns), bucket).startswith("because no session policy")


def test_a_deny_of_the_session_policy_wins(acme: Account, bucket: str) -> None:
    guest = federate(acme.administrator, Policy=policy(allow("*"), deny("s3:GetObject")))
    assert reason(guest, bucket) == "with an explicit deny in a session policy"


def test_the_boundary_of_the_maker_limits_what_it_lends(acme: Account, bucket: str) -> None:
    made = acme.administrator.client("iam").create_policy(
        PolicyName="lend-only", PolicyDocument=policy(allow("sts:GetFederationToken"))
    )
    maker = user_with(acme, "bounded-lender", LENDER, PermissionsBoundary=made["Policy"]["Arn"])
    assert reason(federate(maker, Policy=EVERYTHING), bucket) == (
        "because no permissions boundary allows the s3:GetObject action"
    )


@pytest.mark.parametrize("operation", ["list_users", "get_user", "list_mfa_devices", "get_account_summary"])
def test_iam_does_not_serve_federated_users(acme: Account, operation: str) -> None:
    for maker in (acme.administrator, acme.root):
        guest = federate(maker, Policy=EVERYTHING)
        assert refusal(getattr(guest.client("iam"), operation)) == INVALID_TOKEN


def test_of_sts_a_federated_user_may_only_ask_who_it_is(acme: Account) -> None:
    guest = federate(acme.administrator, Policy=EVERYTHING)
    sts = guest.client("sts")
    arn = f"arn:aws:sts::{acme.id}:federated-user/guest"
    who = sts.get_caller_identity()
    assert (who["Arn"], who["UserId"], who["Account"]) == (arn, f"{acme.id}:guest", acme.id)
    acme.administrator.client("iam").create_role(
        RoleName="for-guests", AssumeRolePolicyDocument=trust(AWS=[arn, acme.id])
    )
    calls: dict[str, tuple[Any, dict[str, Any]]] = {
        "AssumeRole": (sts.assume_role, {"RoleArn": acme.arn("role/for-guests"), "RoleSessionName": "more"}),
        "GetSessionToken": (sts.get_session_token, {}),
        "GetFederationToken": (sts.get_federation_token, {"Name": "another", "Policy": EVERYTHING}),
        "GetAccessKeyInfo": (sts.get_access_key_info, {"AccessKeyId": guest.access_key_id}),
        "DecodeAuthorizationMessage": (sts.decode_authorization_message, {"EncodedMessage": "any"}),
    }
    for name, (operation, parameters) in calls.items():
        assert refusal(operation, **parameters) == ("AccessDenied", f"Cannot call {name} with session credentials")


def test_temporary_credentials_make_no_federated_users(acme: Account, lender: Keys) -> None:
    acme.administrator.client("iam").create_role(RoleName="lending", AssumeRolePolicyDocument=trust(AWS=acme.id))
    acme.administrator.client("iam").put_role_policy(RoleName="lending", PolicyName="all", PolicyDocument=EVERYTHING)
    for keys in (session_of(lender), session_of(acme.root), acme.assume("lending")):
        said = refusal(keys.client("sts").get_federation_token, Name="guest")
        assert said == ("AccessDenied", "Cannot call GetFederationToken with session credentials")


def test_who_may_not_lend_makes_nothing(acme: Account) -> None:
    keys = user_with(acme, "no-lender")
    sentence = (
        f"User: {acme.arn('user/no-lender')} is not authorized to perform: sts:GetFederationToken on resource: "
        f"arn:aws:sts::{acme.id}:federated-user/guest because no identity-based policy allows the "
        "sts:GetFederationToken action"
    )
    assert refusal(keys.client("sts").get_federation_token, Name="guest") == ("AccessDenied", sentence)


def test_a_maker_may_be_held_to_names(acme: Account) -> None:
    document = policy(allow("sts:GetFederationToken", f"arn:aws:sts::{acme.id}:federated-user/guest-*"))
    keys = user_with(acme, "held-lender", document)
    federate(keys, "guest-1")
    assert refusal(keys.client("sts").get_federation_token, Name="other")[0] == "AccessDenied"


def test_tags_ask_for_a_permission_of_their_own(acme: Account) -> None:
    keys = user_with(acme, "tagless-lender", policy(allow("sts:GetFederationToken")))
    tags = [{"Key": "team", "Value": "red"}]
    message = refusal(keys.client("sts").get_federation_token, Name="guest", Tags=tags)[1]
    assert "is not authorized to perform: sts:TagSession" in message


def test_a_name_is_no_other_name(acme: Account, globex: Account, bucket: str) -> None:
    """A grant by name is to that name in that account; who makes it decides who bears it."""
    arn = f"arn:aws:sts::{acme.id}:federated-user/named"
    grant = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": arn}}
    acme.administrator.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy(grant))
    try:
        get(federate(acme.administrator, "named"), bucket)
        for other in ("Named", "named2"):
            assert reason(federate(acme.administrator, other), bucket).startswith("because no session policy")
        assert reason(federate(globex.administrator, "named", Policy=EVERYTHING), bucket) == "Access Denied"
    finally:
        acme.administrator.client("s3").delete_bucket_policy(Bucket=bucket)


def test_a_grant_across_accounts_does_not_stand_in_for_a_session_policy(
    acme: Account, globex: Account, bucket: str
) -> None:
    arn = f"arn:aws:sts::{globex.id}:federated-user/guest"
    grant = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": arn}}
    acme.administrator.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy(grant))
    try:
        assert reason(federate(globex.administrator), bucket) == "Access Denied"
        get(federate(globex.administrator, Policy=READ), bucket)
    finally:
        acme.administrator.client("s3").delete_bucket_policy(Bucket=bucket)


class TestWhatEndsASession:
    def test_the_key_that_made_it_does_not(self, acme: Account, bucket: str) -> None:
        maker = user_with(acme, "key-lender", LENDER)
        guest = federate(maker, Policy=READ)
        iam = acme.administrator.client("iam")
        iam.update_access_key(UserName="key-lender", AccessKeyId=maker.access_key_id, Status="Inactive")
        get(guest, bucket)
        iam.delete_access_key(UserName="key-lender", AccessKeyId=maker.access_key_id)
        get(guest, bucket)

    def test_the_makers_permissions_do_with_the_next_request(self, acme: Account, bucket: str) -> None:
        guest = federate(user_with(acme, "poor-lender", LENDER), Policy=READ)
        get(guest, bucket)
        acme.administrator.client("iam").delete_user_policy(UserName="poor-lender", PolicyName="grants")
        assert reason(guest, bucket).startswith("because no identity-based policy")

    def test_its_maker_does_even_when_another_takes_the_name(self, acme: Account, bucket: str) -> None:
        maker = user_with(acme, "late-lender", LENDER)
        guest = federate(maker, Policy=READ)
        get(guest, bucket)
        iam = acme.administrator.client("iam")
        iam.delete_access_key(UserName="late-lender", AccessKeyId=maker.access_key_id)
        iam.delete_user_policy(UserName="late-lender", PolicyName="grants")
        iam.delete_user(UserName="late-lender")
        assert refusal(guest.client("s3").get_object, Bucket=bucket, Key="k")[0] == "InvalidToken"
        user_with(acme, "late-lender", LENDER)
        assert refusal(guest.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"

    def test_its_time_does(self, house: House, acme: Account) -> None:
        with house.later(-840):
            guest = federate(acme.administrator, Policy=READ, DurationSeconds=900)
        guest.client("sts").get_caller_identity()
        with house.later(120):
            said = refusal(guest.client("sts").get_caller_identity)
        assert said == ("ExpiredToken", "The security token included in the request is expired")

    def test_root_lends_for_an_hour_at_most(self, acme: Account) -> None:
        made = acme.root.client("sts").get_federation_token(Name="guest", DurationSeconds=129_600)
        assert made["Credentials"]["Expiration"] <= datetime.now(UTC) + timedelta(seconds=3_601)
