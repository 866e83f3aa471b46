"""What a request says that it is for, before anything is proved: scopes of every signature version, region sets."""

from __future__ import annotations

import pytest

from watchword.core.http import RequestHead
from watchword.gateway.identify import identify
from watchword.gateway.names import Scope, read_region_set, read_scope, region_of_set

V4 = "AWS4-HMAC-SHA256 Credential=AKIA/20260314/eu-west-1/sts/aws4_request, SignedHeaders=host, Signature=0"
V4A = "AWS4-ECDSA-P256-SHA256 Credential=AKIA/20260314/sts/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize(
    ("authorization", "query", "scope"),
    [
        (V4, "", Scope("AKIA", "eu-west-1", "sts")),
        (V4A, "", Scope("AKIA", "", "sts", is_regionless=True)),
        ("AWS AKIA:c2ln", "", Scope("AKIA", "", "s3")),
        ("", "a=b&X-Amz-Credential=AKIA%2F20260314%2Feu-west-1%2Fs3%2Faws4_request", Scope("AKIA", "eu-west-1", "s3")),
        ("", "X-Amz-Credential=AKIA%2F20260314%2Fs3%2Faws4_request&a=b", Scope("AKIA", "", "s3", is_regionless=True)),
        ("", "AWSAccessKeyId=AKIA&Signature=x", Scope("AKIA", "", "s3")),
        ("", "", None),
        ("", "prefix=a", None),
        ("Bearer x", "", None),
        ("AWS4-HMAC-SHA256 Credential=" + "x" * 1000, "", None),
    ],
)
def test_scopes(authorization: str, query: str, scope: Scope | None) -> None:
    assert read_scope(authorization.encode() or None, query.encode()) == scope


@pytest.mark.parametrize(
    ("region_set", "region"),
    [
        ("us-east-1", "us-east-1"),
        ("*", "us-east-1"),
        ("us-*", "us-east-1"),
        ("eu-west-1,ap-south-1", "eu-west-1"),
        ("eu-*", "us-east-1"),
        ("", "us-east-1"),
        ("evil,eu-west-1", "eu-west-1"),
    ],
)
def test_the_region_of_a_set_is_ours_or_one_that_it_names(region_set: str, region: str) -> None:
    assert region_of_set(region_set, "us-east-1") == region


def test_a_region_set_stands_in_a_header_or_a_parameter() -> None:
    assert read_region_set(RequestHead("GET", b"/", b"X-Amz-Region-Set=us-%2A%2Ceu-west-1", [])) == "us-*,eu-west-1"
    assert read_region_set(RequestHead("GET", b"/", b"X-Amz-Region-Set=x", [(b"x-amz-region-set", b"y")])) == "y"
    assert read_region_set(RequestHead("GET", b"/", b"", [])) == ""


def test_a_sigv4a_request_goes_to_the_service_of_its_scope() -> None:
    lines = [(b"host", b"127.0.0.1"), (b"authorization", V4A.encode()), (b"x-amz-region-set", b"eu-*,ap-south-1")]
    target = identify(RequestHead("POST", b"/", b"", lines), "us-east-1")
    assert (target.service.name, target.region, target.rules().served_region) == ("sts", "ap-south-1", "ap-south-1")


def test_the_bucket_in_the_host_is_known_to_the_verifier() -> None:
    lines = [(b"host", b"bucket.s3.us-west-2.amazonaws.com"), (b"authorization", b"AWS AKIA:c2ln")]
    target = identify(RequestHead("GET", b"/key", b"", lines), "us-east-1")
    rules = target.rules("eu-west-1")
    assert (rules.bucket, rules.region) == ("bucket", "us-west-2")
    assert target.in_region("eu-west-1").region == "us-west-2"


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("photos.localhost:8484", "photos"),
        ("photos.2026.localhost", "photos.2026"),
        ("photos.s3.localhost", "photos"),
        ("localhost:8484", None),
        ("s3.localhost", None),
        ("127.0.0.1:8484", None),
        ("data-111122223333.localhost", "arn:aws:s3:eu-west-1:111122223333:accesspoint:data"),
        ("data-111122223333.127.0.0.1:8484", "arn:aws:s3:eu-west-1:111122223333:accesspoint:data"),
        (
            "data-111122223333.s3-accesspoint.eu-west-1.amazonaws.com",
            "arn:aws:s3:eu-west-1:111122223333:accesspoint:data",
        ),
        ("data-111122223333.s3.localhost", "data-111122223333"),
        ("111122223333.localhost", "111122223333"),
    ],
)
def test_buckets_and_access_points_in_host_names(host: str, bucket: str | None) -> None:
    scope = b"AWS4-HMAC-SHA256 Credential=AKIA/20260314/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    target = identify(RequestHead("GET", b"/", b"", [(b"host", host.encode()), (b"authorization", scope)]), "us-east-1")
    assert (target.service.name, target.region, target.bucket) == ("s3", "eu-west-1", bucket)


@pytest.mark.parametrize("service", ["s3", "s3express"])
def test_the_host_of_a_zone_names_the_directory_bucket(service: str) -> None:
    bucket = "fast--use1-az4--x-s3"
    authorization = f"AWS4-HMAC-SHA256 Credential=AKIA/20260314/us-east-1/{service}/aws4_request, SignedHeaders=host"
    for before, found in ((f"{bucket}.", bucket), ("", None)):
        host = f"{before}s3express-use1-az4.us-east-1.amazonaws.com"
        lines = [(b"host", host.encode()), (b"authorization", authorization.encode())]
        target = identify(RequestHead("PUT", b"/k", b"", lines), "us-east-1")
        assert (target.service.name, target.bucket, target.host_region) == ("s3", found, "us-east-1")


def test_a_host_that_names_another_service_is_no_bucket() -> None:
    for host in (b"iam.localhost", b"sts.localhost", b"iam.us-east-1.localhost"):
        target = identify(RequestHead("GET", b"/", b"", [(b"host", host)]), "us-east-1")
        assert (target.service.name, target.bucket) == (host.decode().partition(".")[0], None)
