"""Pages of other sites: what a browser is told, with and without rules."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, refusal
from tests.support.raw_requests import Answer, get, unsigned

PAGE = "https://page.example"


@pytest.fixture
def ruled(s3: Any, bucket: str) -> str:
    rules = [
        {
            "AllowedMethods": ["GET", "PUT"],
            "AllowedOrigins": ["https://*.example", PAGE],
            "AllowedHeaders": ["x-amz-*", "content-type"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 300,
        },
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]},
    ]
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    return bucket


def preflight(acme: Account, bucket: str, origin: str | None, method: str | None, headers: str = "") -> Answer:
    more = {"origin": origin, "access_control_request_method": method, "access_control_request_headers": headers}
    sent = {name: value for name, value in more.items() if value}
    return unsigned(acme.administrator, "OPTIONS", f"/{bucket}/k", b"", **sent).send()


def test_a_preflight_that_a_rule_fits(acme: Account, ruled: str) -> None:
    answer = preflight(acme, ruled, PAGE, "PUT", "X-Amz-Date, Content-Type")
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-allow-methods"] == "GET, PUT"
    assert answer.headers["access-control-allow-headers"] == "x-amz-date, content-type"
    assert answer.headers["access-control-max-age"] == "300"
    assert preflight(acme, ruled, "http://other", "GET").headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [("http://other", "PUT", ""), (PAGE, "DELETE", ""), (PAGE, "PUT", "authorization"), ("https://example", "PUT", "")],
)
def test_a_preflight_that_no_rule_fits(acme: Account, ruled: str, origin: str, method: str, headers: str) -> None:
    answer = preflight(acme, ruled, origin, method, headers)
    assert (answer.status, answer.code) == (403, "AccessForbidden")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("method", "shown"), [(None, "null"), ("PATCH", "PATCH"), ("get", "get")])
def test_a_preflight_for_no_method_of_s3(acme: Account, ruled: str, method: str | None, shown: str) -> None:
    answer = preflight(acme, ruled, PAGE, method)
    assert answer.error == (400, "BadRequest", f"Invalid Access-Control-Request-Method: {shown}")


def test_a_preflight_without_rules_to_ask(acme: Account, bucket: str) -> None:
    there, missing = (preflight(acme, name, PAGE, "GET") for name in (bucket, "no-such-bucket"))
    assert there.error == (403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
    assert missing.error == (403, "AccessForbidden", "CORSResponse: Bucket not found")
    assert preflight(acme, bucket, None, "GET").error[:2] == (400, "BadRequest")


def test_answers_can_be_read_by_the_page_that_a_rule_names(acme: Account, ruled: str) -> None:
    answer = get(acme.administrator, f"/{ruled}/k").with_header(b"origin", PAGE.encode()).send()
    assert (answer.status, answer.body) == (200, b"x")
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert answer.headers["access-control-expose-headers"] == "ETag"
    refused = unsigned(acme.administrator, "GET", f"/{ruled}/k", origin=PAGE).send()
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (403, PAGE)
    without = get(acme.administrator, f"/{ruled}/k").send()
    assert "access-control-allow-origin" not in without.headers


@pytest.mark.parametrize("name", ["a\nset-cookie: b", "a b", "a\u00fc", ""])
def test_a_rule_that_shows_what_is_no_header_is_refused(s3: Any, bucket: str, name: str) -> None:
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ExposeHeaders": [name]}
    assert refusal(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})[0] == "InvalidRequest"


@pytest.mark.parametrize("name", ["Origin", "Access-Control-Request-Headers"])
def test_a_preflight_with_letters_of_any_alphabet(acme: Account, s3: Any, bucket: str, name: str) -> None:
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*", "http://x*"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    asked = unsigned(acme.administrator, "OPTIONS", f"/{bucket}/k", access_control_request_method="GET", origin=PAGE)
    for value in ("http://x\u20ac".encode(), b"http://x\xff"):
        answer = asked.with_header(name.lower().encode(), value).send()
        assert answer.status in (200, 400, 403), answer.text
