"""restic, which is minio-go inside: a backup, a check, a restore. Over HTTP it signs what it sends chunk by chunk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.clients.instances import Instance, Keys, allow, noise
from tests.clients.name_proxy import proxied
from tests.clients.programs import Person, on_the_machine
from tests.clients.recorder import recording

MIB = 1024 * 1024


@pytest.fixture
def restic(instance: Instance, tmp_path: Path) -> Person:
    """The administrator with restic in hand."""
    return person(instance, tmp_path)


def person(instance: Instance, home: Path, keys: Keys | None = None) -> Person:
    trusted = () if instance.ca_bundle is None else ("--cacert", instance.ca_bundle)
    somebody = instance.person(home, keys).having(RESTIC_PASSWORD="of the repository")
    return somebody.using(on_the_machine("restic"), "--quiet", *trusted)


def test_a_folder_is_backed_up_and_restored(restic: Person, instance: Instance) -> None:
    bucket = instance.bucket()
    folder = restic.home / "folder"
    folder.mkdir()
    (folder / "small").write_bytes(noise(1024))
    (folder / "large").write_bytes(noise(20 * MIB))
    with recording(instance) as recorder:
        restic.run("--repo", f"s3:{recorder.endpoint}/{bucket}/backups", "init")
        content = recorder.headers("PUT", f"/{bucket}/backups/config")["x-amz-content-sha256"]
    assert content == ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD" if instance.scheme == "http" else "UNSIGNED-PAYLOAD")
    repository = restic.using(*restic.program, "--repo", f"s3:{instance.endpoint}/{bucket}/backups")
    repository.run("backup", "folder")
    repository.run("check", "--read-data")
    repository.run("restore", "latest", "--target", restic.home / "restored")
    for name in ("small", "large"):
        assert (restic.home / "restored" / "folder" / name).read_bytes() == (folder / name).read_bytes()


OPTIONS = [
    "s3.list-objects-v1=true",
    "s3.bucket-lookup=path",
    "s3.connections=1",
    "s3.storage-class=STANDARD_IA",
    "s3.layout=s3legacy",
    "s3.region=us-east-1",
]


@pytest.mark.parametrize("option", OPTIONS)
def test_a_backup_with_another_setting(restic: Person, instance: Instance, option: str) -> None:
    bucket = instance.bucket()
    goes_and_comes_back(restic.using(*restic.program, "--option", option), f"s3:{instance.endpoint}/{bucket}")
    classes = {each["StorageClass"] for each in instance.client("s3").list_objects_v2(Bucket=bucket)["Contents"]}
    assert ("STANDARD_IA" in classes) == option.endswith("STANDARD_IA")


def test_a_backup_with_the_bucket_in_the_host_name(instance: Instance, tmp_path: Path) -> None:
    bucket = instance.bucket()
    with proxied(instance) as (named, hosts):
        somebody = person(named, tmp_path)
        by_host = somebody.using(*somebody.program, "--option", "s3.bucket-lookup=dns")
        goes_and_comes_back(by_host, f"s3:{named.endpoint}/{bucket}")
    assert hosts == {f"{bucket}.{urlsplit(named.endpoint).hostname}"}


def goes_and_comes_back(restic: Person, repository: str) -> None:
    (folder := restic.home / "folder").mkdir()
    (folder / "file").write_bytes(noise(6 * MIB))
    restic = restic.using(*restic.program, "--repo", repository)
    for command in ("init", "backup folder", "check --read-data", "restore latest --target restored", "forget latest"):
        restic.run(*command.split())
    assert (restic.home / "restored" / "folder" / "file").read_bytes() == (folder / "file").read_bytes()


def test_a_repository_is_closed_to_others(instance: Instance, tmp_path: Path) -> None:
    bucket = instance.bucket()
    wrong = replace(instance.administrator, secret_access_key=instance.administrator.secret_access_key[::-1])
    _, reader = instance.user(allow(["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"]))
    for keys, why in ((wrong, "client.BucketExists: Access Denied"), (reader, "not authorized to perform")):
        repository = f"s3:{instance.endpoint}/{bucket}/backups"
        assert why in person(instance, tmp_path, keys).refused("--repo", repository, "init")
    assert instance.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0
