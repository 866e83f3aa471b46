"""Who is gone when an upload ends leaves nothing behind, however long ago its beginning was allowed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace
from tests.support.house import Account, House, Keys, allow, policy, trust, user_with
from tests.support.raw_requests import Answer, put, read_answer

from watchword.directory.directory import Directory

BODY = b"what a deleted principal wrote"


def upload_around(keys: Keys, path: str, meanwhile: Callable[[], None]) -> Answer:
    """Upload an object; `meanwhile` happens after its head was allowed and before its body is sent."""
    request = put(keys, path, BODY).with_header(b"expect", b"100-continue")
    head = request.wire.removesuffix(BODY)
    parts = urlsplit(keys.endpoint)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        meanwhile()
        connection.sendall(BODY)
        return Answer(*read_answer(connection))


@pytest.fixture(scope="module")
def bucket(acme: Account) -> str:
    name = f"left-behind-{acme.id}"
    acme.administrator.client("s3").create_bucket(Bucket=name)
    return name


def grant(acme: Account, bucket: str, principal: str) -> None:
    document = policy(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*", Principal={"AWS": principal}))
    acme.administrator.client("s3").put_bucket_policy(Bucket=bucket, Policy=document)


def test_a_user_that_the_bucket_lets_in(acme: Account, bucket: str) -> None:
    iam = acme.administrator.client("iam")
    keys = user_with(acme, "leaver")
    grant(acme, bucket, acme.arn("user/leaver"))

    def leave() -> None:
        iam.delete_access_key(UserName="leaver", AccessKeyId=keys.access_key_id)
        iam.delete_user(UserName="leaver")

    assert upload_around(keys, f"/{bucket}/before", lambda: None).status == 200
    assert upload_around(keys, f"/{bucket}/after", leave).error[:2] == (403, "AccessDenied")


def test_a_role_that_the_bucket_lets_in(acme: Account, bucket: str) -> None:
    iam = acme.administrator.client("iam")
    iam.create_role(RoleName="leaver", AssumeRolePolicyDocument=trust(AWS=acme.arn("root")))
    keys = acme.assume("leaver")
    grant(acme, bucket, acme.arn("role/leaver"))
    answer = upload_around(keys, f"/{bucket}/after", lambda: iam.delete_role(RoleName="leaver"))
    assert answer.error[:2] == (403, "AccessDenied")


def test_a_key_that_is_switched_off(acme: Account, bucket: str) -> None:
    iam = acme.administrator.client("iam")
    keys = user_with(acme, "switched-off", policy(allow("s3:*")))
    off = {"UserName": "switched-off", "AccessKeyId": keys.access_key_id, "Status": "Inactive"}
    answer = upload_around(keys, f"/{bucket}/after", lambda: iam.update_access_key(**off))
    assert answer.error[:2] == (403, "AccessDenied")


def test_an_account_that_is_closed(house: House) -> None:
    closing = house.account()
    name = f"closing-{closing.id}"
    closing.administrator.client("s3").create_bucket(Bucket=name)

    def close(directory: Directory) -> None:
        account = directory.accounts.get(closing.id)
        assert account is not None
        directory.accounts.replace(replace(account, closed_at=account.created_at))

    answer = upload_around(closing.administrator, f"/{name}/after", lambda: house.change(close))
    assert answer.error[:2] == (403, "AccessDenied")
