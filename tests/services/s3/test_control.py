"""S3 Control: what stands over all buckets of an account, and tags by ARN."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
import pytest
from botocore.config import Config
from tests.services.s3.conftest import new_name
from tests.services.s3.test_public_access import for_everybody, nobody
from tests.support.house import REGION, Account, Keys, allow, policy, refusal, user_with
from tests.support.raw_requests import raw

__all__ = ["nobody"]
BLOCK = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": True,
}


def control_client(keys: Keys, region: str = REGION) -> Any:
    """S3 Control as boto3 speaks it: the account stands in the host name, which here no resolver knows."""
    connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    address = keys.endpoint.partition("//")[2]
    client = connect(
        "s3control",
        region_name=region,
        endpoint_url=keys.endpoint.replace("127.0.0.1", "localhost"),
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )

    def resolve(request: Any, **_more: Any) -> None:
        parts = urlsplit(str(request.url))
        request.headers["Host"] = parts.netloc
        request.url = urlunsplit(parts._replace(netloc=address))

    client.meta.events.register("before-send.s3-control", resolve)
    return client


@pytest.fixture(scope="module")
def control(acme: Account) -> Any:
    return control_client(acme.administrator)


def test_the_block_of_an_account_stands_over_its_buckets(
    acme: Account, s3: Any, control: Any, nobody: Any, bucket: str
) -> None:
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=for_everybody(bucket, "s3:GetObject"))
    missing = refusal(control.get_public_access_block, AccountId=acme.id)
    assert missing[0] == "NoSuchPublicAccessBlockConfiguration"
    assert nobody.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    control.put_public_access_block(AccountId=acme.id, PublicAccessBlockConfiguration=BLOCK)
    assert control.get_public_access_block(AccountId=acme.id)["PublicAccessBlockConfiguration"] == BLOCK
    assert refusal(nobody.get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    every = dict.fromkeys(BLOCK, True)
    control.put_public_access_block(AccountId=acme.id, PublicAccessBlockConfiguration=every)
    policy = for_everybody(bucket, "s3:GetObject")
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy=policy)[0] == "AccessDenied"
    control.delete_public_access_block(AccountId=acme.id)
    assert nobody.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_the_block_of_another_account_is_not_ours_to_see(acme: Account, globex: Account, control: Any) -> None:
    for call, more in (
        (control.get_public_access_block, {}),
        (control.delete_public_access_block, {}),
        (control.put_public_access_block, {"PublicAccessBlockConfiguration": BLOCK}),
    ):
        assert refusal(call, AccountId=globex.id, **more)[0] == "AccessDenied"
    member = control_client(user_with(acme, "no-control", policy(allow("s3:ListAllMyBuckets"))))
    assert refusal(member.get_public_access_block, AccountId=acme.id)[0] == "AccessDenied"


def test_tags_by_arn_are_those_of_the_bucket(
    acme: Account, globex: Account, s3: Any, control: Any, bucket: str
) -> None:
    named = {"AccountId": acme.id, "ResourceArn": f"arn:aws:s3:::{bucket}"}
    control.tag_resource(**named, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    control.untag_resource(**named, TagKeys=["a"])
    assert control.list_tags_for_resource(**named)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "b", "Value": "2"}]
    stranger = control_client(globex.administrator)
    assert refusal(stranger.list_tags_for_resource, **named)[0] == "AccessDenied"
    as_their_own = named | {"AccountId": globex.id}
    assert refusal(stranger.list_tags_for_resource, **as_their_own)[0] == "AccessDenied"


def test_a_public_policy_that_is_restricted_opens_no_tags_by_arn(
    acme: Account, globex: Account, s3: Any, control: Any, bucket: str
) -> None:
    named = {"AccountId": acme.id, "ResourceArn": f"arn:aws:s3:::{bucket}"}
    control.tag_resource(**named, Tags=[{"Key": "a", "Value": "1"}])
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=for_everybody(bucket, "s3:ListTagsForResource"))
    stranger = control_client(globex.administrator)
    assert stranger.list_tags_for_resource(**named)["Tags"] == [{"Key": "a", "Value": "1"}]
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert refusal(stranger.list_tags_for_resource, **named)[0] == "AccessDenied"
    assert control.list_tags_for_resource(**named)["Tags"] == [{"Key": "a", "Value": "1"}]


def test_policies_see_the_tags_as_resource_tags_once_that_is_on(acme: Account, s3: Any) -> None:
    bucket = new_name()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"Tags": [{"Key": "env", "Value": "test"}]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    condition = {"StringEquals": {"aws:ResourceTag/env": "test"}}
    reader = user_with(acme, f"abac-{bucket}", policy(allow("s3:GetObject", Condition=condition))).client("s3")
    assert s3.get_bucket_abac(Bucket=bucket)["AbacStatus"]["Status"] == "Disabled"
    assert refusal(reader.get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    s3.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Enabled"})
    assert reader.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_a_request_without_an_account_or_a_known_path_is_told_so(acme: Account) -> None:
    path, account = "/v20180820/configuration/publicAccessBlock", {"x-amz-account-id": acme.id}
    answer = raw(acme.administrator, "GET", path, "s3").send()
    assert answer.error == (400, "InvalidRequest", "Missing required header for this request: x-amz-account-id")
    answer = raw(acme.administrator, "GET", "/v20180820/nothing%2Fhere", "s3", headers=account).send()
    assert answer.error == (400, "InvalidURI", "Couldn't parse the specified URI.")
    assert answer.element("URI") == "nothing/here"
    assert "<ErrorResponse><Error><Code>" in answer.text
