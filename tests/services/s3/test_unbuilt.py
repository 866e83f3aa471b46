"""What is asked for and not built is refused by name, never ignored."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, refusal
from tests.support.raw_requests import presigned, put

NOT_IMPLEMENTED = ("NotImplemented", "A header you provided implies functionality that is not implemented")
KEY_ID = "arn:aws:kms:us-east-1:111122223333:key/k"
SETTINGS: dict[str, dict[str, Any]] = {
    "a key of KMS": {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ID},
    "a bucket key": {"BucketKeyEnabled": True},
    "an append": {"WriteOffsetBytes": 0},
}


@pytest.mark.parametrize("what", SETTINGS)
def test_a_write_that_asks_for_what_is_not_built(s3: Any, bucket: str, what: str) -> None:
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **SETTINGS[what]) == NOT_IMPLEMENTED
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"


def test_an_acl_that_opens_an_object(s3: Any, bucket: str) -> None:
    everybody = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
    for setting in ({"ACL": "public-read"}, {"ACL": "private"}, {"GrantRead": everybody}):
        assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **setting) == (
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        )
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="bucket-owner-full-control")


def test_an_encryption_that_there_is_not(acme: Account, bucket: str) -> None:
    for headers, message in (
        ({"": "DES"}, "The encryption method specified is not supported"),
        ({"-aws-kms-key-id": "a"}, "requires HTTP header x-amz-server-side-encryption : aws:kms"),
        ({"": "AES256", "-aws-kms-key-id": "a"}, "requires HTTP header x-amz-server-side-encryption : aws:kms"),
    ):
        named = {f"x-amz-server-side-encryption{name}": value for name, value in headers.items()}
        answer = put(acme.administrator, f"/{bucket}/k", b"x", **named).send()
        assert (answer.status, answer.code) == (400, "InvalidArgument")
        assert message in answer.message


def test_a_storage_class_that_there_is_not(acme: Account, bucket: str) -> None:
    headers = {"x-amz-storage-class": "COLD"}
    answer = put(acme.administrator, f"/{bucket}/k", b"x", **headers).send()
    assert answer.error == (400, "InvalidStorageClass", "The storage class you specified is not valid")


def test_an_operation(s3: Any, bucket: str) -> None:
    assert refusal(s3.restore_object, Bucket=bucket, Key="k", RestoreRequest={})[0] == "NotImplemented"


@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        ("x-amz-acl=public-read", "AccessControlListNotSupported"),
        ("X-Amz-Server-Side-Encryption=aws:kms", "NotImplemented"),
        ("x-amz-object-lock-mode=COMPLIANCE", "InvalidRequest"),
        ("x%2Damz-tagging=a%3Db%26a%3Dc", "InvalidArgument"),
    ],
)
def test_a_header_that_a_presigned_url_carries(acme: Account, s3: Any, bucket: str, parameter: str, code: str) -> None:
    request = presigned(acme.administrator, "PUT", f"/{bucket}/k?{parameter}", seconds=60)
    assert request.send().code == code
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"


def test_metadata_that_a_presigned_url_carries(acme: Account, s3: Any, bucket: str) -> None:
    target = f"/{bucket}/k?x-amz-meta-color=red%20wine&X-Amz-Meta-size=1"
    assert presigned(acme.administrator, "PUT", target, seconds=60).send().status == 200
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"color": "red wine", "size": "1"}
    splitting = f"/{bucket}/k?x-amz-meta-color=red%0D%0Aset-cookie:%20a"
    assert presigned(acme.administrator, "PUT", splitting, seconds=60).send().code == "InvalidArgument"
