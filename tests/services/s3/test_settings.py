"""Configurations of a bucket: they come back as they were put, and are gone when they are deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.services.s3.conftest import new_name, s3_client
from tests.support.house import Account, refusal

TOPIC = "arn:aws:sns:us-east-1:111122223333:topic"
ROLE = "arn:aws:iam::111122223333:role/replication"
TARGET = "arn:aws:s3:::target"
SETTINGS: dict[str, tuple[str, str, str | None, str, dict[str, Any]]] = {
    "cors": (
        "put_bucket_cors",
        "get_bucket_cors",
        "delete_bucket_cors",
        "CORSConfiguration",
        {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example"], "MaxAgeSeconds": 60}]},
    ),
    "lifecycle": (
        "put_bucket_lifecycle_configuration",
        "get_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
        "LifecycleConfiguration",
        {"Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}]},
    ),
    "replication": (
        "put_bucket_replication",
        "get_bucket_replication",
        "delete_bucket_replication",
        "ReplicationConfiguration",
        {"Role": ROLE, "Rules": [{"ID": "a", "Status": "Enabled", "Prefix": "", "Destination": {"Bucket": TARGET}}]},
    ),
    "website": (
        "put_bucket_website",
        "get_bucket_website",
        "delete_bucket_website",
        "WebsiteConfiguration",
        {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}},
    ),
    "encryption": (
        "put_bucket_encryption",
        "get_bucket_encryption",
        "delete_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        {
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                    "BucketKeyEnabled": True,
                    "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
                }
            ]
        },
    ),
    "notification": (
        "put_bucket_notification_configuration",
        "get_bucket_notification_configuration",
        None,
        "NotificationConfiguration",
        {"TopicConfigurations": [{"Id": "a", "TopicArn": TOPIC, "Events": ["s3:ObjectCreated:*"]}]},
    ),
    "logging": (
        "put_bucket_logging",
        "get_bucket_logging",
        None,
        "BucketLoggingStatus",
        {"LoggingEnabled": {"TargetBucket": "the-bucket-itself", "TargetPrefix": "a/"}},
    ),
    "acceleration": (
        "put_bucket_accelerate_configuration",
        "get_bucket_accelerate_configuration",
        None,
        "AccelerateConfiguration",
        {"Status": "Suspended"},
    ),
    "payment": (
        "put_bucket_request_payment",
        "get_bucket_request_payment",
        None,
        "RequestPaymentConfiguration",
        {"Payer": "Requester"},
    ),
}  # fmt: skip


def logging_to(target: str, **more: Any) -> dict[str, Any]:
    return {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "a/", **more}}


def shown(answer: dict[str, Any], name: str) -> Any:
    found = {key: value for key, value in answer.items() if key != "ResponseMetadata"}
    return found.get(name, found)


@pytest.mark.parametrize("what", SETTINGS)
def test_a_setting_comes_back_as_it_was_put(s3: Any, bucket: str, what: str) -> None:
    put, get, delete, name, value = SETTINGS[what]
    if what == "logging":
        value = logging_to(bucket)
    try:
        before = shown(getattr(s3, get)(Bucket=bucket), name)
    except s3.exceptions.ClientError:
        before = None
    for _ in range(2):
        getattr(s3, put)(Bucket=bucket, **{name: value})
        assert shown(getattr(s3, get)(Bucket=bucket), name) == value
    if delete is not None:
        getattr(s3, delete)(Bucket=bucket)
        if before is None:
            assert refusal(getattr(s3, get), Bucket=bucket)[0].startswith(("NoSuch", "Replication"))
        else:
            assert shown(getattr(s3, get)(Bucket=bucket), name) == before
    s3.delete_bucket(Bucket=bucket)


def test_a_new_bucket_has_the_settings_that_aws_gives(s3: Any, bucket: str) -> None:
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)


def test_a_bucket_that_is_made_again_has_no_old_settings(s3: Any, bucket: str) -> None:
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=SETTINGS["cors"][4])
    s3.delete_bucket(Bucket=bucket)
    s3.create_bucket(Bucket=bucket)
    assert refusal(s3.get_bucket_cors, Bucket=bucket)[0] == "NoSuchCORSConfiguration"


EXPIRY: dict[str, Any] = {"Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 1}}
TAG = {"Key": "a", "Value": "b"}
MOVING: dict[str, Any] = {"Status": "Enabled", "Filter": {}}
MIDDAY = {"Date": datetime(2030, 1, 1, 12, tzinfo=UTC), "StorageClass": "GLACIER"}
KMS = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}


@pytest.mark.parametrize(
    ("what", "value", "code"),
    [
        ("cors", {"CORSRules": [{"AllowedMethods": ["EAT"], "AllowedOrigins": ["*"]}]}, "InvalidRequest"),
        ("lifecycle", {"Rules": []}, "MalformedXML"),
        ("lifecycle", {"Rules": [EXPIRY | {"Status": "enabled"}]}, "MalformedXML"),
        ("lifecycle", {"Rules": [EXPIRY | {"Expiration": {"Days": 0}}]}, "InvalidArgument"),
        (
            "lifecycle",
            {"Rules": [EXPIRY | {"Expiration": {"Date": datetime(2030, 1, 1, 5, tzinfo=UTC)}}]},
            "InvalidArgument",
        ),
        ("lifecycle", {"Rules": [MOVING | {"Transitions": [MIDDAY]}]}, "InvalidArgument"),
        ("lifecycle", {"Rules": [EXPIRY | {"Filter": {"Prefix": "a", "Tag": TAG}}]}, "MalformedXML"),
        ("lifecycle", {"Rules": [EXPIRY | {"Filter": {"Tag": TAG, "ObjectSizeLessThan": 9}}]}, "MalformedXML"),
        ("lifecycle", {"Rules": [EXPIRY | {"ID": "x" * 256}]}, "InvalidArgument"),
        ("lifecycle", {"Rules": [EXPIRY | {"ID": "a"}, EXPIRY | {"ID": "a"}]}, "InvalidArgument"),
        ("lifecycle", {"Rules": [{"Status": "Enabled", "Prefix": "a"}]}, "InvalidRequest"),
        ("encryption", {"Rules": [KMS]}, "NotImplemented"),
        (
            "encryption",
            {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "DES"}}]},
            "MalformedXML",
        ),
        ("website", {}, "MalformedXML"),
        ("acceleration", {"Status": "On"}, "MalformedXML"),
        ("payment", {"Payer": "Nobody"}, "MalformedXML"),
    ],
)
def test_settings_that_cannot_be(s3: Any, bucket: str, what: str, value: dict[str, Any], code: str) -> None:
    put, _, _, name, _ = SETTINGS[what]
    assert refusal(getattr(s3, put), Bucket=bucket, **{name: value})[0] == code


def test_a_bucket_logs_to_a_bucket_of_its_account_and_region(acme: Account, globex: Account, bucket: str) -> None:
    def refused(status: dict[str, Any]) -> tuple[str, str]:
        return refusal(acme.administrator.client("s3").put_bucket_logging, Bucket=bucket, BucketLoggingStatus=status)

    theirs, elsewhere = new_name(), new_name()
    globex.administrator.client("s3").create_bucket(Bucket=theirs)
    west = s3_client(acme.administrator, "us-west-2")
    west.create_bucket(Bucket=elsewhere, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    # Whether another account has such a bucket is not told.
    assert refused(logging_to(theirs)) == refused(logging_to(new_name()))
    assert refused(logging_to(theirs))[0] == "InvalidTargetBucketForLogging"
    assert refused(logging_to(elsewhere))[0] == "CrossLocationLoggingProhibitted"
    keys = {"TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "Yesterday"}}}
    assert refused(logging_to(bucket, **keys))[0] == "MalformedXML"


def test_a_lifecycle_rule_without_a_name_gets_one(s3: Any, bucket: str) -> None:
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [EXPIRY]})
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["ID"]


def test_what_is_written_under_a_set_encryption_says_so(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="before", Body=b"x")
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=SETTINGS["encryption"][4])
    assert s3.put_object(Bucket=bucket, Key="after", Body=b"x")["ServerSideEncryption"] == "AES256"
    assert s3.head_object(Bucket=bucket, Key="after")["ServerSideEncryption"] == "AES256"
    assert "ServerSideEncryption" not in s3.head_object(Bucket=bucket, Key="before")
    s3.delete_bucket_encryption(Bucket=bucket)
    assert "ServerSideEncryption" not in s3.put_object(Bucket=bucket, Key="later", Body=b"x")
