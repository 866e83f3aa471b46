"""Which operation of S3 a request means, and what its path says."""

from __future__ import annotations

import pytest

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.protocols.bindings import Ids
from watchword.protocols.model import load_service
from watchword.protocols.routes import QUERY_PARAMETERS_MAX
from watchword.protocols.service import Service

S3 = Service(load_service("s3"))


def route(line: str, *headers: str, path: bytes | None = None) -> tuple[str, dict[str, str]]:
    method, target = line.split(" ")
    raw_path, _, query = target.partition("?")
    lines = [(name.encode(), b"x") for name in headers]
    match = S3.match(RequestHead(method, raw_path.encode(), query.encode(), lines), path=path)
    return match.operation.name, dict(match.labels)


@pytest.mark.parametrize(
    ("line", "operation"),
    [
        ("GET /", "ListBuckets"),
        ("GET /b", "ListObjects"),
        ("GET /b/", "ListObjects"),
        ("GET /b?list-type=2", "ListObjectsV2"),
        ("GET /b?list-type=1", "ListObjects"),
        ("GET /b?prefix=policy", "ListObjects"),
        ("GET /b?location", "GetBucketLocation"),
        ("GET /b?location=", "GetBucketLocation"),
        ("GET /b?policy", "GetBucketPolicy"),
        ("PUT /b?policy", "PutBucketPolicy"),
        ("DELETE /b?policy", "DeleteBucketPolicy"),
        ("GET /b?policyStatus", "GetBucketPolicyStatus"),
        ("GET /b?versions", "ListObjectVersions"),
        ("GET /b?uploads", "ListMultipartUploads"),
        ("GET /b?analytics", "ListBucketAnalyticsConfigurations"),
        ("GET /b?analytics&id=1", "GetBucketAnalyticsConfiguration"),
        ("GET /b?lifecycle", "GetBucketLifecycleConfiguration"),
        ("HEAD /b", "HeadBucket"),
        ("PUT /b", "CreateBucket"),
        ("DELETE /b", "DeleteBucket"),
        ("POST /b?delete", "DeleteObjects"),
        ("GET /b/k", "GetObject"),
        ("GET /b/k?x-id=GetObject", "GetObject"),
        ("GET /b/k?acl", "GetObjectAcl"),
        ("GET /b/k?tagging", "GetObjectTagging"),
        ("GET /b/k?uploadId=1", "ListParts"),
        ("GET /b/k?attributes", "GetObjectAttributes"),
        ("HEAD /b/k", "HeadObject"),
        ("PUT /b/k", "PutObject"),
        ("PUT /b/k?x-id=PutObject", "PutObject"),
        ("PUT /b/k?partNumber=1&uploadId=2", "UploadPart"),
        ("PUT /b/k?tagging", "PutObjectTagging"),
        ("POST /b/k?uploads", "CreateMultipartUpload"),
        ("POST /b/k?uploadId=1", "CompleteMultipartUpload"),
        ("DELETE /b/k", "DeleteObject"),
        ("DELETE /b/k?versionId=1", "DeleteObject"),
        ("DELETE /b/k?uploadId=1", "AbortMultipartUpload"),
    ],
)
def test_sub_resources(line: str, operation: str) -> None:
    assert route(line)[0] == operation


def test_the_order_of_query_parameters_does_not_matter() -> None:
    assert route("GET /b?policy&acl") == route("GET /b?acl&policy") == ("GetBucketAcl", {"Bucket": "b"})


def test_a_header_makes_a_copy_of_a_put() -> None:
    assert route("PUT /b/k", "x-amz-copy-source")[0] == "CopyObject"
    assert route("PUT /b/k?partNumber=1&uploadId=2", "x-amz-copy-source")[0] == "UploadPartCopy"


@pytest.mark.parametrize(
    ("target", "key"),
    [("/b/a/b/c", "a/b/c"), ("/b/a/", "a/"), ("/b//a", "/a"), ("/b/a%2Fb%20%C3%A9+", "a/b é+"), ("/b/../a", "../a")],
)
def test_keys_are_decoded_once_and_otherwise_left_alone(target: str, key: str) -> None:
    assert route(f"GET {target}") == ("GetObject", {"Bucket": "b", "Key": key})


def test_a_bucket_in_the_host_name_is_put_into_the_path_by_the_caller() -> None:
    assert route("GET /k?acl", path=b"/b/k") == ("GetObjectAcl", {"Bucket": "b", "Key": "k"})


@pytest.mark.parametrize("line", ["PATCH /b", "POST /", "GET b", "OPTIONS /b/k"])
def test_what_s3_does_not_know_is_not_allowed(line: str) -> None:
    with pytest.raises(ApiError, match="MethodNotAllowed"):
        route(line)


def test_a_key_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(ApiError, match="InvalidURI"):
        route("GET /b/%FF")


def test_too_many_query_parameters_are_refused() -> None:
    with pytest.raises(ApiError, match="InvalidURI"):
        route("GET /b?" + "&".join(["a"] * (QUERY_PARAMETERS_MAX + 1)))


def test_a_value_of_the_wrong_kind_is_an_invalid_argument() -> None:
    head = RequestHead("GET", b"/b", b"list-type=2&max-keys=many", [])
    with pytest.raises(ApiError, match="InvalidArgument") as caught:
        S3.operation("ListObjectsV2").parse(head, b"", {"Bucket": "b"})
    assert caught.value.fields == {"ArgumentName": "max-keys", "ArgumentValue": "many"}


def test_a_streaming_body_is_passed_on_untouched() -> None:
    head = RequestHead("PUT", b"/b/k", b"", [(b"x-amz-meta-colour", "é".encode()), (b"content-length", b"3")])
    body = object()
    assert S3.operation("PutObject").parse(head, b"", {"Bucket": "b", "Key": "k"}, body) == {
        "Body": body, "Bucket": "b", "Key": "k", "ContentLength": 3, "Metadata": {"colour": "é"},
    }  # fmt: skip


def test_a_rest_json_error_names_its_type_in_a_header() -> None:
    portal = Service(load_service("sso"))
    answer = portal.error(ApiError("UnauthorizedException", "Session token not found or invalid", 401), Ids("id"))
    assert (b"x-amzn-errortype", b"UnauthorizedException") in answer.headers
    assert answer.body == b'{"message":"Session token not found or invalid"}'
