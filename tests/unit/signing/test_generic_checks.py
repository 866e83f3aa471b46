"""What IAM, STS and the JSON services answer to credentials that are wrong, and which answer comes first."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from watchword.core.http import RequestHead
from watchword.signing.claims import Claim, Form, Rules
from watchword.signing.errors import Dialect, Kind, SignatureError
from watchword.signing.keys import SigningKey, derive_signing_key
from watchword.signing.signer import Credentials, Target, presign, sign_request
from watchword.signing.verification import read_claim, verify

NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")
STS = Target("sts", "us-east-1")
RULES = Rules("sts", Dialect.QUERY)
SCOPE = "AKIAIOSFODNN7EXAMPLE/20150830/us-east-1/sts/aws4_request"
HEX = "0" * 64
GOOD = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature={HEX}"


def head(
    authorization: str | None = GOOD,
    date: str | None = "20150830T123600Z",
    query: str = "",
    path: bytes = b"/",
    **more: str,
) -> RequestHead:
    fields = {"host": "sts.amazonaws.com", "authorization": authorization, "x-amz-date": date, **more}
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items() if value is not None]
    return RequestHead("POST", path, query.encode(), lines)


def refusal(request: RequestHead, now: datetime = NOW, rules: Rules = RULES) -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        read_claim(request, rules, now)
    return caught.value


def claim_of(request: RequestHead, now: datetime = NOW, rules: Rules = RULES) -> Claim:
    claim = read_claim(request, rules, now)
    assert claim is not None
    return claim


def test_no_credentials_at_all_is_no_claim() -> None:
    assert read_claim(head(None), RULES, NOW) is None


@pytest.mark.parametrize("value", ["Bearer x", "AWS AKIA:sig", "Basic eDp5", "", "aws4-hmac-sha256 Credential=x"])
def test_other_authorization_schemes_are_no_token(value: str) -> None:
    assert refusal(head(value)).kind is Kind.MISSING_TOKEN


def test_an_unknown_algorithm_is_named() -> None:
    assert refusal(head("AWS4-HMAC-SHA512 Credential=x")).message == "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'."


def test_credentials_in_both_places_are_refused() -> None:
    assert refusal(head(query="X-Amz-Algorithm=AWS4-HMAC-SHA256")).kind is Kind.BOTH_FORMS


def test_a_part_that_is_no_pair_is_refused_without_repeating_it() -> None:
    value = "AWS4-HMAC-SHA256 Credential"
    digest = base64.b64encode(hashlib.sha256(value.encode()).digest()).decode()
    error = refusal(head(value))
    assert error.kind is Kind.INCOMPLETE
    assert error.message == (
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with"
        f" Base64): '{digest}'."
    )


def test_all_missing_parts_are_listed() -> None:
    message = refusal(head("AWS4-HMAC-SHA256 X=y", date=None)).message
    digest = base64.b64encode(hashlib.sha256(b"AWS4-HMAC-SHA256 X=y").digest()).decode()
    assert message == (
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter."
        " Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a"
        f" 'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization={digest}"
    )


def test_a_missing_date_is_told_even_when_the_header_is_well_formed() -> None:
    assert refusal(head(date=None)).message.startswith("Authorization header requires existence of either")


@pytest.mark.parametrize(
    "value",
    [
        f"AWS4-HMAC-SHA256  Credential={SCOPE} ,SignedHeaders=host;x-amz-date   Signature={HEX}",
        f"AWS4-HMAC-SHA256 Signature={HEX},Credential={SCOPE},SignedHeaders=host;x-amz-date",
        f"AWS4-HMAC-SHA256 Signature=1, Credential={SCOPE}, SignedHeaders=Host;X-Amz-Date, Signature={HEX}",
        f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders=host;x-amz-date,Signature={HEX}",
    ],
)
def test_spacing_order_case_and_repetition_do_not_matter(value: str) -> None:
    claim = claim_of(head(value))
    assert (claim.access_key_id, claim.signature, claim.signed.text) == (KEYS.access_key_id, HEX, b"host;x-amz-date")


def test_the_first_authorization_header_wins() -> None:
    request = head()
    twice = RequestHead("POST", b"/", b"", [*request.headers, (b"authorization", b"AWS4-HMAC-SHA256 nonsense")])
    assert claim_of(twice).access_key_id == KEYS.access_key_id


def test_host_must_be_signed() -> None:
    error = refusal(head(GOOD.replace("host;", "")))
    assert error.kind is Kind.MISMATCH
    assert error.message == "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."


@pytest.mark.parametrize(
    "date", ["20150830", "2015-08-30T12:36:00", "20151330T123600Z", "yesterday", "20150830T123600z"]
)
def test_a_date_that_cannot_be_read_is_repeated(date: str) -> None:
    error = refusal(head(date=date))
    assert error.message == (
        f"Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )


@pytest.mark.parametrize("date", ["2015-08-30T12:36:00Z", "Sun, 30 Aug 2015 12:36:00 GMT"])
def test_other_date_forms_are_signed_in_basic_form(date: str) -> None:
    assert claim_of(head(date=date)).amz_date == "20150830T123600Z"


def test_the_date_header_stands_in_for_x_amz_date() -> None:
    request = head(GOOD.replace("x-amz-date", "date"), date=None)
    lines = [*request.headers, (b"date", b"Sun, 30 Aug 2015 12:36:00 GMT")]
    assert claim_of(RequestHead("POST", b"/", b"", lines)).requested_at == NOW


def test_of_two_dates_the_first_counts_and_both_are_signed() -> None:
    request = head()
    claim = claim_of(RequestHead("POST", b"/", b"", [*request.headers, (b"x-amz-date", b"20200101T000000Z")]))
    assert claim.requested_at == NOW
    assert b"\nx-amz-date:20150830T123600Z,20200101T000000Z\n" in claim.canonical_head


@pytest.mark.parametrize("seconds", [900, -900, 900.9, 0])
def test_fifteen_minutes_to_the_second_pass(seconds: float) -> None:
    assert claim_of(head(), NOW + timedelta(seconds=seconds)).requested_at == NOW


def test_a_second_more_is_expired() -> None:
    error = refusal(head(), NOW + timedelta(seconds=901))
    assert error.message == (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"
    )


def test_a_second_more_ahead_is_not_yet_current() -> None:
    error = refusal(head(), NOW - timedelta(seconds=901))
    assert error.message == (
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"
    )


def test_a_service_may_have_a_narrower_window() -> None:
    rules = Rules("sts", Dialect.JSON, skew_seconds_max=300)
    assert refusal(head(), NOW + timedelta(seconds=301), rules).message.endswith("- 5 min.)")


def test_a_credential_has_five_parts() -> None:
    error = refusal(head(GOOD.replace("/sts/", "/")))
    assert error.kind is Kind.INCOMPLETE
    assert error.message == (
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got"
        " 'AKIAIOSFODNN7EXAMPLE/20150830/us-east-1/aws4_request'"
    )


def test_all_that_is_wrong_with_a_scope_is_told_at_once() -> None:
    error = refusal(
        head(GOOD.replace("20150830/us-east-1/sts/aws4_request", "20150829/eu-west-1/iam/AWS4_REQUEST")),
        rules=Rules("sts", Dialect.QUERY, "us-east-1"),
    )
    assert error.kind is Kind.MISMATCH
    assert error.message == (
        "Credential should be scoped to a valid region, not 'eu-west-1'. Credential should be scoped to correct"
        " service: 'sts'. Credential should be scoped with a valid terminator: 'aws4_request', not 'AWS4_REQUEST'."
        " Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' !="
        " '20150830', from '20150830T123600Z'."
    )


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        ("20150829/us-east-1/sts/aws4_request", "Date in Credential scope does not match"),
        ("20150830/us-east-2/sts/aws4_request", "Credential should be scoped to a valid region, not 'us-east-2'."),
        ("20150830/us-east-1/iam/aws4_request", "Credential should be scoped to correct service: 'sts'."),
        ("20150830/us-east-1/sts/aws4", "Credential should be scoped with a valid terminator: 'aws4_request'"),
    ],
)
def test_each_part_of_a_scope_is_checked(scope: str, message: str) -> None:
    request = head(GOOD.replace("20150830/us-east-1/sts/aws4_request", scope))
    assert refusal(request, rules=Rules("sts", Dialect.QUERY, "us-east-1")).message.startswith(message)


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-7", "us-gov-west-1"])
def test_any_region_serves_where_none_is_fixed(region: str) -> None:
    assert claim_of(head(GOOD.replace("us-east-1", region))).scope.region == region


@pytest.mark.parametrize("region", ["aws-global", "US-EAST-1", "useast1", "us-east-1x", "us-" + "east-" * 6 + "1"])
def test_what_is_no_region_is_refused_everywhere(region: str) -> None:
    assert f"not '{region}'" in refusal(head(GOOD.replace("us-east-1", region))).message


def test_an_x_amz_header_that_is_not_signed_is_refused() -> None:
    error = refusal(head(x_amz_target="AWSOrganizationsV20161128.ListRoots"))
    assert error.message == "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."


def test_a_session_token_that_is_not_signed_is_refused() -> None:
    assert refusal(head(x_amz_security_token="token")).kind is Kind.MISMATCH


def test_a_bad_path_comes_before_missing_credentials() -> None:
    assert refusal(head(None, path=b"/%")).kind is Kind.MALFORMED_URI


def test_a_bad_query_comes_before_missing_credentials() -> None:
    assert refusal(head(None, query="a=%")).kind is Kind.MALFORMED_QUERY


def test_expiry_comes_before_the_shape_of_the_credential() -> None:
    request = head(GOOD.replace("/sts/", "/"))
    assert refusal(request, NOW + timedelta(hours=1)).message.startswith("Signature expired")


def test_host_comes_before_the_date() -> None:
    assert refusal(head(GOOD.replace("host;", ""), date="x")).kind is Kind.MISMATCH


class TestQueryForm:
    def url(self, expires_seconds: int = 60, now: datetime = NOW) -> str:
        url = "http://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
        return presign("GET", url, {}, KEYS, STS, now, expires_seconds=expires_seconds)

    def request(self, url: str, *headers: tuple[bytes, bytes]) -> RequestHead:
        return RequestHead("GET", b"/", url.partition("?")[2].encode(), [(b"host", b"sts.amazonaws.com"), *headers])

    def test_x_amz_expires_is_not_looked_at(self) -> None:
        claim = claim_of(self.request(self.url()), NOW + timedelta(minutes=15))
        assert (claim.form, claim.expires_seconds) == (Form.QUERY, None)
        error = refusal(self.request(self.url(3600)), NOW + timedelta(minutes=16))
        assert error.message.startswith("Signature expired")

    def test_missing_parameters_are_listed(self) -> None:
        assert refusal(self.request("?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=x")).message == (
            "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include"
            " 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the"
            " query-string parameters."
        )

    def test_an_extended_date_is_refused(self) -> None:
        url = self.url().replace("X-Amz-Date=20150830T123600Z", "X-Amz-Date=2015-08-30T12%3A36%3A00Z")
        assert refusal(self.request(url)).message.startswith("Date must be in ISO-8601 'basic format'.")

    def test_the_first_of_a_repeated_parameter_wins(self) -> None:
        claim = claim_of(self.request(self.url() + "&X-Amz-Credential=other"))
        assert claim.access_key_id == KEYS.access_key_id

    def test_a_second_signature_changes_nothing(self) -> None:
        claim = claim_of(self.request(self.url() + "&X-Amz-Signature=other"))
        verify(claim, key(), hashlib.sha256().hexdigest())

    def test_an_unsigned_x_amz_header_is_refused(self) -> None:
        assert refusal(self.request(self.url(), (b"x-amz-target", b"x"))).kind is Kind.MISMATCH

    def test_signed_foreign_headers_count(self) -> None:
        url = presign(
            "GET",
            "http://sts.amazonaws.com/?Action=GetCallerIdentity",
            {"x-k8s-aws-id": "cluster"},
            KEYS,
            STS,
            NOW,
            expires_seconds=60,
        )
        empty = hashlib.sha256().hexdigest()
        verify(claim_of(self.request(url, (b"x-k8s-aws-id", b"cluster"))), key(), empty)
        with pytest.raises(SignatureError):
            verify(claim_of(self.request(url, (b"x-k8s-aws-id", b"other"))), key(), empty)


def key() -> SigningKey:
    return derive_signing_key("secret", "20150830", "us-east-1", "sts")


def signed_post(headers: dict[str, str] | None = None, body: bytes = b"Action=X") -> RequestHead:
    signed = sign_request("POST", "http://sts.amazonaws.com/", headers or {}, body, KEYS, STS, NOW)
    return RequestHead("POST", b"/", b"", [(n.encode(), v.encode()) for n, v in signed.headers.items()])


def test_another_body_is_a_mismatch_in_every_dialect() -> None:
    claim = claim_of(signed_post())
    verify(claim, key(), hashlib.sha256(b"Action=X").hexdigest())
    with pytest.raises(SignatureError) as caught:
        verify(claim, key(), hashlib.sha256(b"Action=Y").hexdigest())
    assert caught.value.code(Dialect.QUERY) == ("SignatureDoesNotMatch", 403)
    assert caught.value.code(Dialect.JSON) == ("InvalidSignatureException", 400)
    assert caught.value.code(Dialect.REST_JSON) == ("InvalidSignatureException", 403)


def test_a_stated_digest_that_is_not_the_bodys_is_refused() -> None:
    lie = hashlib.sha256(b"other").hexdigest()
    claim = claim_of(signed_post({"x-amz-content-sha256": lie}))
    verify(claim, key(), lie)
    with pytest.raises(SignatureError):
        verify(claim, key(), hashlib.sha256(b"Action=X").hexdigest())


def test_a_signature_over_the_body_does_not_excuse_a_stated_digest_that_lies() -> None:
    body = hashlib.sha256(b"Action=X").hexdigest()
    headers = {"x-amz-content-sha256": hashlib.sha256(b"other").hexdigest()}
    signed = sign_request("POST", "http://h/", headers, b"Action=X", KEYS, STS, NOW, payload_hash=body)
    claim = claim_of(RequestHead("POST", b"/", b"", [(n.encode(), v.encode()) for n, v in signed.headers.items()]))
    with pytest.raises(SignatureError):
        verify(claim, key(), body)


def test_unsigned_payload_is_for_s3_only() -> None:
    claim = claim_of(signed_post({"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}))
    with pytest.raises(SignatureError):
        verify(claim, key(), hashlib.sha256(b"Action=X").hexdigest())


def test_a_claim_does_not_show_its_session_token() -> None:
    signed = sign_request("POST", "http://h/", {}, b"", Credentials("ASIA", "s", "the-token"), STS, NOW)
    lines = [(n.encode(), v.encode()) for n, v in signed.headers.items()]
    claim = claim_of(RequestHead("POST", b"/", b"", lines))
    assert claim.session_token == "the-token"
    assert "the-token" not in repr(claim)
