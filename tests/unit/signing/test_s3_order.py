"""Of several things wrong with the credentials of an S3 request, which is told: as others have measured it at S3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from watchword.core.http import RequestHead
from watchword.signing.claims import Rules
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.signer import Credentials, Target, presign
from watchword.signing.verification import read_claim

NOW = datetime(2013, 5, 24, tzinfo=UTC)
KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")
S3 = Target("s3", "us-east-1", s3=True)
RULES = Rules("s3", Dialect.S3, "us-east-1")
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
NAMES = "host;x-amz-content-sha256;x-amz-date"
GOOD = f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders={NAMES},Signature={'0' * 64}"
HOST = [(b"host", b"b.s3.amazonaws.com")]
HEADERS = {"authorization": GOOD, "x-amz-date": "20130524T000000Z", "x-amz-content-sha256": EMPTY}
MALFORMED = "The authorization header is malformed; "


def head(changes: Mapping[str, str | None]) -> RequestHead:
    lines = {**HEADERS, **changes}
    return RequestHead(
        "GET", b"/key", b"", [*HOST, *((n.encode(), v.encode()) for n, v in lines.items() if v is not None)]
    )


def told_of(request: RequestHead, now: datetime) -> str:
    with pytest.raises(SignatureError) as caught:
        read_claim(request, RULES, now)
    return caught.value.answer(Dialect.S3).message


LATE = NOW + timedelta(seconds=901)
WRONG_SCOPE = "AKIA/20130523/{region}/{service}/{terminator}"


def scope_of(region: str = "us-east-1", service: str = "s3", terminator: str = "aws4_request") -> dict[str, str]:
    return {"authorization": GOOD.replace(SCOPE, WRONG_SCOPE.format_map(locals()))}


@pytest.mark.parametrize(
    ("changes", "now", "told"),
    [
        ({"authorization": "AWS4-HMAC-SHA512 x", "x-amz-date": None}, LATE, "Unsupported Authorization Type"),
        ({"authorization": "AWS4-HMAC-SHA256 x", "x-amz-date": "?"}, LATE, "AWS authentication requires a valid Date"),
        ({"authorization": "AWS4-HMAC-SHA256 x"}, LATE, "The difference between the request time"),
        (scope_of("eu-west-1", "iam", "x"), LATE, "The difference between the request time"),
        ({"authorization": "AWS4-HMAC-SHA256 x", "x-amz-content-sha256": None}, NOW, MALFORMED + "the authorization"),
        (scope_of("", "iam", "x"), NOW, MALFORMED + "a non-empty region must be provided in the credential."),
        (scope_of("eu-west-1", "iam", "x"), NOW, MALFORMED + "the region 'eu-west-1' is wrong"),
        (scope_of(service="iam", terminator="x"), NOW, MALFORMED + 'incorrect service "iam"'),
        (scope_of(terminator="x"), NOW, MALFORMED + 'incorrect terminal "x"'),
        ({**scope_of(), "x-amz-content-sha256": None}, NOW, MALFORMED * 2 + "Invalid credential date"),
        ({"x-amz-content-sha256": None, "x-amz-a": "1"}, NOW, "Missing required header for this request"),
    ],
)
def test_of_two_things_wrong_the_first_is_told(changes: dict[str, str | None], now: datetime, told: str) -> None:
    assert told_of(head(changes), now).startswith(told)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("Algorithm", "X-Amz-Algorithm only supports"),
        ("Signature", "Query-string authentication version 4 requires"),
        ("Date", "X-Amz-Date must be in the ISO8601 Long Format"),
        ("Expires", "X-Amz-Expires should be a number"),
        ("", "Request has expired"),
    ],
)
def test_of_several_things_wrong_with_a_url_the_first_is_told(wrong: str, told: str) -> None:
    """All that follows in the table is wrong as well."""
    values = {"Algorithm": "x", "Signature": "", "Date": "x", "Expires": "x", "": ""}
    url = presign("PUT", "http://b.s3.amazonaws.com/key", {}, KEYS, S3, NOW, expires_seconds=3600)
    url = url.replace("us-east-1", "eu-west-1").replace("%2Fs3%2F", "%2Fiam%2F")
    for name in list(values)[list(values).index(wrong) :]:
        url = re.sub(rf"X-Amz-{name}=[^&]*", f"X-Amz-{name}={values[name]}", url) if name else url
    assert told_of(
        RequestHead("PUT", b"/key", url.partition("?")[2].encode(), HOST), NOW + timedelta(days=8)
    ).startswith(told)
