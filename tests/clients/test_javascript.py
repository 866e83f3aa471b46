"""The AWS SDK for JavaScript v3: credentials, IAM and STS, S3 by path and by host name, presigned URLs, refusals."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.clients.instances import Instance, allow, fresh, noise
from tests.clients.programs import JS, Person, on_the_machine
from tests.clients.recorder import recording

MIB = 1024 * 1024
SIZES = [0, 1024, MIB, 20 * MIB]
BY_PATH = {"forcePathStyle": True}
IDENTITY = {"service": "STS", "command": "GetCallerIdentity"}


@pytest.fixture
def bucket(instance: Instance) -> str:
    return instance.bucket()


def results(script: Person, steps: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """Send these commands; gives back the results, in order."""
    return script.using(*script.program, JS / "run.mjs").json(stdin=json.dumps({"steps": steps, **more}))


def outputs(script: Person, *steps: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Send these commands, which must succeed; gives back their outputs."""
    answers = results(script, list(steps), **more)
    failed = [answer["error"] for answer in answers if "error" in answer]
    assert failed == []
    return [answer["output"] for answer in answers]


def error(script: Person, step: dict[str, Any], **more: Any) -> dict[str, Any]:
    (answer,) = results(script, [step], **more)
    return answer["error"]


def s3(command: str, file: Path | None = None, presign: int | None = None, **members: Any) -> dict[str, Any]:
    step: dict[str, Any] = {"service": "S3", "command": command, "input": members}
    return step | ({"file": str(file)} if file else {}) | ({"presign": presign} if presign else {})


def test_address_and_keys_in_the_environment(script: Person, instance: Instance) -> None:
    identity, users = outputs(script, IDENTITY, {"service": "IAM", "command": "ListUsers"})
    assert identity["Arn"] == instance.arn("user/administrator")
    assert "administrator" in [user["UserName"] for user in users["Users"]]


def test_a_role_is_assumed(script: Person, instance: Instance) -> None:
    role = instance.role(allow("iam:ListUsers"))
    chosen = {"from": "role", "arn": instance.arn(f"role/{role}")}
    identity, listed, refused = results(
        script,
        [IDENTITY, {"service": "IAM", "command": "ListUsers"}, {"service": "IAM", "command": "ListGroups"}],
        credentials=chosen,
    )
    arn = f"arn:aws:sts::{instance.account_id}:assumed-role/{role}/script"
    assert identity["output"]["Arn"] == arn
    assert listed["output"]["IsTruncated"] is False
    assert refused["error"] == {
        "name": "AccessDenied",
        "message": f"User: {arn} is not authorized to perform: iam:ListGroups on resource:"
        f" arn:aws:iam::{instance.account_id}:group/ because no identity-based policy allows the iam:ListGroups action",
        "status": 403,
    }


def test_a_role_of_a_profile_is_assumed(script: Person, instance: Instance) -> None:
    role, keys = instance.role(allow("iam:ListUsers")), instance.administrator
    (script.home / ".aws").mkdir()
    (script.home / ".aws" / "config").write_text(
        f"[profile worker]\nrole_arn = {instance.arn(f'role/{role}')}\nrole_session_name = ini\nsource_profile = keys\n"
    )
    (script.home / ".aws" / "credentials").write_text(
        f"[keys]\naws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key}\n"
    )
    nobody = Person(script.program, script.home, instance.variables)
    (identity,) = outputs(nobody, IDENTITY, credentials={"from": "ini", "profile": "worker"})
    assert identity["Arn"].endswith(f":assumed-role/{role}/ini")


def test_a_session_of_the_user_itself(script: Person, instance: Instance) -> None:
    (made,) = outputs(script, {"service": "STS", "command": "GetSessionToken"})
    credentials = made["Credentials"]
    session = script.having(
        AWS_ACCESS_KEY_ID=credentials["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=credentials["SecretAccessKey"],
        AWS_SESSION_TOKEN=credentials["SessionToken"],
    )
    assert outputs(session, IDENTITY)[0]["Arn"] == instance.arn("user/administrator")


def test_objects_come_back_as_they_went(script: Person, bucket: str) -> None:
    steps: list[dict[str, Any]] = []
    digests: list[tuple[int, str]] = []
    for size in SIZES:
        (path := script.home / f"{size}").write_bytes(data := noise(size))
        digests.append((size, hashlib.sha256(data).hexdigest()))
        target: dict[str, Any] = {"Bucket": bucket, "Key": f"a b/{size}+ü"}
        steps += [s3("PutObject", path, ContentLength=size, **target), s3("GetObject", **target)]
    got = outputs(script, *steps, options=BY_PATH)[1::2]
    assert [(each["size"], each["sha256"]) for each in got] == digests


@pytest.mark.parametrize("size", [1024, MIB], ids=["bytes", "stream"])
def test_what_is_sent(script: Person, instance: Instance, bucket: str, size: int) -> None:
    (path := script.home / "file").write_bytes(noise(size))
    with recording(instance) as recorder:
        relayed = script.having(AWS_ENDPOINT_URL=recorder.endpoint)
        outputs(relayed, s3("PutObject", path, Bucket=bucket, Key="k", ContentLength=size), options=BY_PATH)
        headers = recorder.headers("PUT", f"/{bucket}/k")
    if size > 1024:
        assert headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        assert headers["content-encoding"] == "aws-chunked"
        assert headers["x-amz-trailer"] == "x-amz-checksum-crc32"
    else:
        assert headers["x-amz-content-sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert "x-amz-checksum-crc32" in headers
    assert instance.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == path.read_bytes()


@pytest.mark.parametrize(
    ("options", "members"),
    [
        *(({}, {"ChecksumAlgorithm": each}) for each in ("CRC32C", "CRC64NVME", "SHA1", "SHA256")),
        ({"requestChecksumCalculation": "WHEN_REQUIRED", "responseChecksumValidation": "WHEN_REQUIRED"}, {}),
        ({"requestStreamBufferSize": 65536}, {}),
    ],
    ids=["CRC32C", "CRC64NVME", "SHA1", "SHA256", "checksums where required", "chunks of 64 KiB"],
)
def test_other_checksums_and_chunks(
    script: Person, bucket: str, options: dict[str, Any], members: dict[str, Any]
) -> None:
    (path := script.home / "file").write_bytes(data := noise(2 * MIB))
    target: dict[str, Any] = {"Bucket": bucket, "Key": "k"}
    _, got = outputs(
        script,
        s3("PutObject", path, ContentLength=len(data), **target, **members),
        s3("GetObject", ChecksumMode="ENABLED", **target),
        options=BY_PATH | options,
    )
    assert got["sha256"] == hashlib.sha256(data).hexdigest()
    kept = {name for name in got if name.startswith("Checksum") and name != "ChecksumType"}
    algorithm = members.get("ChecksumAlgorithm") or ("CRC32" if "requestStreamBufferSize" in options else "")
    assert kept == ({f"Checksum{algorithm}"} if algorithm else set())


def test_the_bucket_may_stand_in_the_host_name(script: Person, instance: Instance, bucket: str) -> None:
    port = urlsplit(instance.endpoint).port
    (path := script.home / "file").write_bytes(b"by name")
    target: dict[str, Any] = {"Bucket": bucket, "Key": "k"}
    with recording(instance) as recorder:
        relay = urlsplit(recorder.endpoint).port
        there = {"endpoint": f"{instance.scheme}://s3.localhost:{relay}", "everywhereIsHere": True}
        outputs(script, s3("PutObject", path, **target), options=there)
        assert recorder.headers("PUT", "/k")["host"] == f"{bucket}.s3.localhost:{relay}"
    there["endpoint"] = f"{instance.scheme}://s3.localhost:{port}"
    got, listed, deleted = outputs(
        script,
        s3("GetObject", **target),
        s3("ListObjectsV2", Bucket=bucket),
        s3("DeleteObject", **target),
        options=there,
    )
    assert got["sha256"] == hashlib.sha256(b"by name").hexdigest()
    assert [each["Key"] for each in listed["Contents"]] == ["k"]
    assert deleted == {}


def test_an_access_point_by_its_arn_and_by_its_alias(script: Person, instance: Instance, bucket: str) -> None:
    arn, alias = instance.access_point(bucket)
    name = arn.rpartition("/")[2]
    # No certificate is for every name below `localhost`: with TLS the endpoint is `s3.localhost`.
    local = "localhost" if instance.scheme == "http" else "s3.localhost"
    (path := script.home / "file").write_bytes(b"through")
    with recording(instance) as recorder:
        there = {
            "endpoint": f"{instance.scheme}://{local}:{urlsplit(recorder.endpoint).port}",
            "everywhereIsHere": True,
        }
        outputs(script, s3("PutObject", path, Bucket=arn, Key="k"), options=there)
        host = recorder.headers("PUT", "/k")["host"]
        assert host.startswith(f"{name}-{instance.account_id}.{local}:")
    there["endpoint"] = f"{instance.scheme}://{local}:{urlsplit(instance.endpoint).port}"
    got, by_alias, copied, listed = outputs(
        script,
        s3("GetObject", Bucket=arn, Key="k"),
        s3("GetObject", Bucket=alias, Key="k"),
        s3("CopyObject", Bucket=arn, Key="copy", CopySource=f"{arn}/object/k"),
        s3("ListObjectsV2", Bucket=arn),
        options=there,
    )
    assert got["sha256"] == by_alias["sha256"] == hashlib.sha256(b"through").hexdigest()
    assert copied["CopyObjectResult"]["ETag"] == got["ETag"]
    assert [each["Key"] for each in listed["Contents"]] == ["copy", "k"]


def test_a_directory_bucket_in_a_session(script: Person, instance: Instance) -> None:
    bucket = f"{fresh('fast')}--use1-az4--x-s3"
    settings = {
        "Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
        "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
    }
    local = "localhost" if instance.scheme == "http" else "s3.localhost"
    there = {"endpoint": f"{instance.scheme}://{local}:{urlsplit(instance.endpoint).port}", "everywhereIsHere": True}
    made = s3("CreateBucket", Bucket=bucket, CreateBucketConfiguration=settings)
    outputs(script, made, options=there | {"disableS3ExpressSessionAuth": True})
    (path := script.home / "file").write_bytes(b"fast")
    _, got, listed = outputs(
        script,
        s3("PutObject", path, Bucket=bucket, Key="k"),
        s3("GetObject", Bucket=bucket, Key="k"),
        s3("ListObjectsV2", Bucket=bucket),
        options=there,
    )
    assert got["sha256"] == hashlib.sha256(b"fast").hexdigest()
    assert [each["Key"] for each in listed["Contents"]] == ["k"]
    assert instance.events("CreateSession")


def test_presigned_urls_read_and_write_without_keys(script: Person, instance: Instance, bucket: str) -> None:
    target: dict[str, Any] = {"Bucket": bucket, "Key": "a b/ü"}
    put, get = outputs(
        script, s3("PutObject", presign=60, **target), s3("GetObject", presign=60, **target), options=BY_PATH
    )
    curl = Person((on_the_machine("curl"), "--silent"), script.home, {})
    trusted = [] if instance.ca_bundle is None else ["--cacert", instance.ca_bundle]
    (letter := script.home / "letter").write_text("by hand")
    assert curl.run(*trusted, "--upload-file", letter, put["url"]) == ""
    assert curl.run(*trusted, get["url"]) == "by hand"
    assert "<Code>SignatureDoesNotMatch</Code>" in curl.run(*trusted, get["url"].replace("Expires=60", "Expires=61"))


def test_buckets_objects_and_folders(script: Person, bucket: str) -> None:
    steps = [s3("PutObject", Bucket=bucket, Key=key, Body="x") for key in ("a/1", "a/2", "b")]
    *_, listed, deleted, rest = outputs(
        script,
        *steps,
        s3("ListObjectsV2", Bucket=bucket, Delimiter="/"),
        s3("DeleteObjects", Bucket=bucket, Delete={"Objects": [{"Key": "a/1"}, {"Key": "b"}]}),
        s3("ListObjectsV2", Bucket=bucket),
        options=BY_PATH,
    )
    assert [each["Prefix"] for each in listed["CommonPrefixes"]] == ["a/"]
    assert sorted(each["Key"] for each in deleted["Deleted"]) == ["a/1", "b"]
    assert [each["Key"] for each in rest["Contents"]] == ["a/2"]


def test_a_wrong_secret_is_refused_in_aws_words(script: Person, bucket: str) -> None:
    wrong = script.having(AWS_SECRET_ACCESS_KEY="wrong" * 8)
    assert error(wrong, IDENTITY) == {
        "name": "SignatureDoesNotMatch",
        "message": "The request signature we calculated does not match the signature you provided. Check your AWS"
        " Secret Access Key and signing method. Consult the service documentation for details.",
        "status": 403,
    }
    refused = error(wrong, s3("ListObjectsV2", Bucket=bucket), options=BY_PATH)
    assert (refused["name"], refused["status"]) == ("SignatureDoesNotMatch", 403)


def test_a_user_without_permission_reads_why(script: Person, instance: Instance, bucket: str) -> None:
    name, keys = instance.user(allow("s3:PutObject"))
    user = script.having(**keys.variables)
    assert error(user, s3("GetObject", Bucket=bucket, Key="k"), options=BY_PATH)["message"] == (
        f"User: {instance.arn(f'user/{name}')} is not authorized to perform: s3:GetObject on resource:"
        f' "arn:aws:s3:::{bucket}/k" because no identity-based policy allows the s3:GetObject action'
    )


def test_a_stream_is_uploaded_in_parts_several_at_once(script: Person, instance: Instance, bucket: str) -> None:
    body = noise(33 * MIB + 5)
    (script.home / "file").write_bytes(body)
    upload = script.using(*script.program, JS / "upload.mjs")
    done = upload.json(bucket, "in parts", script.home / "file", str(5 * MIB))
    assert done["ETag"].endswith('-7"')
    assert done["parts"] == 7
    got = instance.client("s3").get_object(Bucket=bucket, Key="in parts")
    assert got["Body"].read() == body
    assert got["ContentType"] == "text/plain"


def test_an_upload_that_is_given_up_leaves_no_parts(script: Person, instance: Instance, bucket: str) -> None:
    (script.home / "file").write_bytes(noise(33 * MIB))
    upload = script.using(*script.program, JS / "upload.mjs")
    given_up = upload.json(bucket, "given up", script.home / "file", str(5 * MIB), str(10 * MIB))
    assert given_up == {"aborted": True}
    assert "Contents" not in instance.client("s3").list_objects_v2(Bucket=bucket)
    assert "Uploads" not in instance.client("s3").list_multipart_uploads(Bucket=bucket)
