"""What S3 answers to Signature Version 2: AWS's published examples, and credentials that are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from watchword.core.http import RequestHead
from watchword.signing.claims import Claim, Rules
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.keys import V2
from watchword.signing.v2_keys import V2Key
from watchword.signing.verification import proving_key, read_claim, verify

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2007, 3, 27, 19, 36, 42, tzinfo=UTC)
DATE = "Tue, 27 Mar 2007 19:36:42 +0000"


def head(headers: Mapping[str, str | None], *, method: str = "GET", path: str = "/", query: str = "") -> RequestHead:
    lines = [(name.encode(), value.encode()) for name, value in headers.items() if value is not None]
    return RequestHead(method, path.encode(), query.encode(), lines)


def claim_of(request: RequestHead, now: datetime = NOW, bucket: str | None = "awsexamplebucket1") -> Claim:
    claim = read_claim(request, Rules("s3", Dialect.S3, "us-west-1", bucket=bucket), now, takes_v2=True)
    assert claim is not None
    return claim


def refusal(request: RequestHead, now: datetime = NOW) -> tuple[str, int, str, Mapping[str, str]]:
    with pytest.raises(SignatureError) as caught:
        claim_of(request, now)
    answer = caught.value.answer(Dialect.S3)
    return answer.code, answer.status, answer.message, answer.fields


def signed(signature: str, **headers: str) -> dict[str, str | None]:
    return {
        "date": DATE,
        "authorization": f"AWS {KEY}:{signature}",
        **{n.replace("_", "-"): v for n, v in headers.items()},
    }


def test_the_text_of_a_download() -> None:
    claim = claim_of(head(signed("x"), path="/photos/puppy.jpg"))
    assert claim.algorithm == V2
    assert claim.string_to_sign == f"GET\n\n\n{DATE}\n/awsexamplebucket1/photos/puppy.jpg".encode()


def test_the_text_of_an_upload_with_a_type() -> None:
    request = head(signed("x", content_type="image/jpeg"), method="PUT", path="/photos/puppy.jpg")
    text = f"PUT\n\nimage/jpeg\n{DATE}\n/awsexamplebucket1/photos/puppy.jpg"
    assert claim_of(request).string_to_sign == text.encode()


def test_the_text_of_a_list_leaves_its_parameters_out_but_not_a_sub_resource() -> None:
    listing = head(signed("x"), query="prefix=photos&max-keys=50&marker=puppy")
    assert claim_of(listing).string_to_sign == f"GET\n\n\n{DATE}\n/awsexamplebucket1/".encode()
    acl = head(signed("x"), query="acl")
    assert claim_of(acl).string_to_sign == f"GET\n\n\n{DATE}\n/awsexamplebucket1/?acl".encode()


def test_the_text_with_an_amz_date_has_an_empty_date() -> None:
    request = head(signed("x", x_amz_date=DATE), method="DELETE", path="/awsexamplebucket1/photos/puppy.jpg")
    text = f"DELETE\n\n\n\nx-amz-date:{DATE}\n/awsexamplebucket1/photos/puppy.jpg"
    assert claim_of(request, bucket=None).string_to_sign == text.encode()


def test_a_bucket_in_the_path_is_signed_with_a_slash() -> None:
    for path, resource in (("/bucket", "/bucket/"), ("/bucket/", "/bucket/"), ("/", "/"), ("/bucket/k", "/bucket/k")):
        text = f"GET\n\n\n{DATE}\n{resource}".encode()
        assert claim_of(head(signed("x"), path=path), bucket=None).string_to_sign == text


def test_sub_resources_are_sorted_and_decoded() -> None:
    query = "versionId=a%2Fb&uploadId=x&response-content-type=text%2Fplain&prefix=p"
    text = claim_of(head(signed("x"), path="/k", query=query)).string_to_sign
    assert text is not None
    assert text.endswith(b"/k?response-content-type=text/plain&uploadId=x&versionId=a/b")


@pytest.mark.parametrize(
    "request_", [head(signed("c2ln")), head({}, query=f"AWSAccessKeyId={KEY}&Signature=x&Expires=1")]
)
def test_where_it_is_not_taken_it_is_refused_first(request_: RequestHead) -> None:
    with pytest.raises(SignatureError) as caught:
        read_claim(request_, Rules("s3", Dialect.S3), NOW)
    answer = caught.value.answer(Dialect.S3)
    assert (answer.code, answer.status, answer.message) == (
        "InvalidRequest",
        400,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )


@pytest.mark.parametrize("value", ["AWS ", "AWS key", "AWS key:", "AWS :c2ln", "AWS volume:key:c2ln"])
def test_a_header_without_key_or_signature(value: str) -> None:
    """Recorded at AWS for two colons, in a note on Apache Ozone of 2017."""
    code, status, message, fields = refusal(head({"date": DATE, "authorization": value}))
    assert (code, status) == ("InvalidArgument", 400)
    assert message == "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"
    assert fields["ArgumentName"] == "Authorization"


def test_a_key_with_a_space_in_it() -> None:
    """Recorded at AWS: laurilehmijoki/s3_website issue 178."""
    code, status, message, fields = refusal(head({"date": DATE, "authorization": "AWS <$= KEY %>:c2ln"}))
    assert (code, status) == ("InvalidArgument", 400)
    assert message == "Authorization header is invalid -- one and only one ' ' (space) required"
    assert fields == {"ArgumentName": "Authorization", "ArgumentValue": "AWS <$= KEY %>:c2ln"}


@pytest.mark.parametrize(
    "query",
    [
        "AWSAccessKeyId=A&Signature=x",
        "AWSAccessKeyId=A&Expires=1",
        "Signature=x&Expires=1",
        "AWSAccessKeyId=&Signature=",
    ],
)
def test_a_url_without_one_of_three_parameters(query: str) -> None:
    code, status, message, _ = refusal(head({}, query=query))
    assert (code, status) == ("AccessDenied", 403)
    assert message == "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"


@pytest.mark.parametrize(
    "expires", ["soon", " 1", "1e9", "+1", "1.5", "9" * 12, "0" * 5000 + "9" * 12, "%D9%A3", str(2**31)]
)
def test_an_end_that_is_no_number(expires: str) -> None:
    code, status, message, _ = refusal(head({}, query=f"AWSAccessKeyId=A&Signature=x&Expires={expires}"))
    assert (code, status) == ("AccessDenied", 403)
    assert message.startswith("Invalid date (should be seconds since epoch): ")


@pytest.mark.parametrize(("expires", "told"), [("-1", "1969-12-31T23:59:59Z"), ("000001", "1970-01-01T00:00:01Z")])
def test_an_end_may_be_long_past(expires: str, told: str) -> None:
    """As measured at S3, which reads numbers of 32 bits with their sign and zeros."""
    code, _, message, fields = refusal(head({}, query=f"AWSAccessKeyId=A&Signature=x&Expires={expires}"))
    assert (code, message, fields["Expires"]) == ("AccessDenied", "Request has expired", told)


@pytest.mark.parametrize(
    "headers",
    [
        {"date": None},
        {"date": "yesterday"},
        {"date": None, "x-amz-date": ""},
        {"x-amz-date": ""},
        {"x-amz-date": "Tue, 07 Jul 1950 21:53:04 GMT"},
        {"date": "Wed, 31 Dec 1969 23:59:59 GMT"},
    ],
)
def test_no_date(headers: dict[str, str | None]) -> None:
    code, status, message, _ = refusal(head({**signed("x"), **headers}))
    assert (code, status) == ("AccessDenied", 403)
    assert message == "AWS authentication requires a valid Date or x-amz-date header"


@pytest.mark.parametrize("seconds", [-901, 901])
def test_a_date_too_far_from_now(seconds: int) -> None:
    code, status, _, fields = refusal(head(signed("x")), NOW + timedelta(seconds=seconds))
    assert (code, status) == ("RequestTimeTooSkewed", 403)
    assert fields["MaxAllowedSkewMilliseconds"] == "900000"
    claim_of(head(signed("x")), NOW + timedelta(seconds=seconds - seconds // abs(seconds)))


def test_a_wrong_signature_is_answered_with_the_text_that_should_have_been_signed() -> None:
    claim = claim_of(head(signed("c2ln"), path="/k"))
    with pytest.raises(SignatureError) as caught:
        verify(claim, proving_key(claim, SECRET), None)
    answer = caught.value.answer(Dialect.S3)
    assert (answer.code, answer.status) == ("SignatureDoesNotMatch", 403)
    assert list(answer.fields) == ["AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"]
    assert answer.fields["StringToSign"] == f"GET\n\n\n{DATE}\n/awsexamplebucket1/k"


def test_two_kinds_of_credentials() -> None:
    code, status, _, _ = refusal(head(signed("x"), query=f"AWSAccessKeyId={KEY}&Signature=x&Expires=1"))
    assert (code, status) == ("InvalidArgument", 400)


def test_frames_that_only_sigv4_can_sign_are_refused() -> None:
    mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    code, status, message, _ = refusal(head(signed("x", x_amz_content_sha256=mode), method="PUT", path="/k"))
    assert (code, status, message) == ("InvalidRequest", 400, "The value of x-amz-content-sha256 header is invalid.")


@pytest.mark.parametrize("resource", ["/photos", "/photos/"])
@pytest.mark.parametrize("query", ["", "acl"])
def test_a_bucket_in_the_path_may_be_signed_with_a_slash_or_as_it_was_sent(resource: str, query: str) -> None:
    text = f"GET\n\n\n{DATE}\n{resource}" + (f"?{query}" if query else "")
    request = head(signed(V2Key(SECRET).sign(text.encode())), path="/photos", query=query)
    claim = claim_of(request, bucket=None)
    verify(claim, proving_key(claim, SECRET), None)
    other = head(signed(V2Key(SECRET).sign(text.replace("photos", "photo").encode())), path="/photos", query=query)
    with pytest.raises(SignatureError):
        verify(claim_of(other, bucket=None), proving_key(claim, SECRET), None)


@pytest.mark.parametrize("sub_resources", ["policy", "policy="])
@pytest.mark.parametrize("resource", ["/photos", "/photos/"])
def test_an_empty_sub_resource_may_be_signed_with_its_sign_or_without(resource: str, sub_resources: str) -> None:
    """minio-go sends `?policy=` and signs `?policy`."""
    text = f"PUT\n\n\n{DATE}\n{resource}?{sub_resources}"
    headers = signed(V2Key(SECRET).sign(text.encode()))
    claim = claim_of(head(headers, method="PUT", path="/photos", query="policy="), bucket=None)
    verify(claim, proving_key(claim, SECRET), None)
    for query in ("acl=", "policy=x", "policy=&acl=", ""):
        other = claim_of(head(headers, method="PUT", path="/photos", query=query), bucket=None)
        with pytest.raises(SignatureError):
            verify(other, proving_key(other, SECRET), None)


@pytest.mark.parametrize("region", ["eu-central-1", "us-east-2", "ap-northeast-2", "ca-central-1"])
@pytest.mark.parametrize(
    "request_", [head(signed("c2ln")), head({}, query=f"AWSAccessKeyId={KEY}&Signature=x&Expires=9999999999")]
)
def test_regions_opened_after_2013_do_not_take_it(request_: RequestHead, region: str) -> None:
    with pytest.raises(SignatureError) as caught:
        read_claim(request_, Rules("s3", Dialect.S3, region), NOW, takes_v2=True)
    assert caught.value.answer(Dialect.S3).code == "InvalidRequest"


def test_a_slash_makes_another_object() -> None:
    request = head(signed(V2Key(SECRET).sign(f"GET\n\n\n{DATE}\n/photos/a".encode())), path="/photos/a/")
    claim = claim_of(request, bucket=None)
    with pytest.raises(SignatureError):
        verify(claim, proving_key(claim, SECRET), None)


@pytest.mark.parametrize("zone", ["GMT", "UTC", "+0000", "-0000"])
def test_a_date_may_name_its_zone_as_clients_do(zone: str) -> None:
    assert claim_of(head({**signed("x"), "date": DATE.replace("+0000", zone)})).requested_at == NOW
