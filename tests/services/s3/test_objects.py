"""Objects: what is put is what is got, whole or in part, under conditions."""

from __future__ import annotations

import base64
import hashlib
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.house import Account, House, refusal
from tests.support.raw_requests import put, raw

BODY = bytes(range(256))
CRC32 = base64.b64encode(zlib.crc32(BODY).to_bytes(4)).decode()
LARGE = bytes(range(256)) * 4096  # more than is kept in memory


def test_an_object_comes_back_as_it_was_put(s3: Any, bucket: str) -> None:
    put = s3.put_object(
        Bucket=bucket,
        Key="a/b",
        Body=BODY,
        CacheControl="no-cache",
        ContentDisposition='attachment; filename="b"',
        ContentEncoding="gzip",
        ContentLanguage="de",
        ContentType="text/plain; charset=utf-8",
        Expires=datetime(2030, 1, 1, tzinfo=UTC),
        Metadata={"One": "1", "two": "a  b"},
    )
    assert put["ETag"] == f'"{hashlib.md5(BODY, usedforsecurity=False).hexdigest()}"'
    assert (put["ChecksumCRC32"], put["ChecksumType"]) == (CRC32, "FULL_OBJECT")
    got = s3.get_object(Bucket=bucket, Key="a/b")
    head = s3.head_object(Bucket=bucket, Key="a/b", ChecksumMode="ENABLED")
    assert got["Body"].read() == BODY
    for answer in (got, head):
        assert answer["ContentLength"] == 256
        assert answer["ETag"] == put["ETag"]
        assert answer["AcceptRanges"] == "bytes"
        assert answer["CacheControl"] == "no-cache"
        assert answer["ContentDisposition"] == 'attachment; filename="b"'
        assert answer["ContentEncoding"] == "gzip"
        assert answer["ContentLanguage"] == "de"
        assert answer["ContentType"] == "text/plain; charset=utf-8"
        assert answer["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"
        assert answer["Metadata"] == {"one": "1", "two": "a  b"}
        assert answer["ChecksumCRC32"] == CRC32
        assert datetime.now(UTC) - answer["LastModified"] < timedelta(minutes=1)
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-content-type-options"] == "nosniff"


def test_an_object_without_a_type_is_bytes(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.head_object(Bucket=bucket, Key="k")["ContentType"] == "binary/octet-stream"


def test_an_empty_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k")
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["ContentLength"], got["ETag"]) == (b"", 0, '"d41d8cd98f00b204e9800998ecf8427e"')


def test_overwriting_replaces_everything(s3: Any, bucket: str) -> None:
    for body in (LARGE, b"small", LARGE[:-1], b"", b"last"):
        s3.put_object(Bucket=bucket, Key="k", Body=body, Metadata={"size": str(len(body))})
        got = s3.get_object(Bucket=bucket, Key="k")
        assert got["Body"].read() == body
        assert got["Metadata"] == {"size": str(len(body))}
    s3.put_object(Bucket=bucket, Key="k", Body=b"plain")
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {}


@pytest.mark.parametrize("body", [BODY, LARGE], ids=["small", "large"])
def test_ranges(s3: Any, bucket: str, body: bytes) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    size = len(body)
    for asked, first, last in (
        ("bytes=0-9", 0, 9),
        ("bytes=100-", 100, size - 1),
        ("bytes=-7", size - 7, size - 1),
        (f"bytes=250-{size * 2}", 250, size - 1),
    ):
        got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert got["ContentRange"] == f"bytes {first}-{last}/{size}"
        assert got["Body"].read() == body[first : last + 1]
        assert "ChecksumCRC32" not in got
        head = s3.head_object(Bucket=bucket, Key="k", Range=asked)
        assert (head["ContentLength"], head["ContentRange"]) == (last + 1 - first, got["ContentRange"])
    whole = s3.get_object(Bucket=bucket, Key="k", Range="bytes=0-1,5-6")
    assert (whole["ResponseMetadata"]["HTTPStatusCode"], whole["Body"].read()) == (200, body)
    code, message = refusal(s3.get_object, Bucket=bucket, Key="k", Range=f"bytes={size}-")
    assert (code, message) == ("InvalidRange", "The requested range is not satisfiable")


def test_the_first_part_is_the_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=BODY)
    got = s3.get_object(Bucket=bucket, Key="k", PartNumber=1)
    assert (got["ContentRange"], got["Body"].read()) == ("bytes 0-255/256", BODY)
    assert refusal(s3.get_object, Bucket=bucket, Key="k", PartNumber=2)[0] == "InvalidPartNumber"


def test_readers_with_conditions(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=BODY)["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    where = {"Bucket": bucket, "Key": "k"}
    assert s3.get_object(**where, IfMatch=etag)["Body"].read() == BODY
    assert refusal(s3.get_object, **where, IfMatch='"other"')[0] == "PreconditionFailed"
    assert refusal(s3.get_object, **where, IfUnmodifiedSince=modified - timedelta(seconds=1))[0] == "PreconditionFailed"
    assert s3.get_object(**where, IfNoneMatch='"other"')["Body"].read() == BODY
    for read in (s3.get_object, s3.head_object):
        with pytest.raises(ClientError) as unchanged:
            read(**where, IfNoneMatch=etag)
        error: Any = unchanged.value
        answer = error.response["ResponseMetadata"]
        assert (answer["HTTPStatusCode"], answer["HTTPHeaders"]["etag"]) == (304, etag)
        assert refusal(read, **where, IfModifiedSince=modified)[0] == "304"


def test_writers_with_conditions(s3: Any, bucket: str) -> None:
    where = {"Bucket": bucket, "Key": "k"}
    assert refusal(s3.put_object, **where, Body=b"1", IfMatch='"x"')[0] == "NoSuchKey"
    etag = s3.put_object(**where, Body=b"1", IfNoneMatch="*")["ETag"]
    code, message = refusal(s3.put_object, **where, Body=b"2", IfNoneMatch="*")
    assert (code, message) == (
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
    )
    assert refusal(s3.put_object, **where, Body=b"2", IfNoneMatch=etag)[0] == "NotImplemented"
    assert refusal(s3.put_object, **where, Body=b"2", IfMatch='"x"')[0] == "PreconditionFailed"
    assert s3.get_object(**where)["Body"].read() == b"1"
    s3.put_object(**where, Body=b"2", IfMatch=etag)
    assert s3.get_object(**where)["Body"].read() == b"2"


def test_what_is_missing(s3: Any, bucket: str) -> None:
    missing = ("NoSuchKey", "The specified key does not exist.")
    assert refusal(s3.get_object, Bucket=bucket, Key="k") == missing
    assert refusal(s3.head_object, Bucket=bucket, Key="k")[0] == "404"
    assert refusal(s3.get_object, Bucket="no-such-bucket", Key="k")[0] == "NoSuchBucket"
    assert refusal(s3.put_object, Bucket="no-such-bucket", Key="k", Body=LARGE)[0] == "NoSuchBucket"


def test_a_signed_reader_chooses_the_headers_of_the_answer(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, ContentType="text/html")
    got = s3.get_object(
        Bucket=bucket,
        Key="k",
        ResponseContentType="text/plain",
        ResponseContentDisposition="attachment",
        ResponseExpires=datetime(2030, 1, 1, tzinfo=UTC),
    )
    assert (got["ContentType"], got["ContentDisposition"]) == ("text/plain", "attachment")
    assert got["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    assert got["Body"].read() == BODY
    splitting = "attachment\r\nset-cookie: a=b"
    assert refusal(s3.get_object, Bucket=bucket, Key="k", ResponseContentDisposition=splitting)[0] == "InvalidArgument"


@pytest.mark.parametrize(
    "location", ["ftp://example.org", "page.html", "javascript:alert(1)", "//", "https://example.org/a"]
)
def test_a_redirection_of_a_website_leads_to_a_page(s3: Any, bucket: str, location: str) -> None:
    sent = {"Bucket": bucket, "Key": "redirect", "WebsiteRedirectLocation": location}
    if location.startswith(("/", "https:")):
        s3.put_object(**sent)
        assert s3.head_object(Bucket=bucket, Key="redirect")["WebsiteRedirectLocation"] == location
        return
    said = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
    for call in (s3.put_object, s3.create_multipart_upload):
        assert refusal(call, **sent) == ("InvalidRedirectLocation", said)


def test_metadata_has_a_limit(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"key": "v" * 2045})
    code, message = refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"", Metadata={"key": "v" * 2046})
    assert (code, message) == (
        "MetadataTooLarge",
        "Your metadata headers exceed the maximum allowed metadata size",
    )


@pytest.mark.parametrize(
    ("query", "status", "code", "element"),
    [
        ("partNumber=1", 400, "InvalidArgument", ("ArgumentName", "partNumber")),
        ("uploadId=abc", 405, "MethodNotAllowed", ("ResourceType", "UPLOAD")),
        ("versionId=null", 400, "InvalidArgument", ("ArgumentName", "versionId")),
        ("partNumber=1&uploadId=abc&versionId=x", 400, "InvalidArgument", ("ArgumentName", "versionId")),
        ("part%4eumber=1", 400, "InvalidArgument", ("ArgumentName", "partNumber")),
        ("%75ploadId=abc", 405, "MethodNotAllowed", ("ResourceType", "UPLOAD")),
        ("version%49d=null", 400, "InvalidArgument", ("ArgumentName", "versionId")),
    ],
)
def test_an_upload_with_a_parameter_that_it_does_not_take_writes_nothing(
    acme: Account, s3: Any, bucket: str, query: str, status: int, code: str, element: tuple[str, str]
) -> None:
    answer = put(acme.administrator, f"/{bucket}/k?{query}", b"x").send()
    assert (answer.status, answer.code, answer.element(element[0])) == (status, code, element[1])
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_reader_does_not_say_how_an_object_is_encrypted(acme: Account, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    headers = {"x-amz-server-side-encryption": "AES256"}
    answer = raw(acme.administrator, "GET", f"/{bucket}/k", "s3", headers=headers).send()
    assert (answer.status, answer.code, answer.element("ArgumentName")) == (400, "InvalidArgument", *headers)
    assert raw(acme.administrator, "HEAD", f"/{bucket}/k", "s3", headers=headers).send().status == 400
    assert put(acme.administrator, f"/{bucket}/k", b"y", **headers).send().status == 200


def test_an_object_whose_bytes_are_lost_is_an_error_of_the_server(house: House, s3: Any, bucket: str) -> None:
    body = b"lost and never found" * 5000
    for key in ("gone", "cut"):
        s3.put_object(Bucket=bucket, Key=key, Body=body + key.encode())
        (path,) = [
            each
            for each in (house.server.data_dir / "objects").glob("??/*")
            if each.read_bytes() == body + key.encode()
        ]
        path.unlink() if key == "gone" else path.write_bytes(body)
        code, message = refusal(s3.get_object, Bucket=bucket, Key=key)
        assert (code, message) == ("InternalError", "We encountered an internal error. Please try again.")
    assert refusal(s3.copy_object, Bucket=bucket, Key="copy", CopySource=f"{bucket}/gone")[0] == "InternalError"
