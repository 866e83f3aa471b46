"""boto3 as a program uses it: credentials from everywhere, uploads in its own way, presigned URLs, errors."""

from __future__ import annotations

import base64
import hashlib
import ssl
import sys
import zlib
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.clients.instances import REGION, Instance, Keys, allow, document, noise
from tests.clients.programs import Person
from tests.clients.recorder import recording
from tests.support.house import refusal

MIB = 1024 * 1024
SIZES = [0, 1024, MIB, 20 * MIB]
SCRIPT = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn']); boto3.client('iam').list_users()"


@pytest.fixture
def bucket(instance: Instance) -> str:
    return instance.bucket()


def test_a_script_takes_address_and_keys_from_the_environment(instance: Instance, tmp_path: Path) -> None:
    script = instance.person(tmp_path).using(sys.executable, "-c")
    assert script.run(SCRIPT) == instance.arn("user/administrator")


def test_a_script_takes_address_and_keys_from_a_profile(instance: Instance, tmp_path: Path) -> None:
    keys = instance.administrator
    settings = [
        "[profile house]",
        f"region = {REGION}",
        f"endpoint_url = {instance.endpoint}",
        f"aws_access_key_id = {keys.access_key_id}",
        f"aws_secret_access_key = {keys.secret_access_key}",
        *([] if instance.ca_bundle is None else [f"ca_bundle = {instance.ca_bundle}"]),
    ]
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("\n".join(settings))
    script = Person((sys.executable, "-c"), tmp_path, {"AWS_PROFILE": "house"})
    assert script.run(SCRIPT) == instance.arn("user/administrator")


@pytest.mark.parametrize("size", SIZES)
def test_an_object_comes_back_as_it_went(instance: Instance, bucket: str, size: int) -> None:
    s3, data = instance.client("s3"), noise(size)
    put = s3.put_object(Bucket=bucket, Key="dir/a b+ü~", Body=data, Metadata={"colour": "blue"})
    got = s3.get_object(Bucket=bucket, Key="dir/a b+ü~")
    assert got["Body"].read() == data
    assert got["Metadata"] == {"colour": "blue"}
    assert put["ETag"] == got["ETag"] == f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["Size"] == size


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_checksum_of_the_clients_choice_is_kept(instance: Instance, bucket: str, algorithm: str) -> None:
    s3 = instance.client("s3")
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"some bytes", ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"some bytes"
    assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    if algorithm == "CRC32":
        assert put["ChecksumCRC32"] == base64.b64encode(zlib.crc32(b"some bytes").to_bytes(4, "big")).decode()


def test_what_is_sent_depends_on_the_scheme(instance: Instance, bucket: str) -> None:
    with recording(instance) as recorder:
        instance.connect("s3", endpoint_url=recorder.endpoint).put_object(Bucket=bucket, Key="k", Body=b"data")
        headers = recorder.headers("PUT", f"/{bucket}/k")
    if instance.scheme == "http":
        assert headers["x-amz-content-sha256"] == hashlib.sha256(b"data").hexdigest()
        assert "x-amz-checksum-crc32" in headers
    else:
        assert headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        assert headers["content-encoding"] == "aws-chunked"
        assert headers["x-amz-trailer"] == "x-amz-checksum-crc32"
    assert headers["expect"] == "100-continue"
    assert instance.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"data"


def test_a_body_of_unknown_origin_is_streamed(instance: Instance, bucket: str, tmp_path: Path) -> None:
    (path := tmp_path / "file").write_bytes(data := noise(3 * MIB))
    s3 = instance.client("s3")
    with path.open("rb") as file:
        s3.put_object(Bucket=bucket, Key="k", Body=file)
    s3.download_file(bucket, "k", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data


def test_a_large_file_goes_in_parts(instance: Instance, bucket: str, tmp_path: Path) -> None:
    (path := tmp_path / "file").write_bytes(data := noise(20 * MIB))
    s3 = instance.client("s3")
    s3.upload_file(str(path), bucket, "k")
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"].endswith('-3"')
    s3.download_file(bucket, "k", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data


def test_parts_of_an_object_are_read(instance: Instance, bucket: str) -> None:
    s3 = instance.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=2-4")["Body"].read() == b"234"
    assert s3.get_object(Bucket=bucket, Key="k", Range="bytes=-3")["Body"].read() == b"789"


def test_presigned_urls_read_and_write_without_keys(instance: Instance, bucket: str) -> None:
    s3 = instance.connect("s3", config={"signature_version": "s3v4"})
    target = {"Bucket": bucket, "Key": "a b/ü"}
    put = s3.generate_presigned_url("put_object", Params=target, ExpiresIn=60)
    assert fetch(instance, put, "PUT", b"by hand") == (200, b"")
    get = s3.generate_presigned_url("get_object", Params=target, ExpiresIn=60)
    assert fetch(instance, get) == (200, b"by hand")
    status, body = fetch(instance, get.replace("Expires=60", "Expires=600"))
    assert status == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in body


def test_a_presigned_url_of_the_older_signature_reads_too(instance: Instance, bucket: str) -> None:
    s3 = instance.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"as ever")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    assert "AWSAccessKeyId=" in url
    assert fetch(instance, url) == (200, b"as ever")
    assert fetch(instance, url.replace("/k?", "/l?"))[0] == 403


def test_a_presigned_url_of_a_session_carries_its_token(instance: Instance, bucket: str) -> None:
    role = instance.role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/open/*"))
    keys = assume(instance, role)
    s3 = instance.connect("s3", keys, config={"signature_version": "s3v4"})
    instance.client("s3").put_object(Bucket=bucket, Key="open/k", Body=b"for the role")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "open/k"})
    assert fetch(instance, url) == (200, b"for the role")
    closed = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "closed"})
    assert fetch(instance, closed)[0] == 403


def test_a_session_is_a_role_with_a_policy_of_its_own(instance: Instance) -> None:
    role = instance.role(allow("iam:*"))
    keys = assume(instance, role, Policy=document(allow("iam:ListUsers")))
    instance.client("iam", keys).list_users()
    code, message = refusal(instance.client("iam", keys).list_groups)
    assert code == "AccessDenied"
    assert message.endswith("because no session policy allows the iam:ListGroups action")


def test_errors_have_classes_and_request_ids(instance: Instance) -> None:
    iam = instance.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException) as failed:
        iam.get_user(UserName="nobody")
    answer: dict[str, Any] = failed.value.response
    assert answer["Error"]["Message"] == "The user with name nobody cannot be found."
    assert answer["Error"]["Type"] == "Sender"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert answer["ResponseMetadata"]["RequestId"]


def test_waiters_and_pages_work(instance: Instance, bucket: str) -> None:
    s3 = instance.client("s3")
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"")
    s3.get_waiter("object_exists").wait(Bucket=bucket, Key="k4")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
    assert [[each["Key"] for each in page["Contents"]] for page in pages] == [["k0", "k1"], ["k2", "k3"], ["k4"]]


def test_an_operation_that_is_not_built_says_so(instance: Instance, bucket: str) -> None:
    code, _ = refusal(instance.client("s3").get_object_torrent, Bucket=bucket, Key="key")
    assert code == "NotImplemented"


def assume(instance: Instance, role: str, **options: Any) -> Keys:
    arn = instance.arn(f"role/{role}")
    answer = instance.client("sts").assume_role(RoleArn=arn, RoleSessionName="test", **options)
    return Keys.of(answer["Credentials"])


def fetch(instance: Instance, url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    """Use a URL without any AWS client."""
    context = None if instance.ca_bundle is None else ssl.create_default_context(cafile=instance.ca_bundle)
    try:
        # urllib would name a content type of its own.
        request = Request(url, body, {"Content-Type": ""} if body else {}, method=method)  # noqa: S310
        with urlopen(request, context=context) as answer:  # noqa: S310
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()
