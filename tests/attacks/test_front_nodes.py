"""Front nodes: clients see no difference, and whoever breaks into one finds no secret and nothing that mints."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.support.fronts import Fronts, finds_in_memory, fronts
from tests.support.house import Account, House, Keys, allow, policy, trust, user_with
from tests.support.raw_requests import FORM, RawRequest, call, get, presigned, put, raw, unsigned, whoami

from watchword.core.ids import AccountId
from watchword.credentials.keyring import Keyring
from watchword.credentials.sealing import Sealer
from watchword.credentials.session_seals import OPENING_PURPOSE, MintingKeys, SessionSealer
from watchword.credentials.sessions import Session, SessionKind, issue_session, period_of
from watchword.server.master_key import load_keyring
from watchword.signing.keys import V4A, signing_key_bytes
from watchword.signing.signer import Credentials, Target, sign_request

UNKNOWN_KEY = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
INVALID_TOKEN = (403, "InvalidClientTokenId", "The security token included in the request is invalid")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(tmp_path_factory.mktemp("fronts") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def acme(system: Fronts) -> Account:
    return system.house.account()


@pytest.fixture(scope="module")
def admin(system: Fronts, acme: Account) -> Keys:
    """The administrator, at the front node."""
    return system.at_front(acme.administrator)


@pytest.fixture(scope="module")
def role(acme: Account) -> str:
    iam = acme.administrator.client("iam")
    iam.create_role(RoleName="visitor", AssumeRolePolicyDocument=trust(AWS=acme.arn("root")))
    iam.put_role_policy(RoleName="visitor", PolicyName="s3", PolicyDocument=policy(allow("s3:*")))
    return "visitor"


def events(data_dir: Path, name: str) -> list[dict[str, object]]:
    """The audit events of an operation."""
    lines = [line for file in (data_dir / "audit").iterdir() for line in file.read_text().split("\n")[:-1]]
    return [event for event in map(json.loads, lines) if event["eventName"] == name]


class TestNoDifference:
    def test_calls_that_need_the_master_key_are_answered_as_by_the_node_that_has_it(
        self, system: Fronts, acme: Account, admin: Keys, role: str
    ) -> None:
        session = acme.assume(role, admin)
        for endpoint in (admin.endpoint, acme.administrator.endpoint):
            here = Keys(endpoint, session.access_key_id, session.secret_access_key, session.session_token)
            assert here.client("sts").get_caller_identity()["Arn"].endswith("assumed-role/visitor/test")
        made = admin.client("sts").get_session_token()["Credentials"]
        assert base64.b64decode(made["SessionToken"])[0] == 2
        alice = user_with(Account(acme.id, admin, acme.root), "alice")
        assert whoami(alice).send().status == 200
        assert (
            whoami(Keys(acme.administrator.endpoint, alice.access_key_id, alice.secret_access_key)).send().status == 200
        )

    def test_refusals_are_the_same_words(self, system: Fronts, acme: Account, role: str) -> None:
        nobody = user_with(acme, "nobody")
        wrong = Keys(nobody.endpoint, nobody.access_key_id, "x" * 40)
        unknown = Keys(nobody.endpoint, "AKIAIOSFODNN7EXAMPLE", "x" * 40)
        visitor = acme.arn(f"role/{role}")
        asked = [
            call(nobody, "sts", "AssumeRole", RoleArn=visitor, RoleSessionName="test"),
            call(nobody, "sts", "AssumeRole", RoleArn=acme.arn("role/none"), RoleSessionName="test"),
            call(nobody, "sts", "AssumeRole", RoleArn="x", RoleSessionName="test"),
            call(nobody, "iam", "CreateAccessKey", UserName="nobody"),
            call(nobody, "iam", "ListUsers"),
            call(nobody, "sts", "DecodeAuthorizationMessage", EncodedMessage="x"),
            call(acme.administrator, "sts", "DecodeAuthorizationMessage", EncodedMessage="x"),
            call(nobody, "sts", "NoSuchOperation"),
            raw(nobody, "POST", "/", "ec2", body=b"Action=DescribeInstances&Version=2016-11-15"),
            raw(wrong, "POST", "/", "ec2", body=b"Action=DescribeInstances&Version=2016-11-15"),
            whoami(wrong),
            whoami(unknown),
            get(nobody, "/"),
            get(wrong, "/"),
            get(unknown, "/"),
            call(acme.root, "sts", "AssumeRole", RoleArn=visitor, RoleSessionName="test"),
        ]
        for request in asked:
            here = request.send()
            front = system.at_front(nobody)
            signed_for = request.header(b"host").decode()
            there = type(request)(
                front.endpoint, request.method, request.target, request.headers, request.body
            ).send()  # the signature is over the Host header, which stays
            assert signed_for in nobody.endpoint
            assert there.error == here.error, request.body
            assert here.status >= 400

    def test_lists_go_on_at_the_other_node(self, acme: Account, admin: Keys) -> None:
        acme.administrator.client("iam").create_user(UserName="listed")
        first = admin.client("iam").list_users(MaxItems=1)
        rest = acme.administrator.client("iam").list_users(Marker=first["Marker"], MaxItems=1)
        again = admin.client("iam").list_users(Marker=rest["Marker"])
        names = [user["UserName"] for page in (first, rest, again) for user in page["Users"]]
        whole = acme.administrator.client("iam").list_users()["Users"]
        assert names == [user["UserName"] for user in whole]

    def test_objects_of_one_node_are_read_at_the_other(self, acme: Account, admin: Keys) -> None:
        acme.administrator.client("s3").create_bucket(Bucket="of-both-nodes")
        for size in (10, 300_000):
            assert put(admin, f"/of-both-nodes/{size}", b"x" * size).send().status == 200
            for keys in (admin, acme.administrator):
                assert get(keys, f"/of-both-nodes/{size}").send().body == b"x" * size

    def test_one_audit_event_with_the_clients_own_address(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data", front={"trusted_proxies": ["127.0.0.0/8"]}) as system:
            acme = system.house.account()
            request = call(system.at_front(acme.administrator), "sts", "GetSessionToken")
            answer = request.with_header(b"x-forwarded-for", b"203.0.113.7").send()
            assert answer.status == 200
            identifier = answer.element("RequestId")
        (event,) = events(tmp_path / "data", "GetSessionToken")
        assert event["sourceIPAddress"] == "203.0.113.7"
        assert event["requestID"] == identifier

    def test_conditions_on_the_address_hold_for_requests_that_are_handed_on(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data", front={"trusted_proxies": ["127.0.0.0/8"]}) as system:
            acme = system.house.account()
            inside = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
            document = policy(allow("iam:CreateAccessKey", Condition=inside))
            keys = system.at_front(user_with(acme, "inside", document))
            request = call(keys, "iam", "CreateAccessKey", UserName="inside")
            assert request.with_header(b"x-forwarded-for", b"198.51.100.7").send().code == "AccessDenied"
            assert request.with_header(b"x-forwarded-for", b"203.0.113.7").send().status == 200

    def test_https_with_the_certificate_that_the_other_node_made(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data", front={"https": True}) as system:
            acme = system.house.account()
            keys = system.at_front(acme.administrator)
            description = system.front.description
            connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
            client = connect(
                "sts",
                region_name="us-east-1",
                endpoint_url=description["https"],
                verify=description["ca_bundle"],
                aws_access_key_id=keys.access_key_id,
                aws_secret_access_key=keys.secret_access_key,
            )
            for answer in (client.get_caller_identity(), client.get_session_token()):
                assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200

    def test_several_processes_of_both_nodes(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data", front={"workers": 2}, workers=2) as system:
            acme = system.house.account()
            admin = system.at_front(acme.administrator)
            admin.client("iam").create_role(RoleName="many", AssumeRolePolicyDocument=trust(AWS=acme.arn("root")))
            for _ in range(12):
                session = acme.assume("many", admin)
                assert whoami(session).send().status == 200


class TestWhatAStolenNodeGives:
    def test_no_secret_stands_in_its_memory(self, system: Fronts, acme: Account, admin: Keys, role: str) -> None:
        data_dir = system.house.server.data_dir
        keyring = load_keyring(data_dir)
        session = acme.assume(role, admin)
        for request in (
            whoami(admin),
            get(admin, "/"),
            whoami(session),
            get(session, "/"),
            call(admin, "iam", "ListUsers"),
        ):
            assert request.send().status == 200
        minting = MintingKeys(keyring)
        secret = admin.secret_access_key.encode()
        master = keyring.newest.material
        sought = {
            secret,
            base64.b64encode(secret),
            master,
            base64.b64encode(master),
            master.hex().encode(),
            minting.signing_key(1).private_bytes_raw(),
            keyring.derive("access-key", 1, 0),
            keyring.derive("session-token", 1, period_of(datetime.now(UTC))),
            keyring.derive("authorization-message", 1, 0),
        }
        given = keyring.derive(OPENING_PURPOSE, 1, period_of(datetime.now(UTC)))
        key_id = admin.access_key_id.encode()
        assert finds_in_memory(system.front.process.pid, {*sought, given, key_id}) <= {given, key_id}
        assert key_id in finds_in_memory(system.front.process.pid, {key_id})

    def test_the_same_search_finds_the_secrets_of_a_node_that_holds_them(self, tmp_path: Path) -> None:
        house = House.start(tmp_path / "data")
        keys = house.account().administrator
        assert whoami(keys).send().status == 200
        master = load_keyring(tmp_path / "data").newest.material
        sought = {keys.secret_access_key.encode(), master}
        assert finds_in_memory(house.server.process.pid, sought) == sought
        house.stop()

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read the memory of every process")
    def test_the_memory_of_the_node_that_holds_the_keys_is_closed_to_its_own_user(self, system: Fronts) -> None:
        with pytest.raises(PermissionError):
            finds_in_memory(system.house.server.process.pid, {b"x"})

    def test_who_stole_its_keys_mints_no_session(self, system: Fronts, acme: Account, admin: Keys) -> None:
        keyring = load_keyring(system.house.server.data_dir)
        root = _session(acme, SessionKind.SESSION_TOKEN, acme.id)

        class Stolen(SessionSealer):
            """Seals as the thief can: with the opening key, and a signature of another key."""

            def seal(self, plain: bytes, owner: str, *, period: int = 0) -> bytes:
                theirs = MintingKeys(Keyring([keyring.newest])).derive(OPENING_PURPOSE, 1, period)
                sealer = _WithKey(theirs)
                sealed = sealer.seal(plain, owner, period=period)
                return sealed + os.urandom(64)

        issued = issue_session(
            root, sealer=Stolen(MintingKeys(keyring), os.urandom, signs=True), random_bytes=os.urandom
        )
        for endpoint in (admin.endpoint, acme.administrator.endpoint):
            forged = Keys(endpoint, issued.access_key_id, issued.secret.reveal(), issued.token)
            assert whoami(forged).send().error == INVALID_TOKEN
        genuine = issue_session(
            root, sealer=SessionSealer(MintingKeys(keyring), os.urandom, signs=True), random_bytes=os.urandom
        )
        for endpoint in (admin.endpoint, acme.administrator.endpoint):
            minted = Keys(endpoint, genuine.access_key_id, genuine.secret.reveal(), genuine.token)
            assert whoami(minted).send().status == 200, "the forgery was refused for another reason"


class _WithKey(Sealer):
    format_number = 2

    def __init__(self, key: bytes) -> None:
        self._key = key
        super().__init__(self, OPENING_PURPOSE, os.urandom)

    newest_number = 1

    def derive(self, purpose: str, number: int, period: int) -> bytes:
        return self._key


def _session(acme: Account, kind: SessionKind, principal_id: str) -> Session:
    now = datetime.now(UTC)
    return Session(
        kind=kind,
        account=AccountId(acme.id),
        principal_id=principal_id,
        session_name="forged",
        issued_at=now,
        expires_at=now + timedelta(hours=1),
    )


class TestCredentials:
    def test_a_deactivated_key_is_dead_from_the_next_request(self, acme: Account, admin: Keys) -> None:
        iam = acme.administrator.client("iam")
        keys = user_with(acme, "switched")
        here = Keys(admin.endpoint, keys.access_key_id, keys.secret_access_key)
        assert whoami(here).send().status == 200
        for status, expected in (("Inactive", UNKNOWN_KEY), ("Active", (200, "", "")), ("Inactive", UNKNOWN_KEY)):
            iam.update_access_key(UserName="switched", AccessKeyId=keys.access_key_id, Status=status)
            assert whoami(here).send().error == expected
        iam.update_access_key(UserName="switched", AccessKeyId=keys.access_key_id, Status="Active")
        assert whoami(here).send().status == 200
        iam.delete_access_key(UserName="switched", AccessKeyId=keys.access_key_id)
        assert whoami(here).send().error == UNKNOWN_KEY
        assert get(here, "/").send().code == "InvalidAccessKeyId"

    def test_a_key_is_asked_for_once_whatever_changes_in_its_account(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data") as system:
            acme = system.house.account()
            keys = user_with(acme, "steady")
            here = system.at_front(keys)
            for number in range(5):
                assert whoami(here).send().status == 200
                acme.administrator.client("iam").create_user(UserName=f"other-{number}")
        text = (tmp_path / "data" / "keys-given.jsonl").read_text()
        asked = [line for line in map(json.loads, text.splitlines()) if line.get("accessKeyId") == keys.access_key_id]
        assert [(line["scope"].split("/")[1:], line["given"]) for line in asked] == [(["us-east-1", "sts"], True)]
        assert keys.secret_access_key not in text
        today = asked[0]["scope"].split("/")[0]
        derived = signing_key_bytes(keys.secret_access_key, today, "us-east-1", "sts")
        assert derived.hex() not in text

    def test_the_key_of_a_day_serves_that_day(self, system: Fronts, acme: Account) -> None:
        keys = system.at_front(user_with(acme, "daily"))
        assert whoami(keys).send().status == 200
        with system.house.later(86_400):
            tomorrow = datetime.now(UTC) + timedelta(days=1)
            assert whoami(keys).send().code == "SignatureDoesNotMatch"
            assert whoami(keys, now=tomorrow).send().status == 200
            assert whoami(Keys(keys.endpoint, keys.access_key_id, "x" * 40), now=tomorrow).send().status == 403

    def test_a_presigned_url_of_last_week(self, system: Fronts, acme: Account, admin: Keys) -> None:
        acme.administrator.client("s3").create_bucket(Bucket="last-week")
        put(acme.administrator, "/last-week/a", b"kept").send()
        request = presigned(admin, "GET", "/last-week/a", seconds=604_800)
        with system.house.later(604_000):
            assert request.send().body == b"kept"
        with system.house.later(605_000):
            assert request.send().code == "AccessDenied"

    @pytest.mark.parametrize("signs", [False, True], ids=["format 1", "format 2"])
    def test_a_token_with_any_byte_changed(self, system: Fronts, acme: Account, admin: Keys, *, signs: bool) -> None:
        keyring = load_keyring(system.house.server.data_dir)
        sealer = SessionSealer(MintingKeys(keyring), os.urandom, signs=signs)
        issued = issue_session(
            _session(acme, SessionKind.SESSION_TOKEN, acme.id), sealer=sealer, random_bytes=os.urandom
        )
        raw = base64.b64decode(issued.token)
        full = acme.administrator.endpoint
        whole = Keys(full, issued.access_key_id, issued.secret.reveal(), issued.token)
        assert whoami(whole).send().status == 200
        expected = (200, "", "") if signs else INVALID_TOKEN
        assert whoami(system.at_front(whole)).send().error == expected, "front nodes take signed tokens only"
        for position in range(len(raw)):
            changed = bytearray(raw)
            changed[position] ^= 1 << position % 8
            token = base64.b64encode(changed).decode()
            for endpoint in (full, admin.endpoint):
                keys = Keys(endpoint, issued.access_key_id, issued.secret.reveal(), token)
                assert whoami(keys).send().error == INVALID_TOKEN, (position, endpoint)

    def test_sigv4a_is_verified_with_the_public_key(self, system: Fronts, acme: Account) -> None:
        keys = system.at_front(user_with(acme, "asymmetric"))
        for secret, status in ((keys.secret_access_key, 200), ("x" * 40, 403), (keys.secret_access_key, 200)):
            signed = sign_request(
                "POST",
                f"{keys.endpoint}/",
                {"content-type": FORM},
                b"Action=GetCallerIdentity&Version=2011-06-15",
                Credentials(keys.access_key_id, secret),
                Target("sts", "us-east-1,eu-*", algorithm=V4A),
                datetime.now(UTC),
            )
            lines = tuple((name.encode(), value.encode()) for name, value in signed.headers.items())
            request = RawRequest(keys.endpoint, "POST", "/", lines, b"Action=GetCallerIdentity&Version=2011-06-15")
            assert request.send().status == status

    def test_signature_version_2_is_refused_with_a_word_on_what_to_use(self, system: Fronts, acme: Account) -> None:
        keys = acme.administrator
        made = subprocess.run(
            [sys.executable, "-c", _V2_URL, keys.endpoint, keys.access_key_id, keys.secret_access_key],
            capture_output=True,
            text=True,
            check=True,
        )
        target = made.stdout.strip().removeprefix(keys.endpoint)
        assert unsigned(keys, "GET", target).send().status == 200
        refused = unsigned(system.at_front(keys), "GET", target).send()
        assert (refused.status, refused.code) == (400, "InvalidRequest")
        assert "AWS4-HMAC-SHA256" in refused.message


_V2_URL = """
import boto3, sys
from botocore.config import Config
endpoint, key, secret = sys.argv[1:]
config = Config(signature_version="s3", s3={"addressing_style": "path"})
s3 = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret, config=config,
                  region_name="us-east-1")
s3.create_bucket(Bucket="version-two")
print(s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "version-two"}))
"""
