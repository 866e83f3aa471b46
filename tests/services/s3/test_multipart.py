"""Uploads in parts: what becomes of the parts, and what the object is that they make."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from tests.services.s3.conftest import new_name
from tests.support.house import refusal

MIB = 1024 * 1024
PART = 5 * MIB
FIRST, SECOND, LAST = b"a" * PART, b"b" * (PART + 7), b"the end"


def begin(s3: Any, bucket: str, key: str = "k", **more: Any) -> str:
    upload: str = s3.create_multipart_upload(Bucket=bucket, Key=key, **more)["UploadId"]
    return upload


def put(s3: Any, bucket: str, upload: str, number: int, body: bytes, key: str = "k", **more: Any) -> dict[str, Any]:
    answer = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=body, **more)
    found = {name: value for name, value in answer.items() if name.startswith("Checksum") and name != "ChecksumType"}
    return {"PartNumber": number, "ETag": answer["ETag"], **found}


def complete(s3: Any, bucket: str, upload: str, parts: list[dict[str, Any]], key: str = "k", **more: Any) -> Any:
    return s3.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}, **more
    )


def refused(call: Any, *arguments: Any, **more: Any) -> tuple[str, str]:
    return refusal(partial(call, *arguments, **more))


def etag_of(*bodies: bytes) -> str:
    digests = b"".join(hashlib.md5(body, usedforsecurity=False).digest() for body in bodies)
    return f'"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(bodies)}"'


@pytest.fixture(scope="module")
def whole(s3: Any) -> tuple[str, bytes]:
    """A bucket with an object `k` of three parts, and its bytes."""
    bucket = new_name()
    s3.create_bucket(Bucket=bucket)
    upload = begin(s3, bucket, ContentType="text/x-parts", Metadata={"a": "b"}, Tagging="team=red")
    parts = [put(s3, bucket, upload, number, body) for number, body in ((2, FIRST), (3, SECOND), (9, LAST))]
    answer = complete(s3, bucket, upload, parts)
    assert answer["ETag"] == etag_of(FIRST, SECOND, LAST)
    return bucket, FIRST + SECOND + LAST


def test_parts_become_one_object_with_what_the_upload_was_begun_with(s3: Any, whole: tuple[str, bytes]) -> None:
    bucket, data = whole
    answer = s3.get_object(Bucket=bucket, Key="k")
    assert answer["Body"].read() == data
    assert (answer["ContentType"], answer["Metadata"], answer["TagCount"]) == ("text/x-parts", {"a": "b"}, 1)
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == len(data)
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads") is None


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 0),
        (PART - 1, PART),
        (PART - 3, 2 * PART + 9),
        (2 * PART + 6, 2 * PART + 9),
        (5, 100_000),
        (0, 2 * PART + 13),
    ],
)
def test_a_range_runs_over_the_borders_of_parts(s3: Any, whole: tuple[str, bytes], start: int, end: int) -> None:
    bucket, data = whole
    answer = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={start}-{end}")
    assert answer["Body"].read() == data[start : end + 1]
    assert answer["ContentRange"] == f"bytes {start}-{end}/{len(data)}"


def test_a_part_is_read_by_its_place_among_the_others(s3: Any, whole: tuple[str, bytes]) -> None:
    bucket, data = whole
    answer = s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
    assert answer["Body"].read() == SECOND
    assert (answer["PartsCount"], answer["ContentRange"]) == (3, f"bytes {PART}-{2 * PART + 6}/{len(data)}")
    assert s3.head_object(Bucket=bucket, Key="k", PartNumber=3)["ContentLength"] == len(LAST)
    assert refusal(s3.get_object, Bucket=bucket, Key="k", PartNumber=4)[0] == "InvalidPartNumber"


def test_a_part_may_come_again_and_the_last_one_counts(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    put(s3, bucket, upload, 1, b"first try")
    again = put(s3, bucket, upload, 1, b"second try")
    listed = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]
    assert [(part["PartNumber"], part["Size"], part["ETag"]) for part in listed] == [(1, 10, again["ETag"])]
    complete(s3, bucket, upload, [again])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"second try"


def test_parts_that_are_not_on_the_list_are_left_out(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    put(s3, bucket, upload, 1, b"unwanted")
    wanted = put(s3, bucket, upload, 2, b"wanted")
    complete(s3, bucket, upload, [wanted])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"wanted"


def test_a_small_part_before_the_last_is_refused(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    parts = [put(s3, bucket, upload, 1, b"small"), put(s3, bucket, upload, 2, b"last")]
    assert refused(complete, s3, bucket, upload, parts)[0] == "EntityTooSmall"
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"


def test_a_list_out_of_order_or_with_unknown_parts_is_refused(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    one, two = put(s3, bucket, upload, 1, FIRST), put(s3, bucket, upload, 2, LAST)
    assert refused(complete, s3, bucket, upload, [two, one])[0] == "InvalidPartOrder"
    assert refused(complete, s3, bucket, upload, [one, one])[0] == "InvalidPartOrder"
    assert refused(complete, s3, bucket, upload, [one, {**two, "PartNumber": 3}])[0] == "InvalidPart"
    assert refused(complete, s3, bucket, upload, [one, {**two, "ETag": one["ETag"]}])[0] == "InvalidPart"
    assert refused(complete, s3, bucket, upload, [])[0] == "MalformedXML"


def test_finishing_twice_gives_the_same_answer_and_another_list_none(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    part = put(s3, bucket, upload, 1, b"body")
    first = complete(s3, bucket, upload, [part])
    assert complete(s3, bucket, upload, [part])["ETag"] == first["ETag"]
    assert refused(complete, s3, bucket, upload, [{**part, "PartNumber": 2}])[0] == "NoSuchUpload"


def test_an_aborted_upload_is_gone_with_its_parts(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    part = put(s3, bucket, upload, 1, b"body")
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload)
    for call in (
        lambda: complete(s3, bucket, upload, [part]),
        lambda: put(s3, bucket, upload, 1, b"body"),
        lambda: s3.list_parts(Bucket=bucket, Key="k", UploadId=upload),
        lambda: s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload),
    ):
        assert refusal(call)[0] == "NoSuchUpload"
    s3.delete_bucket(Bucket=bucket)


def test_a_part_number_beyond_ten_thousand_is_refused(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    for number in (0, 10_001):
        code, message = refused(put, s3, bucket, upload, number, b"")
        assert (code, message) == ("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")


def test_if_none_match_keeps_what_came_meanwhile(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    part = put(s3, bucket, upload, 1, b"parts")
    s3.put_object(Bucket=bucket, Key="k", Body=b"whole")
    assert refused(complete, s3, bucket, upload, [part], IfNoneMatch="*")[0] == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"whole"
    assert s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_a_composite_checksum_is_that_of_the_parts_checksums(s3: Any, bucket: str, algorithm: str) -> None:
    upload = begin(s3, bucket, ChecksumAlgorithm=algorithm)
    parts = [
        put(s3, bucket, upload, 1, FIRST, ChecksumAlgorithm=algorithm),
        put(s3, bucket, upload, 2, LAST, ChecksumAlgorithm=algorithm),
    ]
    answer = complete(s3, bucket, upload, parts)
    assert answer["ChecksumType"] == "COMPOSITE"
    assert answer[f"Checksum{algorithm}"].endswith("-2")
    if algorithm == "SHA256":
        digest = hashlib.sha256(hashlib.sha256(FIRST).digest() + hashlib.sha256(LAST).digest()).digest()
        assert answer["ChecksumSHA256"] == base64.b64encode(digest).decode() + "-2"
    shown = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert shown[f"Checksum{algorithm}"] == answer[f"Checksum{algorithm}"]
    told = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ObjectParts", "ETag"])
    assert told["ObjectParts"]["TotalPartsCount"] == 2
    assert [part["Size"] for part in told["ObjectParts"]["Parts"]] == [PART, len(LAST)]
    assert told["Checksum"]["ChecksumType"] == "COMPOSITE"
    # Who reads one part gets the checksum of that part, who reads a range gets none.
    named = {"Bucket": bucket, "Key": "k", "ChecksumMode": "ENABLED"}
    for call in (s3.head_object, s3.get_object):
        for part in parts:
            shown = call(**named, PartNumber=part["PartNumber"])
            assert (shown[f"Checksum{algorithm}"], shown["ChecksumType"]) == (part[f"Checksum{algorithm}"], "COMPOSITE")
        assert f"Checksum{algorithm}" not in call(**named, Range="bytes=0-9")


def test_a_full_object_checksum_is_that_of_all_bytes(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = [put(s3, bucket, upload, 1, FIRST), put(s3, bucket, upload, 2, LAST)]
    whole = base64.b64encode(zlib.crc32(FIRST + LAST).to_bytes(4)).decode()
    wrong = base64.b64encode(zlib.crc32(LAST + FIRST).to_bytes(4)).decode()
    assert refused(complete, s3, bucket, upload, parts, ChecksumCRC32=wrong)[0] == "BadDigest"
    answer = complete(s3, bucket, upload, parts, ChecksumCRC32=whole, ChecksumType="FULL_OBJECT")
    assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (whole, "FULL_OBJECT")
    told = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts"])
    assert told["ObjectParts"] == {"TotalPartsCount": 2}


def test_a_part_with_another_checksum_than_the_upload_wants_is_refused(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket, ChecksumAlgorithm="SHA256")
    code, message = refused(put, s3, bucket, upload, 1, b"body", ChecksumAlgorithm="CRC32")
    assert code == "InvalidRequest"
    assert message == "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32"


def test_a_broken_part_is_refused_and_not_kept(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    wrong = base64.b64encode(binascii.crc32(b"other").to_bytes(4)).decode()
    assert refused(put, s3, bucket, upload, 1, b"body", ChecksumCRC32=wrong)[0] == "BadDigest"
    assert "Parts" not in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)


def test_parts_are_copied_from_an_object_and_from_an_object_in_parts(s3: Any, whole: tuple[str, bytes]) -> None:
    bucket, data = whole
    upload = begin(s3, bucket, key="copy")
    found: list[dict[str, Any]] = []
    for number, (start, end) in enumerate([(0, PART + 10), (PART + 11, len(data) - 1)], start=1):
        answer = s3.upload_part_copy(
            Bucket=bucket,
            Key="copy",
            UploadId=upload,
            PartNumber=number,
            CopySource={"Bucket": bucket, "Key": "k"},
            CopySourceRange=f"bytes={start}-{end}",
        )
        found.append(
            {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}
            | {name: value for name, value in answer["CopyPartResult"].items() if name.startswith("Checksum")}
        )
    complete(s3, bucket, upload, found, key="copy")
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == data
    beyond = {"CopySource": f"{bucket}/k", "CopySourceRange": f"bytes=0-{len(data)}"}
    other = begin(s3, bucket, key="copy")
    code = refusal(s3.upload_part_copy, Bucket=bucket, Key="copy", UploadId=other, PartNumber=1, **beyond)[0]
    assert code == "InvalidArgument"
    s3.abort_multipart_upload(Bucket=bucket, Key="copy", UploadId=other)


def test_uploads_are_listed_by_key_and_time_in_pages(s3: Any, bucket: str) -> None:
    ids = [begin(s3, bucket, key=key) for key in ("a/1", "a/2", "b", "b", "c")]
    everything = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [upload["UploadId"] for upload in everything] == ids
    page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=3)
    assert page["IsTruncated"]
    markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    rest = s3.list_multipart_uploads(Bucket=bucket, **markers)
    assert [upload["UploadId"] for upload in rest["Uploads"]] == ids[3:]
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["a/"]
    assert [upload["Key"] for upload in rolled["Uploads"]] == ["b", "b", "c"]
    beyond = s3.list_multipart_uploads(Bucket=bucket, KeyMarker="b")
    assert [upload["Key"] for upload in beyond["Uploads"]] == ["c"]


def test_parts_are_listed_in_pages(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    for number in (1, 3, 7, 10_000):
        put(s3, bucket, upload, number, b"x")
    page = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload, MaxParts=2)
    assert (page["IsTruncated"], page["NextPartNumberMarker"]) == (True, 3)
    rest = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload, PartNumberMarker=3)
    assert [part["PartNumber"] for part in rest["Parts"]] == [7, 10_000]


def test_parts_come_at_once_from_many_hands(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    bodies = [bytes([number]) * PART for number in range(1, 9)]
    with ThreadPoolExecutor(8) as hands:
        sent = [hands.submit(put, s3, bucket, upload, number, body) for number, body in enumerate(bodies, start=1)]
        parts = [each.result() for each in sent]
    complete(s3, bucket, upload, parts)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"".join(bodies)


def test_an_object_in_parts_is_replaced_and_deleted_as_any_other(s3: Any, bucket: str) -> None:
    upload = begin(s3, bucket)
    complete(s3, bucket, upload, [put(s3, bucket, upload, 1, FIRST), put(s3, bucket, upload, 2, LAST)])
    s3.put_object(Bucket=bucket, Key="k", Body=b"whole")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"whole"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
