"""Access points and the public: what blocks a public policy, or makes it open nothing."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from tests.services.s3.conftest import s3_client
from tests.services.s3.points import OPEN, delegate, new_point, point_policy, put_policy, through_points
from tests.services.s3.test_control import control_client
from tests.services.s3.test_public_access import for_everybody
from tests.support.house import Account, refusal


@pytest.fixture
def filled(s3: Any, bucket: str) -> str:
    s3.put_object(Bucket=bucket, Key="a/k", Body=b"x")
    return bucket


def test_a_public_policy_of_an_access_point_is_refused_unless_it_was_made_for_it(acme: Account, filled: str) -> None:
    arn = new_point(acme, filled)
    control = control_client(acme.administrator)
    named = {"AccountId": acme.id, "Name": arn.rpartition("/")[2]}
    document = point_policy(arn, "s3:GetObject")
    assert refusal(control.put_access_point_policy, **named, Policy=document)[0] == "AccessDenied"
    half = OPEN | {"RestrictPublicBuckets": True}
    s3_client(acme.administrator).put_public_access_block(Bucket=filled, PublicAccessBlockConfiguration=half)
    other = new_point(acme, filled, PublicAccessBlockConfiguration=half)
    put_policy(acme, other, point_policy(other, "s3:GetObject"))
    named["Name"] = other.rpartition("/")[2]
    assert control.get_access_point_policy_status(**named)["PolicyStatus"] == {"IsPublic": True}
    s3_client(acme.administrator).put_bucket_policy(Bucket=filled, Policy=delegate(filled, acme.id))
    nobody = through_points(acme.administrator, config=Config(signature_version=UNSIGNED))
    assert refusal(nobody.get_object, Bucket=other, Key="a/k")[0] == "AccessDenied"


def test_a_bucket_that_blocks_public_policies_blocks_those_of_its_access_points(
    acme: Account, globex: Account, s3: Any, filled: str
) -> None:
    arn = new_point(acme, filled, PublicAccessBlockConfiguration=OPEN)
    theirs = new_point(globex, filled, BucketAccountId=acme.id, PublicAccessBlockConfiguration=OPEN)
    named = {"AccountId": acme.id, "Name": arn.rpartition("/")[2]}
    control = control_client(acme.administrator)
    document = point_policy(arn, "s3:GetObject")
    for block, is_blocked in ((OPEN | {"BlockPublicPolicy": True}, True), (OPEN, False)):
        s3.put_public_access_block(Bucket=filled, PublicAccessBlockConfiguration=block)
        if is_blocked:
            assert refusal(control.put_access_point_policy, **named, Policy=document)[0] == "AccessDenied"
        else:
            control.put_access_point_policy(**named, Policy=document)
        # Another account learns nothing of the bucket by what its own access point takes.
        put_policy(globex, theirs, point_policy(theirs, "s3:GetObject"))


def test_the_block_of_an_access_point_stands_over_its_bucket(
    acme: Account, globex: Account, s3: Any, filled: str
) -> None:
    s3.delete_public_access_block(Bucket=filled)
    s3.put_bucket_policy(Bucket=filled, Policy=for_everybody(filled, "s3:GetObject"))
    stranger = through_points(globex.administrator)
    assert stranger.get_object(Bucket=filled, Key="a/k")["Body"].read() == b"x"
    for block, is_open in ((OPEN, True), (OPEN | {"RestrictPublicBuckets": True}, False)):
        arn = new_point(acme, filled, PublicAccessBlockConfiguration=block)
        put_policy(acme, arn, point_policy(arn, "s3:GetObject", who={"AWS": globex.id}))
        if is_open:
            assert stranger.get_object(Bucket=arn, Key="a/k")["Body"].read() == b"x"
        else:
            assert refusal(stranger.get_object, Bucket=arn, Key="a/k")[0] == "AccessDenied"


def test_the_block_of_the_bucket_stands_over_a_public_access_point(acme: Account, s3: Any, filled: str) -> None:
    restricting = OPEN | {"RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket=filled, PublicAccessBlockConfiguration=restricting)
    arn = new_point(acme, filled, PublicAccessBlockConfiguration=OPEN)
    put_policy(acme, arn, point_policy(arn, "s3:GetObject"))
    s3.put_bucket_policy(Bucket=filled, Policy=delegate(filled, acme.id))
    nobody = through_points(acme.administrator, config=Config(signature_version=UNSIGNED))
    assert refusal(nobody.get_object, Bucket=arn, Key="a/k")[0] == "AccessDenied"
    s3.delete_public_access_block(Bucket=filled)
    assert nobody.get_object(Bucket=arn, Key="a/k")["Body"].read() == b"x"
    control = control_client(acme.administrator)
    control.put_public_access_block(AccountId=acme.id, PublicAccessBlockConfiguration=restricting)
    try:
        assert refusal(nobody.get_object, Bucket=arn, Key="a/k")[0] == "AccessDenied"
    finally:
        control.delete_public_access_block(AccountId=acme.id)
