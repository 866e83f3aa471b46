"""XML answers of the query services and of S3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from watchword.core.errors import ApiError
from watchword.protocols.bindings import Ids
from watchword.protocols.model import load_service
from watchword.protocols.service import Service
from watchword.protocols.xml_out import escape, escape_attribute

IDS = Ids("0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111", "aG9zdA==")
MOMENT = datetime(2015, 8, 30, 12, 36, 0, 999_999, tzinfo=UTC)
IAM, STS, S3 = (Service(load_service(name)) for name in ("iam", "sts", "s3"))


def body(service: Service, name: str, value: Any) -> str:
    written = service.operation(name).write(value, IDS).body
    assert isinstance(written, bytes)
    return written.decode()


def test_caller_identity() -> None:
    value = {"UserId": "AIDA", "Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/a"}
    assert body(STS, "GetCallerIdentity", value) == (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        "<UserId>AIDA</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/a</Arn>"
        "</GetCallerIdentityResult><ResponseMetadata><RequestId>0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111</RequestId>"
        "</ResponseMetadata></GetCallerIdentityResponse>"
    )


def test_an_operation_without_output_has_no_result() -> None:
    assert body(IAM, "DeleteUser", None) == (
        '<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata>'
        "<RequestId>0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111</RequestId></ResponseMetadata></DeleteUserResponse>"
    )


def test_absent_members_are_left_out_and_empty_lists_are_not() -> None:
    assert "<Users></Users><IsTruncated>false</IsTruncated></ListUsersResult>" in body(
        IAM, "ListUsers", {"Users": [], "IsTruncated": False, "Marker": None}
    )


def test_iam_writes_whole_seconds_and_s3_three_digits() -> None:
    user = {"Path": "/", "UserName": "a", "UserId": "A", "Arn": "a", "CreateDate": MOMENT}
    assert "<CreateDate>2015-08-30T12:36:00Z</CreateDate>" in body(IAM, "GetUser", {"User": user})
    bucket = {"Name": "b", "CreationDate": MOMENT.replace(microsecond=0)}
    assert "<CreationDate>2015-08-30T12:36:00.000Z</CreationDate>" in body(S3, "ListBuckets", {"Buckets": [bucket]})


def test_s3_documents_have_their_own_names() -> None:
    namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    assert f"<ListAllMyBucketsResult {namespace}><Buckets></Buckets>" in body(S3, "ListBuckets", {"Buckets": []})
    listed = body(S3, "ListObjectsV2", {"Contents": [{"Key": "a"}, {"Key": "b"}], "KeyCount": 2})
    assert listed == (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult {namespace}><Contents><Key>a</Key></Contents>'
        "<Contents><Key>b</Key></Contents><KeyCount>2</KeyCount></ListBucketResult>"
    )


def test_attributes_and_the_namespace_that_they_need() -> None:
    grant = {"Grantee": {"Type": 'C"<', "ID": "x"}, "Permission": "READ"}
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    assert f'<Grantee {xsi} xsi:type="C&quot;&lt;"><ID>x</ID></Grantee>' in body(
        S3, "GetBucketAcl", {"Grants": [grant]}
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a b", "a b"),
        ("<&>\"'", "&lt;&amp;&gt;\"'"),
        ("a\r\nb\tc", "a&#xD;\nb\tc"),
        ("\x00\x0b\x1f\ufffe\ud800", "\ufffd" * 5),
        ("\x7f\x85\u2028é😹", "\x7f\x85\u2028é😹"),
    ],
)
def test_escapes(text: str, written: str) -> None:
    assert escape(text) == written


def test_white_space_in_attributes_survives() -> None:
    assert escape_attribute('a\n\t\r"') == "a&#xA;&#x9;&#xD;&quot;"


def test_a_query_error() -> None:
    answer = STS.error(ApiError("AccessDenied", "no <way>", 403), IDS)
    assert answer.status == 403
    assert (b"x-amzn-requestid", IDS.request_id.encode()) in answer.headers
    assert answer.body == (
        b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        b"<Code>AccessDenied</Code><Message>no &lt;way&gt;</Message></Error>"
        b"<RequestId>0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111</RequestId></ErrorResponse>"
    )


def test_a_fault_of_ours_says_so() -> None:
    answer = STS.error(ApiError("InternalFailure", "", 500), IDS)
    assert b"<Type>Receiver</Type>" in answer.body  # pyright: ignore[reportOperatorIssue]


def test_an_s3_error_stands_at_the_root_with_its_fields() -> None:
    error = ApiError("NoSuchBucket", "gone", 404, fields={"BucketName": "b&b"}, headers={"x-amz-bucket-region": "r"})
    answer = S3.error(error, IDS)
    assert answer.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code><Message>gone</Message>'
        b"<BucketName>b&amp;b</BucketName><RequestId>0bdc1a5e-2d2f-4d3c-a5a2-3b0f11111111</RequestId>"
        b"<HostId>aG9zdA==</HostId></Error>"
    )
    assert (b"x-amz-bucket-region", b"r") in answer.headers
    assert (b"x-amz-id-2", b"aG9zdA==") in answer.headers


def test_the_answer_to_head_has_no_body() -> None:
    assert S3.error(ApiError("NoSuchKey", "gone", 404), IDS, head_only=True).body == b""
