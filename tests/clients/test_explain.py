"""`watchword explain`, run as a program on a data directory that a server is writing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Event
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError
from tests.services.s3.points import new_point, put_policy, through_points
from tests.support.house import Account, House, Keys, allow, deny, policy, user_with
from tests.support.raw_requests import RawRequest, unsigned

from watchword.signing.keys import derive_signing_key

VISIBLE_SECONDS = 1.0
KEY = "arn:aws:s3:::explained/home/bob/a.txt"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server of two workers."""
    house = House.start(tmp_path_factory.mktemp("explained") / "data", workers=2)
    yield house
    house.stop()


@pytest.fixture(scope="module")
def account(home: House) -> Account:
    made = home.account()
    made.administrator.client("s3").create_bucket(Bucket="explained")
    return made


@pytest.fixture(scope="module")
def bob(account: Account) -> Keys:
    document = policy(
        allow("s3:GetObject", "arn:aws:s3:::explained/home/${aws:username}/*", Condition=MFA), allow("iam:GetUser")
    )
    return user_with(account, "bob", document)


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def run(home: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "watchword.cli.main", "explain", "--data", str(home.server.data_dir), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def explained(home: House, *arguments: str) -> Any:
    done = run(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(call: Any, **parameters: Any) -> str:
    """Call what must fail; gives back the request's id."""
    with pytest.raises(ClientError) as failed:
        call(**parameters)
    response = cast("dict[str, Any]", failed.value.response)  # type: ignore[reportUnknownMemberType]
    return response["ResponseMetadata"]["RequestId"]


def recorded(home: House, request_id: str, *, within: float = 20) -> Any:
    """The decision of a request, once it is visible; fails when that takes so many seconds."""
    deadline = time.monotonic() + within
    lines = home.server.data_dir / "decisions.jsonl"
    while not lines.exists() or request_id.encode() not in lines.read_bytes().rpartition(b"\n")[0]:
        assert time.monotonic() < deadline, f"the decision is not visible within {within} s"
        Event().wait(0.01)
    return explained(home, "--request-id", request_id)


def test_a_refused_request_is_explained_within_a_second(home: House, account: Account, bob: Keys) -> None:
    request_id = refused(bob.client("s3").get_object, Bucket="explained", Key="home/bob/a.txt")
    answer = recorded(home, request_id, within=VISIBLE_SECONDS)
    assert answer["request"]["operation"] == "GetObject"
    assert answer["request"]["access_key_id"] == bob.access_key_id
    assert answer["request"]["scope"].endswith("/us-east-1/s3/aws4_request")
    assert answer["caller"]["principal"]["arn"] == account.arn("user/bob")
    (check,) = answer["checks"]
    assert (check["action"], check["resource"]) == ("s3:GetObject", KEY)
    assert check["decision"]["reason"] == "no policy allows"
    (identity,) = [layer for layer in check["layers"] if layer["layer"] == "identity-based policy"]
    condition = identity["policies"][0]["statements"][0]["conditions"][0]
    assert (condition["key"], condition["wanted"], condition["actual"]) == (
        "aws:MultiFactorAuthPresent",
        ["true"],
        None,
    )
    assert check["remedies"][0]["changes"][0]["key"] == "aws:MultiFactorAuthPresent"


def test_requests_to_every_worker_are_found(home: House, bob: Keys) -> None:
    ids = [bob.client("iam").get_user(UserName="bob")["ResponseMetadata"]["RequestId"] for _ in range(12)]
    for request_id in ids:
        (check,) = recorded(home, request_id)["checks"]
        assert check["decision"]["outcome"] == "allowed"


def test_a_request_is_explained_by_the_policies_that_it_met(home: House, account: Account) -> None:
    """Whatever became of them since."""
    iam = account.administrator.client("iam")
    eve = user_with(account, "eve", policy(allow("iam:*"), deny("iam:ListUsers", Sid="NotThis")))
    request_id = refused(eve.client("iam").list_users)
    iam.delete_user_policy(UserName="eve", PolicyName="grants")
    (check,) = recorded(home, request_id)["checks"]
    assert check["decision"]["outcome"] == "explicitDeny"
    statements = check["layers"][-1]["policies"][0]["statements"]
    assert [(each["sid"], each["applies"]) for each in statements] == [(None, True), ("NotThis", True)]


def test_who_was_not_proved_is_told_what_was_claimed(home: House, bob: Keys) -> None:
    forged = Keys(bob.endpoint, bob.access_key_id, "not-the-secret")
    answer = recorded(home, refused(forged.client("sts").get_caller_identity))
    assert answer["request"]["error"] == "SignatureDoesNotMatch"
    assert answer["request"]["access_key_id"] == bob.access_key_id
    assert answer["request"]["scope"] == "us-east-1/sts"
    assert answer["request"]["mismatch"]["reason"].startswith("the secret access key is another")
    assert answer["caller"] is None
    assert answer["checks"] == []


def test_a_signature_that_went_wrong_is_traced_to_the_line(home: House, bob: Keys) -> None:
    """A client, say, that signs another method than it sends."""
    client = bob.client("s3")

    def tamper(request: Any, **_: Any) -> None:
        request.method = "DELETE"

    client.meta.events.register("before-send.s3.GetObject", tamper)
    answer = recorded(home, refused(client.get_object, Bucket="explained", Key="a"))
    assert answer["request"]["error"] == "SignatureDoesNotMatch"
    assert answer["request"]["mismatch"]["part"] == "the method"
    assert (answer["request"]["mismatch"]["expected"], answer["request"]["mismatch"]["signed"]) == ("DELETE", "GET")
    text = run(home, "--request-id", answer["request"]["id"]).stdout
    assert "The signature went wrong in the method: signed GET" in text


def test_no_secret_is_written_down(home: House, account: Account) -> None:
    iam = account.administrator.client("iam")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    made = Keys(account.administrator.endpoint, key["AccessKeyId"], key["SecretAccessKey"])
    session = made.client("sts").get_session_token()
    recorded(home, session["ResponseMetadata"]["RequestId"])
    credentials = session["Credentials"]
    lines = (home.server.data_dir / "decisions.jsonl").read_text()
    for secret in (key["SecretAccessKey"], credentials["SecretAccessKey"], credentials["SessionToken"]):
        assert secret not in lines


@pytest.mark.parametrize("name", ["x-amz-server-side-encryption-customer-key", "X-Amz-S3session-Token"])
def test_no_secret_of_a_url_is_written_down_where_its_signature_went_wrong(home: House, bob: Keys, name: str) -> None:
    """A client, say, that leaves the query string out of what it signs."""
    secret, now, host = token_hex(32), datetime.now(UTC), bob.endpoint.partition("//")[2]
    scope = f"{now:%Y%m%d}/us-east-1/s3/aws4_request"
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{bob.access_key_id}/{scope}",
        "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host",
        name: secret,
    }
    canonical = f"GET\n/explained/a\n\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{now:%Y%m%dT%H%M%SZ}\n{scope}\n{digest}"
    key = derive_signing_key(bob.secret_access_key, f"{now:%Y%m%d}", "us-east-1", "s3")
    parameters["X-Amz-Signature"] = key.sign(text.encode())
    target = f"/explained/a?{urlencode(parameters)}"
    answer = RawRequest(bob.endpoint, "GET", target, ((b"host", host.encode()),)).send()
    assert answer.code == "SignatureDoesNotMatch"
    mismatch = recorded(home, answer.headers["x-amz-request-id"])["request"]["mismatch"]
    assert mismatch["part"] == "the query string"
    assert secret not in (home.server.data_dir / "decisions.jsonl").read_text()


def test_a_request_that_might_be_made_is_explained(home: House, account: Account, bob: Keys) -> None:
    asked = ("--principal", account.arn("user/bob"), "--action", "s3:GetObject", "--resource", KEY)
    assert explained(home, *asked)["decision"]["outcome"] == "implicitDeny"
    with_mfa = explained(home, *asked, "--context", "aws:MultiFactorAuthPresent=true")
    assert with_mfa["decision"]["outcome"] == "allowed"
    assert with_mfa["remedies"] == []


def test_what_it_proposes_lets_the_next_request_pass(home: House, account: Account) -> None:
    """The whole circle: refused, explained, changed as proposed, allowed."""
    iam = account.administrator.client("iam")
    mallory = user_with(account, "carol", policy(allow("iam:GetUser"))).client("iam")
    request_id = refused(mallory.list_user_tags, UserName="carol")
    (check,) = recorded(home, request_id)["checks"]
    (change,) = check["remedies"][0]["changes"]
    content = change["content"]
    statement = {"Effect": content["effect"], "Action": content["actions"], "Resource": content["resources"]}
    iam.put_user_policy(UserName="carol", PolicyName="proposed", PolicyDocument=policy(statement))
    assert mallory.list_user_tags(UserName="carol")["Tags"] == []


def test_the_text_says_why_before_it_says_how(home: House, bob: Keys) -> None:
    request_id = refused(bob.client("s3").get_object, Bucket="explained", Key="home/bob/a.txt")
    recorded(home, request_id)
    text = run(home, "--request-id", request_id).stdout
    assert "DENIED: no identity-based policy allows it" in text
    assert "Bool aws:MultiFactorAuthPresent: wants true; the request has no such key  not met" in text
    assert "The smallest change that allows it\n  send the request with MFA" in text
    assert "\x1b[" not in text


def test_without_arguments_it_lists_the_last_requests(home: House, bob: Keys) -> None:
    request_id = refused(bob.client("iam").list_users)
    recorded(home, request_id)
    first = run(home).stdout.splitlines()[0]
    assert request_id in first
    assert "AccessDenied" in first
    assert "iam:ListUsers" in first


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--request-id", "none"], 1, "no request `none` among the recent ones"),
        (["--principal", "arn:aws:iam::1:user/x", "--action", "s3:GetObject", "--resource", "*"], 1, "names nobody"),
        (["--principal", "anonymous", "--action", "GetObject", "--resource", "*"], 1, "is not an action"),
        (["--principal", "anonymous", "--action", "s3:GetObject", "--resource", "plans"], 1, "is not a resource"),
        (["--principal", "anonymous"], 2, "together"),
        (["--request-id", "x", "--action", "s3:GetObject"], 2, "stands alone"),
    ],
)
def test_what_cannot_be_explained_says_so_in_one_line(
    home: House, arguments: list[str], code: int, sentence: str
) -> None:
    done = run(home, *arguments)
    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_directory_is_not_needed_to_be_served(home: House, account: Account, tmp_path: Path) -> None:
    """The records are read without a server, and nothing is written to them."""
    copy = tmp_path / "data"
    copy.mkdir()
    source = home.server.data_dir
    for name in ("watchword.db", "watchword.db-wal", "credentials"):
        if (source / name).exists():
            (copy / name).write_bytes((source / name).read_bytes())
    command = [sys.executable, "-m", "watchword.cli.main", "explain", "--data", str(copy), "--json"]
    asked = ("--principal", account.arn("root"), "--action", "s3:GetObject", "--resource", KEY)
    done = subprocess.run([*command, *asked], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["decision"]["reason"] == "allowed to root"


class TestFederatedUsers:
    def test_a_request_that_happened(self, home: House, account: Account) -> None:
        made = account.administrator.client("sts").get_federation_token(
            Name="guest", Policy=policy(allow("s3:ListBucket"))
        )["Credentials"]
        guest = Keys(account.root.endpoint, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
        request_id = refused(guest.client("s3").get_object, Bucket="explained", Key="home/bob/a.txt")
        answer = recorded(home, request_id)
        principal = answer["caller"]["principal"]
        assert principal["arn"] == f"arn:aws:sts::{account.id}:federated-user/guest"
        assert principal["issuer_arn"] == account.arn("user/administrator")
        (check,) = answer["checks"]
        assert check["decision"]["layer"] == "session policy"

    def test_a_request_that_might_be_made(self, home: House, account: Account) -> None:
        """Who made it is not in its name: only what resources grant it counts."""
        arn = f"arn:aws:sts::{account.id}:federated-user/guest"
        found = explained(home, "--principal", arn, "--action", "s3:GetObject", "--resource", KEY)
        assert found["decision"]["outcome"] == "implicitDeny"
        grant = {**allow("s3:GetObject", "arn:aws:s3:::explained/*"), "Principal": {"AWS": arn}}
        s3 = account.administrator.client("s3")
        s3.put_bucket_policy(Bucket="explained", Policy=policy(grant))
        try:
            found = explained(home, "--principal", arn, "--action", "s3:GetObject", "--resource", KEY)
            assert found["decision"]["outcome"] == "allowed"
        finally:
            s3.delete_bucket_policy(Bucket="explained")


def test_of_a_bucket_that_is_not_there_no_policy_was_asked(home: House, account: Account) -> None:
    request_id = refused(account.administrator.client("s3").get_object, Bucket="never-made", Key="k")
    answer = recorded(home, request_id)
    assert (answer["request"]["error"], answer["checks"]) == ("NoSuchBucket", [])
    shown = run(home, "--request-id", request_id).stdout
    assert "NoSuchBucket: The specified bucket does not exist" in shown
    assert "No policy was asked" in shown
    unsigned_id = unsigned(account.administrator, "GET", "/never-made/k").send().headers["x-amz-request-id"]
    recorded(home, unsigned_id)
    assert "No policy was asked" in run(home, "--request-id", unsigned_id).stdout


def test_policies_are_judged_before_there_is_a_bucket(home: House, account: Account) -> None:
    for action, resource in (("s3:CreateBucket", "arn:aws:s3:::not-yet"), ("s3:GetObject", "arn:aws:s3:::not-yet/k")):
        asked = ("--principal", account.arn("user/administrator"), "--action", action, "--resource", resource)
        assert explained(home, *asked)["decision"]["outcome"] == "allowed"


def test_a_request_through_an_access_point_shows_both_that_must_allow(home: House, account: Account) -> None:
    arn = new_point(account, "explained")
    put_policy(account, arn, policy(deny("s3:GetObject", f"{arn}/object/*", Principal="*")))
    request_id = refused(through_points(account.administrator).get_object, Bucket=arn, Key="k")
    behind, point = recorded(home, request_id)["checks"]
    assert (behind["resource"], behind["decision"]["outcome"]) == ("arn:aws:s3:::explained/k", "allowed")
    assert (point["resource"], point["decision"]["outcome"]) == (f"{arn}/object/k", "explicitDeny")
    (layer,) = [layer for layer in point["layers"] if layer["verdict"] == "denies"]
    assert layer["policies"][0]["source"]["id"] == arn
    caller = account.arn("user/administrator")
    supposed = explained(home, "--principal", caller, "--action", "s3:GetObject", "--resource", f"{arn}/object/k")
    assert "explicitDeny" in json.dumps(supposed)
