"""Ways around what a bucket's owner allows: by headers, by lists of versions, by copies, by whose object it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.services.s3.conftest import new_name
from tests.support.house import Account, Keys, allow, deny, policy, refusal, user_with
from tests.support.raw_requests import unsigned

EVERYBODY = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
GRANTS = ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"]
WRITES: dict[str, Callable[[Any, dict[str, str]], Any]] = {
    "put": lambda s3, asked: s3.put_object(Key="k", Body=b"x", **asked),
    "copy": lambda s3, asked: s3.copy_object(Key="k", CopySource=f"{asked['Bucket']}/source", **asked),
    "upload": lambda s3, asked: s3.create_multipart_upload(Key="k", **asked),
}


@pytest.fixture(scope="module")
def s3(acme: Account) -> Any:
    return acme.administrator.client("s3")


@pytest.fixture
def with_acls(s3: Any) -> str:
    name = f"granted-{new_name()}"
    s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=name)
    s3.put_object(Bucket=name, Key="source", Body=b"x")
    return name


@pytest.fixture(scope="module")
def writer(acme: Account) -> Keys:
    """May write and read and make buckets, but say nothing of who else may."""
    return user_with(acme, "writer-of-objects", policy(allow(["s3:PutObject", "s3:GetObject", "s3:CreateBucket"])))


@pytest.mark.parametrize("grant", GRANTS)
@pytest.mark.parametrize("write", WRITES)
def test_a_grant_in_a_header_takes_the_permission_to_set_acls(
    writer: Keys, with_acls: str, write: str, grant: str
) -> None:
    code, message = refusal(lambda: WRITES[write](writer.client("s3"), {"Bucket": with_acls, grant: EVERYBODY}))
    assert (code, "s3:PutObjectAcl" in message) == ("AccessDenied", True)


@pytest.mark.parametrize("grant", [*GRANTS, "GrantWrite"])
def test_a_new_bucket_with_a_grant_takes_the_permission_to_set_acls(writer: Keys, grant: str) -> None:
    asked = {"Bucket": f"granted-{new_name()}", grant: EVERYBODY}
    code, message = refusal(writer.client("s3").create_bucket, **asked)
    assert (code, "s3:PutBucketAcl" in message) == ("AccessDenied", True)


def test_a_condition_on_the_etag_tells_nothing_of_objects_that_may_not_be_read(acme: Account, s3: Any) -> None:
    name = f"granted-{new_name()}"
    s3.create_bucket(Bucket=name)
    etag = s3.put_object(Bucket=name, Key="k", Body=b"x", Tagging="secret=yes")["ETag"]
    secret = {"StringEquals": {"s3:ExistingObjectTag/secret": "yes"}}
    document = policy(allow("s3:*"), deny("s3:GetObject", Condition=secret))
    prober = user_with(acme, "prober-of-etags", document).client("s3")
    named = {"Bucket": name, "Key": "k"}
    for guess in (etag, '"0123456789abcdef0123456789abcdef"'):
        assert refusal(prober.put_object, **named, Body=b"y", IfMatch=guess)[0] == "AccessDenied"
        assert refusal(prober.delete_object, **named, IfMatch=guess)[0] == "AccessDenied"
        answer = prober.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "k", "ETag": guess}]})
        assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]
    assert s3.get_object(**named)["Body"].read() == b"x"


def test_no_more_grants_in_headers_than_in_a_document(s3: Any, with_acls: str) -> None:
    mine = "id=" + s3.list_buckets()["Owner"]["ID"]
    assert (
        refusal(s3.put_object, Bucket=with_acls, Key="k", GrantRead=", ".join([mine] * 101))[0] == "MalformedACLError"
    )
    s3.put_object(Bucket=with_acls, Key="k", GrantRead=", ".join([mine] * 100))


def test_a_denied_version_is_not_deleted_by_way_of_a_list(acme: Account, s3: Any) -> None:
    name = f"granted-{new_name()}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    kept = s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]
    other = s3.put_object(Bucket=name, Key="k2", Body=b"2")["VersionId"]
    but = {"StringEquals": {"s3:VersionId": kept}}
    document = policy(allow("s3:*"), deny("s3:DeleteObjectVersion", Condition=but))
    deleter = user_with(acme, "deleter-of-versions", document).client("s3")
    assert refusal(deleter.delete_object, Bucket=name, Key="k", VersionId=kept)[0] == "AccessDenied"
    listed = [{"Key": "k", "VersionId": kept}, {"Key": "k2", "VersionId": other}]
    answer = deleter.delete_objects(Bucket=name, Delete={"Objects": listed})
    assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]
    assert [each["Key"] for each in answer["Deleted"]] == ["k2"]
    assert s3.get_object(Bucket=name, Key="k", VersionId=kept)["Body"].read() == b"1"


def test_a_list_that_names_a_key_twice_meets_the_condition_with_both(acme: Account, s3: Any) -> None:
    name = f"granted-{new_name()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"1")
    document = policy(allow("s3:*"), deny("s3:DeleteObject", Condition={"Null": {"s3:if-match": "true"}}))
    deleter = user_with(acme, "deleter-if-match", document).client("s3")
    listed = [{"Key": "k", "ETag": "no-such-etag"}, {"Key": "k"}]
    answer = deleter.delete_objects(Bucket=name, Delete={"Objects": listed})
    assert {each["Code"] for each in answer["Errors"]} == {"AccessDenied"}
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"1"


def test_a_copy_gets_the_tags_of_its_source_only_from_those_who_may_tag(acme: Account, s3: Any) -> None:
    name = f"granted-{new_name()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="tagged", Body=b"x", Tagging="shown=yes")
    s3.put_object(Bucket=name, Key="plain", Body=b"x")
    document = policy(allow(["s3:PutObject", "s3:GetObject", "s3:GetObjectTagging"]))
    copier = user_with(acme, "copier-of-tags", document).client("s3")
    code, message = refusal(copier.copy_object, Bucket=name, Key="new", CopySource=f"{name}/tagged")
    assert (code, "s3:PutObjectTagging" in message) == ("AccessDenied", True)
    copier.copy_object(Bucket=name, Key="new", CopySource=f"{name}/plain")
    copier.copy_object(Bucket=name, Key="new", CopySource=f"{name}/tagged", TaggingDirective="REPLACE")


def shared(bucket: str, *statements: dict[str, Any]) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{**each, "Principal": "*", "Resource": f"arn:aws:s3:::{bucket}/*"} for each in statements],
        }
    )


def test_the_owner_of_a_bucket_denies_objects_that_are_another_account_s(
    globex: Account, s3: Any, with_acls: str
) -> None:
    stranger = globex.administrator.client("s3")
    writing = {"Effect": "Allow", "Action": "s3:PutObject"}
    s3.put_bucket_policy(Bucket=with_acls, Policy=shared(with_acls, writing))
    stranger.put_object(Bucket=with_acls, Key="theirs", Body=b"x")
    assert stranger.get_object(Bucket=with_acls, Key="theirs")["Body"].read() == b"x"
    denied = {"Effect": "Deny", "Action": "s3:GetObject"}
    s3.put_bucket_policy(Bucket=with_acls, Policy=shared(with_acls, writing, denied))
    assert refusal(stranger.get_object, Bucket=with_acls, Key="theirs")[0] == "AccessDenied"


def test_a_policy_that_is_restricted_still_denies(globex: Account, s3: Any, with_acls: str) -> None:
    """A public policy lets no stranger in where it is restricted; what it denies holds over what an ACL grants."""
    stranger = globex.administrator.client("s3")
    theirs = stranger.list_buckets()["Owner"]["ID"]
    s3.put_object(Bucket=with_acls, Key="k", Body=b"x", GrantRead=f"id={theirs}")
    assert stranger.get_object(Bucket=with_acls, Key="k")["Body"].read() == b"x"
    public = {"Effect": "Allow", "Action": "s3:GetObjectTagging"}
    denied = {"Effect": "Deny", "Action": "s3:GetObject"}
    s3.put_bucket_policy(Bucket=with_acls, Policy=shared(with_acls, public, denied))
    s3.put_public_access_block(Bucket=with_acls, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert refusal(stranger.get_object, Bucket=with_acls, Key="k")[0] == "AccessDenied"


@pytest.fixture(scope="module")
def open_bucket(s3: Any) -> str:
    """A bucket whose owner lets everybody do everything."""
    name = f"granted-{new_name()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=shared(name, {"Effect": "Allow", "Action": "s3:*"}))
    return name


def test_the_anonymous_copy_nothing_and_begin_no_uploads(acme: Account, s3: Any, open_bucket: str) -> None:
    anyone, source = acme.administrator, f"{open_bucket}/k"
    upload = s3.create_multipart_upload(Bucket=open_bucket, Key="m")["UploadId"]
    assert unsigned(anyone, "PUT", f"/{open_bucket}/new", b"x").send().status == 200
    part = f"/{open_bucket}/m?partNumber=1&uploadId={upload}"
    for method, target, headers in (
        ("PUT", f"/{open_bucket}/copy", {"x_amz_copy_source": source}),
        ("PUT", part, {"x_amz_copy_source": source}),
        ("POST", f"/{open_bucket}/m?uploads", {}),
    ):
        answer = unsigned(anyone, method, target, b"", **headers).send()
        assert (answer.status, answer.code) == (403, "AccessDenied")
        assert "Please authenticate" in answer.message
    listed = s3.list_objects_v2(Bucket=open_bucket)["Contents"]
    assert [each["Key"] for each in listed] == ["k", "new"]


def test_a_list_of_deletions_tells_the_anonymous_of_no_key(acme: Account, s3: Any) -> None:
    name = f"granted-{new_name()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="there", Body=b"x")
    for key in ("there", "absent"):
        body = f"<Delete><Object><Key>{key}</Key></Object></Delete>".encode()
        answer = unsigned(acme.administrator, "POST", f"/{name}?delete", body).send()
        assert answer.error == (403, "AccessDenied", "Access Denied")
