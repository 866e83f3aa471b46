"""Clients that AWS did not write, and its SDK of old: objects of three sizes there and back, lists, refusals, roles."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from tests.clients.instances import Instance, Keys, allow, noise
from tests.clients.recorder import recording
from tests.clients.stores import ASSUMING, IN_PARTS, STORES, Open, Refused

KIB, MIB = 1024, 1024 * 1024
SIZES = [KIB, 6 * MIB, 20 * MIB]
HASH, NOTHING, TRAILER = "its SHA-256", "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
BODIES = [
    ("minio-py", HASH, NOTHING),
    ("minio-js", HASH, NOTHING),
    ("AWS SDK for JavaScript v2", HASH, NOTHING),
    ("rclone", NOTHING, NOTHING),
    ("s5cmd", HASH, HASH),
    ("s3cmd", HASH, HASH),
    ("pyarrow", TRAILER, TRAILER),
    ("obstore", HASH, HASH),
]
"""What each client says of a small body, over HTTP and over HTTPS."""


pytestmark = pytest.mark.usefixtures("trust")
every_client = pytest.mark.parametrize("client", STORES.values(), ids=STORES)


@pytest.fixture
def trust(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process knows the CA, for clients that have no other way to be told."""
    if instance.ca_bundle is not None:
        monkeypatch.setenv("SSL_CERT_FILE", instance.ca_bundle)
        monkeypatch.setenv("AWS_CA_BUNDLE", instance.ca_bundle)


@pytest.fixture
def bucket(instance: Instance) -> str:
    return instance.bucket()


@every_client
def test_objects_come_back_as_they_went(client: Open, instance: Instance, bucket: str, tmp_path: Path) -> None:
    store = client(instance, bucket, instance.administrator, tmp_path)
    sent = {f"a folder/ü {size}": write(tmp_path / f"sent-{size}", noise(size)) for size in SIZES}
    for key, file in sent.items():
        store.put(key, file)
    listed = {each["Key"]: each["Size"] for each in instance.client("s3").list_objects_v2(Bucket=bucket)["Contents"]}
    assert listed == {key: file.stat().st_size for key, file in sent.items()}
    assert store.sizes("a folder/") == listed
    for key, file in sent.items():
        store.get(key, tmp_path / "received")
        assert (tmp_path / "received").read_bytes() == file.read_bytes()
        (tmp_path / "received").unlink()
        store.remove(key)
    left = instance.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    assert {each["Key"] for each in left} <= {"a folder/"}, "pyarrow puts an empty object for the folder"


@pytest.mark.parametrize("client", IN_PARTS.values(), ids=IN_PARTS)
def test_a_large_object_goes_in_parts(client: Open, instance: Instance, bucket: str, tmp_path: Path) -> None:
    sent = write(tmp_path / "sent", noise(20 * MIB))
    store = client(instance, bucket, instance.administrator, tmp_path)
    store.put("large", sent)
    assert re.fullmatch(r'"[0-9a-f]{32}-[2-4]"', instance.client("s3").head_object(Bucket=bucket, Key="large")["ETag"])
    store.get("large", tmp_path / "received")
    assert (tmp_path / "received").read_bytes() == sent.read_bytes()


@every_client
def test_a_wrong_secret_opens_nothing(client: Open, instance: Instance, bucket: str, tmp_path: Path) -> None:
    keys = replace(instance.administrator, secret_access_key=instance.administrator.secret_access_key[::-1])
    store = client(instance, bucket, keys, tmp_path)
    with pytest.raises(Refused, match=r"SignatureDoesNotMatch|signature we calculated|Forbidden|403"):
        store.put("k", write(tmp_path / "sent", noise(KIB)))
    assert instance.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@every_client
def test_a_role_that_reads_does_not_write(client: Open, instance: Instance, bucket: str, tmp_path: Path) -> None:
    instance.client("s3").put_object(Bucket=bucket, Key="k", Body=b"read me")
    role = instance.role(allow(["s3:GetObject", "s3:ListBucket"]))
    sts = instance.client("sts")
    answer = sts.assume_role(RoleArn=instance.arn(f"role/{role}"), RoleSessionName="reader")
    store = client(instance, bucket, Keys.of(answer["Credentials"]), tmp_path)
    store.get("k", tmp_path / "received")
    assert (tmp_path / "received").read_bytes() == b"read me"
    with pytest.raises(Refused, match=r"AccessDenied|not authorized|ACCESS_DENIED|403"):
        store.put("k", write(tmp_path / "sent", b"written"))
    assert instance.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"read me"


@pytest.mark.parametrize("assuming", ASSUMING.values(), ids=ASSUMING)
def test_a_client_assumes_a_role_by_itself(
    assuming: Callable[[str], Open],
    instance: Instance,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, listed = f"arn:aws:s3:::{bucket}/mine/*", f"arn:aws:s3:::{bucket}"
    role = instance.role(allow(["s3:GetObject", "s3:PutObject"], mine), allow("s3:ListBucket", listed))
    _, keys = instance.user(allow("sts:AssumeRole"))
    for name, value in keys.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", instance.endpoint)
    store = assuming(instance.arn(f"role/{role}"))(instance, bucket, keys, tmp_path)
    store.put("mine/k", write(tmp_path / "sent", b"of the role"))
    store.get("mine/k", tmp_path / "received")
    assert (tmp_path / "received").read_bytes() == b"of the role"
    with pytest.raises(Refused, match=r"AccessDenied|ACCESS_DENIED|403"):
        store.put("yours/k", tmp_path / "sent")


@pytest.mark.parametrize(("name", "http", "https"), BODIES)
def test_bodies_are_vouched_for_in_each_client_s_way(
    name: str, http: str, https: str, instance: Instance, bucket: str, tmp_path: Path
) -> None:
    sent = write(tmp_path / "sent", noise(KIB))
    with recording(instance) as recorder:
        described = {**instance.server.description, instance.scheme: recorder.endpoint}
        relayed = replace(instance, server=replace(instance.server, description=described))
        STORES[name](relayed, bucket, instance.administrator, tmp_path).put("k", sent)
        headers = recorder.headers("PUT", f"/{bucket}/k")
    expected = http if instance.scheme == "http" else https
    assert headers["x-amz-content-sha256"] == (sha256(sent.read_bytes()).hexdigest() if expected == HASH else expected)
    assert headers.get("x-amz-trailer") == ("x-amz-checksum-crc64nvme" if expected == TRAILER else None)
    assert instance.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == sent.read_bytes()


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
