"""Directory buckets: what is done with objects is done in a session, and a session is good for nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.services.s3.conftest import s3_client
from tests.services.s3.points import new_point, through_points
from tests.services.s3.test_control import control_client
from tests.support.fronts import fronts
from tests.support.house import Account, House, Keys, allow, deny, policy, refusal, user_with
from tests.support.raw_requests import RawRequest, raw, unsigned

ZONE = "use1-az4"
CONFIGURATION = {
    "Location": {"Type": "AvailabilityZone", "Name": ZONE},
    "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
}
EXPRESS = "EXPRESS_ONEZONE"
_numbers = count(1)


def without_sessions(keys: Keys) -> Any:
    """boto3 begins a session even to create a bucket, when it is given an endpoint; so it is told not to."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", "true")
        return s3_client(keys)


def new_directory(owner: Account) -> str:
    name = f"fast-{next(_numbers)}--{ZONE}--x-s3"
    without_sessions(owner.administrator).create_bucket(Bucket=name, CreateBucketConfiguration=CONFIGURATION)
    return name


@pytest.fixture
def fast(acme: Account) -> str:
    """A directory bucket with an object."""
    name = new_directory(acme)
    s3_client(acme.administrator).put_object(Bucket=name, Key="k", Body=b"x")
    return name


def arn_of(acme: Account, name: str) -> str:
    return f"arn:aws:s3express:us-east-1:{acme.id}:bucket/{name}"


def session(keys: Keys, bucket: str, **more: Any) -> dict[str, Any]:
    client = s3_client(keys, aws_session_token=keys.session_token)
    return client.create_session(Bucket=bucket, **more)["Credentials"]


def signed(
    keys: Keys, made: dict[str, Any], method: str, path: str, body: bytes = b"", service: str = "s3express"
) -> Any:
    """A request signed with the credentials of a session, as SDKs do it."""
    who = Keys(keys.endpoint, made["AccessKeyId"], made["SecretAccessKey"])
    headers = {"x-amz-s3session-token": made["SessionToken"]}
    return raw(who, method, path, "s3", headers=headers, body=body, signing=service).send()


def test_boto3_works_in_sessions_of_its_own(acme: Account, fast: str) -> None:
    s3 = s3_client(acme.administrator)
    assert s3.get_object(Bucket=fast, Key="k")["Body"].read() == b"x"
    upload = s3.create_multipart_upload(Bucket=fast, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=fast, Key="parts", UploadId=upload, PartNumber=1, Body=b"p")
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    s3.complete_multipart_upload(Bucket=fast, Key="parts", UploadId=upload, MultipartUpload=parts)
    listed = s3.list_objects_v2(Bucket=fast)["Contents"]
    assert [(each["Key"], each["StorageClass"]) for each in listed] == [("k", EXPRESS), ("parts", EXPRESS)]
    assert (
        refusal(s3.put_object, Bucket=fast, Key="k", Body=b"", StorageClass="STANDARD_IA")[0] == "InvalidStorageClass"
    )
    s3.delete_objects(Bucket=fast, Delete={"Objects": [{"Key": "k"}, {"Key": "parts"}]})
    assert refusal(s3.get_object, Bucket=fast, Key="k")[0] == "NoSuchKey"
    assert fast not in [each["Name"] for each in s3_client(acme.administrator).list_buckets()["Buckets"]]
    control = without_sessions(acme.administrator)
    assert fast in [each["Name"] for each in control.list_directory_buckets()["Buckets"]]
    assert control.list_objects_v2(Bucket=fast)["KeyCount"] == 0
    control.delete_bucket(Bucket=fast)


def test_a_presigned_url_carries_its_session(acme: Account, house: House, fast: str) -> None:
    s3 = s3_client(acme.administrator)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": fast, "Key": "k"}, ExpiresIn=3600)
    endpoint, target = acme.administrator.endpoint, url.removeprefix(acme.administrator.endpoint)
    host = (b"host", endpoint.partition("//")[2].encode())
    request = RawRequest(endpoint, "GET", target, (host,))
    assert request.send().body == b"x"
    assert replace(request, target=target.replace(fast, new_directory(acme))).send().code == "SignatureDoesNotMatch"
    with house.later(301):
        assert request.send().code == "ExpiredToken"


def test_a_session_lasts_five_minutes(acme: Account, house: House, fast: str) -> None:
    made = session(acme.administrator, fast)
    assert 290 <= (made["Expiration"] - datetime.now(UTC)).total_seconds() <= 300
    assert signed(acme.administrator, made, "GET", f"/{fast}/k").body == b"x"
    with house.later(301):
        who = Keys(acme.administrator.endpoint, made["AccessKeyId"], made["SecretAccessKey"])
        later = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 301, UTC)
        headers = {"x-amz-s3session-token": made["SessionToken"]}
        answer = raw(who, "GET", f"/{fast}/k", "s3", headers=headers, signing="s3express", now=later).send()
        assert answer.code == "ExpiredToken"


def test_a_session_is_good_for_its_bucket_alone(acme: Account, s3: Any, bucket: str, fast: str) -> None:
    other = new_directory(acme)
    s3.put_object(Bucket=bucket, Key="k", Body=b"general")
    made = session(acme.administrator, fast)
    for method, path in (
        ("GET", f"/{other}/k"),
        ("PUT", f"/{other}/k"),
        ("GET", f"/{bucket}/k"),
        ("PUT", f"/{bucket}/k"),
        ("GET", "/"),
        ("DELETE", f"/{fast}"),
        ("GET", f"/{fast}?policy"),
        ("GET", f"/{fast}?session"),
        ("GET", f"/{other}?session"),
    ):
        for service in ("s3express", "s3"):
            answer = signed(acme.administrator, made, method, path, service=service)
            code = "AccessDenied" if service == "s3express" else "InvalidAccessKeyId"
            assert answer.code == code, (method, path, service)
    as_ever = Keys(acme.administrator.endpoint, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    assert refusal(as_ever.client("iam").list_users)[0] == "InvalidClientTokenId"
    assert refusal(as_ever.client("s3").list_buckets)[0] == "AccessDenied"
    assert (
        refusal(as_ever.client("sts").assume_role, RoleArn=acme.arn("role/x"), RoleSessionName="thief")[0]
        == "AccessDenied"
    )


def test_no_policy_that_names_its_caller_makes_a_session_good_for_more(acme: Account, s3: Any, bucket: str) -> None:
    """A resource that names a user by its ARN passes by the user's session policies."""
    fast, other = new_directory(acme), new_directory(acme)
    name = f"named-{next(_numbers)}"
    keys = user_with(acme, name, policy(allow("s3express:CreateSession", arn_of(acme, fast))))
    who = {"AWS": acme.arn(f"user/{name}")}
    s3.put_object(Bucket=bucket, Key="k", Body=b"general")
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(allow("s3:*", resources, Principal=who)))
    control = without_sessions(acme.administrator)
    document = policy(allow("s3express:*", arn_of(acme, other), Principal=who))
    control.put_bucket_policy(Bucket=other, Policy=document)
    control.put_object(Bucket=other, Key="k", Body=b"other")
    role = f"role-{next(_numbers)}"
    trust = policy({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"})
    acme.administrator.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=trust)
    made = session(keys, fast)
    for path in (f"/{bucket}/k", f"/{other}/k"):
        assert signed(keys, made, "GET", path).code == "AccessDenied"
    as_ever = Keys(keys.endpoint, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    assert refusal(as_ever.client("s3").get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    assume = {"RoleArn": acme.arn(f"role/{role}"), "RoleSessionName": "thief"}
    assert refusal(as_ever.client("sts").assume_role, **assume)[0] == "AccessDenied"
    keys.client("sts").assume_role(**assume)


def test_a_session_of_a_role_is_held_to_the_bucket_too(acme: Account, fast: str) -> None:
    role = f"role-{next(_numbers)}"
    iam = acme.administrator.client("iam")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": acme.id}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=policy(allow("*")))
    keys = acme.assume(role)
    made = session(keys, fast)
    assert signed(keys, made, "GET", f"/{fast}/k").body == b"x"
    as_ever = Keys(keys.endpoint, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    assert refusal(as_ever.client("iam").list_users)[0] == "AccessDenied"
    narrow = acme.assume(role, Policy=policy(allow("s3:*")))
    assert (
        refusal(s3_client(narrow, aws_session_token=narrow.session_token).create_session, Bucket=fast)[0]
        == "AccessDenied"
    )


def test_a_session_that_may_only_read_writes_nothing(acme: Account, fast: str) -> None:
    made = session(acme.administrator, fast, SessionMode="ReadOnly")
    assert signed(acme.administrator, made, "GET", f"/{fast}/k").status == 200
    assert signed(acme.administrator, made, "GET", f"/{fast}?list-type=2").status == 200
    for method, path in (
        ("PUT", f"/{fast}/k"),
        ("DELETE", f"/{fast}/k"),
        ("POST", f"/{fast}/k?uploads"),
    ):
        assert signed(acme.administrator, made, method, path).code == "AccessDenied"
    assert signed(acme.administrator, made, "GET", f"/{fast}/k").body == b"x"


def test_only_who_may_create_sessions_gets_in(acme: Account, globex: Account, fast: str) -> None:
    arn = arn_of(acme, fast)
    condition = {"StringEquals": {"s3express:SessionMode": "ReadOnly"}}
    reader = user_with(
        acme, f"reads-{next(_numbers)}", policy(allow("s3express:CreateSession", arn, Condition=condition))
    )
    assert refusal(s3_client(reader).create_session, Bucket=fast)[0] == "AccessDenied"
    made = session(reader, fast, SessionMode="ReadOnly")
    assert signed(reader, made, "GET", f"/{fast}/k").body == b"x"
    s3_alone = user_with(acme, f"general-{next(_numbers)}", policy(allow("s3:*")))
    assert refusal(s3_client(s3_alone).create_session, Bucket=fast)[0] == "AccessDenied"
    missing = f"nothing--{ZONE}--x-s3"
    stranger = s3_client(globex.administrator)
    assert refusal(stranger.create_session, Bucket=fast) == ("AccessDenied", "Access Denied")
    assert refusal(stranger.create_session, Bucket=missing)[0] == "NoSuchBucket"


def test_the_next_request_of_a_session_obeys_a_policy_that_was_changed(acme: Account, fast: str) -> None:
    made = session(acme.administrator, fast)
    s3 = without_sessions(acme.administrator)
    arn = arn_of(acme, fast)
    s3.put_bucket_policy(Bucket=fast, Policy=policy(deny("s3express:CreateSession", arn, Principal="*")))
    assert signed(acme.administrator, made, "GET", f"/{fast}/k").code == "AccessDenied"
    s3.delete_bucket_policy(Bucket=fast)
    assert signed(acme.administrator, made, "GET", f"/{fast}/k").status == 200


def test_a_policy_lets_another_account_in(acme: Account, globex: Account, fast: str) -> None:
    arn = arn_of(acme, fast)
    document = policy(allow("s3express:CreateSession", arn, Principal={"AWS": globex.id}))
    without_sessions(acme.administrator).put_bucket_policy(Bucket=fast, Policy=document)
    assert s3_client(globex.administrator).get_object(Bucket=fast, Key="k")["Body"].read() == b"x"


def test_the_anonymous_learn_only_whether_there_is_a_directory_bucket(acme: Account, fast: str) -> None:
    calls = (("GET", "/k"), ("GET", "/absent"), ("PUT", "/k"), ("POST", "?delete"), ("GET", "?session"))
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    there, missing = (
        {
            unsigned(acme.administrator, method, f"/{name}{path}", body if method == "POST" else b"").send().error
            for method, path in calls
        }
        for name in (fast, f"nothing--{ZONE}--x-s3")
    )
    assert there == {(403, "AccessDenied", "Access Denied")}
    assert missing == {(404, "NoSuchBucket", "The specified bucket does not exist")}


def test_no_access_point_leads_into_one(acme: Account, globex: Account, fast: str) -> None:
    control = control_client(acme.administrator)
    assert refusal(control.create_access_point, AccountId=acme.id, Name="fast", Bucket=fast)[0] == "NotImplemented"
    document = policy(allow("s3express:CreateSession", arn_of(acme, fast), Principal="*"))
    assert (
        refusal(without_sessions(acme.administrator).put_bucket_policy, Bucket=fast, Policy=document)[0]
        == "AccessDenied"
    )
    theirs = through_points(globex.administrator)
    arn = new_point(globex, fast, BucketAccountId=acme.id)
    assert refusal(theirs.get_object, Bucket=arn, Key="k") == ("AccessDenied", "Access Denied")


def test_a_node_without_secrets_serves_sessions(tmp_path: Path) -> None:
    with fronts(tmp_path / "data") as system:
        account = system.house.account()
        fast = new_directory(account)
        at_front = system.at_front(account.administrator)
        s3_client(at_front).put_object(Bucket=fast, Key="k", Body=b"x")
        made = session(at_front, fast, SessionMode="ReadOnly")
        assert signed(at_front, made, "GET", f"/{fast}/k").body == b"x"
        assert signed(at_front, made, "PUT", f"/{fast}/k").code == "AccessDenied"


def test_general_purpose_buckets_have_no_sessions(acme: Account, s3: Any, bucket: str) -> None:
    assert refusal(s3.create_session, Bucket=bucket)[0] == "InvalidRequest"


@pytest.mark.parametrize(
    ("name", "configuration", "code"),
    [
        (f"a--{ZONE}--x-s3", {}, "MalformedXML"),
        ("a--use1-az5--x-s3", CONFIGURATION, "InvalidArgument"),
        ("a--x-s3", CONFIGURATION, "InvalidBucketName"),
    ],
)
def test_directory_buckets_that_cannot_be(acme: Account, name: str, configuration: dict[str, Any], code: str) -> None:
    client = without_sessions(acme.administrator)
    more = {"CreateBucketConfiguration": configuration} if configuration else {}
    assert refusal(client.create_bucket, Bucket=name, **more)[0] == code


def test_what_directory_buckets_do_not_take(acme: Account, fast: str) -> None:
    s3 = s3_client(acme.administrator)
    for call, more in (
        (s3.put_object, {"Key": "k", "Body": b"", "Tagging": "a=b"}),
        (s3.put_object, {"Key": "k", "Body": b"", "ACL": "public-read"}),
        (s3.put_bucket_versioning, {"VersioningConfiguration": {"Status": "Enabled"}}),
        (s3.get_object_tagging, {"Key": "k"}),
    ):
        assert refusal(call, Bucket=fast, **more)[0] == "NotImplemented"
