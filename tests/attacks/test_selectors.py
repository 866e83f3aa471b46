"""A method that means nothing for a part of a bucket or of an object is refused, and is never taken for the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.house import Account, Keys
from tests.support.raw_requests import raw, unsigned

from watchword.gateway.selectors import OF_BUCKETS, OF_BUCKETS_AT_KEYS, OF_OBJECTS
from watchword.protocols.model import load_service

BUCKET = "selected"
NOT_ALLOWED = (405, "MethodNotAllowed", "The specified method is not allowed against this resource.")


@pytest.fixture(scope="module")
def admin(acme: Account) -> Keys:
    acme.administrator.client("s3").create_bucket(Bucket=BUCKET)
    return acme.administrator


@pytest.fixture
def s3(admin: Keys) -> Iterator[Any]:
    """A client; afterwards all is as it was."""
    s3 = admin.client("s3")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"as it was")
    yield s3
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"as it was"
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["k"]


def cases() -> list[tuple[str, str, str]]:
    """Every method that a selector does not take."""
    methods = ("GET", "PUT", "POST", "DELETE", "PATCH")
    return [
        (method, f"{path}?{name}", kind.name)
        for path, kinds in (
            (f"/{BUCKET}", OF_BUCKETS),
            (f"/{BUCKET}/k", {**{name: OF_BUCKETS[name] for name in sorted(OF_BUCKETS_AT_KEYS)}, **OF_OBJECTS}),
        )
        for name, kind in kinds.items()
        for method in methods
        if method not in kind.methods and (method, path, name) != ("PUT", f"/{BUCKET}/k", "uploadId")
    ]


@pytest.mark.parametrize(("method", "target", "kind"), cases())
def test_a_method_that_a_selector_does_not_take_is_refused(
    admin: Keys, s3: Any, method: str, target: str, kind: str
) -> None:
    for request in (raw(admin, method, target, "s3"), unsigned(admin, method, target)):
        answer = request.send()
        assert answer.error == NOT_ALLOWED
        assert (answer.element("Method"), answer.element("ResourceType")) == (method, kind)
        assert method not in answer.headers.get("allow", "")
    wrong = raw(admin, method, target, "s3").with_authorization("Signature=", "Signature=0").send()
    assert wrong.code != "MethodNotAllowed"


@pytest.mark.parametrize("target", [f"/{BUCKET}?acl", f"/{BUCKET}/k?acl", f"/{BUCKET}?%76ersioning", "/nowhere?acl"])
def test_no_selector_has_a_head(admin: Keys, s3: Any, target: str) -> None:
    answer = raw(admin, "HEAD", target, "s3").send()
    assert (answer.status, answer.headers["allow"], answer.body) == (405, "GET, PUT", b"")


@pytest.mark.parametrize(
    ("method", "target", "told"),
    [
        ("GET", f"/{BUCKET}?versioning&acl", "acl, versioning"),
        ("PUT", f"/{BUCKET}?acl&versioning=1&x=2", "acl, versioning"),
        ("DELETE", f"/{BUCKET}/k?tagging&acl", "acl, tagging"),
        ("GET", "/nowhere?uploads&versioning", "uploads, versioning"),
        ("GET", f"/{BUCKET}/k?partNumber=1&tagging", "partNumber, tagging"),
        ("GET", f"/{BUCKET}/k?cors&acl", "acl, cors"),
        ("DELETE", f"/{BUCKET}/k?policy&analytics&id=x", "analytics, policy"),
        ("PUT", f"/{BUCKET}?acl&partNumber=1", "acl, partNumber"),
    ],
)
def test_two_selectors_contradict_each_other(admin: Keys, s3: Any, method: str, target: str, told: str) -> None:
    signed = raw(admin, method, target, "s3")
    for request in (signed, unsigned(admin, method, target), signed.with_authorization("Signature=", "Signature=0")):
        answer = request.send()
        assert answer.error == (400, "InvalidArgument", f"Conflicting query string parameters: {told}")
        assert (answer.element("ArgumentName"), answer.element("ArgumentValue")) == (
            "ResourceType",
            told.partition(",")[0],
        )


@pytest.mark.parametrize(
    ("method", "target", "kind", "allowed"),
    [
        ("PATCH", f"/{BUCKET}", "BUCKET", "HEAD, DELETE, POST, GET, PUT"),
        ("PATCH", f"/{BUCKET}/k", "OBJECT", "HEAD, DELETE, GET, PUT"),
        ("POST", f"/{BUCKET}/k", "OBJECT", "HEAD, DELETE, GET, PUT"),
        ("POST", f"/{BUCKET}/k?x=1", "OBJECT", "HEAD, DELETE, GET, PUT"),
        ("PUT", "/", "SERVICE", "GET"),
        ("POST", "/", "SERVICE", "GET"),
        ("DELETE", "/", "SERVICE", "GET"),
        ("GET", f"/{BUCKET}/k?partNumber=1&uploadId=x", "PART", "PUT"),
        ("DELETE", f"/{BUCKET}?partNumber=1&uploadId=x", "PART", "PUT"),
        ("PUT", f"/{BUCKET}?partNumber=1&uploadId=x", "PART", "PUT"),
    ],
)
def test_the_methods_of_a_resource_are_told(
    admin: Keys, s3: Any, method: str, target: str, kind: str, allowed: str
) -> None:
    answer = raw(admin, method, target, "s3").send()
    assert answer.error == NOT_ALLOWED
    assert (answer.element("Method"), answer.element("ResourceType")) == (method, kind)
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "LOCK"])
def test_a_method_that_s3_does_not_know_is_no_request(admin: Keys, s3: Any, method: str) -> None:
    expected = (400, "BadRequest", "An error occurred when parsing the HTTP request.")
    assert raw(admin, method, f"/{BUCKET}", "s3").send().error == expected


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("value", ["1", "abc", ""])
def test_a_bucket_has_no_parts(admin: Keys, s3: Any, method: str, value: str) -> None:
    target = f"/{BUCKET}?partNumber={value}"
    for request in (raw(admin, method, target, "s3"), unsigned(admin, method, target)):
        assert request.send().error == (400, "InvalidRequest", "Object must have a valid key name.")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_bucket_is_no_upload(admin: Keys, s3: Any, method: str) -> None:
    answer = raw(admin, method, f"/{BUCKET}?uploadId=x", "s3").send()
    assert answer.error == (400, "InvalidRequest", "A key must be specified")


@pytest.mark.parametrize("key", ["k", "none/such", "/"])
def test_what_is_the_buckets_own_is_so_at_every_key(admin: Keys, s3: Any, key: str) -> None:
    for name in ("policy", "cors", "website", "versioning", "location"):
        of_bucket = raw(admin, "GET", f"/{BUCKET}?{name}", "s3").send()
        of_key = raw(admin, "GET", f"/{BUCKET}/{key}?{name}", "s3").send()
        assert (of_key.status, of_key.error) == (of_bucket.status, of_bucket.error)
    assert raw(admin, "DELETE", f"/{BUCKET}/{key}?policy", "s3").send().status == 204


@pytest.mark.parametrize(
    ("method", "name", "code"),
    [
        ("GET", "logging", "NoLoggingStatusForKey"),
        ("PUT", "logging", "NoLoggingStatusForKey"),
        ("GET", "versions", "InvalidRequest"),
    ],
)
def test_a_key_has_no_logging_and_no_versions(admin: Keys, s3: Any, method: str, name: str, code: str) -> None:
    expected = (400, code, f"There is no such thing as the ?{name} sub-resource for a key")
    assert raw(admin, method, f"/{BUCKET}/k?{name}", "s3").send().error == expected


def test_every_operation_of_the_model_is_one_that_its_selector_takes() -> None:
    for operation in load_service("s3").operations.values():
        path, _, query = operation.http.request_uri.partition("?")
        kinds = OF_OBJECTS if "{Key+}" in path else OF_BUCKETS
        for pair in filter(None, query.split("&")):
            name = pair.partition("=")[0]
            if name not in ("list-type", "select-type", "session", "renameObject"):
                assert operation.http.method in kinds[name].methods, operation.name
