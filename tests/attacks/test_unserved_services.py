"""A service of AWS that is not served: clients are told so, in its own protocol, once they have proved who they are."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from tests.support.house import Account, Keys
from tests.support.raw_requests import FORM, RawRequest, raw

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "ec2": ("describe_instances", {}),
    "dynamodb": ("list_tables", {}),
    "sqs": ("list_queues", {}),
    "cloudformation": ("list_stacks", {}),
    "lambda": ("list_functions", {}),
    "route53": ("list_hosted_zones", {}),
    "cloudwatch": ("list_dashboards", {}),
    "apigatewayv2": ("get_apis", {}),
    "s3tables": ("list_table_buckets", {}),
    "kms": ("encrypt", {"KeyId": "alias/a", "Plaintext": b"a"}),
}
"""One operation of services that speak ec2, json, query, rest-json, rest-xml and CBOR."""
ATTEMPT = b"Action=CreateUser&Version=2010-05-08&UserName=made-by-mistake"
JSON = "application/x-amz-json-1.0"


@pytest.fixture(scope="module")
def admin(acme: Account) -> Keys:
    return acme.administrator


def refusal(keys: Keys, service: str) -> tuple[int, str, str]:
    operation, parameters = CALLS[service]
    with pytest.raises(ClientError) as refused:
        getattr(keys.client(service), operation)(**parameters)
    answer = cast("Any", refused.value).response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.mark.parametrize("service", CALLS)
def test_sdks_understand_that_a_service_is_not_served(admin: Keys, service: str) -> None:
    status, code, message = refusal(admin, service)
    signing_name = {"cloudwatch": "monitoring", "apigatewayv2": "apigateway"}.get(service, service)
    said = f"The service {signing_name} is not implemented by this server."
    assert (status, code, message) == (501, "NotImplemented", said)


@pytest.mark.parametrize("service", CALLS)
def test_a_wrong_secret_is_told_first(admin: Keys, service: str) -> None:
    wrong = Keys(admin.endpoint, admin.access_key_id, admin.secret_access_key[::-1])
    _, code, _ = refusal(wrong, service)
    assert code in {"SignatureDoesNotMatch", "InvalidSignatureException"}


@pytest.mark.parametrize("service", CALLS)
def test_a_key_that_nobody_has_is_told_first(admin: Keys, service: str) -> None:
    _, code, _ = refusal(Keys(admin.endpoint, "AKIAIOSFODNN7EXAMPLE", "x"), service)
    assert code in {"InvalidClientTokenId", "UnrecognizedClientException"}


def unsigned(keys: Keys, headers: tuple[tuple[bytes, bytes], ...], body: bytes = b"{}") -> RawRequest:
    return RawRequest(keys.endpoint, "POST", "/", headers, body)


@pytest.mark.parametrize("host", [b"127.0.0.1", b"dynamodb.us-east-1.amazonaws.com"])
def test_a_stranger_is_asked_for_credentials_in_the_words_of_the_protocol(admin: Keys, host: bytes) -> None:
    target = (b"x-amz-target", b"DynamoDB_20120810.ListTables")
    answer = unsigned(admin, ((b"host", host), (b"content-type", JSON.encode()), target)).send()
    assert answer.status == 400
    said = json.loads(answer.body)
    assert said["__type"].endswith("MissingAuthenticationTokenException")
    assert said["message"] == "Request is missing Authentication Token"


def test_a_host_of_a_service_that_is_not_served_is_final(admin: Keys) -> None:
    headers = {"content-type": FORM, "host": "ec2.us-east-1.amazonaws.com"}
    answer = raw(admin, "POST", "/", "iam", headers=headers, body=ATTEMPT).send()
    said = "Credential should be scoped to correct service: 'ec2'."
    assert answer.error == (403, "SignatureDoesNotMatch", said)
    answer = raw(admin, "POST", "/", "ec2", headers=headers, body=ATTEMPT).send()
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_a_scope_of_another_service_runs_nothing_of_ours(acme: Account, admin: Keys) -> None:
    for service in ("ec2", "sqs", "dynamodb", "lambda", "route53"):
        for target in ("/", "/?" + ATTEMPT.decode(), "/bucket-by-mistake"):
            headers = {"content-type": FORM}
            assert raw(admin, "POST", target, service, headers=headers, body=ATTEMPT).send().status >= 400
            assert raw(admin, "PUT", target, service).send().status >= 400
    users = [user["UserName"] for user in admin.client("iam").list_users()["Users"]]
    assert "made-by-mistake" not in users
    assert "bucket-by-mistake" not in [found["Name"] for found in admin.client("s3").list_buckets()["Buckets"]]


def test_scopes_are_checked_as_at_the_services_that_are_served(admin: Keys) -> None:
    request = raw(admin, "POST", "/", "ec2", headers={"content-type": FORM}, body=b"Action=DescribeVpcs")
    assert request.with_authorization("/aws4_request", "/aws5_request").send().message == (
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."
    )
    assert request.with_header(b"x-amz-date", b"20150830T123600Z").send().code == "SignatureDoesNotMatch"
    assert replace(request, body=b"Action=RunInstances").send().code == "SignatureDoesNotMatch"


def test_a_name_that_no_service_has_is_a_wrong_scope(admin: Keys) -> None:
    answer = raw(admin, "GET", "/bucket", "no-such-service").send()
    assert (answer.status, answer.code) == (400, "AuthorizationHeaderMalformed")
    answer = raw(admin, "POST", "/", "no-such-service", headers={"content-type": FORM}, body=b"Action=X").send()
    assert answer.error == (403, "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'.")


def test_a_bucket_may_be_called_like_a_service(admin: Keys) -> None:
    admin.client("s3").create_bucket(Bucket="backup")
    headers = {"host": "backup.localhost"}
    assert raw(admin, "PUT", "/key", "s3", headers=headers, body=b"kept").send().status == 200
    assert raw(admin, "GET", "/backup/key", "s3").send().body == b"kept"
