"""Callers without credentials: let in only where a policy says so and nothing blocks the public.

Worked case 27, and resource control policies, which count for everybody.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, House, allow, policy
from tests.support.organized import RCP, Organized, everyone
from tests.support.raw_requests import Answer, get, unsigned

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


API, COPIES, UPLOADS = (
    f"Anonymous users cannot {deed}.  Please authenticate."
    for deed in ("invoke this API", "copy objects", "initiate multipart uploads")
)
OWNERSHIP = "s3:{}BucketOwnershipControls does not support Anonymous requests!"
CONTROLS = (
    b"<OwnershipControls><Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule></OwnershipControls>"
)
ACL = {"x_amz_acl": "public-read-write"}
NEVER: list[tuple[str, str, bytes, dict[str, str], str]] = [
    ("PUT", "/BUCKET?acl", b"", ACL, API),
    ("PUT", "/BUCKET/k?acl", b"", ACL, API),
    ("PUT", "/BUCKET?ownershipControls", CONTROLS, {}, OWNERSHIP.format("Put")),
    ("DELETE", "/BUCKET?ownershipControls", b"", {}, OWNERSHIP.format("Put")),
    ("GET", "/BUCKET?ownershipControls", b"", {}, OWNERSHIP.format("Get")),
    ("PUT", "/BUCKET/copy", b"", {"x_amz_copy_source": "BUCKET/k"}, COPIES),
    ("POST", "/BUCKET/new?uploads", b"", {}, UPLOADS),
    ("PUT", "/NEW", b"", {}, API),
]


@pytest.fixture(scope="module")
def gift(owner: Account) -> tuple[Account, str]:
    """A bucket whose owner lets everybody do everything with it, ACLs included."""
    name, s3 = "free-for-all", owner.administrator.client("s3")
    s3.create_bucket(Bucket=name, ObjectOwnership="BucketOwnerPreferred")
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    s3.delete_public_access_block(Bucket=name)
    opened = everyone(allow("s3:*", [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]))
    s3.put_bucket_policy(Bucket=name, Policy=policy(opened))
    return owner, name


@pytest.mark.parametrize(("method", "target", "body", "headers", "sentence"), NEVER)
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_what_no_policy_gives_to_the_anonymous(
    owner: Account,
    gift: tuple[Account, str],
    is_open: bool,
    method: str,
    target: str,
    body: bytes,
    headers: dict[str, str],
    sentence: str,
) -> None:
    bucket = gift[1]
    s3 = owner.administrator.client("s3")
    if not is_open:
        bucket = "closed-to-all"
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    before = state(s3, bucket)
    sent = {name: value.replace("BUCKET", bucket) for name, value in headers.items()}
    path = target.replace("BUCKET", bucket).replace("NEW", f"{bucket}-new")
    answer = unsigned(owner.administrator, method, path, body, **sent).send()
    assert answer.error == (403, "AccessDenied", sentence)
    assert state(s3, bucket) == before


def state(s3: Any, bucket: str) -> Any:
    """What a stranger could have changed."""
    ownership = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    grants = (s3.get_bucket_acl(Bucket=bucket)["Grants"], s3.get_object_acl(Bucket=bucket, Key="k")["Grants"])
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    names = {each["Name"] for each in s3.list_buckets()["Buckets"]}
    return ownership, grants, keys, s3.list_multipart_uploads(Bucket=bucket).get("Uploads"), f"{bucket}-new" in names


def test_the_policy_of_a_bucket_is_its_owners_whatever_it_says(gift: tuple[Account, str]) -> None:
    owner, bucket = gift
    for method, body in (("GET", b""), ("PUT", policy(everyone(allow("s3:*"))).encode()), ("DELETE", b"")):
        answer = unsigned(owner.administrator, method, f"/{bucket}?policy", body).send()
        assert (answer.status, answer.code) == (405, "MethodNotAllowed")


def test_what_a_policy_gives_to_the_anonymous(owner: Account) -> None:
    """Recorded: AWS's public buckets may be managed, and deleted, by whom their policy lets."""
    name, s3 = "gone-tomorrow", owner.administrator.client("s3")
    s3.create_bucket(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=policy(everyone(allow("s3:*", f"arn:aws:s3:::{name}"))))
    assert unsigned(owner.administrator, "DELETE", f"/{name}?cors").send().status == 204
    assert unsigned(owner.administrator, "DELETE", f"/{name}").send().status == 204
    assert unsigned(owner.administrator, "DELETE", "/closed-to-none").send().status in (403, 404)
