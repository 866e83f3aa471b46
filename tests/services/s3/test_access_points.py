"""Access points: who comes through them, and who must not, whatever else lets them in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.services.s3.conftest import new_name, s3_client
from tests.services.s3.points import (
    EVERYBODY,
    OPEN,
    alias_of,
    delegate,
    new_point,
    point_policy,
    put_policy,
    through_points,
)
from tests.services.s3.test_control import control_client
from tests.services.s3.test_public_access import for_everybody
from tests.support.house import Account, House, Keys, allow, deny, policy, refusal, user_with
from tests.support.raw_requests import unsigned


@pytest.fixture
def filled(s3: Any, bucket: str) -> str:
    s3.put_object(Bucket=bucket, Key="a/k", Body=b"x", Tagging="team=red")
    return bucket


def reader_of(acme: Account, name: str, *resources: str, **more: Any) -> Keys:
    return user_with(acme, name, policy(allow(["s3:GetObject", "s3:ListBucket"], list(resources), **more)))


# The front door


def test_an_access_point_is_its_bucket_for_every_object_operation(acme: Account, filled: str) -> None:
    arn = new_point(acme, filled)
    s3 = through_points(acme.administrator)
    s3.put_object(Bucket=arn, Key="new", Body=b"abc")
    assert s3.get_object(Bucket=arn, Key="new")["Body"].read() == b"abc"
    assert s3.head_object(Bucket=arn, Key="new")["ContentLength"] == 3
    s3.copy_object(Bucket=arn, Key="copy", CopySource={"Bucket": arn, "Key": "new"})
    s3.copy_object(Bucket=filled, Key="back", CopySource={"Bucket": arn, "Key": "copy"})
    upload = s3.create_multipart_upload(Bucket=arn, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=arn, Key="parts", UploadId=upload, PartNumber=1, Body=b"p")
    parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    done = s3.complete_multipart_upload(Bucket=arn, Key="parts", UploadId=upload, MultipartUpload=parts)
    assert done["Bucket"] == filled
    # The object is found where it was put: strangers to the bucket have only the access point.
    assert done["Location"].endswith(f"/{alias_of(acme, arn)}/parts")
    listed = s3.list_objects_v2(Bucket=arn)
    assert [each["Key"] for each in listed["Contents"]] == ["a/k", "back", "copy", "new", "parts"]
    assert listed["Name"] == filled
    deleted = s3.delete_objects(Bucket=arn, Delete={"Objects": [{"Key": "copy"}, {"Key": "back"}]})
    assert {each["Key"] for each in deleted["Deleted"]} == {"copy", "back"}
    s3.put_object_tagging(Bucket=arn, Key="new", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_object_tagging(Bucket=filled, Key="new")["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_the_alias_stands_where_a_bucket_does(acme: Account, filled: str) -> None:
    arn = new_point(acme, filled)
    alias = alias_of(acme, arn)
    assert len(alias) <= 63
    s3 = s3_client(acme.administrator)
    assert s3.get_object(Bucket=alias, Key="a/k")["Body"].read() == b"x"
    assert s3.head_bucket(Bucket=alias)["AccessPointAlias"] is True
    assert s3.head_bucket(Bucket=filled)["AccessPointAlias"] is False
    s3.copy_object(Bucket=alias, Key="copy", CopySource=f"{alias}/a/k")
    assert s3.get_object(Bucket=filled, Key="copy")["Body"].read() == b"x"


@pytest.mark.parametrize(
    "host", ["{0}.localhost", "{0}.s3.localhost", "{0}.s3-accesspoint.us-east-1.amazonaws.com", "{0}.127.0.0.1"]
)
def test_hosts_that_clients_make_of_an_access_point(acme: Account, filled: str, host: str) -> None:
    s3 = s3_client(acme.administrator)
    s3.delete_public_access_block(Bucket=filled)
    arn = new_point(acme, filled, PublicAccessBlockConfiguration=OPEN)
    put_policy(acme, arn, point_policy(arn, "s3:GetObject"))
    s3.put_bucket_policy(Bucket=filled, Policy=delegate(filled, acme.id))
    name = host.format(f"{arn.rpartition('/')[2]}-{acme.id}")
    answer = unsigned(acme.administrator, "GET", "/a/k").with_header(b"host", name.encode()).send()
    assert (answer.status, answer.body) == (200, b"x")


def test_what_is_about_a_bucket_does_not_go_through(acme: Account, filled: str) -> None:
    arn = new_point(acme, filled)
    alias = alias_of(acme, arn)
    s3 = s3_client(acme.administrator)
    for call, more in (
        (s3.delete_bucket, {}),
        (s3.put_bucket_policy, {"Policy": for_everybody(filled, "s3:GetObject")}),
        (s3.get_bucket_versioning, {}),
        (s3.put_public_access_block, {"PublicAccessBlockConfiguration": OPEN}),
    ):
        assert refusal(call, Bucket=alias, **more)[0] == "MethodNotAllowed"
    assert s3.get_bucket_location(Bucket=alias)["LocationConstraint"] is None


# Both must allow


def test_who_may_at_the_access_point_but_not_at_the_bucket_stays_out(acme: Account, filled: str) -> None:
    arn = new_point(acme, filled)
    keys = reader_of(acme, f"only-point-{filled}", arn, f"{arn}/object/*")
    code, message = refusal(through_points(keys).get_object, Bucket=arn, Key="a/k")
    assert code == "AccessDenied"
    assert f'"arn:aws:s3:::{filled}/a/k"' in message
    s3_client(acme.administrator).put_bucket_policy(
        Bucket=filled, Policy=delegate(filled, arn, key="s3:DataAccessPointArn")
    )
    assert through_points(keys).get_object(Bucket=arn, Key="a/k")["Body"].read() == b"x"
    # What is delegated to the access point is not open beside it.
    assert refusal(s3_client(keys).get_object, Bucket=filled, Key="a/k")[0] == "AccessDenied"


def test_who_may_at_the_bucket_but_not_at_the_access_point_stays_out(acme: Account, filled: str) -> None:
    arn = new_point(acme, filled)
    keys = reader_of(acme, f"only-bucket-{filled}", f"arn:aws:s3:::{filled}", f"arn:aws:s3:::{filled}/*")
    assert s3_client(keys).get_object(Bucket=filled, Key="a/k")["Body"].read() == b"x"
    code, message = refusal(through_points(keys).get_object, Bucket=arn, Key="a/k")
    assert code == "AccessDenied"
    assert f'"{arn}/object/a/k"' in message
    user = acme.arn(f"user/only-bucket-{filled}")
    put_policy(acme, arn, point_policy(arn, "s3:GetObject", who={"AWS": user}))
    assert through_points(keys).get_object(Bucket=arn, Key="a/k")["Body"].read() == b"x"
    assert refusal(through_points(keys).list_objects_v2, Bucket=arn)[0] == "AccessDenied"


def test_a_deny_of_the_access_point_holds_for_its_own_way_only(acme: Account, filled: str) -> None:
    arn = new_point(acme, filled)
    put_policy(acme, arn, policy(deny("s3:GetObject", f"{arn}/object/a/*", **EVERYBODY)))
    s3 = through_points(acme.administrator)
    s3.put_object(Bucket=arn, Key="b", Body=b"b")
    assert s3.get_object(Bucket=arn, Key="b")["Body"].read() == b"b"
    assert refusal(s3.get_object, Bucket=arn, Key="a/k")[0] == "AccessDenied"
    assert (
        refusal(s3.copy_object, Bucket=filled, Key="c", CopySource={"Bucket": arn, "Key": "a/k"})[0] == "AccessDenied"
    )
    assert s3.get_object(Bucket=filled, Key="a/k")["Body"].read() == b"x"


def test_a_bucket_policy_can_demand_access_points(acme: Account, filled: str) -> None:
    arn = new_point(acme, filled)
    resources = [f"arn:aws:s3:::{filled}", f"arn:aws:s3:::{filled}/*"]
    only = deny(
        "s3:GetObject", resources, Condition={"StringNotEquals": {"s3:DataAccessPointAccount": acme.id}}, **EVERYBODY
    )
    s3 = through_points(acme.administrator)
    s3.put_bucket_policy(Bucket=filled, Policy=policy(only))
    assert refusal(s3.get_object, Bucket=filled, Key="a/k")[0] == "AccessDenied"
    assert s3.get_object(Bucket=arn, Key="a/k")["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({"StringEquals": {"s3:AccessPointNetworkOrigin": "Internet"}}, True),
        ({"StringEquals": {"s3:AccessPointNetworkOrigin": "VPC"}}, False),
        ({"StringEquals": {"s3:ExistingObjectTag/team": "red"}}, True),
        ({"StringEquals": {"s3:ExistingObjectTag/team": "blue"}}, False),
        ({"StringEquals": {"s3:AccessPointTag/stage": "test"}}, True),
        ({"StringEquals": {"aws:ResourceTag/stage": "test"}}, True),
        ({"Null": {"s3:DataAccessPointArn": "true"}}, False),
    ],
    ids=str,
)
def test_conditions_in_the_policy_of_an_access_point(
    acme: Account, filled: str, condition: dict[str, Any], fits: bool
) -> None:
    arn = new_point(acme, filled, Tags=[{"Key": "stage", "Value": "test"}])
    put_policy(acme, arn, policy(deny("s3:GetObject", f"{arn}/object/*", Condition=condition, **EVERYBODY)))
    s3 = through_points(acme.administrator)
    if fits:
        assert refusal(s3.get_object, Bucket=arn, Key="a/k")[0] == "AccessDenied"
    else:
        assert s3.get_object(Bucket=arn, Key="a/k")["Body"].read() == b"x"


def test_keys_are_deleted_one_by_one_as_both_say(acme: Account, filled: str) -> None:
    arn = new_point(acme, filled)
    s3 = through_points(acme.administrator)
    s3.put_object(Bucket=arn, Key="keep", Body=b"1")
    put_policy(acme, arn, policy(deny("s3:DeleteObject", f"{arn}/object/keep", **EVERYBODY)))
    answer = s3.delete_objects(Bucket=arn, Delete={"Objects": [{"Key": "keep"}, {"Key": "a/k"}]})
    assert [each["Key"] for each in answer["Deleted"]] == ["a/k"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("keep", "AccessDenied")]


# Other accounts


def test_an_access_point_to_a_bucket_of_others_opens_nothing_by_itself(
    acme: Account, globex: Account, s3: Any, filled: str
) -> None:
    arn = new_point(globex, filled, BucketAccountId=acme.id)
    put_policy(globex, arn, point_policy(arn, "s3:*", who={"AWS": globex.arn("root")}))
    thief = through_points(globex.administrator)
    for call, more in (
        (thief.get_object, {"Key": "a/k"}),
        (thief.get_object, {"Key": "missing"}),
        (thief.put_object, {"Key": "a/k", "Body": b"mine"}),
        (thief.list_objects_v2, {}),
        (thief.delete_object, {"Key": "a/k"}),
    ):
        assert refusal(call, Bucket=arn, **more) == ("AccessDenied", "Access Denied")
    s3.put_bucket_policy(Bucket=filled, Policy=delegate(filled, globex.id))
    # The identity of another account needs a permission on the bucket, too; an administrator has it.
    assert thief.get_object(Bucket=arn, Key="a/k")["Body"].read() == b"x"
    assert refusal(s3_client(globex.administrator).get_object, Bucket=filled, Key="a/k")[0] == "AccessDenied"


def test_tags_of_others_are_not_told_by_conditions_at_an_own_access_point(
    acme: Account, globex: Account, filled: str
) -> None:
    arn = new_point(globex, filled, BucketAccountId=acme.id)
    answers: set[tuple[str, str]] = set()
    for team in ("red", "blue"):
        condition = {"StringEquals": {"s3:ExistingObjectTag/team": team}}
        keys = user_with(globex, f"{team}-{filled}", policy(allow("s3:*", Condition=condition)))
        answers.add(refusal(through_points(keys).get_object, Bucket=arn, Key="a/k"))
    assert answers == {("AccessDenied", "Access Denied")}


def test_access_points_of_others_and_missing_ones_behind_names_of_their_kind(
    acme: Account, globex: Account, filled: str
) -> None:
    there = new_point(acme, filled)
    name = f"{there.rpartition('/')[2]}-{acme.id}"
    for account in (globex, acme):
        known = s3_client(account.administrator)
        assert refusal(known.get_object, Bucket=f"nothing-here-{acme.id}", Key="a/k")[0] == "NoSuchBucket"
    assert refusal(s3_client(globex.administrator).get_object, Bucket=name, Key="a/k")[0] == "AccessDenied"


def test_nobody_takes_the_name_by_which_clients_reach_an_access_point(
    acme: Account, globex: Account, s3: Any, filled: str
) -> None:
    name = new_point(acme, filled).rpartition("/")[2]
    squatter = s3_client(globex.administrator)
    for bucket in (f"{name}-{acme.id}", f"not-yet-{acme.id}"):
        assert refusal(squatter.create_bucket, Bucket=bucket)[0] == "BucketAlreadyExists"
    assert refusal(s3.create_bucket, Bucket=f"{name}-{acme.id}")[0] == "BucketAlreadyExists"
    s3.create_bucket(Bucket=f"logs-{acme.id}")
    control = control_client(acme.administrator)
    taken = refusal(control.create_access_point, AccountId=acme.id, Name="logs", Bucket=filled)
    assert taken[0] == "InvalidRequest"


def test_access_points_are_listed_by_account_and_by_bucket_in_pages(acme: Account, globex: Account, s3: Any) -> None:
    buckets = new_name(), new_name()
    for bucket in buckets:
        s3.create_bucket(Bucket=bucket)
    arns = [new_point(acme, bucket) for bucket in buckets for _ in range(3)]
    control, found, token = control_client(acme.administrator), list[Any](), {}
    while token is not None:
        page = control.list_access_points(AccountId=acme.id, Bucket=buckets[0], MaxResults=2, **token)
        assert len(page["AccessPointList"]) <= 2
        found += page["AccessPointList"]
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert sorted(each["AccessPointArn"] for each in found) == sorted(arns[:3])
    assert {each["Bucket"] for each in found} == {buckets[0]}
    listed = control.list_access_points(AccountId=acme.id)["AccessPointList"]
    assert {each["AccessPointArn"] for each in listed} >= set(arns)
    elsewhere = control_client(acme.administrator, "eu-west-1")
    assert elsewhere.list_access_points(AccountId=acme.id)["AccessPointList"] == []
    strangers = control_client(globex.administrator)
    assert refusal(strangers.list_access_points, AccountId=acme.id)[0] == "AccessDenied"
    for wrong in ({"MaxResults": 0}, {"MaxResults": 1001}, {"NextToken": "../x"}):
        assert refusal(control.list_access_points, AccountId=acme.id, **wrong)[0] == "InvalidRequest"
    assert refusal(control.list_access_points, AccountId=acme.id, DataSourceType="FSX")[0] == "NotImplemented"


def test_a_bucket_stays_while_access_points_of_its_account_lead_to_it(acme: Account, s3: Any, bucket: str) -> None:
    arn = new_point(acme, bucket)
    assert refusal(s3.delete_bucket, Bucket=bucket)[0] == "BucketHasAccessPointsAttached"
    control_client(acme.administrator).delete_access_point(AccountId=acme.id, Name=arn.rpartition("/")[2])
    s3.delete_bucket(Bucket=bucket)


def test_a_bucket_of_the_same_name_that_another_account_makes_is_not_meant(
    acme: Account, globex: Account, s3: Any
) -> None:
    name = new_name()
    s3.create_bucket(Bucket=name)
    arn = new_point(globex, name, BucketAccountId=acme.id)
    s3.put_bucket_policy(Bucket=name, Policy=delegate(name, globex.id))
    through = through_points(globex.administrator)
    through.put_object(Bucket=arn, Key="k", Body=b"1")
    through.delete_object(Bucket=arn, Key="k")
    # An access point of another account keeps nobody from deleting the bucket.
    s3.delete_bucket(Bucket=name)
    own = s3_client(globex.administrator)
    own.create_bucket(Bucket=name)
    assert refusal(through.put_object, Bucket=arn, Key="k", Body=b"2")[0] == "AccessDenied"


# The network


@pytest.fixture(scope="module")
def networked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with endpoints in two VPCs."""
    data = tmp_path_factory.mktemp("networked") / "data"
    house = House.start(data, vpc_endpoints=["vpce-0a:vpc-1@127.0.0.1:0", "vpce-0b:vpc-2@127.0.0.1:0"])
    yield house
    house.stop()


def test_an_access_point_of_a_vpc_is_reached_from_there_alone(networked: House) -> None:
    account = networked.account()
    name = new_name()
    s3_client(account.administrator).create_bucket(Bucket=name)
    arn = new_point(account, name, VpcConfiguration={"VpcId": "vpc-1"})
    described = control_client(account.administrator).get_access_point(
        AccountId=account.id, Name=arn.rpartition("/")[2]
    )
    assert (described["NetworkOrigin"], described["VpcConfiguration"]) == ("VPC", {"VpcId": "vpc-1"})
    endpoints = networked.server.description["vpc_endpoints"]
    for keys in (account.administrator, account.root):
        inside = through_points(replace(keys, endpoint=endpoints["vpce-0a"]))
        inside.put_object(Bucket=arn, Key="k", Body=b"x")
        for outside in (keys, replace(keys, endpoint=endpoints["vpce-0b"])):
            for call, more in (("get_object", {"Key": "k"}), ("put_object", {"Key": "k", "Body": b""})):
                assert refusal(getattr(through_points(outside), call), Bucket=arn, **more)[0] == "AccessDenied"
        put_policy(account, arn, point_policy(arn, "s3:*", who={"AWS": account.id}))
        assert refusal(through_points(keys).get_object, Bucket=arn, Key="k")[0] == "AccessDenied"
        assert inside.get_object(Bucket=arn, Key="k")["Body"].read() == b"x"


# The next request


def test_the_next_request_obeys_a_policy_that_was_changed_or_an_access_point_that_went(
    acme: Account, filled: str
) -> None:
    arn = new_point(acme, filled)
    s3 = through_points(acme.administrator)
    s3.get_object(Bucket=arn, Key="a/k")
    put_policy(acme, arn, policy(deny("s3:*", [arn, f"{arn}/object/*"], **EVERYBODY)))
    assert refusal(s3.get_object, Bucket=arn, Key="a/k")[0] == "AccessDenied"
    control = control_client(acme.administrator)
    named = {"AccountId": acme.id, "Name": arn.rpartition("/")[2]}
    control.delete_access_point_policy(**named)
    s3.get_object(Bucket=arn, Key="a/k")
    control.delete_access_point(**named)
    assert refusal(s3.get_object, Bucket=arn, Key="a/k")[0] == "NoSuchAccessPoint"
