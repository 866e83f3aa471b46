"""Somebody who is nobody, or another, or at another time, place or service: never let in, in AWS's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.house import Account, House, Keys, allow, policy, user_with
from tests.support.raw_requests import FORM, Answer, call, get, presigned, put, raw, send_bytes, whoami

WHO_AM_I = b"Action=GetCallerIdentity&Version=2011-06-15"
UNKNOWN_KEY = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
INVALID_TOKEN = (403, "InvalidClientTokenId", "The security token included in the request is invalid")
NO_MATCH = (
    403,
    "SignatureDoesNotMatch",
    (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access"
        " Key and signing method. Consult the service documentation for details."
    ),
)


@pytest.fixture(scope="module")
def admin(acme: Account) -> Keys:
    return acme.administrator


@pytest.fixture(scope="module")
def bucket(admin: Keys) -> str:
    admin.client("s3").create_bucket(Bucket="authentication-attacks")
    return "authentication-attacks"


@pytest.fixture(scope="module")
def session(acme: Account, admin: Keys) -> Keys:
    answer = admin.client("sts").get_session_token()["Credentials"]
    return Keys(admin.endpoint, answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])


def basic(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%SZ")


class TestKeysThatNobodyHas:
    @pytest.mark.parametrize(
        "key_id", ["test", "111122223333", "000000000000", "AKIAIOSFODNN7EXAMPLE", "root", "admin"]
    )
    def test_a_made_up_key_is_nobody(self, admin: Keys, key_id: str) -> None:
        made_up = Keys(admin.endpoint, key_id, "test")
        assert whoami(made_up).send().error == UNKNOWN_KEY
        assert get(made_up, "/").send().error == (
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        )

    def test_the_account_id_is_no_key_of_its_root(self, acme: Account, admin: Keys) -> None:
        assert whoami(Keys(admin.endpoint, acme.id, acme.id)).send().error == UNKNOWN_KEY

    def test_a_key_id_in_another_case_is_another_key(self, admin: Keys) -> None:
        assert whoami(replace(admin, access_key_id=admin.access_key_id.lower())).send().error == UNKNOWN_KEY

    def test_a_temporary_key_id_without_a_token_is_nobody(self, admin: Keys, session: Keys) -> None:
        assert whoami(replace(session, session_token=None)).send().error == INVALID_TOKEN
        made_up = Keys(admin.endpoint, "ASIAIOSFODNN7EXAMPLE", "test")
        assert whoami(made_up).send().error == INVALID_TOKEN

    def test_a_request_without_credentials_is_refused_by_all_that_need_them(self, admin: Keys) -> None:
        for action in ("GetCallerIdentity", "GetSessionToken"):
            unsigned = call(admin, "sts", action).without_header(b"authorization")
            expected = (403, "MissingAuthenticationToken", "Request is missing Authentication Token")
            assert unsigned.send().error == expected
        stranger = get(admin, "/").without_header(b"authorization").without_header(b"x-amz-content-sha256")
        assert stranger.send().error == (403, "AccessDenied", "Access Denied")


class TestSecretsAndTokens:
    @pytest.mark.parametrize("secret", ["", "test", "x" * 40])
    def test_another_secret_is_refused(self, admin: Keys, secret: str) -> None:
        assert whoami(replace(admin, secret_access_key=secret)).send().error == NO_MATCH

    def test_the_secret_of_another_principal_is_refused(self, acme: Account, globex: Account) -> None:
        for other in (acme.root, globex.administrator, globex.root):
            mixed = replace(acme.administrator, secret_access_key=other.secret_access_key)
            assert whoami(mixed).send().error == NO_MATCH

    def test_a_token_with_a_long_term_key_is_refused(self, admin: Keys, session: Keys) -> None:
        for token in ("anything", session.session_token):
            assert whoami(replace(admin, session_token=token)).send().error == INVALID_TOKEN
        answer = get(replace(admin, session_token="anything"), "/").send()
        assert answer.error == (400, "InvalidToken", "The provided token is malformed or otherwise invalid.")

    def test_a_token_of_another_session_is_refused(self, admin: Keys, session: Keys) -> None:
        other = admin.client("sts").get_session_token()["Credentials"]
        assert whoami(replace(session, session_token=other["SessionToken"])).send().error == INVALID_TOKEN

    def test_an_unsigned_token_header_is_refused(self, session: Keys) -> None:
        stripped = whoami(replace(session, session_token=None))
        added = stripped.with_header(b"x-amz-security-token", (session.session_token or "").encode())
        assert added.send().error == (
            403,
            "SignatureDoesNotMatch",
            "'x-amz-security-token' must be a 'SignedHeader' in the AWS Authorization.",
        )

    def test_a_token_changed_in_any_place_is_refused(self, session: Keys) -> None:
        token = session.session_token or ""
        places = range(0, len(token), max(1, len(token) // 40))
        for at in places:
            other = "B" if token[at] == "A" else "A"
            changed = replace(session, session_token=token[:at] + other + token[at + 1 :])
            assert whoami(changed).send().error == INVALID_TOKEN, at
        for changed_token in (token[:-4], token + "AAAA", token[4:], token + " x", "A" * len(token)):
            assert whoami(replace(session, session_token=changed_token)).send().error == INVALID_TOKEN


class TestTime:
    def test_a_request_fifteen_minutes_off_passes_and_a_second_more_does_not(self, house: House, admin: Keys) -> None:
        # The server's clock does not stand still: a whole second of travel is allowed for, on the side where it helps.
        now = datetime.now(UTC).replace(microsecond=0)
        assert whoami(admin, now=now - timedelta(seconds=898)).send().status == 200
        assert whoami(admin, now=now + timedelta(seconds=900)).send().status == 200
        late = now - timedelta(seconds=901)
        answer = whoami(admin, now=late).send()
        assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
        assert answer.message.startswith(f"Signature expired: {basic(late)} is now earlier than ")
        early = now + timedelta(seconds=910)
        answer = whoami(admin, now=early).send()
        assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
        assert answer.message.startswith(f"Signature not yet current: {basic(early)} is still later than ")

    @pytest.mark.parametrize("minutes", [-20, 20])
    def test_twenty_minutes_off_is_refused_by_both_kinds_of_service(self, admin: Keys, minutes: int) -> None:
        before = datetime.now(UTC).replace(microsecond=0)
        at = before + timedelta(minutes=minutes)
        said = whoami(admin, now=at).send().message
        words = "Signature expired: {} is now earlier than {} ({} - 15 min.)"
        if minutes > 0:
            words = "Signature not yet current: {} is still later than {} ({} + 15 min.)"
        edge = timedelta(minutes=15 if minutes > 0 else -15)
        nows = [before + timedelta(seconds=n) for n in range(5)]
        assert said in [words.format(basic(at), basic(now + edge), basic(now)) for now in nows]
        s3 = raw(admin, "GET", "/", "s3", now=at).send()
        assert s3.error == (
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )
        assert s3.element("MaxAllowedSkewMilliseconds") == "900000"

    def test_a_replay_inside_the_window_is_valid_and_after_it_is_not(self, house: House, admin: Keys) -> None:
        request = whoami(admin)
        assert [request.send().status for _ in range(3)] == [200, 200, 200]
        with house.later(890):
            assert request.send().status == 200
        with house.later(910):
            assert request.send().code == "SignatureDoesNotMatch"

    def test_a_date_that_is_none_is_refused(self, admin: Keys) -> None:
        request = whoami(admin)
        for date in (b"", b"yesterday", b"20150830T123600", b"99999999T999999Z", b"\xff\xfe"):
            answer = request.with_header(b"x-amz-date", date).send()
            assert (answer.status, answer.code) == (400, "IncompleteSignature"), date
        assert request.without_header(b"x-amz-date").send().code == "IncompleteSignature"


class TestScope:
    def test_a_signature_for_another_service_is_refused(self, admin: Keys) -> None:
        for service in ("iam", "ec2", "s3", "execute-api", ""):
            headers = {"content-type": FORM, "host": "sts.amazonaws.com"}
            request = raw(admin, "POST", "/", service, headers=headers, body=WHO_AM_I)
            assert request.send().error == (
                403,
                "SignatureDoesNotMatch",
                "Credential should be scoped to correct service: 'sts'.",
            )

    def test_a_signature_for_another_region_is_refused_where_the_host_says_which(self, admin: Keys) -> None:
        host = {"content-type": FORM, "host": "sts.eu-west-1.amazonaws.com"}
        answer = raw(admin, "POST", "/", "sts", headers=host, body=WHO_AM_I, region="us-east-1").send()
        expected = "Credential should be scoped to a valid region, not 'us-east-1'."
        assert answer.error == (403, "SignatureDoesNotMatch", expected)

    def test_a_bucket_takes_signatures_of_its_own_region_only(self, admin: Keys, bucket: str) -> None:
        answer = raw(admin, "GET", f"/{bucket}?list-type=2", "s3", region="eu-central-1").send()
        assert (answer.status, answer.code, answer.element("Region")) == (
            400,
            "AuthorizationHeaderMalformed",
            "us-east-1",
        )

    def test_a_signature_of_another_day_or_with_another_end_is_refused(self, admin: Keys) -> None:
        request = whoami(admin)
        today = datetime.now(UTC)
        yesterday = f"{today - timedelta(days=1):%Y%m%d}"
        answer = request.with_authorization(f"/{today:%Y%m%d}/", f"/{yesterday}/").send()
        assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
        assert answer.message.startswith("Date in Credential scope does not match YYYYMMDD from ISO-8601 version")
        answer = request.with_authorization("/aws4_request", "/aws5_request").send()
        assert answer.error == (
            403,
            "SignatureDoesNotMatch",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
        )

    def test_a_scope_that_was_not_signed_is_refused(self, admin: Keys) -> None:
        iam = call(admin, "iam", "ListUsers")
        assert iam.send().status == 200
        assert iam.with_authorization("/us-east-1/", "/us-west-2/").send().error == NO_MATCH


class TestHeaders:
    def test_an_unsigned_amz_header_is_refused(self, admin: Keys, bucket: str) -> None:
        for name in ("x-amz-target", "x-amz-acl", "x-amz-meta-a", "x-amz-copy-source", "x-amz-anything"):
            answer = whoami(admin).with_header(name.encode(), b"evil").send()
            expected = f"'{name}' must be a 'SignedHeader' in the AWS Authorization."
            assert answer.error == (403, "SignatureDoesNotMatch", expected)
            answer = put(admin, f"/{bucket}/unsigned", b"x").with_header(name.encode(), b"evil").send()
            expected = "There were headers present in the request which were not signed"
            assert answer.error == (403, "AccessDenied", expected)
        assert get(admin, f"/{bucket}/unsigned").send().code == "NoSuchKey"

    def test_of_two_authorization_lines_the_first_alone_counts(self, acme: Account, globex: Account) -> None:
        mine, other = whoami(acme.administrator), whoami(globex.administrator)
        for second in (other.header(b"authorization"), b"Bearer x", b""):
            both = replace(mine, headers=(*mine.headers, (b"Authorization", second)))
            assert both.send().element("Account") == acme.id
        for first in (b"Bearer x", b"", other.header(b"authorization")[:-1] + b"x"):
            assert refused(replace(mine, headers=((b"Authorization", first), *mine.headers)).send()), first

    def test_header_and_query_credentials_together_are_refused(self, admin: Keys, bucket: str) -> None:
        in_query = presigned(admin, "GET", f"/{bucket}", seconds=60)
        in_header = get(admin, f"/{bucket}")
        both = replace(in_query, headers=in_header.headers)
        assert both.send().error == (
            400,
            "InvalidArgument",
            (
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string"
                " parameter or the Authorization header should be specified"
            ),
        )
        request = whoami(admin)
        assert replace(request, target="/?X-Amz-Algorithm=AWS4-HMAC-SHA256").send().error == (
            403,
            "SignatureDoesNotMatch",
            "",
        )

    def test_an_oversized_authorization_is_refused(self, admin: Keys) -> None:
        request = whoami(admin)
        value = request.header(b"authorization")
        long = request.with_header(b"authorization", value + b" " * 10 + b"x" * 12_000).send()
        assert refused(long)
        huge = request.with_header(b"authorization", value + b"x" * 70_000).send()
        assert huge.status == 431

    @pytest.mark.parametrize("name", [b"authorization", b"x-amz-date", b"x-amz-security-token", b"host", b"x-amz-a"])
    def test_headers_that_are_no_text_are_refused_without_a_fault(self, admin: Keys, name: bytes) -> None:
        for value in (b"\xff\xfe\x80", "AWS4-HMAC-SHA256 Credential=ключ".encode(), b"\xc3("):
            assert refused(whoami(admin).with_header(name, value).send())

    def test_another_host_name_than_the_signed_one_is_refused(self, admin: Keys) -> None:
        for host in (b"sts.amazonaws.com", b"evil.example.com", b"localhost"):
            assert refused(whoami(admin).with_header(b"host", host).send())

    def test_the_forwarded_host_is_not_the_host(self, admin: Keys) -> None:
        request = whoami(admin).with_header(b"x-forwarded-host", b"iam.amazonaws.com")
        assert request.send().status == 200
        moved = request.with_header(b"host", b"x.example.com").with_header(b"x-forwarded-host", request.header(b"host"))
        assert moved.send().error == NO_MATCH


class TestPaths:
    def test_a_path_is_what_was_signed_not_what_it_could_mean(self, admin: Keys, bucket: str) -> None:
        assert put(admin, f"/{bucket}/a/secret", b"secret").send().status == 200
        tricks = ("/a//secret", "/a/./secret", "/a/b/../secret", "/a%2fsecret/../secret", "//a/secret", "/A/secret")
        for trick in tricks:
            signed_elsewhere = replace(get(admin, f"/{bucket}/a/secret"), target=f"/{bucket}{trick}")
            assert signed_elsewhere.send().code in {"SignatureDoesNotMatch", "InvalidURI"}, trick
            answer = get(admin, f"/{bucket}{trick}").send()
            assert answer.body != b"secret", trick

    def test_a_policy_on_a_key_is_not_avoided_by_another_spelling(self, acme: Account, bucket: str) -> None:
        admin = acme.administrator
        assert put(admin, f"/{bucket}/private/plan", b"the plan").send().status == 200
        public = policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/public/*"))
        reader = user_with(acme, "speller", public)
        for path in (
            "/private/plan",
            "/public/../private/plan",
            "/public/%2e%2e/private/plan",
            "/public/..%2fprivate/plan",
            "/public/%2E%2E%2Fprivate%2Fplan",
            "//private/plan",
            "/./private/plan",
            "/%70rivate/plan",
        ):
            answer = get(reader, f"/{bucket}{path}").send()
            assert answer.status in (400, 403, 404), path
            assert b"the plan" not in answer.body

    @pytest.mark.parametrize(
        "target", ["/%", "/%zz", "/../x", "/%2e%2e/%2e%2e/etc/passwd", "/a/../../b", "/%00", "/\\x"]
    )
    def test_paths_that_cannot_be_are_refused(self, admin: Keys, target: str) -> None:
        for request in (replace(whoami(admin), target=target), replace(get(admin, "/"), target=target)):
            assert refused(request.send()), target


class TestNotHttp:
    @pytest.mark.parametrize(
        "wire",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nx y: z\r\n\r\n",
        ],
        ids=["tls", "no host", "two hosts", "two lengths", "length and chunks", "negative length", "space in a name"],
    )
    def test_what_is_not_http_gets_a_bare_400(self, admin: Keys, wire: bytes) -> None:
        assert send_bytes(admin.endpoint, wire).status == 400


def refused(answer: Answer) -> bool:
    """True when the answer is an error of the client's that the house knows."""
    return 400 <= answer.status < 500


@pytest.mark.parametrize("name", ["TokenCode", "AuthenticationCode1", "NewPassword", "WebIdentityToken"])
def test_a_code_in_a_request_that_was_signed_wrongly_is_nowhere_to_be_read(tmp_path: Path, name: str) -> None:
    """What was wrong with a signature is kept for the operator. The code was not used up by it."""
    house = House.start(tmp_path / "data")
    try:
        keys = house.account().administrator
        signed = raw(keys, "GET", "/", "sts")
        sent = replace(signed, target=f"/?Action=GetSessionToken&{name}=314159&Version=2011-06-15")
        assert sent.send().code == "SignatureDoesNotMatch"
    finally:
        house.stop()
    files = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert [data for data in files if b"left out the query string" in data]
    assert not [data for data in files if b"314159" in data]
