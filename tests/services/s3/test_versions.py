"""Versions of objects: what a write, a delete and a look-up meet."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.services.s3.conftest import new_name
from tests.support.house import Account, refusal
from tests.support.raw_requests import get


def body(s3: Any, bucket: str, version: str | None = None) -> bytes:
    more = {} if version is None else {"VersionId": version}
    found: bytes = s3.get_object(Bucket=bucket, Key="k", **more)["Body"].read()
    return found


def put(s3: Any, bucket: str, data: bytes, key: str = "k") -> str | None:
    found: str | None = s3.put_object(Bucket=bucket, Key=key, Body=data).get("VersionId")
    return found


def versioning(s3: Any, bucket: str, status: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


@pytest.fixture
def versioned(s3: Any) -> str:
    name = new_name()
    s3.create_bucket(Bucket=name)
    versioning(s3, name, "Enabled")
    return name


def history(s3: Any, bucket: str, **more: Any) -> list[tuple[str, str, bool]]:
    """Key, version and whether it is the latest, of all versions and markers of a bucket."""
    answer = s3.list_object_versions(Bucket=bucket, **more)
    rows = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
    return [(each["Key"], each["VersionId"], each["IsLatest"]) for each in rows]


def test_every_write_is_kept_and_the_last_one_read(s3: Any, versioned: str) -> None:
    ids = [put(s3, versioned, data) for data in (b"1", b"2", b"3")]
    assert len(set(ids)) == 3
    assert body(s3, versioned) == b"3"
    assert [body(s3, versioned, version) for version in ids] == [b"1", b"2", b"3"]
    shown = [(version, latest) for _, version, latest in history(s3, versioned)]
    assert shown == [(ids[2], True), (ids[1], False), (ids[0], False)]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=versioned)["Contents"]] == ["k"]
    assert s3.head_object(Bucket=versioned, Key="k")["VersionId"] == ids[2]


def test_versions_and_markers_stand_in_one_order(acme: Account, s3: Any, versioned: str) -> None:
    """Clients that read the document as it comes (minio-go) see from it which was first."""
    for key in ("a", "b"):
        s3.put_object(Bucket=versioned, Key=key, Body=b"1")
        s3.delete_object(Bucket=versioned, Key=key)
        s3.put_object(Bucket=versioned, Key=key, Body=b"2")
    s3.delete_object(Bucket=versioned, Key="a")
    document = get(acme.administrator, f"/{versioned}?versions").send().body.decode()
    rows = re.findall(r"<(Version|DeleteMarker)>.*?<Key>(.)</Key>.*?<IsLatest>(true|false)<", document)
    assert rows == [
        ("DeleteMarker", "a", "true"),
        ("Version", "a", "false"),
        ("DeleteMarker", "a", "false"),
        ("Version", "a", "false"),
        ("Version", "b", "true"),
        ("DeleteMarker", "b", "false"),
        ("Version", "b", "false"),
    ]


def test_a_deleted_key_is_hidden_and_its_versions_stay(s3: Any, versioned: str) -> None:
    version = put(s3, versioned, b"1")
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"]
    assert refusal(s3.get_object, Bucket=versioned, Key="k")[0] == "NoSuchKey"
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    assert body(s3, versioned, version) == b"1"
    assert refusal(s3.get_object, Bucket=versioned, Key="k", VersionId=marker["VersionId"])[0] == "MethodNotAllowed"
    assert history(s3, versioned) == [("k", version, False), ("k", marker["VersionId"], True)]
    undone = s3.delete_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    assert (undone["DeleteMarker"], undone["VersionId"]) == (True, marker["VersionId"])
    assert body(s3, versioned) == b"1"


def test_a_missing_key_gets_a_marker_of_its_own(s3: Any, versioned: str) -> None:
    marker = s3.delete_object(Bucket=versioned, Key="never")["VersionId"]
    assert history(s3, versioned) == [("never", marker, True)]
    assert refusal(s3.delete_bucket, Bucket=versioned)[0] == "BucketNotEmpty"
    s3.delete_object(Bucket=versioned, Key="never", VersionId=marker)
    s3.delete_bucket(Bucket=versioned)


def test_a_removed_version_uncovers_the_one_before(s3: Any, versioned: str) -> None:
    first, second, third = (put(s3, versioned, data) for data in (b"1", b"2", b"3"))
    s3.delete_object(Bucket=versioned, Key="k", VersionId=third)
    assert body(s3, versioned) == b"2"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=first)
    assert [version for _, version, _ in history(s3, versioned)] == [second]
    assert refusal(s3.get_object, Bucket=versioned, Key="k", VersionId=first)[0] == "NoSuchVersion"


def test_what_was_there_before_is_the_version_null(s3: Any, bucket: str) -> None:
    assert put(s3, bucket, b"old") is None
    versioning(s3, bucket, "Enabled")
    new = put(s3, bucket, b"new")
    assert body(s3, bucket, "null") == b"old"
    assert [version for _, version, _ in history(s3, bucket)] == [new, "null"]


def test_a_suspended_bucket_replaces_only_the_version_null(s3: Any, versioned: str) -> None:
    kept = put(s3, versioned, b"kept")
    versioning(s3, versioned, "Suspended")
    assert put(s3, versioned, b"null 1") is None
    put(s3, versioned, b"null 2")
    assert [version for _, version, _ in history(s3, versioned)] == ["null", kept]
    assert body(s3, versioned) == b"null 2"
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert (marker["DeleteMarker"], marker["VersionId"]) == (True, "null")
    assert history(s3, versioned) == [("k", kept, False), ("k", "null", True)]
    versioning(s3, versioned, "Enabled")
    newest = put(s3, versioned, b"newest")
    assert body(s3, versioned) == b"newest"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=newest)
    assert refusal(s3.get_object, Bucket=versioned, Key="k")[0] == "NoSuchKey"


def test_many_versions_are_deleted_at_once(s3: Any, versioned: str) -> None:
    ids = [put(s3, versioned, data) for data in (b"1", b"2")]
    asked = [{"Key": "k", "VersionId": ids[0]}, {"Key": "k"}, {"Key": "k", "VersionId": "x"}]
    answer = s3.delete_objects(Bucket=versioned, Delete={"Objects": asked})
    assert [each.get("VersionId") for each in answer["Deleted"]] == [ids[0], None]
    assert answer["Deleted"][1]["DeleteMarker"]
    assert [each["Code"] for each in answer["Errors"]] == ["NoSuchVersion"]
    assert [version for _, version, latest in history(s3, versioned) if not latest] == [ids[1]]


def test_versions_are_listed_in_pages_over_keys(s3: Any, versioned: str) -> None:
    expected = [
        (key, version)
        for key in ("a", "b/1", "b/2", "c")
        for version in reversed([put(s3, versioned, b"", key), put(s3, versioned, b"", key)])
    ]
    found: list[tuple[str, str]] = []
    marker: dict[str, Any] = {}
    while True:
        page = s3.list_object_versions(Bucket=versioned, MaxKeys=3, **marker)
        found += [(each["Key"], each["VersionId"]) for each in page["Versions"]]
        assert all(
            each["IsLatest"] == (found.index((each["Key"], each["VersionId"])) % 2 == 0) for each in page["Versions"]
        )
        if not page["IsTruncated"]:
            break
        marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    assert found == expected
    rolled = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["b/"]
    assert [each["Key"] for each in rolled["Versions"]] == ["a", "a", "c", "c"]
    assert [key for key, _, _ in history(s3, versioned, Prefix="b/")] == ["b/1", "b/1", "b/2", "b/2"]


def test_what_cannot_be_a_version_is_told_from_what_is_none(s3: Any, versioned: str) -> None:
    put(s3, versioned, b"1")
    assert refusal(s3.get_object, Bucket=versioned, Key="k", VersionId="x") == (
        "InvalidArgument",
        "Invalid version id specified",
    )
    assert refusal(s3.get_object, Bucket=versioned, Key="k", VersionId="x" * 32)[0] == "NoSuchVersion"
    assert refusal(s3.get_object, Bucket=versioned, Key="k", VersionId="null")[0] == "NoSuchVersion"


def test_tags_belong_to_a_version(s3: Any, versioned: str) -> None:
    first, second = put(s3, versioned, b"1"), put(s3, versioned, b"2")
    tags = [{"Key": "a", "Value": "b"}]
    answer = s3.put_object_tagging(Bucket=versioned, Key="k", VersionId=first, Tagging={"TagSet": tags})
    assert answer["VersionId"] == first
    assert s3.get_object_tagging(Bucket=versioned, Key="k", VersionId=first)["TagSet"] == tags
    assert s3.get_object_tagging(Bucket=versioned, Key="k")["TagSet"] == []
    assert s3.get_object_tagging(Bucket=versioned, Key="k")["VersionId"] == second


def test_versioning_is_told_once_it_was_set(s3: Any, bucket: str) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    versioning(s3, bucket, "Suspended")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    code = refusal(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "On"})[0]
    assert code == "MalformedXML"


def test_an_empty_version_id_is_none(acme: Account, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    answer = get(acme.administrator, f"/{bucket}/k?versionId=").send()
    assert answer.error == (400, "InvalidArgument", "Version id cannot be the empty string")
