"""Bodies on their way in: plain and encrypted connections, chunks, trailers, checksums, sizes."""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.services.s3.conftest import new_name, s3_client
from tests.support.house import REGION, Account, House, refusal
from tests.support.raw_requests import RawRequest, put

from watchword.signing.signer import Credentials, Target, sign_chunks, sign_request

LARGE = bytes(range(256)) * 4096 * 70  # 70 MiB
ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]


@pytest.fixture(scope="module")
def secure_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """S3 over HTTPS, as an administrator, with boto3's own settings."""
    house = House.start(tmp_path_factory.mktemp("secure") / "data", https=True)
    keys = house.account().administrator
    server = house.server.description
    yield s3_client(keys, endpoint_url=server["https"], verify=server["ca_bundle"])
    house.stop()


@pytest.fixture(params=["http", "https"])
def any_s3(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("s3" if request.param == "http" else "secure_s3")


@pytest.fixture
def any_bucket(any_s3: Any) -> str:
    name = new_name()
    any_s3.create_bucket(Bucket=name)
    return name


def test_bodies_of_every_size(any_s3: Any, any_bucket: str) -> None:
    for size in (0, 1, 65_535, 65_536, 65_537, 1_000_000):
        body = LARGE[:size]
        any_s3.put_object(Bucket=any_bucket, Key="k", Body=body)
        assert any_s3.get_object(Bucket=any_bucket, Key="k")["Body"].read() == body


def test_a_large_body(any_s3: Any, any_bucket: str) -> None:
    put_answer = any_s3.put_object(Bucket=any_bucket, Key="k", Body=LARGE)
    assert put_answer["ETag"] == f'"{hashlib.md5(LARGE, usedforsecurity=False).hexdigest()}"'
    got = hashlib.sha256()
    for piece in any_s3.get_object(Bucket=any_bucket, Key="k")["Body"].iter_chunks(1 << 20):
        got.update(piece)
    assert got.digest() == hashlib.sha256(LARGE).digest()
    middle = any_s3.get_object(Bucket=any_bucket, Key="k", Range="bytes=40000000-40999999")["Body"].read()
    assert middle == LARGE[40_000_000:41_000_000]


def test_a_file_that_is_read_as_it_is_sent(any_s3: Any, any_bucket: str) -> None:
    any_s3.upload_fileobj(io.BytesIO(LARGE[:3_000_000]), any_bucket, "k")
    target = io.BytesIO()
    any_s3.download_fileobj(any_bucket, "k", target)
    assert target.getvalue() == LARGE[:3_000_000]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_checksum_is_kept_and_given_back(any_s3: Any, any_bucket: str, algorithm: str) -> None:
    answer = any_s3.put_object(Bucket=any_bucket, Key="k", Body=b"some bytes", ChecksumAlgorithm=algorithm)
    got = any_s3.get_object(Bucket=any_bucket, Key="k", ChecksumMode="ENABLED")
    name = f"Checksum{algorithm}"
    assert got[name] == answer[name] != ""
    assert got["Body"].read() == b"some bytes"
    listed = any_s3.list_objects_v2(Bucket=any_bucket)["Contents"][0]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ([algorithm], "FULL_OBJECT")


def test_the_encoding_of_the_transfer_is_not_kept(any_s3: Any, any_bucket: str) -> None:
    any_s3.put_object(Bucket=any_bucket, Key="k", Body=b"x", ContentEncoding="gzip, aws-chunked")
    assert any_s3.head_object(Bucket=any_bucket, Key="k")["ContentEncoding"] == "gzip"
    any_s3.put_object(Bucket=any_bucket, Key="k", Body=b"x")
    assert "ContentEncoding" not in any_s3.head_object(Bucket=any_bucket, Key="k")


def test_a_wrong_checksum_keeps_what_was_there(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    wrong = base64.b64encode(zlib.crc32(b"other").to_bytes(4)).decode()
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"new", ChecksumCRC32=wrong) == (
        "BadDigest",
        "The CRC32 you specified did not match the calculated checksum.",
    )
    md5 = base64.b64encode(hashlib.md5(b"other", usedforsecurity=False).digest()).decode()
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"new", ContentMD5=md5)[0] == "BadDigest"
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"new", ContentMD5="x")[0] == "InvalidDigest"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def chunked(acme: Account, path: str, chunks: list[bytes], **trailers: str) -> RawRequest:
    """A PUT in signed frames."""
    keys = acme.administrator
    names = {name.replace("_", "-"): value for name, value in trailers.items()}
    headers = {"x-amz-decoded-content-length": str(sum(map(len, chunks))), "content-encoding": "aws-chunked"}
    mode = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    if names:
        headers["x-amz-trailer"] = ",".join(names)
        mode += "-TRAILER"
    signed = sign_request(
        "PUT",
        keys.endpoint + path,
        headers,
        b"",
        Credentials(keys.access_key_id, keys.secret_access_key),
        Target("s3", REGION, s3=True),
        datetime.now(UTC),
        payload_hash=mode,
    )
    lines = tuple((name.encode(), value.encode()) for name, value in signed.headers.items())
    return RawRequest(keys.endpoint, "PUT", path, lines, b"".join(sign_chunks(signed, chunks, names or None)))


def test_signed_chunks(acme: Account, s3: Any, bucket: str) -> None:
    chunks = [LARGE[:70_000], LARGE[70_000:140_000], b"tail"]
    assert chunked(acme, f"/{bucket}/k", chunks).send().status == 200
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == LARGE[:140_000] + b"tail"
    crc32 = base64.b64encode(zlib.crc32(b"tail").to_bytes(4)).decode()
    answer = chunked(acme, f"/{bucket}/k", [b"tail"], x_amz_checksum_crc32=crc32).send()
    assert (answer.status, answer.headers["x-amz-checksum-crc32"]) == (200, crc32)
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (head["ChecksumCRC32"], "ContentEncoding" in head) == (crc32, False)


def test_a_changed_chunk_keeps_what_was_there(acme: Account, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    request = chunked(acme, f"/{bucket}/k", [LARGE[:200_000], b"tail"])
    tampered = RawRequest(
        request.endpoint, request.method, request.target, request.headers, request.body.replace(b"tail", b"tale")
    )
    assert tampered.send().code == "SignatureDoesNotMatch"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def test_a_body_that_is_not_the_signed_one(acme: Account, s3: Any, bucket: str) -> None:
    request = put(acme.administrator, f"/{bucket}/k", b"one")
    changed = RawRequest(request.endpoint, "PUT", request.target, request.headers, b"two")
    assert changed.send().code == "XAmzContentSHA256Mismatch"
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"


def test_a_body_that_is_too_large_is_refused_by_its_head(acme: Account, bucket: str) -> None:
    request = put(acme.administrator, f"/{bucket}/k", b"")
    length = str(6 * 1024**3).encode()
    answer = request.with_header(b"content-length", length).send()
    assert answer.error == (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")


def test_failed_uploads_leave_nothing_in_the_spool(house: House, s3: Any, bucket: str) -> None:
    for condition in ({"IfMatch": '"x"'}, {"Tagging": "a=b&a=b"}, {"ContentMD5": "x"}):
        refusal(s3.put_object, Bucket=bucket, Key="k", Body=LARGE[:200_000], **condition)
    assert list(Path(house.server.data_dir, "spool").iterdir()) == []
