"""Many at once: readers see whole objects, conditions have one winner."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.services.s3.conftest import s3_client
from tests.support.house import Account, allow, policy, refusal, user_with

ROUNDS = 40


@pytest.mark.parametrize("size", [100, 200_000], ids=["small", "large"])
def test_readers_see_one_write_or_another_never_a_mixture(acme: Account, bucket: str, size: int) -> None:
    clients = [s3_client(acme.administrator) for _ in range(6)]
    clients[0].put_object(Bucket=bucket, Key="k", Body=b"")

    def write(client: Any, letter: bytes) -> None:
        for number in range(ROUNDS):
            client.put_object(Bucket=bucket, Key="k", Body=letter * (size + number))

    def read(client: Any) -> set[str]:
        seen: set[str] = set()
        for _ in range(2 * ROUNDS):
            got = client.get_object(Bucket=bucket, Key="k")
            body = got["Body"].read()
            assert got["ETag"] == f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
            seen.add(got["ETag"])
        return seen

    with ThreadPoolExecutor(6) as pool:
        writes = [pool.submit(write, clients[number], b"ab"[number : number + 1]) for number in range(2)]
        reads = [pool.submit(read, client) for client in clients[2:]]
        assert all(len(each.result()) > 1 for each in reads)
        assert all(each.result() is None for each in writes)


def test_one_of_many_creates(acme: Account, s3: Any, bucket: str) -> None:
    def create(number: int) -> str:
        client = s3_client(acme.administrator)
        try:
            client.put_object(Bucket=bucket, Key="k", Body=str(number).encode(), IfNoneMatch="*")
        except client.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return f"{number}"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(create, range(8)))
    (winner,) = [each for each in results if each != "PreconditionFailed"]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == winner.encode()


def test_every_swap_is_made_once(acme: Account, s3: Any, bucket: str) -> None:
    """A counter in an object, raised by compare and swap."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"0")

    def raise_it(times: int) -> None:
        client = s3_client(acme.administrator)
        while times:
            got = client.get_object(Bucket=bucket, Key="k")
            number = int(got["Body"].read()) + 1
            try:
                client.put_object(Bucket=bucket, Key="k", Body=str(number).encode(), IfMatch=got["ETag"])
            except client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] != "PreconditionFailed":
                    raise
            else:
                times -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(raise_it, [10] * 4))
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"40"


def test_a_bucket_is_not_deleted_under_an_object(acme: Account, s3: Any, bucket: str) -> None:
    def put() -> str:
        try:
            s3_client(acme.administrator).put_object(Bucket=bucket, Key="k", Body=b"x")
        except s3.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return "put"

    def delete() -> str:
        try:
            s3_client(acme.administrator).delete_bucket(Bucket=bucket)
        except s3.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return "deleted"

    with ThreadPoolExecutor(2) as pool:
        outcome = (pool.submit(put), pool.submit(delete))
    found = (outcome[0].result(), outcome[1].result())
    assert found in {("put", "BucketNotEmpty"), ("NoSuchBucket", "deleted")}
    if found[0] == "put":
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    else:
        assert refusal(s3.head_bucket, Bucket=bucket)[0] == "404"


def test_a_copy_is_of_what_its_reader_may_read(acme: Account, s3: Any, bucket: str) -> None:
    """The source changes between open and secret while somebody copies who may read only what is open."""
    condition = {"StringEquals": {"s3:ExistingObjectTag/kind": "open"}}
    reader = user_with(
        acme,
        f"copies-{bucket}",
        policy(
            allow("s3:GetObject", Condition=condition),
            allow(["s3:PutObject", "s3:PutObjectTagging", "s3:GetObjectTagging", "s3:ListBucket"]),
        ),
    )
    client = s3_client(reader)
    bodies = {"open": b"open" * 20_000, "secret": b"hush" * 20_000}
    s3.put_object(Bucket=bucket, Key="source", Body=bodies["open"], Tagging="kind=open")
    refused: set[str] = set()

    def change() -> None:
        writer = s3_client(acme.administrator)
        for _ in range(ROUNDS):
            for kind, body in bodies.items():
                writer.put_object(Bucket=bucket, Key="source", Body=body, Tagging=f"kind={kind}")

    def copy(number: int) -> None:
        try:
            client.copy_object(Bucket=bucket, Key=f"copy/{number}", CopySource=f"{bucket}/source")
        except client.exceptions.ClientError as error:
            refused.add(error.response["Error"]["Code"])

    with ThreadPoolExecutor(4) as pool:
        changing = pool.submit(change)
        list(pool.map(copy, range(3 * ROUNDS)))
        changing.result()
    assert refused <= {"AccessDenied", "OperationAborted"}
    copies = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="copy/").get("Contents", [])]
    assert copies
    for key in copies:
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == bodies["open"]
