"""Names of buckets are public, as at AWS: anybody learns that there is none. What is in a bucket, and whose, is not.

docs/decisions/0019 says why.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from itertools import count
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from tests.services.s3.conftest import new_name, s3_client
from tests.services.s3.points import arn_of, new_point, through_points
from tests.support.house import Account, allow, policy, refusal, user_with
from tests.support.post_forms import body_of, s3_of, send
from tests.support.raw_requests import get, presigned, unsigned

_numbers = count(1)
MISSING = "nobody-has-this-name"
NO_BUCKET = (404, "NoSuchBucket", "The specified bucket does not exist")
WITHOUT_BUCKET = {"CreateBucket", "ListBuckets", "ListDirectoryBuckets"}
SERVED = tomllib.loads(files("watchword.services.s3").joinpath("served.toml").read_text("utf-8"))["operations"]
KNOWN: dict[str, Any] = {
    "Bucket": MISSING,
    "CopySource": "some-other-bucket/k",
    "Policy": "{}",
    "ObjectAttributes": ["ETag"],
    "Body": b"x",
}
"""Parameters that cannot be made from their type alone."""


@pytest.fixture(scope="module")
def s3(acme: Account) -> Any:
    return acme.administrator.client("s3")


@pytest.fixture(scope="module")
def nobody(acme: Account) -> Any:
    """The anonymous."""
    connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return connect("s3", region_name="us-east-1", endpoint_url=acme.administrator.endpoint, config=config)


def asked(shape: Any) -> Any:
    """The smallest input that a shape takes."""
    if shape.type_name == "structure":
        needed = [*shape.required_members, *(("Body",) if "Body" in shape.members else ())]
        return {name: KNOWN[name] if name in KNOWN else asked(shape.members[name]) for name in needed}
    if shape.type_name == "list":
        return [asked(shape.member)]
    makers: dict[str, Any] = {"integer": 1, "long": 1, "boolean": True, "timestamp": "2030-01-01", "blob": b"x"}
    return makers.get(shape.type_name, (getattr(shape, "enum", None) or ["k"])[0])


@pytest.mark.parametrize("operation", [each for each in SERVED if each not in WITHOUT_BUCKET])
def test_every_operation_tells_everybody_that_there_is_no_bucket(
    acme: Account, globex: Account, nobody: Any, operation: str
) -> None:
    unentitled = user_with(acme, f"unentitled-{next(_numbers)}")
    for client in (nobody, s3_client(unentitled), s3_client(globex.administrator), s3_client(acme.administrator)):
        model = client.meta.service_model.operation_model(operation)
        method = {api: name for name, api in client.meta.method_to_api_mapping.items()}[operation]
        code, _ = refusal(getattr(client, method), **asked(model.input_shape))
        assert code == ("404" if operation.startswith("Head") else "NoSuchBucket")


def test_a_signature_is_looked_at_first(acme: Account) -> None:
    url = presigned(acme.administrator, "GET", f"/{MISSING}/k", seconds=60).target
    forged = get(acme.administrator, f"/{MISSING}/k")
    for request in (
        unsigned(acme.administrator, "GET", url[:-4] + "beef"),
        forged.with_header(b"x-amz-content-sha256", b"UNSIGNED-PAYLOAD"),
        forged.with_authorization("Signature=", "Signature=0"),
    ):
        assert request.send().error[:2] == (403, "SignatureDoesNotMatch")
    unknown = forged.with_authorization("Credential=AKIA", "Credential=AKIB")
    assert unknown.send().error[:2] == (403, "InvalidAccessKeyId")


def test_presigned_urls_and_forms_are_told_the_same(acme: Account) -> None:
    assert presigned(acme.administrator, "GET", f"/{MISSING}/k", seconds=60).send().error == NO_BUCKET
    form = s3_of(acme.administrator).generate_presigned_post(MISSING, "k")
    url = f"{acme.administrator.endpoint}/{MISSING}"
    assert send(url, body_of(form["fields"])).error == NO_BUCKET
    assert send(url, body_of({"key": "k"})).error == NO_BUCKET
    tampered = form["fields"] | {"x-amz-signature": "0" * 64}
    assert send(url, body_of(tampered)).error[:2] == (403, "SignatureDoesNotMatch")


def test_hosts_of_buckets_are_told_the_same(acme: Account) -> None:
    request = unsigned(acme.administrator, "GET", "/k")
    host = f"{MISSING}.s3.us-east-1.amazonaws.com".encode()
    assert request.with_header(b"host", host).send().error == NO_BUCKET


def test_no_bucket_can_have_such_a_name(acme: Account) -> None:
    for name in ("A", "a+b", "ab", "10.0.0.1"):
        assert unsigned(acme.administrator, "GET", f"/{name}/k").send().error[:2] == (400, "InvalidBucketName")


def test_what_is_copied_must_be_in_a_bucket(acme: Account, s3: Any) -> None:
    name = f"copies-{new_name()}"
    s3.create_bucket(Bucket=name)
    writer = s3_client(user_with(acme, f"writer-{name}", policy(allow("s3:PutObject", f"arn:aws:s3:::{name}/*"))))
    assert refusal(writer.copy_object, Bucket=name, Key="k", CopySource=f"{MISSING}/k")[0] == "NoSuchBucket"


def test_keys_are_told_to_nobody_who_may_not_list(acme: Account, globex: Account, nobody: Any, s3: Any) -> None:
    name = f"kept-{new_name()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="there", Body=b"x")
    for client in (nobody, s3_client(globex.administrator)):
        for call in (client.get_object, client.delete_object, client.get_object_tagging, client.get_object_acl):
            answers = {refusal(call, Bucket=name, Key=key) for key in ("there", "absent")}
            answers.add(refusal(call, Bucket=name, Key="there", VersionId="x"))
            assert answers == {("AccessDenied", "Access Denied")}
        assert refusal(client.head_object, Bucket=name, Key="there") == refusal(
            client.head_object, Bucket=name, Key="absent"
        )


def test_whose_a_bucket_is_is_told_by_no_access_point_of_ones_own(acme: Account, globex: Account, s3: Any) -> None:
    name = f"owned-{new_name()}"
    s3.create_bucket(Bucket=name)
    thief = through_points(globex.administrator)
    right = new_point(globex, name, BucketAccountId=acme.id)
    wrong = new_point(globex, name, BucketAccountId="999999999999")
    for call, more in ((thief.get_object, {"Key": "k"}), (thief.list_objects_v2, {})):
        answers = {refusal(call, Bucket=point, **more) for point in (right, wrong)}
        assert answers == {("AccessDenied", "Access Denied")}
    nowhere = new_point(globex, f"{name}-not", BucketAccountId=acme.id)
    assert refusal(thief.get_object, Bucket=nowhere, Key="k")[0] == "NoSuchBucket"


def test_an_access_point_that_is_not_there_is_told_to_everybody(acme: Account, globex: Account, s3: Any) -> None:
    name = f"pointed-{new_name()}"
    s3.create_bucket(Bucket=name)
    there = new_point(acme, name)
    stranger = through_points(globex.administrator)
    assert refusal(stranger.get_object, Bucket=there, Key="k") == ("AccessDenied", "Access Denied")
    for missing in (arn_of(acme.id, "nothing-here"), there.replace("us-east-1", "eu-west-1")):
        for client in (stranger, through_points(acme.administrator)):
            assert refusal(client.get_object, Bucket=missing, Key="k")[0] == "NoSuchAccessPoint"
