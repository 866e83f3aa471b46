"""Credentials that were good once, or of somebody who was replaced by a namesake: dead at once, and for ever."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.house import Account, House, Keys, allow, policy, refusal, trust, user_with
from tests.support.raw_requests import call, get, raw, whoami

from watchword.core.ids import AccountId
from watchword.credentials.keyring import Keyring
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import SESSION_PURPOSE, Session, SessionKind, issue_session
from watchword.server.master_key import create_keyring, load_keyring

UNKNOWN_KEY = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
INVALID_TOKEN = (403, "InvalidClientTokenId", "The security token included in the request is invalid")
EXPIRED = (403, "ExpiredToken", "The security token included in the request is expired")
ASSUME = policy(allow("sts:AssumeRole"))


@pytest.fixture(scope="module")
def user(acme: Account) -> Keys:
    """A user who may assume roles."""
    return user_with(acme, "walker", ASSUME)


@pytest.fixture
def role(iam: Any, acme: Account) -> Iterator[str]:
    """A role that trusts the account, with no policies."""
    iam.create_role(RoleName="visitor", AssumeRolePolicyDocument=trust(AWS=acme.arn("root")))
    yield "visitor"
    iam.delete_role(RoleName="visitor")


def session_of(answer: Any, endpoint: str) -> Keys:
    made = answer["Credentials"]
    return Keys(endpoint, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def forged(keyring: Keyring, account: str, kind: SessionKind, principal_id: str, endpoint: str) -> Keys:
    """A session that somebody makes who holds this keyring, and nothing else of the house."""
    now = datetime.now(UTC)
    session = Session(
        kind=kind,
        account=AccountId(account),
        principal_id=principal_id,
        principal_name="administrator",
        session_name="forged",
        issued_at=now,
        expires_at=now + timedelta(hours=1),
    )
    issued = issue_session(session, sealer=Sealer(keyring, SESSION_PURPOSE, os.urandom), random_bytes=os.urandom)
    return Keys(endpoint, issued.access_key_id, issued.secret.reveal(), issued.token)


class TestLongTermKeys:
    def test_an_inactive_key_is_dead_from_the_next_request_and_alive_again_when_activated(
        self, iam: Any, acme: Account
    ) -> None:
        keys = user_with(acme, "switched")
        assert whoami(keys).send().status == 200
        for status, expected in (("Inactive", UNKNOWN_KEY), ("Active", (200, "", "")), ("Inactive", UNKNOWN_KEY)):
            iam.update_access_key(UserName="switched", AccessKeyId=keys.access_key_id, Status=status)
            assert whoami(keys).send().error == expected
        assert get(keys, "/").send().code == "InvalidAccessKeyId"

    def test_a_deleted_key_is_dead_from_the_next_request(self, iam: Any, acme: Account) -> None:
        keys = user_with(acme, "dropped")
        assert whoami(keys).send().status == 200
        iam.delete_access_key(UserName="dropped", AccessKeyId=keys.access_key_id)
        assert whoami(keys).send().error == UNKNOWN_KEY

    def test_a_user_who_comes_again_under_the_same_name_does_not_bring_the_key_back(
        self, iam: Any, acme: Account
    ) -> None:
        keys = user_with(acme, "phoenix")
        held = session_of(keys.client("sts").get_session_token(), keys.endpoint)
        assert whoami(keys).send().status == whoami(held).send().status == 200
        iam.delete_access_key(UserName="phoenix", AccessKeyId=keys.access_key_id)
        iam.delete_user(UserName="phoenix")
        assert whoami(held).send().error == INVALID_TOKEN
        user_with(acme, "phoenix")
        assert whoami(keys).send().error == UNKNOWN_KEY
        assert whoami(held).send().error == INVALID_TOKEN

    def test_a_user_who_has_keys_cannot_be_deleted_under_them(self, iam: Any, acme: Account) -> None:
        keys = user_with(acme, "stays")
        assert refusal(iam.delete_user, UserName="stays")[0] == "DeleteConflict"
        assert whoami(keys).send().status == 200


class TestSessions:
    def test_a_session_ends_to_the_second(self, house: House, user: Keys, acme: Account, role: str) -> None:
        answer = user.client("sts").assume_role(
            RoleArn=acme.arn(f"role/{role}"), RoleSessionName="short", DurationSeconds=900
        )
        session = session_of(answer, user.endpoint)
        expires_at: datetime = answer["Credentials"]["Expiration"]
        left = (expires_at - datetime.now(UTC)).total_seconds()
        assert 890 < left <= 900
        for early, expected in ((2.5, (200, "", "")), (-0.5, EXPIRED), (2.5, (200, "", "")), (-3600, EXPIRED)):
            ahead = (expires_at - datetime.now(UTC)).total_seconds() - early
            with house.later(ahead):
                request = whoami(session, now=datetime.now(UTC) + timedelta(seconds=ahead))
                assert request.send().error == expected, early

    def test_an_expired_session_is_refused_by_s3_in_its_words(
        self, house: House, user: Keys, acme: Account, role: str
    ) -> None:
        session = acme.assume(role, user, DurationSeconds=900)
        with house.later(901):
            later = raw(session, "GET", "/", "s3", now=datetime.now(UTC) + timedelta(seconds=901))
            assert later.send().error == (400, "ExpiredToken", "The provided token has expired.")

    def test_a_session_token_session_outlives_the_deactivation_of_its_key_but_not_the_user(
        self, iam: Any, acme: Account
    ) -> None:
        keys = user_with(acme, "outlived")
        session = session_of(keys.client("sts").get_session_token(), keys.endpoint)
        iam.update_access_key(UserName="outlived", AccessKeyId=keys.access_key_id, Status="Inactive")
        assert whoami(keys).send().error == UNKNOWN_KEY
        assert whoami(session).send().element("Arn") == acme.arn("user/outlived")
        iam.delete_access_key(UserName="outlived", AccessKeyId=keys.access_key_id)
        assert whoami(session).send().status == 200
        iam.delete_user(UserName="outlived")
        assert whoami(session).send().error == INVALID_TOKEN

    def test_a_role_that_comes_again_under_the_same_name_does_not_revive_its_sessions(
        self, iam: Any, acme: Account, user: Keys
    ) -> None:
        trusting = trust(AWS=acme.arn("root"))
        iam.create_role(RoleName="reborn", AssumeRolePolicyDocument=trusting)
        session = acme.assume("reborn", user)
        assert whoami(session).send().status == 200
        iam.delete_role(RoleName="reborn")
        assert whoami(session).send().error == INVALID_TOKEN
        iam.create_role(RoleName="reborn", AssumeRolePolicyDocument=trusting)
        assert whoami(session).send().error == INVALID_TOKEN
        assert whoami(acme.assume("reborn", user)).send().status == 200

    def test_a_session_token_session_does_no_more_than_it_may(self, user: Keys) -> None:
        session = session_of(user.client("sts").get_session_token(), user.endpoint)
        assert call(session, "iam", "ListUsers").send().code in {"AccessDenied", "InvalidClientTokenId"}
        assert call(session, "sts", "GetSessionToken").send().code == "AccessDenied"


class TestTrust:
    def test_a_role_that_does_not_exist_cannot_be_assumed_and_looks_like_one_that_does(
        self, iam: Any, acme: Account, user: Keys
    ) -> None:
        iam.create_role(RoleName="closed", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
        for caller in (user, acme.administrator):
            said = {
                name: refusal(
                    caller.client("sts").assume_role, RoleArn=acme.arn(f"role/{name}"), RoleSessionName="test"
                )
                for name in ("closed", "nowhere")
            }
            assert said["closed"][0] == said["nowhere"][0] == "AccessDenied"
            assert said["closed"][1] == said["nowhere"][1].replace("nowhere", "closed")

    def test_root_may_not_assume_roles(self, acme: Account, role: str) -> None:
        said = refusal(acme.root.client("sts").assume_role, RoleArn=acme.arn(f"role/{role}"), RoleSessionName="test")
        assert said == ("AccessDenied", "Roles may not be assumed by root accounts.")

    def test_a_trusted_user_who_comes_again_under_the_same_name_is_not_trusted(self, iam: Any, acme: Account) -> None:
        first = user_with(acme, "trusted")
        iam.create_role(RoleName="trusting", AssumeRolePolicyDocument=trust(AWS=acme.arn("user/trusted")))
        assert whoami(acme.assume("trusting", first)).send().status == 200
        unique_id = iam.get_user(UserName="trusted")["User"]["UserId"]
        iam.delete_access_key(UserName="trusted", AccessKeyId=first.access_key_id)
        iam.delete_user(UserName="trusted")
        second = user_with(acme, "trusted")
        assume = {"RoleArn": acme.arn("role/trusting"), "RoleSessionName": "test"}
        assert refusal(second.client("sts").assume_role, **assume)[0] == "AccessDenied"
        shown = iam.get_role(RoleName="trusting")["Role"]["AssumeRolePolicyDocument"]
        assert shown["Statement"][0]["Principal"] == {"AWS": unique_id}
        iam.update_assume_role_policy(RoleName="trusting", PolicyDocument=trust(AWS=acme.arn("user/trusted")))
        assert whoami(acme.assume("trusting", second)).send().status == 200

    def test_a_bucket_policy_does_not_pass_on_to_a_namesake(self, iam: Any, acme: Account) -> None:
        s3 = acme.administrator.client("s3")
        s3.create_bucket(Bucket="namesake-bucket")
        s3.put_object(Bucket="namesake-bucket", Key="k", Body=b"v")
        first = user_with(acme, "reader")
        grant = {"Effect": "Allow", "Principal": {"AWS": acme.arn("user/reader")}, "Action": "s3:GetObject"}
        document = policy({**grant, "Resource": "arn:aws:s3:::namesake-bucket/*"})
        s3.put_bucket_policy(Bucket="namesake-bucket", Policy=document)
        assert get(first, "/namesake-bucket/k").send().body == b"v"
        iam.delete_access_key(UserName="reader", AccessKeyId=first.access_key_id)
        iam.delete_user(UserName="reader")
        second = user_with(acme, "reader")
        assert get(second, "/namesake-bucket/k").send().status == 403


class TestForgery:
    def test_a_token_sealed_with_another_house_s_key_is_refused(
        self, acme: Account, user: Keys, tmp_path: Path
    ) -> None:
        create_keyring(tmp_path, os.urandom)
        elsewhere = load_keyring(tmp_path)
        for kind in (SessionKind.SESSION_TOKEN, SessionKind.ROLE):
            keys = forged(elsewhere, acme.id, kind, acme.id, user.endpoint)
            assert whoami(keys).send().error == INVALID_TOKEN

    def test_a_genuine_token_of_a_kind_or_principal_that_is_not_there_is_refused(
        self, house: House, acme: Account, globex: Account, iam: Any, user: Keys
    ) -> None:
        """Even what the house itself could have sealed says nothing when the principal is not of its account."""
        keyring = load_keyring(house.server.data_dir)
        administrator_id = iam.get_user()["User"]["UserId"]
        right = forged(keyring, acme.id, SessionKind.SESSION_TOKEN, administrator_id, user.endpoint)
        assert whoami(right).send().element("Arn") == acme.arn("user/administrator")
        for kind, account, principal_id in (
            (SessionKind.SESSION_TOKEN, globex.id, administrator_id),
            (SessionKind.ROLE, acme.id, administrator_id),
            (SessionKind.ROLE, acme.id, acme.id),
            (SessionKind.SESSION_TOKEN, acme.id, "administrator"),
            (SessionKind.SESSION_TOKEN, "999999999999", "999999999999"),
            (SessionKind.SESSION_TOKEN, acme.id, globex.id),
        ):
            assert whoami(forged(keyring, account, kind, principal_id, user.endpoint)).send().error == INVALID_TOKEN

    def test_no_answer_of_iam_ever_shows_a_secret_again(self, iam: Any, acme: Account) -> None:
        keys = user_with(acme, "secretive", policy(allow("*")))
        shown = [
            iam.list_access_keys(UserName="secretive"),
            iam.get_access_key_last_used(AccessKeyId=keys.access_key_id),
            iam.get_account_authorization_details(),
            iam.get_user(UserName="secretive"),
        ]
        assert keys.secret_access_key not in json.dumps(shown, default=str)
