"""What the connection and the host name say: TLS versions in policies, buckets in the host name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
import pytest
from botocore.config import Config
from tests.services.s3.conftest import new_name
from tests.support.house import REGION, Account, House, Keys, allow, policy, refusal, user_with


def over(keys: Keys, endpoint: str, **more: Any) -> Any:
    connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": more.pop("style", "path")})
    return connect(
        "s3",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=config,
        **more,
    )


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House.start(tmp_path_factory.mktemp("secure") / "data", https=True)
    yield house
    house.stop()


def test_policies_ask_for_the_version_of_tls(secure: House) -> None:
    account = secure.account()
    bucket = new_name()
    account.administrator.client("s3").create_bucket(Bucket=bucket)
    condition = {"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}}
    keys = user_with(account, "modern", policy(allow("s3:ListBucket", Condition=condition)))
    description = secure.server.description
    with_tls = over(keys, description["https"], verify=description["ca_bundle"])
    assert with_tls.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert refusal(keys.client("s3").list_objects_v2, Bucket=bucket)[0] == "AccessDenied"


@pytest.fixture(scope="module", params=["s3.localhost", "localhost"])
def hosted(acme: Account, request: pytest.FixtureRequest) -> Any:
    """S3 with the bucket in the host name, as clients speak it where `*.localhost` resolves."""
    address = acme.administrator.endpoint.partition("//")[2]
    endpoint = f"http://{request.param}:{address.partition(':')[2]}"
    client = over(acme.administrator, endpoint, style="virtual")

    def resolve(request: Any, **_more: Any) -> None:
        parts = urlsplit(str(request.url))
        request.headers["Host"] = parts.netloc
        request.url = urlunsplit(parts._replace(netloc=address))

    client.meta.events.register("before-send.s3", resolve)
    return client


def test_a_bucket_in_the_host_name(hosted: Any) -> None:
    bucket = new_name()
    hosted.create_bucket(Bucket=bucket)
    hosted.put_object(Bucket=bucket, Key="a b/ü//c", Body=b"x", Metadata={"a": "b"})
    assert hosted.get_object(Bucket=bucket, Key="a b/ü//c")["Body"].read() == b"x"
    assert [each["Key"] for each in hosted.list_objects_v2(Bucket=bucket)["Contents"]] == ["a b/ü//c"]
    upload = hosted.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = hosted.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"part")
    listed = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]
    hosted.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": listed})
    hosted.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"})
    answer = hosted.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "k"}, {"Key": "copy"}, {"Key": "a b/ü//c"}]}
    )
    assert len(answer["Deleted"]) == 3
    hosted.delete_bucket(Bucket=bucket)
    assert refusal(hosted.list_objects_v2, Bucket=bucket)[0] == "NoSuchBucket"


def test_a_key_that_looks_like_another_services_path(hosted: Any) -> None:
    bucket = new_name()
    hosted.create_bucket(Bucket=bucket)
    for key in ("v20180820/configuration/publicAccessBlock", "token", "latest/meta-data"):
        hosted.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert hosted.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
