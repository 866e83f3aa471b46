"""Worked cases inside one account, with real clients: which layers a grant by the resource passes over.

The numbers are those of the documentation's cases, in its order; across accounts, see test_cross_account.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from tests.support.house import Account, Keys, allow, deny, policy, refusal, trust, user_with

READ = allow("s3:GetObject")
OTHER = allow("s3:PutObject")
IDENTITY = "because no identity-based policy allows the s3:GetObject action"
BOUNDARY = "because no permissions boundary allows the s3:GetObject action"
SESSION = "because no session policy allows the s3:GetObject action"
DENIED = "with an explicit deny in an identity-based policy"
_numbers = count(1)


@dataclass(frozen=True)
class Case:
    """What the policies of each layer say, and the end of the refusal; None when it is allowed."""

    caller: str
    identity: dict[str, Any] | None = None
    boundary: dict[str, Any] | None = None
    session: dict[str, Any] | None = None
    resource: str | None = None
    """How the bucket's policy names the caller."""
    refusal: str | None = None


CASES = {
    "1 the user": Case("user", resource="user"),
    "2 its account": Case("user", resource="account", refusal=IDENTITY),
    "3 a boundary": Case("user", READ, boundary=OTHER, refusal=BOUNDARY),
    "4 a boundary, the user": Case("user", boundary=OTHER, resource="user"),
    "5 the role": Case("role", resource="role"),
    "6 a boundary, the role": Case("role", boundary=OTHER, resource="role", refusal=BOUNDARY),
    "7 the session": Case("role", boundary=OTHER, session=OTHER, resource="session"),
    "8 a session policy, the role": Case("role", READ, session=OTHER, resource="role", refusal=SESSION),
    "9 everyone, narrowed": Case("role", boundary=OTHER, session=OTHER, resource="everyone"),
    "10 a deny": Case("role", deny("s3:GetObject"), resource="session", refusal=DENIED),
}


def caller_of(acme: Account, case: Case, name: str) -> Keys:
    """A caller with the policies of a case."""
    iam = acme.administrator.client("iam")
    options: dict[str, Any] = {}
    if case.boundary is not None:
        made = iam.create_policy(PolicyName=name, PolicyDocument=policy(case.boundary))
        options["PermissionsBoundary"] = made["Policy"]["Arn"]
    document = policy(case.identity) if case.identity else None
    if case.caller == "user":
        return user_with(acme, name, document, **options)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(AWS=acme.id), **options)
    if document:
        iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=document)
    session: dict[str, Any] = {"Policy": policy(case.session)} if case.session else {}
    return acme.assume(name, **session)


def grant(acme: Account, bucket: str, form: str, name: str) -> str:
    """A bucket policy that names the caller in this form."""
    principals: dict[str, Any] = {
        "user": {"AWS": acme.arn(f"user/{name}")},
        "account": {"AWS": acme.id},
        "role": {"AWS": acme.arn(f"role/{name}")},
        "session": {"AWS": f"arn:aws:sts::{acme.id}:assumed-role/{name}/test"},
        "everyone": "*",
    }
    statement = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": principals[form]}
    if form == "everyone":
        statement["Condition"] = {"ArnEquals": {"aws:PrincipalArn": acme.arn(f"role/{name}")}}
    return policy(statement)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_case(acme: Account, case: Case) -> None:
    name = f"case-{next(_numbers)}"
    keys = caller_of(acme, case, name)
    s3 = acme.administrator.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    if case.resource is not None:
        s3.delete_public_access_block(Bucket=name)
        s3.put_bucket_policy(Bucket=name, Policy=grant(acme, name, case.resource, name))
    if case.refusal is None:
        keys.client("s3").get_object(Bucket=name, Key="k")
    else:
        code, message = refusal(keys.client("s3").get_object, Bucket=name, Key="k")
        assert code == "AccessDenied"
        assert message.endswith(case.refusal)


@pytest.mark.parametrize(
    ("statements", "ending"),
    [
        ([allow("*"), deny("*", Condition={"StringNotEquals": {"aws:PrincipalTag/x": "1"}})], DENIED),
        ([allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})], "because no identity-based policy"),
        ([allow("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})], None),
        ([allow("*", Condition={"StringEquals": {"aws:TagKeys": "one"}})], "because no identity-based policy"),
        ([allow("*", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": "one"}})], None),
    ],
    ids=["28 a missing tag", "29 no second factor", "29 if it exists", "30 a list as a scalar", "30 any of a list"],
)
def test_missing_keys_and_lists(acme: Account, statements: list[dict[str, Any]], ending: str | None) -> None:
    keys = user_with(acme, f"case-{next(_numbers)}", policy(*statements))
    asked = {"UserName": f"made-{next(_numbers)}", "Tags": [{"Key": "one", "Value": "1"}]}
    if ending is None:
        keys.client("iam").create_user(**asked)
    else:
        code, message = refusal(keys.client("iam").create_user, **asked)
        assert code == "AccessDenied"
        assert ending in message
