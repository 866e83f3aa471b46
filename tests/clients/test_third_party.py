"""Clients that AWS did not write: objects of three sizes there and back, lists, refusals, a role's credentials."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.clients.instances import Instance, Keys, allow, noise
from tests.clients.stores import STORES, Open, Refused

KIB, MIB = 1024, 1024 * 1024
SIZES = [KIB, 6 * MIB, 20 * MIB]


@pytest.fixture(params=STORES)
def client(request: pytest.FixtureRequest, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Open:
    """One of the clients."""
    if instance.ca_bundle is not None:
        monkeypatch.setenv("SSL_CERT_FILE", instance.ca_bundle)
    return STORES[request.param]


@pytest.fixture
def bucket(instance: Instance) -> str:
    return instance.bucket()


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
    assert [each["Size"] for each in left if each["Key"] != "a folder/"] == [], "pyarrow keeps the folder"


def test_a_wrong_secret_opens_nothing(client: Open, instance: Instance, bucket: str, tmp_path: Path) -> None:
    keys = replace(instance.administrator, secret_access_key="x" + instance.administrator.secret_access_key[1:])
    store = client(instance, bucket, keys, tmp_path)
    with pytest.raises(Refused, match="SignatureDoesNotMatch|signature we calculated|Forbidden|403"):
        store.put("k", write(tmp_path / "sent", noise(KIB)))
    assert instance.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_role_that_reads_does_not_write(client: Open, instance: Instance, bucket: str, tmp_path: Path) -> None:
    instance.client("s3").put_object(Bucket=bucket, Key="k", Body=b"read me")
    role = instance.role(allow(["s3:GetObject", "s3:ListBucket"]))
    sts = instance.client("sts")
    answer = sts.assume_role(RoleArn=instance.arn(f"role/{role}"), RoleSessionName="reader")
    store = client(instance, bucket, Keys.of(answer["Credentials"]), tmp_path)
    store.get("k", tmp_path / "received")
    assert (tmp_path / "received").read_bytes() == b"read me"
    with pytest.raises(Refused, match="AccessDenied|not authorized|ACCESS_DENIED|403"):
        store.put("k", write(tmp_path / "sent", b"written"))
    assert instance.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"read me"


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
