"""The audit log: one line for every request, with who, what and why, and nothing that could be used again."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.authenticators import Authenticator
from tests.support.house import Account, House, Keys, allow, policy, trust, user_with
from tests.support.raw_requests import Answer, RawRequest, call, get, presigned, put, raw, whoami

DEADLINE_SECONDS = 10


@dataclass(frozen=True)
class Trail:
    """The audit log of a house of its own."""

    house: House
    account: Account

    @property
    def folder(self) -> Path:
        return self.house.server.data_dir / "audit"

    def lines(self) -> list[bytes]:
        """Every line that was written to its end."""
        return [line for path in sorted(self.folder.iterdir()) for line in path.read_bytes().split(b"\n")[:-1]]

    def events(self, answer: Answer) -> list[dict[str, Any]]:
        """The events of the request that was answered so."""
        headers = answer.headers
        request_id = headers.get("x-amzn-requestid") or headers["x-amz-request-id"]
        return until(lambda: [json.loads(line) for line in self.lines() if request_id.encode() in line])

    def event(self, request: RawRequest) -> dict[str, Any]:
        """Send a request and give back its one event."""
        (event,) = self.events(request.send())
        return event


def until(look: Callable[[], Any]) -> Any:
    """Look again until there is something: the log is written in batches."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (seen := look()) and time.monotonic() < deadline:
        pass
    assert seen
    return seen


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    house = House.start(tmp_path_factory.mktemp("trail") / "data")
    account = house.account()
    account.administrator.client("s3").create_bucket(Bucket="audited")
    yield Trail(house, account)
    house.stop()


@pytest.fixture(scope="module")
def admin(trail: Trail) -> Keys:
    return trail.account.administrator


class TestEvents:
    def test_a_request_that_was_allowed(self, trail: Trail, admin: Keys) -> None:
        request = call(admin, "iam", "CreateUser", UserName="ada", Path="/staff/").with_header(
            b"user-agent", b"tester/1.0"
        )
        event = trail.event(request)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["eventTime"])
        arn = trail.account.arn("user/administrator")
        identity = event["userIdentity"]
        assert identity.pop("principalId").startswith("AIDA")
        assert identity == {
            "type": "IAMUser",
            "arn": arn,
            "accountId": trail.account.id,
            "accessKeyId": admin.access_key_id,
            "userName": "administrator",
        }
        wanted = {
            "eventVersion": "1.11",
            "eventType": "AwsApiCall",
            "eventCategory": "Management",
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateUser",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "127.0.0.1",
            "userAgent": "tester/1.0",
            "readOnly": False,
            "recipientAccountId": trail.account.id,
            "requestParameters": {"userName": "ada", "path": "/staff/"},
        }
        assert {name: event[name] for name in wanted} == wanted
        assert "errorCode" not in event

    def test_a_request_that_was_denied(self, trail: Trail) -> None:
        keys = user_with(trail.account, "denied")
        event = trail.event(call(keys, "iam", "ListUsers"))
        assert (event["eventName"], event["errorCode"]) == ("ListUsers", "AccessDenied")
        assert event["userIdentity"]["userName"] == "denied"
        assert event["errorMessage"].endswith("because no identity-based policy allows the iam:ListUsers action")

    def test_a_refused_request_to_s3_says_what_it_was_about(self, trail: Trail, admin: Keys) -> None:
        keys = user_with(trail.account, "curious")
        for bucket, code in (("audited", "AccessDenied"), ("never-made", "NoSuchBucket")):
            event = trail.event(get(keys, f"/{bucket}/some/key"))
            assert (event["eventName"], event["errorCode"]) == ("GetObject", code)
            assert event["requestParameters"] == {"bucket": bucket, "key": "some/key"}

    def test_a_request_of_somebody_who_is_not_who_he_claims_to_be(self, trail: Trail, admin: Keys) -> None:
        event = trail.event(whoami(replace(admin, secret_access_key="guess")))
        assert event["errorCode"] == "SignatureDoesNotMatch"
        assert event["userIdentity"] == {"type": "Unknown", "accessKeyId": admin.access_key_id}
        event = trail.event(whoami(Keys(admin.endpoint, "test", "test")))
        assert event["errorCode"] == "InvalidClientTokenId"
        assert event["userIdentity"]["accessKeyId"] == "test"

    def test_a_session_says_which_role_and_since_when(self, trail: Trail, admin: Keys) -> None:
        account = trail.account
        admin.client("iam").create_role(RoleName="audited", AssumeRolePolicyDocument=trust(AWS=account.id))
        event = trail.event(whoami(account.assume("audited")))
        identity = event["userIdentity"]
        assert (identity["type"], identity["arn"]) == (
            "AssumedRole",
            f"arn:aws:sts::{account.id}:assumed-role/audited/test",
        )
        issuer = identity["sessionContext"]["sessionIssuer"]
        assert (issuer["type"], issuer["arn"], issuer["userName"]) == ("Role", account.arn("role/audited"), "audited")
        assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"

    def test_a_federated_user_says_who_made_it(self, trail: Trail, admin: Keys) -> None:
        account = trail.account
        for maker, kind, arn in (
            (admin, "IAMUser", account.arn("user/administrator")),
            (account.root, "Root", account.arn("root")),
        ):
            made = maker.client("sts").get_federation_token(Name="audited")["Credentials"]
            event = trail.event(
                whoami(Keys(admin.endpoint, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]))
            )
            identity = event["userIdentity"]
            assert (identity["type"], identity["principalId"]) == ("FederatedUser", f"{account.id}:audited")
            assert identity["arn"] == f"arn:aws:sts::{account.id}:federated-user/audited"
            issuer = identity["sessionContext"]["sessionIssuer"]
            assert (issuer["type"], issuer["arn"], issuer["accountId"]) == (kind, arn, account.id)
            assert "userName" not in identity

    def test_a_second_factor_is_told_and_its_codes_and_seed_are_not(self, trail: Trail, admin: Keys) -> None:
        account = trail.account
        keys = user_with(account, "factored")
        device = Authenticator.make(admin.client("iam"), "factored")
        pair, code = device.pair(), device.code(1)
        trail.event(call(admin, "iam", "EnableMFADevice", UserName="factored", SerialNumber=device.serial, **pair))
        event = trail.event(call(keys, "sts", "GetSessionToken", SerialNumber=device.serial, TokenCode=code))
        assert event["requestParameters"] == {"serialNumber": device.serial}
        event = trail.event(call(keys, "sts", "GetSessionToken", SerialNumber=device.serial, TokenCode=code))
        assert event["errorMessage"].startswith("MultiFactorAuthentication failed with invalid MFA one time pass code")
        identity = trail.event(whoami(device.log_in(keys, 2)))["userIdentity"]
        assert (identity["type"], identity["userName"]) == ("IAMUser", "factored")
        assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "true"
        written = b"\n".join(trail.lines())
        for secret in (code, *pair.values(), device.seed):
            assert f'"{secret}"'.encode() not in written

    def test_every_request_has_one_line_whatever_became_of_it(self, trail: Trail, admin: Keys) -> None:
        whole = put(admin, "/audited/k", b"v" * 100_000)
        stranger = get(admin, "/audited/k").without_header(b"authorization").without_header(b"x-amz-content-sha256")
        requests = {
            "PutObject": whole,
            "GetObject": get(admin, "/audited/k"),
            "HeadObject": raw(admin, "HEAD", "/audited/k", "s3"),
            "ListObjectsV2": get(admin, "/audited?list-type=2"),
            "a false body": replace(put(admin, "/audited/k", b"v"), body=b"w"),
            "a missing object": get(admin, "/audited/none"),
            "a stranger": stranger,
            "not built": call(admin, "iam", "GenerateCredentialReport"),
            "no operation": call(admin, "iam", "NoSuchOperation"),
            "bad input": call(admin, "iam", "CreateUser", UserName="!"),
            "a conflict": call(admin, "iam", "CreateUser", UserName="administrator"),
            "no credentials": call(admin, "iam", "ListUsers").without_header(b"authorization"),
            "a bad path": replace(get(admin, "/"), target="/%zz"),
            "too large a form": replace(call(admin, "iam", "ListUsers"), body=b"x" * (1 << 20) + b"x"),
            "by url": presigned(admin, "GET", "/audited/k", seconds=60),
        }
        answers = {what: request.send() for what, request in requests.items()}
        for what, answer in answers.items():
            (event,) = trail.events(answer)
            assert (event.get("errorCode", "") != "") == (answer.status >= 400), what
            if answer.code:
                assert event["errorCode"] == answer.code, what
            if what.isidentifier():
                assert event["eventName"] == what
            assert event["readOnly"] == (what not in {"PutObject", "a false body", "a conflict"}) or event["errorCode"]

    def test_every_line_is_json_and_nothing_a_client_sends_makes_two_of_one(self, trail: Trail, admin: Keys) -> None:
        nasty = ("ä\N{GRINNING FACE}", 'a"b\\c', "x" * 9000, "<script>", "\u2028\u2029")
        before = len(until(trail.lines))
        for text in nasty:
            call(admin, "iam", "GetUser", UserName=text).send()
            get(admin, "/audited/none").with_header(b"user-agent", text.encode()).send()
        trail.event(call(admin, "iam", "GetUser", UserName='\n{"eventName":"Forged"}\n'))
        lines = trail.lines()
        assert len(lines) - before <= 2 * len(nasty) + 1 + 1
        for line in lines:
            event = json.loads(line)
            assert event["eventName"] != "Forged"
            assert len(line) < 32_768


def test_nothing_in_the_log_can_be_used_again(trail: Trail, admin: Keys) -> None:
    account = trail.account
    iam, sts, s3 = (admin.client(name) for name in ("iam", "sts", "s3"))
    keys = user_with(account, "keeper", policy(allow("sts:*")))
    iam.create_role(RoleName="kept", AssumeRolePolicyDocument=trust(AWS=account.id))
    sessions = [account.assume("kept"), account.assume("kept", keys)]
    answer = sts.get_session_token()["Credentials"]
    sessions.append(Keys(admin.endpoint, answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"]))
    urls = [presigned(each, "GET", "/audited/secret", seconds=600) for each in (admin, keys, *sessions)]
    requests = [whoami(each) for each in (admin, keys, account.root, *sessions)]
    requests += [replace(whoami(sessions[0]), body=b"tampered"), whoami(replace(keys, session_token="a-token-of-ours"))]
    requests += [call(admin, "iam", "CreateLoginProfile", UserName="keeper", Password="pass-word-1!")]
    requests += [call(admin, "iam", "ChangePassword", OldPassword="pass-word-1!", NewPassword="pass-word-2!")]
    requests += [call(admin, "sts", "GetSessionToken", SerialNumber="arn:aws:iam::1:mfa/x", TokenCode="918273")]
    requests += [call(admin, "sts", "GetSessionToken", SerialNumber="arn:aws:iam::1:mfa/x", TokenCode="5647382")]
    pair = {"AuthenticationCode1": "2837465", "AuthenticationCode2": "63728x"}
    requests += [call(admin, "iam", "EnableMFADevice", UserName="keeper", SerialNumber="arn:aws:iam::1:mfa/x", **pair)]
    requests += [put(admin, "/audited/secret", b"the-body-of-an-object"), get(admin, "/audited/secret")]
    customer_key = base64.b64encode(b"k" * 32).decode()
    encrypted = {
        "x-amz-server-side-encryption-customer-key": customer_key,
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
    }
    requests += [raw(admin, "PUT", "/audited/sealed", "s3", headers=encrypted, body=b"x")]
    requests += [raw(admin, "DELETE", "/audited/gone", "s3", headers={"x-amz-mfa": "arn:aws:iam::1:mfa/x 495867"})]
    assert s3.list_buckets()["Buckets"]
    answers = [request.send() for request in (*requests, *urls)]
    assert all(len(trail.events(answer)) == 1 for answer in answers)
    written = b"\n".join(trail.lines()) + trail.house.log.encode()
    secrets = {customer_key, "pass-word-1!", "pass-word-2!", "918273", "the-body-of-an-object", "a-token-of-ours"}
    secrets |= {"5647382", "495867", *pair.values()}
    for each in (admin, keys, account.root, *sessions):
        secrets |= {each.secret_access_key}
        secrets |= {each.session_token, each.session_token[100:160]} if each.session_token else set()
    for request in (*requests, *urls):
        found = re.search(r"Signature=([0-9a-f]{64})", dict(request.headers).get(b"authorization", b"").decode())
        secrets |= {found[1]} if found else set()
        secrets |= set(re.findall(r"X-Amz-Signature=([0-9a-f]{64})", request.target))
    for path in ("master.key", "credentials"):
        stored = (trail.house.server.data_dir / path).read_text("latin-1")
        secrets |= set(re.findall(r"[A-Za-z0-9+/_-]{32,}", stored))
    assert len(secrets) > 30
    for secret in secrets:
        assert secret.encode() not in written


class TestFullDisk:
    """The disk of the log is full: what cannot be written down is not done; reading goes on."""

    def test_writes_are_refused_while_the_log_cannot_be_written(self, tmp_path: Path) -> None:
        house = House.start(tmp_path / "data")
        try:
            self._lose_and_find(Trail(house, house.account()))
        finally:
            house.stop()

    def _lose_and_find(self, trail: Trail) -> None:
        admin, folder = trail.account.administrator, trail.folder
        away = folder.with_name("audit-away")
        folder.rename(away)
        folder.write_bytes(b"a file where the folder should be")
        assert whoami(admin).send().status == 200
        until(lambda: "cannot write" in trail.house.log)
        answer = call(admin, "iam", "CreateUser", UserName="unseen").send()
        assert answer.error[:2] == (503, "ServiceUnavailable")
        assert raw(admin, "PUT", "/new-bucket", "s3").send().error[:2] == (503, "ServiceUnavailable")
        assert whoami(admin).send().status == 200
        assert call(admin, "iam", "ListUsers").send().status == 200
        ready = RawRequest(admin.endpoint, "GET", "/_watchword/ready", ((b"host", b"localhost"),))
        assert ready.send().status == 503
        assert "writes are refused" in trail.house.log

        folder.unlink()
        away.rename(folder)
        until(lambda: ready.send().status == 200)
        assert "can be written again" in trail.house.log
        assert call(admin, "iam", "GetUser", UserName="unseen").send().code == "NoSuchEntity"
        made = call(admin, "iam", "CreateUser", UserName="seen").send()
        assert made.status == 200
        (event,) = trail.events(made)
        assert event["eventName"] == "CreateUser"
        assert trail.events(answer), "what was refused meanwhile is written down afterwards"
