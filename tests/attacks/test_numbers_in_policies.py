"""Numbers that no computer number can hold, in policies: judged as written, never a failure, never a lock-out.

A document that names a user or role is written anew with unique ids; everything else in it must stay what it was.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.house import Account, policy, trust, user_with

NUMBERS = {
    "of 5,000 digits": "9" * 5000,
    "beyond a double": "1e999",
    "finer than a double": "3600.00000000000000000001",
}


def bucket_policy(number: str, *principals: str) -> str:
    statement = policy(
        {
            "Effect": "Deny",
            "Principal": {"AWS": list(principals)},
            "Action": "s3:ListBucket",
            "Resource": "arn:aws:s3:::BUCKET",
            "Condition": {"NumericEquals": {"s3:max-keys": "NUMBER"}},
        }
    )
    return statement.replace('"NUMBER"', number)


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_a_bucket_policy_with_a_number_is_taken_and_locks_nobody_out(acme: Account, number: str) -> None:
    s3: Any = acme.administrator.client("s3")
    bucket = f"numbers-{acme.id}-{len(number)}-{number[0]}"
    s3.create_bucket(Bucket=bucket)
    user_with(acme, bucket)
    document = bucket_policy(number, acme.arn(f"user/{bucket}")).replace("BUCKET", bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=document)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == document
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    s3.put_bucket_policy(Bucket=bucket, Policy=document.replace(acme.arn(f"user/{bucket}"), acme.id))
    shown = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert number in shown
    assert acme.arn("root") in shown


def test_a_trust_policy_is_held_to_the_number_that_stands_in_it(acme: Account) -> None:
    """As a double, 3600.00000000000000000001 is 3600, and the condition would be met."""
    user = user_with(acme, "exact", policy({"Effect": "Allow", "Action": "sts:*", "Resource": "*"}))
    document = json.loads(trust(AWS=acme.arn("user/exact")))
    document["Statement"][0]["Condition"] = {"NumericEquals": {"sts:DurationSeconds": "NUMBER"}}
    text = json.dumps(document).replace('"NUMBER"', "3600.00000000000000000001")
    iam: Any = acme.administrator.client("iam")
    iam.create_role(RoleName="exact", AssumeRolePolicyDocument=text)
    sts: Any = user.client("sts")
    with pytest.raises(sts.exceptions.ClientError, match="not authorized to perform: sts:AssumeRole"):
        sts.assume_role(RoleArn=acme.arn("role/exact"), RoleSessionName="exact", DurationSeconds=3600)
