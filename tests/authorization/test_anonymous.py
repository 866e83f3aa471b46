"""Callers without credentials: let in only where a policy says so and nothing blocks the public.

Worked case 27, and resource control policies, which count for everybody.
"""

from __future__ import annotations

import pytest
from tests.support.house import Account, House, allow, policy
from tests.support.organized import RCP, Organized, everyone
from tests.support.raw_requests import Answer, get

DENIED = (403, "AccessDenied", "Access Denied")


def anonymously(account: Account, path: str) -> Answer:
    """A request without a signature."""
    request = get(account.administrator, path)
    for name in (b"authorization", b"x-amz-content-sha256", b"x-amz-date"):
        request = request.without_header(name)
    return request.send()


@pytest.fixture(scope="module")
def organized(house: House) -> Organized:
    return Organized.make(house, RCP)


@pytest.fixture(scope="module")
def owner(organized: Organized) -> Account:
    return organized.member()


def public_bucket(owner: Account, name: str) -> None:
    """A bucket whose objects everybody may read."""
    s3 = owner.administrator.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"for all")
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=policy(everyone(allow("s3:GetObject", f"arn:aws:s3:::{name}/*"))))


def test_both_must_be_open_the_policy_and_the_block(owner: Account) -> None:
    public_bucket(owner, "open-to-all")
    s3 = owner.administrator.client("s3")
    assert anonymously(owner, "/open-to-all/k").text == "for all"
    assert anonymously(owner, "/open-to-all?list-type=2").error == DENIED
    s3.put_public_access_block(Bucket="open-to-all", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert anonymously(owner, "/open-to-all/k").error == DENIED
    s3.delete_public_access_block(Bucket="open-to-all")
    assert anonymously(owner, "/open-to-all/k").status == 200
    s3.delete_bucket_policy(Bucket="open-to-all")
    assert anonymously(owner, "/open-to-all/k").error == DENIED


def test_the_organization_can_keep_the_public_out(organized: Organized, owner: Account) -> None:
    public_bucket(owner, "open-but-for-the-organization")
    condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": organized.id}}
    assert anonymously(owner, "/open-but-for-the-organization/k").status == 200
    document = policy(everyone(allow("s3:GetObject", Condition={"Null": {"aws:PrincipalAccount": "true"}})))
    deny = document.replace('"Allow"', '"Deny"')
    with organized.over(owner.id, deny, RCP):
        assert anonymously(owner, "/open-but-for-the-organization/k").error == DENIED
    with organized.over(owner.id, policy(everyone({**allow("s3:*"), "Effect": "Deny", "Condition": condition})), RCP):
        # A key that the request lacks passes `…IfExists`.
        assert anonymously(owner, "/open-but-for-the-organization/k").error == DENIED
    assert anonymously(owner, "/open-but-for-the-organization/k").status == 200
