"""What S3 answers to credentials that are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from watchword.core.http import RequestHead
from watchword.signing.claims import Claim, Rules
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.keys import derive_signing_key
from watchword.signing.signer import Credentials, Target, presign, sign_request
from watchword.signing.verification import read_claim, verify

NOW = datetime(2013, 5, 24, tzinfo=UTC)
KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")
S3 = Target("s3", "us-east-1", s3=True)
RULES = Rules("s3", Dialect.S3, "us-east-1")
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
HEX = "0" * 64
NAMES = "host;x-amz-content-sha256;x-amz-date"
GOOD = f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={NAMES},Signature={HEX}"
HEADERS = {
    "host": "b.s3.amazonaws.com",
    "authorization": GOOD,
    "x-amz-date": "20130524T000000Z",
    "x-amz-content-sha256": EMPTY,
}
MALFORMED = "The authorization header is malformed; "


def head(changes: Mapping[str, str | None] | None = None, method: str = "GET", query: str = "") -> RequestHead:
    fields = {**HEADERS, **(changes or {})}
    lines = [(name.encode(), value.encode()) for name, value in fields.items() if value is not None]
    return RequestHead(method, b"/key", query.encode(), lines)


def refusal(request: RequestHead, now: datetime = NOW) -> tuple[str, int, str, Mapping[str, str]]:
    with pytest.raises(SignatureError) as caught:
        read_claim(request, RULES, now)
    answer = caught.value.answer(Dialect.S3)
    return answer.code, answer.status, answer.message, answer.fields


def claim_of(request: RequestHead, now: datetime = NOW) -> Claim:
    claim = read_claim(request, RULES, now)
    assert claim is not None
    return claim


def with_scope(scope: str) -> RequestHead:
    return head({"authorization": GOOD.replace(SCOPE, scope)})


def test_no_credentials_at_all_is_no_claim() -> None:
    assert read_claim(head({"authorization": None}), RULES, NOW) is None


def test_a_well_formed_request_makes_a_claim() -> None:
    claim = claim_of(head())
    assert (claim.access_key_id, claim.payload_hash) == ("AKIAIOSFODNN7EXAMPLE", EMPTY)


@pytest.mark.parametrize(
    ("changes", "query"),
    [({"authorization": "AWS AKIA:c2ln"}, ""), ({"authorization": None}, "AWSAccessKeyId=A&Signature=x&Expires=1")],
)
def test_signature_version_2_is_not_supported(changes: dict[str, str | None], query: str) -> None:
    assert refusal(head(changes, query=query))[:3] == (
        "InvalidRequest",
        400,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Bearer token", "Unsupported Authorization Type"),
        ("AWS4-HMAC-SHA256", "Authorization header is invalid -- one and only one ' ' (space) required"),
    ],
)
def test_other_authorization_types_are_refused(value: str, message: str) -> None:
    assert refusal(head({"authorization": value})) == (
        "InvalidArgument",
        400,
        message,
        {"ArgumentName": "Authorization", "ArgumentValue": value},
    )


@pytest.mark.parametrize(
    "value",
    [GOOD.rpartition(",")[0], GOOD + ",", GOOD + ", Signature=" + "0" * 64, "AWS4-HMAC-SHA256 x", "AWS4-HMAC-SHA256 "],
)
def test_more_or_fewer_parts_than_three_are_counted(value: str) -> None:
    """Recorded at AWS: aws/aws-cli issue 4385, ex-aws/ex_aws issue 537."""
    assert refusal(head({"authorization": value}))[:3] == (
        "AuthorizationHeaderMalformed",
        400,
        f"{MALFORMED}the authorization header requires three components: Credential, SignedHeaders, and Signature.",
    )


@pytest.mark.parametrize("part", ["Credential", "SignedHeaders", "Signature"])
def test_a_missing_part_is_named(part: str) -> None:
    value = GOOD.replace(f"{part}=", "X=")
    assert refusal(head({"authorization": value}))[:3] == (
        "AuthorizationHeaderMalformed",
        400,
        f"{MALFORMED}missing {part}.",
    )


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (
            "AKIA/20130524/us-east-1/s3",
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        ),
        (
            "AKIA/20130524/us-east-1/iam/aws4_request",
            'incorrect service "iam". This endpoint belongs to "s3".',
        ),
        ("AKIA/20130524/us-east-1/s3/aws5", 'incorrect terminal "aws5". This endpoint uses "aws4_request".'),
        (
            "AKIA/2013/us-east-1/s3/aws4_request",
            'incorrect date format "2013". This date in the credential must be in the format "yyyyMMdd".',
        ),
        (
            "AKIA/20130523/us-east-1/s3/aws4_request",
            f"{MALFORMED}Invalid credential date. Date is not the same as X-Amz-Date.",
        ),
    ],
)
def test_a_wrong_scope_is_explained(scope: str, message: str) -> None:
    assert refusal(with_scope(scope))[:3] == ("AuthorizationHeaderMalformed", 400, MALFORMED + message)


def test_a_wrong_region_is_answered_with_the_right_one() -> None:
    assert refusal(with_scope("AKIA/20130524/aws-global/s3/aws4_request")) == (
        "AuthorizationHeaderMalformed",
        400,
        f"{MALFORMED}the region 'aws-global' is wrong; expecting 'us-east-1'",
        {"Region": "us-east-1"},
    )


def test_a_date_is_required() -> None:
    assert refusal(head({"x-amz-date": None}))[:3] == (
        "AccessDenied",
        403,
        "AWS authentication requires a valid Date or x-amz-date header",
    )


@pytest.mark.parametrize("seconds", [901, -901])
def test_a_clock_that_is_off_is_told_both_times(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    assert refusal(head(), now) == (
        "RequestTimeTooSkewed",
        403,
        "The difference between the request time and the current time is too large.",
        {
            "RequestTime": "20130524T000000Z",
            "ServerTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "MaxAllowedSkewMilliseconds": "900000",
        },
    )


def test_fifteen_minutes_pass() -> None:
    assert claim_of(head(), NOW + timedelta(seconds=900)).requested_at == NOW
    assert claim_of(head(), NOW - timedelta(seconds=900)).requested_at == NOW


def test_the_payload_hash_is_required() -> None:
    assert refusal(head({"x-amz-content-sha256": None}))[2] == (
        "Missing required header for this request: x-amz-content-sha256"
    )


def test_an_unknown_payload_hash_is_refused() -> None:
    code, status, message, fields = refusal(head({"x-amz-content-sha256": "nothing"}))
    assert (code, status) == ("InvalidArgument", 400)
    assert message.startswith("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, ")
    assert fields == {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": "nothing"}


def test_unsigned_x_amz_headers_are_listed() -> None:
    request = head({"x-amz-meta-a": "1", "x-amz-security-token": "t"})
    assert refusal(request) == (
        "AccessDenied",
        403,
        "There were headers present in the request which were not signed",
        {"HeadersNotSigned": "x-amz-meta-a, x-amz-security-token"},
    )


def test_host_must_be_signed() -> None:
    request = head({"authorization": GOOD.replace("host;", "")})
    assert refusal(request)[3] == {"HeadersNotSigned": "host"}


def test_credentials_in_both_places_are_refused() -> None:
    code, status, message, fields = refusal(head(query="X-Amz-Signature=x"))
    assert (code, status) == ("InvalidArgument", 400)
    assert message.startswith("Only one auth mechanism allowed")
    assert fields["ArgumentName"] == "Authorization"


def test_credentials_of_two_versions_in_one_url_are_refused() -> None:
    request = head({"authorization": None}, query="X-Amz-Algorithm=AWS4-HMAC-SHA256&Signature=x")
    code, status, message, fields = refusal(request)
    assert (code, status) == ("InvalidArgument", 400)
    assert message.startswith("Only one auth mechanism allowed")
    assert fields == {"ArgumentName": "Authorization"}


def test_a_mismatch_shows_both_texts() -> None:
    claim = claim_of(head())
    with pytest.raises(SignatureError) as caught:
        verify(claim, derive_signing_key("secret", "20130524", "us-east-1", "s3"), None)
    answer = caught.value.answer(Dialect.S3)
    canonical = f"GET\n/key\n\nhost:b.s3.amazonaws.com\nx-amz-content-sha256:{EMPTY}\nx-amz-date:20130524T000000Z\n\n"
    canonical += f"{NAMES}\n{EMPTY}"
    assert (answer.code, answer.status) == ("SignatureDoesNotMatch", 403)
    assert list(answer.fields) == [
        "AWSAccessKeyId",
        "StringToSign",
        "SignatureProvided",
        "StringToSignBytes",
        "CanonicalRequest",
        "CanonicalRequestBytes",
    ]
    assert answer.fields["CanonicalRequest"] == canonical
    assert answer.fields["CanonicalRequestBytes"] == canonical.encode().hex(" ")
    assert answer.fields["StringToSignBytes"].startswith("41 57 53 34 2d 48 4d 41 43")
    assert answer.fields["SignatureProvided"] == HEX


class TestPresigned:
    URL = "http://b.s3.amazonaws.com/key"

    def url(self, expires_seconds: int = 3600, headers: Mapping[str, str] | None = None) -> str:
        return presign("PUT", self.URL, headers or {}, KEYS, S3, NOW, expires_seconds=expires_seconds)

    def request(self, url: str, *headers: tuple[bytes, bytes]) -> RequestHead:
        return RequestHead("PUT", b"/key", url.partition("?")[2].encode(), [(b"host", b"b.s3.amazonaws.com"), *headers])

    def check(self, request: RequestHead, now: datetime = NOW) -> Claim:
        claim = claim_of(request, now)
        verify(claim, derive_signing_key("secret", "20130524", "us-east-1", "s3"), None)
        return claim

    def test_a_url_is_good_until_its_last_second(self) -> None:
        request = self.request(self.url())
        assert self.check(request, NOW + timedelta(seconds=3600)).payload_hash == "UNSIGNED-PAYLOAD"
        assert refusal(request, NOW + timedelta(seconds=3601)) == (
            "AccessDenied",
            403,
            "Request has expired",
            {"X-Amz-Expires": "3600", "Expires": "2013-05-24T01:00:00Z", "ServerTime": "2013-05-24T01:00:01Z"},
        )

    def test_a_url_of_the_future_is_not_valid_yet(self) -> None:
        request = self.request(self.url())
        assert self.check(request, NOW - timedelta(seconds=900))
        assert refusal(request, NOW - timedelta(seconds=901))[:3] == ("AccessDenied", 403, "Request is not valid yet")

    def test_it_is_good_for_a_second_at_least(self) -> None:
        assert self.check(self.request(self.url(1))).expires_seconds == 1
        assert refusal(self.request(self.url(0))) == (
            "AccessDenied",
            403,
            "Request has expired",
            {"X-Amz-Expires": "0", "Expires": "2013-05-24T00:00:00Z", "ServerTime": "2013-05-24T00:00:00Z"},
        )

    def test_a_week_is_the_longest(self) -> None:
        assert self.check(self.request(self.url(604_800))).expires_seconds == 604_800
        assert refusal(self.request(self.url(604_801)))[2] == (
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than"
            " 604800 seconds"
        )

    @pytest.mark.parametrize(
        ("text", "message"),
        [("x", "X-Amz-Expires should be a number"), ("-1", "X-Amz-Expires must be non-negative")],
    )
    def test_an_expiry_is_a_number(self, text: str, message: str) -> None:
        url = self.url().replace("X-Amz-Expires=3600", f"X-Amz-Expires={text}")
        assert refusal(self.request(url))[:3] == ("AuthorizationQueryParametersError", 400, message)

    @pytest.mark.parametrize("name", ["Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires"])
    def test_all_six_parameters_are_needed(self, name: str) -> None:
        url = self.url().replace(f"X-Amz-{name}=", "X-Other=")
        code, status, message, _ = refusal(self.request(url))
        assert (code, status) == ("AuthorizationQueryParametersError", 400)
        assert message.startswith("Query-string authentication version 4 requires the X-Amz-Algorithm, ")

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("AWS4-HMAC-SHA256", "X", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'),
            (
                "%2Fs3%2F",
                "%2Fiam%2F",
                'Error parsing the X-Amz-Credential parameter; incorrect service "iam". This endpoint belongs to "s3".',
            ),
            (
                "%2F20130524%2F",
                "%2F20130525%2F",
                'Invalid credential date "20130525". This date is not the same as X-Amz-Date: "20130524".',
            ),
            (
                "20130524T000000Z",
                "2013-05-24",
                "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
            ),
            (
                "%2F20130524",
                "%252F20130524",
                (
                    "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting"
                    ' "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
                ),
            ),
        ],
    )
    def test_wrong_parameters_are_explained(self, old: str, new: str, message: str) -> None:
        assert refusal(self.request(self.url().replace(old, new)))[:3] == (
            "AuthorizationQueryParametersError",
            400,
            message,
        )

    def test_a_url_of_the_future_is_told_its_times(self) -> None:
        assert refusal(self.request(self.url()), NOW - timedelta(seconds=901))[3] == {
            "X-Amz-Date": "1369353600000",
            "Expires": "2013-05-24T01:00:00Z",
            "ServerTime": "2013-05-23T23:44:59Z",
        }

    def test_unsigned_x_amz_headers_are_listed(self) -> None:
        request = self.request(self.url(), (b"x-amz-meta-a", b"1"), (b"x-amz-date", b"x"))
        assert refusal(request)[3] == {"HeadersNotSigned": "x-amz-meta-a, x-amz-date"}

    def test_an_unsigned_payload_hash_is_not_looked_at(self) -> None:
        request = self.request(self.url(), (b"x-amz-content-sha256", b"whatever"))
        assert self.check(request).payload_hash == "UNSIGNED-PAYLOAD"

    def test_a_signed_payload_hash_counts(self) -> None:
        url = self.url(headers={"x-amz-content-sha256": EMPTY})
        assert self.check(self.request(url, (b"x-amz-content-sha256", EMPTY.encode()))).payload_hash == EMPTY

    def test_an_unsigned_content_type_is_accepted(self) -> None:
        assert self.check(self.request(self.url(), (b"content-type", b"text/plain")))

    def test_a_signed_header_with_another_value_is_a_mismatch(self) -> None:
        url = self.url(headers={"content-type": "text/plain"})
        assert self.check(self.request(url, (b"content-type", b"text/plain")))
        with pytest.raises(SignatureError) as caught:
            self.check(self.request(url, (b"content-type", b"text/html")))
        assert caught.value.code(Dialect.S3) == ("SignatureDoesNotMatch", 403)

    def test_a_parameter_that_comes_as_a_signed_header_too_is_a_mismatch(self) -> None:
        base = self.URL + "?x-amz-acl=private"
        url = presign("PUT", base, {"x-amz-acl": "public-read"}, KEYS, S3, NOW, expires_seconds=60)
        with pytest.raises(SignatureError) as caught:
            self.check(self.request(url, (b"x-amz-acl", b"public-read")))
        assert caught.value.code(Dialect.S3) == ("SignatureDoesNotMatch", 403)

    def test_a_header_cannot_override_a_signed_parameter(self) -> None:
        url = presign("PUT", self.URL + "?x-amz-acl=private", {}, KEYS, S3, NOW, expires_seconds=60)
        assert self.check(self.request(url))
        request = self.request(url, (b"x-amz-acl", b"public-read"))
        assert refusal(request)[3] == {"HeadersNotSigned": "x-amz-acl"}


def test_the_path_is_signed_as_it_was_sent() -> None:
    for path in ("/b//a/../c", "/b/a%2Fb", "/b/%E1%88%B4", "/b/a+b", "/b/(x)*"):
        signed = sign_request("GET", "http://h" + path, {}, b"", KEYS, S3, NOW)
        lines = [(name.encode(), value.encode()) for name, value in signed.headers.items()]
        claim = claim_of(RequestHead("GET", path.encode(), b"", lines))
        verify(claim, signed.key, None)
