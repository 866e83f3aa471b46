"""Configurations with ids: they come back as they were put, are listed in pages, and are nobody else's to see."""

from __future__ import annotations

from typing import Any

import pytest
from tests.services.s3.conftest import s3_client
from tests.support.house import Account, allow, deny, policy, refusal, user_with

DESTINATION = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV"}}
INVENTORY: dict[str, Any] = {
    "Destination": DESTINATION,
    "IsEnabled": True,
    "IncludedObjectVersions": "Current",
    "Schedule": {"Frequency": "Daily"},
    "OptionalFields": ["Size", "ETag"],
}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "inventory": ("InventoryConfiguration", INVENTORY),
    "analytics": ("AnalyticsConfiguration", {"StorageClassAnalysis": {}, "Filter": {"Prefix": "a/"}}),
    "metrics": ("MetricsConfiguration", {"Filter": {"Prefix": "a/"}}),
    "intelligent_tiering": (
        "IntelligentTieringConfiguration",
        {"Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]},
    ),
}


def calls(client: Any, kind: str) -> tuple[Any, Any, Any, Any]:
    """Put, get, list, delete."""
    names = [f"{verb}_bucket_{kind}_configuration" for verb in ("put", "get", "list", "delete")]
    names[2] += "s"
    put, get, every, delete = (getattr(client, name) for name in names)
    return put, get, every, delete


@pytest.mark.parametrize("kind", KINDS)
def test_a_configuration_comes_back_as_it_was_put(s3: Any, bucket: str, kind: str) -> None:
    put, get, every, delete = calls(s3, kind)
    member, value = KINDS[kind]
    assert refusal(get, Bucket=bucket, Id="a")[0] == "NoSuchConfiguration"
    for name in ("b", "a"):
        put(Bucket=bucket, Id=name, **{member: value | {"Id": name}})
    assert get(Bucket=bucket, Id="a")[member] == value | {"Id": "a"}
    listed = every(Bucket=bucket)
    assert [each["Id"] for each in listed[f"{member}List"]] == ["a", "b"]
    assert listed["IsTruncated"] is False
    delete(Bucket=bucket, Id="a")
    assert refusal(delete, Bucket=bucket, Id="a")[0] == "NoSuchConfiguration"
    assert [each["Id"] for each in every(Bucket=bucket)[f"{member}List"]] == ["b"]
    s3.delete_bucket(Bucket=bucket)


def test_many_are_listed_in_pages(s3: Any, bucket: str) -> None:
    names = [f"{number:03d}" for number in range(105)]
    for name in names:
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=name, MetricsConfiguration={"Id": name})
    first = s3.list_bucket_metrics_configurations(Bucket=bucket)
    rest = s3.list_bucket_metrics_configurations(Bucket=bucket, ContinuationToken=first["NextContinuationToken"])
    found = first["MetricsConfigurationList"] + rest["MetricsConfigurationList"]
    assert (len(first["MetricsConfigurationList"]), first["IsTruncated"], rest["IsTruncated"]) == (100, True, False)
    assert [each["Id"] for each in found] == names


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("inventory", {"Id": "other"}, "IdMismatch"),
        ("metrics", {"Id": "other"}, "MalformedXML"),
        ("inventory", {"IncludedObjectVersions": "Some"}, "MalformedXML"),
        (
            "inventory",
            {"Destination": {"S3BucketDestination": {"Bucket": "b", "Format": "CSV"}}},
            "InvalidS3DestinationBucket",
        ),
        ("intelligent_tiering", {"Status": "Perhaps"}, "MalformedXML"),
    ],
)
def test_what_cannot_be_one(s3: Any, bucket: str, kind: str, change: dict[str, Any], code: str) -> None:
    put, get, _, _ = calls(s3, kind)
    member, value = KINDS[kind]
    assert refusal(put, Bucket=bucket, Id="a", **{member: value | {"Id": "a"} | change})[0] == code
    assert refusal(get, Bucket=bucket, Id="a")[0] == "NoSuchConfiguration"


@pytest.mark.parametrize("name", ["", "a b", "a/b", "\u00e9", "a" * 65, "a\n"], ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_an_id_has_64_plain_characters_at_most(s3: Any, bucket: str, kind: str, name: str) -> None:
    put, _, every, _ = calls(s3, kind)
    member, value = KINDS[kind]
    assert refusal(put, Bucket=bucket, Id=name, **{member: value | {"Id": name}})[0] == "MalformedXML"
    put(Bucket=bucket, Id="A-b_c.9" + "x" * 57, **{member: value | {"Id": "A-b_c.9" + "x" * 57}})
    assert len(every(Bucket=bucket)[f"{member}List"]) == 1


def test_who_may_only_read_them_changes_none_and_strangers_see_nothing(
    acme: Account, globex: Account, s3: Any, bucket: str
) -> None:
    s3.put_bucket_inventory_configuration(Bucket=bucket, Id="a", InventoryConfiguration=INVENTORY | {"Id": "a"})
    reader = s3_client(user_with(acme, f"reads-{bucket}", policy(allow("s3:GetInventoryConfiguration"))))
    put, get, every, delete = calls(reader, "inventory")
    get(Bucket=bucket, Id="a")
    every(Bucket=bucket)
    changed = INVENTORY | {"Id": "a"}
    assert refusal(put, Bucket=bucket, Id="a", InventoryConfiguration=changed)[0] == "AccessDenied"
    assert refusal(delete, Bucket=bucket, Id="a")[0] == "AccessDenied"
    for call in calls(s3_client(globex.administrator), "inventory")[1:3]:
        more = {"Id": "a"} if "get" in call.__name__ else {}
        assert refusal(call, Bucket=bucket, **more) == ("AccessDenied", "Access Denied")


def test_a_policy_bounds_what_an_inventory_tells(acme: Account, bucket: str) -> None:
    condition = {"ForAnyValue:StringNotEquals": {"s3:InventoryAccessibleOptionalFields": ["Size"]}}
    writer = s3_client(
        user_with(
            acme, f"writes-{bucket}", policy(allow("s3:*"), deny("s3:PutInventoryConfiguration", Condition=condition))
        )
    )
    put = writer.put_bucket_inventory_configuration
    asked = INVENTORY | {"Id": "a"}
    assert refusal(put, Bucket=bucket, Id="a", InventoryConfiguration=asked)[0] == "AccessDenied"
    put(Bucket=bucket, Id="a", InventoryConfiguration=asked | {"OptionalFields": ["Size"]})


def test_mfa_delete_is_refused_in_s3s_words(acme: Account, s3: Any, bucket: str, iam: Any) -> None:
    asked = {"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled", "MFADelete": "Enabled"}}
    assert refusal(s3.put_bucket_versioning, **asked) == (
        "AccessDenied",
        "Mfa Authentication must be used for this request",
    )
    code = f"arn:aws:iam::{acme.id}:mfa/root 123456"
    assert refusal(s3.put_bucket_versioning, **asked, MFA=code)[0] == "NotImplemented"
    made = acme.administrator.client("sts").get_session_token()["Credentials"]
    session = s3_client(
        acme.administrator,
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )
    assert refusal(session.put_bucket_versioning, **asked, MFA=code) == (
        "InvalidRequest",
        "DevPay and Mfa are mutually exclusive authorization methods.",
    )
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
