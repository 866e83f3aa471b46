"""Object Lock: what is kept is kept, from whom, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.services.s3.conftest import new_name
from tests.support.house import Account, allow, deny, policy, refusal, user_with

LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
MUCH_LATER = LATER + timedelta(days=30)


@pytest.fixture
def locking(s3: Any) -> str:
    name = new_name()
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def put(s3: Any, bucket: str, mode: str, until: datetime = LATER) -> dict[str, Any]:
    answer = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ObjectLockMode=mode, ObjectLockRetainUntilDate=until)
    return {"Bucket": bucket, "Key": "k", "VersionId": answer["VersionId"]}


def test_a_locking_bucket_keeps_versions_for_good(s3: Any, locking: str) -> None:
    assert s3.get_bucket_versioning(Bucket=locking)["Status"] == "Enabled"
    asked = {"Status": "Suspended"}
    assert refusal(s3.put_bucket_versioning, Bucket=locking, VersioningConfiguration=asked)[0] == "InvalidBucketState"
    shown = s3.get_object_lock_configuration(Bucket=locking)["ObjectLockConfiguration"]
    assert shown == {"ObjectLockEnabled": "Enabled"}


def test_compliance_is_bypassed_by_nobody(s3: Any, locking: str) -> None:
    version = put(s3, locking, "COMPLIANCE")
    assert s3.head_object(**version)["ObjectLockMode"] == "COMPLIANCE"
    for more in ({}, {"BypassGovernanceRetention": True}):
        code, message = refusal(s3.delete_object, **version, **more)
        assert (code, message) == ("AccessDenied", "Access Denied because object protected by object lock.")
        shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": LATER - timedelta(days=1)}
        assert refusal(s3.put_object_retention, **version, Retention=shorter, **more)[0] == "AccessDenied"
        weaker = {"Mode": "GOVERNANCE", "RetainUntilDate": MUCH_LATER}
        assert refusal(s3.put_object_retention, **version, Retention=weaker, **more)[0] == "AccessDenied"
    s3.put_object_retention(**version, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": MUCH_LATER})
    assert s3.get_object_retention(**version)["Retention"]["RetainUntilDate"] == MUCH_LATER
    assert s3.delete_object(Bucket=locking, Key="k")["DeleteMarker"]


def test_governance_is_bypassed_by_who_may_and_says_so(acme: Account, s3: Any, locking: str) -> None:
    version = put(s3, locking, "GOVERNANCE")
    assert refusal(s3.delete_object, **version)[0] == "AccessDenied"
    actions = ["s3:DeleteObjectVersion", "s3:PutObjectRetention"]
    deleter = user_with(acme, f"d-{locking}", policy(allow(actions, f"arn:aws:s3:::{locking}/*"))).client("s3")
    assert refusal(deleter.delete_object, **version, BypassGovernanceRetention=True)[0] == "AccessDenied"
    many = {"Objects": [{"Key": "k", "VersionId": version["VersionId"]}]}
    answer = deleter.delete_objects(Bucket=locking, Delete=many, BypassGovernanceRetention=True)
    assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": LATER - timedelta(days=1)}
    assert refusal(s3.put_object_retention, **version, Retention=shorter)[0] == "AccessDenied"
    s3.put_object_retention(**version, Retention=shorter, BypassGovernanceRetention=True)
    s3.delete_object(**version, BypassGovernanceRetention=True)
    assert refusal(s3.get_object, **version)[0] == "NoSuchVersion"


def test_governance_becomes_compliance_only_by_who_may_bypass_it(acme: Account, s3: Any, locking: str) -> None:
    """Who may only set retention could else lock what others own, for good."""
    version = put(s3, locking, "GOVERNANCE")
    may = policy(allow(["s3:PutObjectRetention", "s3:GetObjectRetention"], f"arn:aws:s3:::{locking}/*"))
    keeper = user_with(acme, f"k-{locking}", may).client("s3")
    longer = {"Mode": "GOVERNANCE", "RetainUntilDate": MUCH_LATER}
    keeper.put_object_retention(**version, Retention=longer)
    for_good = {"Mode": "COMPLIANCE", "RetainUntilDate": MUCH_LATER}
    assert refusal(keeper.put_object_retention, **version, Retention=for_good)[0] == "AccessDenied"
    bypassing = {"Retention": for_good, "BypassGovernanceRetention": True}
    assert refusal(keeper.put_object_retention, **version, **bypassing)[0] == "AccessDenied"
    assert keeper.get_object_retention(**version)["Retention"] == longer
    s3.put_object_retention(**version, **bypassing)
    assert keeper.get_object_retention(**version)["Retention"] == for_good


def test_a_legal_hold_holds_until_it_is_lifted(s3: Any, locking: str) -> None:
    answer = s3.put_object(Bucket=locking, Key="k", Body=b"x", ObjectLockLegalHoldStatus="ON")
    version = {"Bucket": locking, "Key": "k", "VersionId": answer["VersionId"]}
    assert s3.get_object_legal_hold(**version)["LegalHold"]["Status"] == "ON"
    assert refusal(s3.delete_object, **version, BypassGovernanceRetention=True)[0] == "AccessDenied"
    s3.put_object_legal_hold(**version, LegalHold={"Status": "OFF"})
    # What was asked for once is shown from then on, also when it is off.
    assert s3.get_object_legal_hold(**version)["LegalHold"]["Status"] == "OFF"
    assert s3.head_object(**version)["ObjectLockLegalHoldStatus"] == "OFF"
    s3.delete_object(**version)


def test_what_never_had_a_legal_hold_shows_none(s3: Any, locking: str) -> None:
    s3.put_object(Bucket=locking, Key="plain", Body=b"x")
    assert refusal(s3.get_object_legal_hold, Bucket=locking, Key="plain")[0] == "NoSuchObjectLockConfiguration"
    assert "ObjectLockLegalHoldStatus" not in s3.head_object(Bucket=locking, Key="plain")
    s3.put_object(Bucket=locking, Key="said", Body=b"x", ObjectLockLegalHoldStatus="OFF")
    assert s3.get_object_legal_hold(Bucket=locking, Key="said")["LegalHold"]["Status"] == "OFF"
    assert s3.get_object(Bucket=locking, Key="said")["ObjectLockLegalHoldStatus"] == "OFF"


def test_new_objects_get_the_retention_of_their_bucket(s3: Any, locking: str) -> None:
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket=locking, ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket=locking)["ObjectLockConfiguration"] == configuration
    s3.put_object(Bucket=locking, Key="k", Body=b"x")
    shown = s3.head_object(Bucket=locking, Key="k")
    assert shown["ObjectLockMode"] == "GOVERNANCE"
    assert timedelta(days=1, hours=23) < shown["ObjectLockRetainUntilDate"] - datetime.now(UTC) <= timedelta(days=2)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"ObjectLockMode": "GOVERNANCE"}, "InvalidArgument"),
        ({"ObjectLockRetainUntilDate": LATER}, "InvalidArgument"),
        ({"ObjectLockMode": "NONE", "ObjectLockRetainUntilDate": LATER}, "InvalidArgument"),
        (
            {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime(2020, 1, 1, tzinfo=UTC)},
            "InvalidArgument",
        ),
        ({"ObjectLockLegalHoldStatus": "MAYBE"}, "InvalidArgument"),
    ],
)
def test_locks_that_cannot_be(s3: Any, locking: str, asked: dict[str, Any], code: str) -> None:
    assert refusal(s3.put_object, Bucket=locking, Key="k", Body=b"x", **asked)[0] == code


def test_a_bucket_without_a_lock_takes_none(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    missing = ("InvalidRequest", "Bucket is missing Object Lock Configuration")
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"", ObjectLockLegalHoldStatus="ON") == missing
    assert refusal(s3.get_object_retention, Bucket=bucket, Key="k") == missing
    assert refusal(s3.get_object_lock_configuration, Bucket=bucket)[0] == "ObjectLockConfigurationNotFoundError"
    asked = {"ObjectLockEnabled": "Enabled"}
    code = refusal(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=asked)[0]
    assert code == "InvalidBucketState"


def test_a_policy_bounds_how_long_objects_may_be_retained(acme: Account, s3: Any, locking: str) -> None:
    longer = {"NumericGreaterThan": {"s3:object-lock-remaining-retention-days": "10"}}
    document = policy(allow("s3:*"), deny(["s3:PutObjectRetention", "s3:PutObject"], Condition=longer))
    keeper = user_with(acme, "keeper-for-ten-days", document).client("s3")
    soon = datetime.now(UTC) + timedelta(days=10)
    kept = put(keeper, locking, "GOVERNANCE", soon)
    lasting = {"Mode": "GOVERNANCE", "RetainUntilDate": LATER}
    assert refusal(keeper.put_object_retention, **kept, Retention=lasting)[0] == "AccessDenied"
    named = {"Bucket": locking, "Key": "k2", "ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": LATER}
    assert refusal(keeper.put_object, **named, Body=b"x")[0] == "AccessDenied"
    assert refusal(keeper.create_multipart_upload, **named)[0] == "AccessDenied"
    assert refusal(keeper.copy_object, **named, CopySource=f"{locking}/k")[0] == "AccessDenied"
    s3.put_object_retention(**kept, Retention=lasting)


def test_an_upload_in_parts_is_retained_from_when_it_is_finished(s3: Any, locking: str) -> None:
    upload = s3.create_multipart_upload(Bucket=locking, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=locking, Key="parts", UploadId=upload, PartNumber=1, Body=b"p")
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 3}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket=locking, ObjectLockConfiguration=configuration)
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    s3.complete_multipart_upload(Bucket=locking, Key="parts", UploadId=upload, MultipartUpload=parts)
    assert s3.get_object_retention(Bucket=locking, Key="parts")["Retention"]["Mode"] == "COMPLIANCE"
