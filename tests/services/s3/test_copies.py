"""Copies of objects: which facts go with the bytes, and who may copy."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.services.s3.conftest import new_name
from tests.support.house import Account, allow, policy, refusal, user_with
from tests.support.raw_requests import presigned

FACTS: dict[str, Any] = {
    "ContentType": "text/plain",
    "CacheControl": "no-cache",
    "Metadata": {"color": "red"},
    "Tagging": "team=blue",
}


@pytest.fixture
def source(s3: Any, bucket: str) -> dict[str, str]:
    s3.put_object(Bucket=bucket, Key="a b/ü", Body=b"bytes", ChecksumAlgorithm="SHA256", **FACTS)
    return {"Bucket": bucket, "Key": "a b/ü"}


def test_a_copy_has_all_that_its_source_has(s3: Any, bucket: str, source: dict[str, str]) -> None:
    answer = s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    assert answer["CopyObjectResult"]["ETag"] == s3.head_object(**source)["ETag"]
    copy = s3.get_object(Bucket=bucket, Key="copy", ChecksumMode="ENABLED")
    assert copy["Body"].read() == b"bytes"
    assert (copy["ContentType"], copy["CacheControl"], copy["Metadata"]) == ("text/plain", "no-cache", {"color": "red"})
    assert copy["ChecksumSHA256"]
    assert s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == [{"Key": "team", "Value": "blue"}]


def test_a_copy_outlives_its_source_and_the_other_way_round(s3: Any, bucket: str, source: dict[str, str]) -> None:
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    s3.delete_object(**source)
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"bytes"


def test_directives_take_the_request_instead(s3: Any, bucket: str, source: dict[str, str]) -> None:
    s3.copy_object(
        Bucket=bucket,
        Key="copy",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"size": "1"},
        TaggingDirective="REPLACE",
        Tagging="team=green",
        StorageClass="STANDARD_IA",
        ServerSideEncryption="AES256",
    )
    copy = s3.head_object(Bucket=bucket, Key="copy")
    assert (copy["ContentType"], copy["Metadata"]) == ("binary/octet-stream", {"size": "1"})
    assert (copy["StorageClass"], copy["ServerSideEncryption"]) == ("STANDARD_IA", "AES256")
    assert s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == [{"Key": "team", "Value": "green"}]


def test_a_copy_onto_itself_must_change_something(s3: Any, bucket: str, source: dict[str, str]) -> None:
    code, message = refusal(s3.copy_object, **source, CopySource=source)
    assert code == "InvalidRequest"
    assert message.startswith("This copy request is illegal because it is trying to copy an object to itself")
    s3.copy_object(**source, CopySource=source, MetadataDirective="REPLACE", Metadata={"new": "yes"})
    found = s3.get_object(**source)
    assert (found["Body"].read(), found["Metadata"]) == (b"bytes", {"new": "yes"})


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"CopySourceIfMatch": "etag"}, True),
        ({"CopySourceIfMatch": '"other"'}, False),
        ({"CopySourceIfNoneMatch": '"other"'}, True),
        ({"CopySourceIfNoneMatch": "etag"}, False),
        ({"CopySourceIfModifiedSince": datetime.now(UTC) - timedelta(days=1)}, True),
        ({"CopySourceIfUnmodifiedSince": datetime.now(UTC) - timedelta(days=1)}, False),
    ],
)
def test_conditions_on_the_source(
    s3: Any, bucket: str, source: dict[str, str], condition: dict[str, Any], passes: bool
) -> None:
    etag = s3.head_object(**source)["ETag"]
    asked = {name: etag if value == "etag" else value for name, value in condition.items()}
    if passes:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, **asked)
    else:
        code = refusal(s3.copy_object, Bucket=bucket, Key="copy", CopySource=source, **asked)[0]
        assert code == "PreconditionFailed"


def test_a_condition_on_the_target(s3: Any, bucket: str, source: dict[str, str]) -> None:
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, IfNoneMatch="*")
    code = refusal(s3.copy_object, Bucket=bucket, Key="copy", CopySource=source, IfNoneMatch="*")[0]
    assert code == "PreconditionFailed"


def test_a_copy_of_an_object_in_parts_is_whole(s3: Any, bucket: str) -> None:
    bodies = [b"x" * 5 * 1024**2, b"y" * 100]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts: list[dict[str, Any]] = []
    for number, data in enumerate(bodies, start=1):
        answer = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=data)
        parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    answer = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/k")
    assert answer["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"".join(bodies), usedforsecurity=False).hexdigest()}"'
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"".join(bodies)


def test_another_checksum_may_be_asked_for(s3: Any, bucket: str, source: dict[str, str]) -> None:
    answer = s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, ChecksumAlgorithm="SHA1")
    assert answer["CopyObjectResult"]["ChecksumSHA1"]


def test_a_version_is_copied_by_its_id(s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=bucket, Key="k", Body=b"old")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"new")
    answer = s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k", "VersionId": old})
    assert answer["CopySourceVersionId"] == old
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def test_who_may_write_but_not_read_copies_nothing(acme: Account, s3: Any) -> None:
    secret, own = new_name(), new_name()
    for name in (secret, own):
        s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=secret, Key="k", Body=b"secret", Tagging="a=b")
    writer = user_with(acme, f"writer-{own}", policy(allow("s3:*", f"arn:aws:s3:::{own}/*"))).client("s3")
    assert refusal(writer.copy_object, Bucket=own, Key="k", CopySource=f"{secret}/k")[0] == "AccessDenied"
    assert refusal(writer.copy_object, Bucket=own, Key="k", CopySource=f"{secret}/missing")[0] == "AccessDenied"
    upload = writer.create_multipart_upload(Bucket=own, Key="k")["UploadId"]
    part = {"Bucket": own, "Key": "k", "UploadId": upload, "PartNumber": 1}
    assert refusal(writer.upload_part_copy, **part, CopySource=f"{secret}/k")[0] == "AccessDenied"
    assert refusal(s3.copy_object, Bucket=own, Key="k", CopySource=f"{secret}/missing")[0] == "NoSuchKey"


def test_tags_are_copied_only_by_who_may_read_them(acme: Account, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="tagged", Body=b"x", Tagging="a=b")
    allowed = allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*")
    reader = user_with(acme, f"reader-{bucket}", policy(allowed)).client("s3")
    asked = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/tagged"}
    assert refusal(reader.copy_object, **asked)[0] == "AccessDenied"
    reader.copy_object(**asked, TaggingDirective="REPLACE")
    assert s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == []


def test_a_source_in_a_presigned_url_copies_nothing(acme: Account, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="source", Body=b"secret")
    request = presigned(acme.administrator, "PUT", f"/{bucket}/k?x-amz-copy-source={bucket}%2Fsource", seconds=60)
    assert request.send().status == 200
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b""
