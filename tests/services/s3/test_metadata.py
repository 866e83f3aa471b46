"""User metadata beyond ASCII, on every way in and out."""

from __future__ import annotations

from typing import Any

from tests.support.house import Account
from tests.support.post_forms import body_of, s3_of, send
from tests.support.raw_requests import presigned, put

CAFE = "=?UTF-8?B?Y2Fmw6k=?="
"""What answers say for `café`."""


def shown(s3: Any, bucket: str) -> str:
    assert s3.get_object(Bucket=bucket, Key="k")["Metadata"] == s3.head_object(Bucket=bucket, Key="k")["Metadata"]
    return s3.head_object(Bucket=bucket, Key="k")["Metadata"]["name"]


def test_headers_are_taken_for_latin_1_as_in_aws_example(acme: Account, s3: Any, bucket: str) -> None:
    for value, answered in (("ÄMÄZÕÑ S3", "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="), ("plain", "plain")):
        assert put(acme.administrator, f"/{bucket}/k", b"", **{"x-amz-meta-name": value}).send().status == 200
        assert shown(s3, bucket) == answered


def test_encoded_words_are_kept_as_what_they_say(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"name": "=?iso-8859-1?Q?caf=E9?="})
    assert shown(s3, bucket) == CAFE
    s3.copy_object(Bucket=bucket, Key="k", CopySource=f"{bucket}/k", StorageClass="STANDARD_IA")
    assert shown(s3, bucket) == CAFE
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"name": "=?UTF-8?Q?plain_text?="})
    assert shown(s3, bucket) == "plain text"


def test_presigned_urls_and_forms_are_utf_8(acme: Account, s3: Any, bucket: str) -> None:
    target = f"/{bucket}/k?x-amz-meta-name=caf%C3%A9"
    assert presigned(acme.administrator, "PUT", target, seconds=60).send().status == 200
    assert shown(s3, bucket) == CAFE
    s3.delete_object(Bucket=bucket, Key="k")
    fields = {"x-amz-meta-name": "café"}
    form = s3_of(acme.administrator).generate_presigned_post(bucket, "k", fields, [fields])
    assert send(f"{acme.administrator.endpoint}/{bucket}", body_of(form["fields"])).status == 204
    assert shown(s3, bucket) == CAFE


def test_no_word_can_begin_a_header_of_its_own(acme: Account, s3: Any, bucket: str) -> None:
    split = "=?UTF-8?Q?x=0D=0Aset-cookie:_a?="
    assert put(acme.administrator, f"/{bucket}/k", b"", **{"x-amz-meta-name": split}).send().status == 200
    answer = s3.head_object(Bucket=bucket, Key="k")
    assert answer["Metadata"]["name"].startswith("=?UTF-8?B?")
    assert "set-cookie" not in answer["ResponseMetadata"]["HTTPHeaders"]
