"""AWS CLI v1 and v2 on S3: objects of every size, sent in each version's own way, folders, presigned URLs, refusals."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.clients.instances import Instance, allow, fresh, noise
from tests.clients.programs import Person, aws_cli_v1, on_the_machine
from tests.clients.recorder import recording

MIB = 1024 * 1024


@pytest.fixture
def bucket(instance: Instance) -> str:
    return instance.bucket()


@pytest.mark.parametrize("size", [0, 1024, 20 * MIB])
def test_an_object_comes_back_as_it_went(aws: Person, bucket: str, size: int) -> None:
    sent, received = write(aws.home / "sent", noise(size)), aws.home / "received"
    put = aws.json("s3api", "put-object", "--bucket", bucket, "--key", "a b/ü", "--body", sent, "--output", "json")
    got = aws.json("s3api", "get-object", "--bucket", bucket, "--key", "a b/ü", received, "--output", "json")
    assert received.read_bytes() == sent.read_bytes()
    assert got["ETag"] == put["ETag"]
    assert got["ContentLength"] == size


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_checksum_of_one_s_choice_is_kept(aws: Person, instance: Instance, bucket: str, algorithm: str) -> None:
    sent = write(aws.home / "sent", noise(1024))
    told = ("--checksum-algorithm", algorithm)
    aws.run("s3api", "put-object", "--bucket", bucket, "--key", "k", "--body", sent, *told)
    found = instance.client("s3").get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    kept = {name for name in found if name.startswith("Checksum")} - {"ChecksumType"}
    assert kept == {f"Checksum{algorithm}"}
    assert found["Body"].read() == sent.read_bytes()


def test_what_is_sent_depends_on_the_scheme(aws: Person, instance: Instance, bucket: str) -> None:
    sent = write(aws.home / "sent", noise(1024))
    with recording(instance) as recorder:
        relayed = aws.having(AWS_ENDPOINT_URL=recorder.endpoint)
        relayed.run("s3api", "put-object", "--bucket", bucket, "--key", "k", "--body", sent)
        headers = recorder.headers("PUT", f"/{bucket}/k")
    if instance.scheme == "http":
        assert len(headers["x-amz-content-sha256"]) == 64
        assert any(name.startswith("x-amz-checksum-crc") for name in headers)
    else:
        assert headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        assert "aws-chunked" in headers["content-encoding"]
        assert headers["x-amz-trailer"].startswith("x-amz-checksum-crc")
    assert headers["expect"] == "100-continue"
    assert instance.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == sent.read_bytes()


def test_a_bucket_lives_from_mb_to_rb(aws: Person) -> None:
    name = fresh("short-lived")
    assert aws.run("s3", "mb", f"s3://{name}") == f"make_bucket: {name}"
    assert name in aws.run("s3", "ls")
    assert aws.run("s3", "rb", f"s3://{name}") == f"remove_bucket: {name}"
    assert aws.refused("s3", "ls", f"s3://{name}").endswith(
        "(NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist"
    )


def test_files_are_copied_listed_and_removed(aws: Person, instance: Instance, bucket: str) -> None:
    sent = write(aws.home / "large", noise(20 * MIB))
    aws.run("s3", "cp", sent, f"s3://{bucket}/folder/large", "--no-progress")
    assert instance.client("s3").head_object(Bucket=bucket, Key="folder/large")["ETag"].endswith('-3"'), "in parts"
    assert aws.run("s3", "ls", f"s3://{bucket}").split() == ["PRE", "folder/"]
    assert aws.run("s3", "ls", f"s3://{bucket}/folder/").split()[2:] == [str(20 * MIB), "large"]
    aws.run("s3", "cp", f"s3://{bucket}/folder/large", aws.home / "back", "--no-progress")
    assert (aws.home / "back").read_bytes() == sent.read_bytes()
    assert aws.run("s3", "rm", f"s3://{bucket}/folder/large") == f"delete: s3://{bucket}/folder/large"
    nothing = aws.try_to("s3", "ls", f"s3://{bucket}/folder/", "--recursive")
    assert (nothing.code, nothing.out, nothing.err) == (1, "", "")


def test_a_text_goes_through_pipes(aws: Person, bucket: str) -> None:
    aws.run("s3", "cp", "-", f"s3://{bucket}/note", stdin="for you\n")
    assert aws.run("s3", "cp", f"s3://{bucket}/note", "-") == "for you"


def test_a_folder_is_synchronized_both_ways(aws: Person, bucket: str) -> None:
    here, there = aws.home / "here", aws.home / "there"
    for number in range(12):
        # The CLI sends again what is younger than its copy, which is dated in whole seconds.
        os.utime(write(here / f"{number % 3}" / f"file {number}", noise(number * 100)), (1, 1))
    aws.run("s3", "sync", "--no-progress", here, f"s3://{bucket}/all")
    (here / "0" / "file 0").unlink()
    assert (
        aws.run("s3", "sync", "--no-progress", here, f"s3://{bucket}/all", "--delete")
        == f"delete: s3://{bucket}/all/0/file 0"
    )
    aws.run("s3", "sync", "--no-progress", f"s3://{bucket}/all", there)
    assert contents(there) == contents(here)
    aws.run("s3", "rb", f"s3://{bucket}", "--force")


def test_a_presigned_url_opens_one_object_for_anybody(aws: Person, instance: Instance, bucket: str) -> None:
    instance.client("s3").put_object(Bucket=bucket, Key="letter", Body=b"open me")
    presign = ("s3", "presign", f"s3://{bucket}/letter", "--expires-in", "60")
    as_ever = aws.run(*presign)
    assert ("AWSAccessKeyId=" in as_ever) is (aws.program == (aws_cli_v1(),)), "version 1 signs as of old"
    (aws.home / ".aws").mkdir(exist_ok=True)
    (aws.home / ".aws" / "config").write_text("[default]\ns3 =\n  signature_version = s3v4\n")
    newer = aws.run(*presign)
    assert "X-Amz-Signature=" in newer
    trusted = [] if instance.ca_bundle is None else ["--cacert", instance.ca_bundle]
    anybody = Person((on_the_machine("curl"), "--silent", *trusted), aws.home, {})
    for url in (as_ever, newer):
        assert anybody.run(url) == "open me"
        assert "<Code>SignatureDoesNotMatch</Code>" in anybody.run(url.replace("letter", "other"))


def test_a_user_without_permission_reads_why(aws: Person, instance: Instance, bucket: str) -> None:
    name, keys = instance.user(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    user = aws.having(**keys.variables)
    sent = write(aws.home / "sent", b"mine")
    user.run("s3", "cp", sent, f"s3://{bucket}/mine")
    assert user.refused("s3api", "get-object", "--bucket", bucket, "--key", "mine", os.devnull).endswith(
        f"(AccessDenied) when calling the GetObject operation: User: {instance.arn(f'user/{name}')} is not authorized"
        f' to perform: s3:GetObject on resource: "arn:aws:s3:::{bucket}/mine" because no identity-based policy allows'
        " the s3:GetObject action"
    )


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_access_point_by_its_alias_and_a_directory_bucket(aws: Person, instance: Instance, bucket: str) -> None:
    _, alias = instance.access_point(bucket)
    (sent := aws.home / "sent").write_bytes(b"through")
    aws.run("s3", "cp", sent, f"s3://{alias}/folder/sent")
    assert aws.run("s3", "ls", f"s3://{alias}/folder/").split()[-1] == "sent"
    assert instance.client("s3").get_object(Bucket=bucket, Key="folder/sent")["Body"].read() == b"through"
    fast = f"{fresh('fast')}--use1-az4--x-s3"
    settings = (
        "Location={Type=AvailabilityZone,Name=use1-az4},Bucket={Type=Directory,DataRedundancy=SingleAvailabilityZone}"
    )
    control = aws.having(AWS_S3_DISABLE_EXPRESS_SESSION_AUTH="true")
    control.run("s3api", "create-bucket", "--bucket", fast, "--create-bucket-configuration", settings)
    # `aws s3` of version 2 begins its sessions by host name, which no resolver here knows.
    aws.run("s3api", "put-object", "--bucket", fast, "--key", "sent", "--body", sent)
    aws.run("s3api", "get-object", "--bucket", fast, "--key", "sent", aws.home / "received")
    assert (aws.home / "received").read_bytes() == b"through"
    aws.run("s3api", "delete-object", "--bucket", fast, "--key", "sent")
    control.run("s3api", "delete-bucket", "--bucket", fast)
