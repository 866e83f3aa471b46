"""Objects under keys of customers: nobody reads them without the key, neither here nor on the disk."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace
from tests.services.s3.conftest import new_name, s3_client
from tests.support.house import Account, House, allow, deny, policy, refusal, user_with
from tests.support.raw_requests import put

from watchword.directory.bodies import is_short, short_number
from watchword.directory.directory import Directory
from watchword.directory.ports import Transaction
from watchword.server.bootstrap import open_store
from watchword.storage.scrub import Damage, scrub
from watchword.storage.sqlite_rows import execute_of

SMALL = b"only for who has the key. " * 10
LARGE = os.urandom(300_000) + b"only for who has the key. " * 10
KEY: dict[str, Any] = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": os.urandom(32)}
OTHER: dict[str, Any] = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": os.urandom(32)}
SOURCE = {f"CopySource{name}": value for name, value in KEY.items()}
PLAIN = {"ServerSideEncryptionConfiguration": {"Rules": [{"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}]}}
BLOCKED = {"ServerSideEncryptionConfiguration": {"Rules": [{"BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]}}]}}


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House.start(tmp_path_factory.mktemp("sealed") / "data", https=True)
    yield house
    house.stop()


@pytest.fixture(scope="module")
def account(secure: House) -> Account:
    return secure.account()


@pytest.fixture(scope="module")
def s3(secure: House, account: Account) -> Any:
    description = secure.server.description
    return s3_client(account.administrator, endpoint_url=description["https"], verify=description["ca_bundle"])


@pytest.fixture
def bucket(s3: Any) -> str:
    name = new_name()
    s3.create_bucket(Bucket=name)
    s3.put_bucket_encryption(Bucket=name, **PLAIN)
    return name


def as_texts(keys: dict[str, Any]) -> dict[str, Any]:
    """A key as boto3 wants it where it does not encode it itself."""
    return {name: base64.b64encode(value).decode() if name.endswith("Key") else value for name, value in keys.items()}


def kept(secure: House) -> list[bytes]:
    data_dir = secure.server.data_dir
    return [path.read_bytes() for path in (*(data_dir / "objects").glob("??/*"), *data_dir.glob("watchword.db*"))]


@pytest.mark.parametrize("body", [SMALL, LARGE, b""], ids=["small", "large", "empty"])
def test_what_is_put_under_a_key_is_got_under_it(secure: House, s3: Any, bucket: str, body: bytes) -> None:
    answer = s3.put_object(Bucket=bucket, Key="k", Body=body, **KEY)
    digest = base64.b64encode(hashlib.md5(KEY["SSECustomerKey"], usedforsecurity=False).digest()).decode()
    got = s3.get_object(Bucket=bucket, Key="k", **KEY)
    assert got["Body"].read() == body
    for each in (answer, got, s3.head_object(Bucket=bucket, Key="k", **KEY)):
        assert (each["SSECustomerAlgorithm"], each["SSECustomerKeyMD5"]) == ("AES256", digest)
        assert "ServerSideEncryption" not in each
    assert got["ContentLength"] == len(body)
    # Neither the bytes nor a digest of them lie on the disk.
    assert not any(SMALL in each for each in kept(secure))
    if body:
        assert hashlib.md5(body, usedforsecurity=False).hexdigest() not in answer["ETag"]


@pytest.mark.parametrize("span", [(0, 0), (5, 70_000), (65_535, 65_536), (131_072, 299_999), (299_000, 400_000)])
def test_a_range_of_what_is_sealed(s3: Any, bucket: str, span: tuple[int, int]) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=LARGE, **KEY)
    got = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={span[0]}-{span[1]}", **KEY)
    assert got["Body"].read() == LARGE[span[0] : span[1] + 1]


@pytest.mark.parametrize("call", ["get_object", "get_object_attributes", "head_object"])
def test_without_the_key_or_with_another_nobody_reads(s3: Any, bucket: str, call: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL, **KEY)
    s3.put_object(Bucket=bucket, Key="open", Body=SMALL)
    more = {"ObjectAttributes": ["ETag"]} if call == "get_object_attributes" else {}
    without, wrong, needless = (
        refusal(getattr(s3, call), Bucket=bucket, Key=key, **more, **(as_texts(keys) if more else keys))
        for key, keys in (("k", {}), ("k", OTHER), ("open", KEY))
    )
    if call == "head_object":
        assert (without[0], wrong[0], needless[0]) == ("400", "403", "400")
    else:
        assert without[0] == needless[0] == "InvalidRequest"
        assert without[1].startswith("The object was stored using a form of Server Side Encryption.")
        assert needless[1] == "The encryption parameters are not applicable to this object."
        assert wrong[0] == "AccessDenied"
        assert wrong[1].endswith("must provide the correct secret key.")


def test_a_copy_opens_with_one_key_and_seals_with_another(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=LARGE, ChecksumAlgorithm="SHA256", **KEY)
    place = {"Bucket": bucket, "CopySource": f"{bucket}/k"}
    assert refusal(s3.copy_object, **place, Key="copy")[0] == "InvalidRequest"
    wrong = {f"CopySource{name}": value for name, value in OTHER.items()}
    assert refusal(s3.copy_object, **place, Key="copy", **wrong)[0] == "AccessDenied"
    s3.copy_object(**place, Key="open", **SOURCE)
    assert s3.get_object(Bucket=bucket, Key="open")["Body"].read() == LARGE
    s3.copy_object(**place, Key="other", **SOURCE, **OTHER)
    assert s3.get_object(Bucket=bucket, Key="other", **OTHER)["Body"].read() == LARGE
    assert refusal(s3.get_object, Bucket=bucket, Key="other", **KEY)[0] == "AccessDenied"
    s3.copy_object(Bucket=bucket, Key="sealed", CopySource=f"{bucket}/open", **KEY)
    assert s3.get_object(Bucket=bucket, Key="sealed", **KEY)["Body"].read() == LARGE
    # A new key is a change, so an object may be copied onto itself, and none is one too.
    s3.copy_object(**place, Key="k", **SOURCE, **OTHER)
    assert s3.get_object(Bucket=bucket, Key="k", **OTHER)["Body"].read() == LARGE
    s3.copy_object(**place, Key="k", **wrong)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == LARGE


def test_an_upload_in_parts_is_sealed_part_by_part(secure: House, s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="CRC32", **KEY)
    assert upload["SSECustomerAlgorithm"] == "AES256"
    named = {"Bucket": bucket, "Key": "k", "UploadId": upload["UploadId"]}
    first = os.urandom(5 * 1024**2)
    for keys, message in (({}, "requested encryption"), (OTHER, "did not match")):
        code, text = refusal(s3.upload_part, **named, PartNumber=1, Body=b"x", **keys)
        assert (code, message in text) == ("InvalidRequest", True)
    second = LARGE + b"in parts and sealed"
    s3.put_object(Bucket=bucket, Key="source", Body=second, **OTHER)
    parts = [s3.upload_part(**named, PartNumber=1, Body=first, ChecksumAlgorithm="CRC32", **KEY)]
    opening = {f"CopySource{name}": value for name, value in OTHER.items()}
    copied = s3.upload_part_copy(**named, PartNumber=2, CopySource=f"{bucket}/source", **opening, **KEY)
    parts.append(copied["CopyPartResult"])
    listed = [
        {"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
        for number, part in enumerate(parts, 1)
    ]
    # What has checksums of its parts is put together by who has the key.
    for keys, code in (({}, "InvalidArgument"), (OTHER, "InvalidRequest")):
        assert refusal(s3.complete_multipart_upload, **named, MultipartUpload={"Parts": listed}, **keys)[0] == code
    done = s3.complete_multipart_upload(**named, MultipartUpload={"Parts": listed}, **KEY)
    headers = done["ResponseMetadata"]["HTTPHeaders"]
    assert headers[f"{HEADER}-algorithm"] == "AES256"
    assert s3.get_object(Bucket=bucket, Key="k", **KEY)["Body"].read() == first + second
    across = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={len(first) - 10}-{len(first) + 100_000}", **KEY)
    assert across["Body"].read() == (first + second)[len(first) - 10 : len(first) + 100_001]
    assert s3.get_object(Bucket=bucket, Key="k", PartNumber=2, **KEY)["Body"].read() == second
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[0] == "InvalidRequest"
    assert not any(b"in parts and sealed" in each for each in kept(secure))
    plain = s3.create_multipart_upload(Bucket=bucket, Key="plain")["UploadId"]
    refused = refusal(s3.upload_part, Bucket=bucket, Key="plain", UploadId=plain, PartNumber=1, Body=b"x", **KEY)
    assert refused[0] == "InvalidRequest"


HEADER = "x-amz-server-side-encryption-customer"
GOOD = base64.b64encode(b"k" * 32).decode()
MD5 = base64.b64encode(hashlib.md5(b"k" * 32, usedforsecurity=False).digest()).decode()
SHORT = base64.b64encode(b"k" * 10).decode()


@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        ({"key": GOOD}, "InvalidArgument", "must provide a valid encryption algorithm."),
        ({"algorithm": "AES256"}, "InvalidArgument", "must provide an appropriate secret key."),
        ({"algorithm": "AES128", "key": GOOD}, "InvalidEncryptionAlgorithmError", "Supported value: AES256."),
        ({"algorithm": "AES256", "key": SHORT}, "InvalidArgument", "invalid for the specified algorithm."),
        ({"algorithm": "AES256", "key": "%%"}, "InvalidArgument", "invalid for the specified algorithm."),
        ({"algorithm": "AES256", "key": GOOD, "key-MD5": "AAAA"}, "InvalidArgument", "did not match the hash"),
        ({"algorithm": "AES256", "key": GOOD}, "InvalidArgument", "must provide the client calculated MD5"),
    ],
)
def test_a_key_that_is_none(
    secure: House, account: Account, s3: Any, bucket: str, headers: dict[str, str], code: str, message: str
) -> None:
    named = {f"{HEADER}-{name}": value for name, value in headers.items()}

    def bring(request: Any, **_more: Any) -> None:
        for name, value in named.items():
            request.headers[name] = value

    client = s3_client(
        account.administrator,
        endpoint_url=secure.server.description["https"],
        verify=secure.server.description["ca_bundle"],
    )
    client.meta.events.register("before-sign.s3.PutObject", bring)
    found = refusal(client.put_object, Bucket=bucket, Key="k", Body=b"x")
    assert found[0] == code
    assert message in found[1]
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_key_and_another_encryption_do_not_go_together(s3: Any, bucket: str) -> None:
    for method in ("AES256", "aws:kms"):
        for call in (s3.put_object, s3.create_multipart_upload):
            code, message = refusal(call, Bucket=bucket, Key="k", ServerSideEncryption=method, **KEY)
            assert (code, "is incompatible" in message) == ("InvalidArgument", True)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_key_goes_over_tls_or_nowhere(account: Account, s3: Any, bucket: str) -> None:
    headers = {f"{HEADER}-algorithm": "AES256", f"{HEADER}-key": GOOD, f"{HEADER}-key-MD5": MD5}
    answer = put(account.administrator, f"/{bucket}/k", b"x", **headers).send()
    assert answer.code == "InvalidRequest"
    assert answer.message.endswith("must be made over a secure connection.")
    query = f"X-Amz-Server-Side-Encryption-Customer-Key={GOOD}"
    assert put(account.administrator, f"/{bucket}/k?{query}", b"x").send().status in (200, 400)
    assert "SSECustomerAlgorithm" not in s3.head_object(Bucket=bucket, Key="k")


def test_new_buckets_take_no_keys_until_they_are_told_to(secure: House, s3: Any) -> None:
    name = new_name()
    s3.create_bucket(Bucket=name)
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    for call, more in ((s3.put_object, {"Body": b"x"}), (s3.create_multipart_upload, {})):
        code, message = refusal(call, Bucket=name, Key="k", **more, **KEY)
        assert code == "AccessDenied"
        assert "this bucket has blocked upload requests that specify Server Side Encryption" in message
    s3.put_object(Bucket=name, Key="plain", Body=b"x")
    assert refusal(s3.copy_object, Bucket=name, Key="k", CopySource=f"{name}/plain", **KEY)[0] == "AccessDenied"
    s3.put_bucket_encryption(Bucket=name, **PLAIN)
    s3.put_object(Bucket=name, Key="k", Body=b"x", **KEY)
    begun = {"Bucket": name, "Key": "parts"}
    begun["UploadId"] = s3.create_multipart_upload(**begun, **KEY)["UploadId"]
    part = s3.upload_part(**begun, PartNumber=1, Body=b"x", **KEY)
    s3.put_bucket_encryption(Bucket=name, **BLOCKED)
    assert s3.get_object(Bucket=name, Key="k", **KEY)["Body"].read() == b"x"
    # Nor is an upload that was begun before the block carried on.
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    assert refusal(s3.upload_part, **begun, PartNumber=2, Body=b"x", **KEY)[0] == "AccessDenied"
    assert refusal(s3.complete_multipart_upload, **begun, MultipartUpload=listed)[0] == "AccessDenied"
    default = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=default)
    assert refusal(s3.put_object, Bucket=name, Key="k", Body=b"x", **KEY)[0] == "AccessDenied"


def test_no_file_of_the_server_holds_a_key(secure: House, s3: Any, bucket: str) -> None:
    key = os.urandom(32)
    named = {"Bucket": bucket, "Key": "k", "SSECustomerAlgorithm": "AES256"}
    s3.put_object(**named, SSECustomerKey=key, Body=SMALL)
    s3.get_object(**named, SSECustomerKey=key)
    assert refusal(s3.get_object, **named, SSECustomerKey=key[::-1])[0] == "AccessDenied"
    files = [path for path in secure.server.data_dir.rglob("*") if path.is_file()]
    assert any(path.parent.name == "audit" for path in files)
    for needle in (key, base64.b64encode(key), base64.b64encode(key[::-1])):
        assert not [path for path in files if needle in path.read_bytes()]
    assert base64.b64encode(key).decode() not in secure.log


def test_a_policy_can_demand_keys_of_customers_or_forbid_them(secure: House, account: Account, s3: Any) -> None:
    algorithm = "s3:x-amz-server-side-encryption-customer-algorithm"
    description = secure.server.description
    for null, allowed, refused in (("false", {}, KEY), ("true", KEY, {})):
        bucket = new_name()
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_encryption(Bucket=bucket, **PLAIN)
        document = policy(allow("s3:*"), deny("s3:PutObject", Condition={"Null": {algorithm: null}}))
        keys = user_with(account, f"writer-{bucket}", document)
        writer = s3_client(keys, endpoint_url=description["https"], verify=description["ca_bundle"])
        writer.put_object(Bucket=bucket, Key="k", Body=b"x", **allowed)
        assert refusal(writer.put_object, Bucket=bucket, Key="k", Body=b"x", **refused)[0] == "AccessDenied"
        assert refusal(writer.create_multipart_upload, Bucket=bucket, Key="k", **refused)[0] == "AccessDenied"


def swap(secure: House, bucket: str, first: str, second: str) -> None:
    """Put the kept bytes of two objects in each other's place."""
    store = open_store(secure.server.data_dir)
    try:
        with store.read() as snapshot:
            found = [Directory(snapshot).objects.get(bucket, key) for key in (first, second)]
    finally:
        store.close()
    blobs = [each.blob for each in found if each is not None]
    if all(is_short(blob) for blob in blobs):
        execute = execute_of(apsw.Connection(str(secure.server.data_dir / "watchword.db")))
        one, two = (short_number(blob) for blob in blobs)
        bodies = [execute("select body from short_body where number = ?", (number,)).get for number in (one, two)]
        for number, body in ((two, bodies[0]), (one, bodies[1])):
            execute("update short_body set body = ? where number = ?", (body, number))
        return
    one, two = (secure.server.data_dir / "objects" / blob[:2] / blob for blob in blobs)
    aside = one.with_name("aside")
    one.rename(aside)
    two.rename(one)
    aside.rename(two)


@pytest.mark.parametrize("body", [SMALL, LARGE[:60_000], LARGE], ids=["short", "small", "large"])
def test_a_body_of_the_same_key_and_length_does_not_open_as_another(
    secure: House, s3: Any, bucket: str, body: bytes
) -> None:
    for key in ("first", "second", "source"):
        s3.put_object(Bucket=bucket, Key=key, Body=os.urandom(len(body)), **KEY)
    swap(secure, bucket, "first", "second")
    for key in ("first", "second"):
        with pytest.raises(ClientError, match="InternalError"):
            s3.get_object(Bucket=bucket, Key=key, **KEY)
        with pytest.raises(ClientError, match="InternalError"):
            s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key}, **SOURCE)
    swap(secure, bucket, "first", "second")
    assert len(s3.get_object(Bucket=bucket, Key="first", **KEY)["Body"].read()) == len(body)


def test_parts_of_the_same_key_and_length_do_not_open_as_each_other(secure: House, s3: Any, bucket: str) -> None:
    part = os.urandom(5 * 1024 * 1024)
    where = {"Bucket": bucket, "Key": "parts"}
    upload = {**where, "UploadId": s3.create_multipart_upload(**where, **KEY)["UploadId"]}
    files: list[Path] = []
    parts: list[dict[str, Any]] = []
    for number in (1, 2):
        before = set((secure.server.data_dir / "objects").glob("??/*"))
        answer = s3.upload_part(**upload, PartNumber=number, Body=part, **KEY)
        parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]})
        files += set((secure.server.data_dir / "objects").glob("??/*")) - before
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **KEY)
    assert s3.get_object(**where, **KEY)["Body"].read() == part * 2
    bodies = [file.read_bytes() for file in files]
    for file, other in zip(files, reversed(bodies), strict=True):
        file.write_bytes(other)
    with pytest.raises(ClientError, match="InternalError"):
        s3.get_object(**where, **KEY)
    for file, body in zip(files, bodies, strict=True):
        file.write_bytes(body)
    assert s3.get_object(**where, **KEY)["Body"].read() == part * 2


def test_what_was_sealed_before_records_kept_salts_still_opens(secure: House, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="old", Body=LARGE, **KEY)
    store = open_store(secure.server.data_dir)

    def forget(transaction: Transaction) -> None:
        objects = Directory(transaction).objects
        stored = objects.get(bucket, "old")
        assert stored is not None
        assert stored.seal
        objects.replace(replace(stored, seal=""))

    store.write(forget)
    store.close()
    assert s3.get_object(Bucket=bucket, Key="old", **KEY)["Body"].read() == LARGE


def test_a_scrub_knows_what_is_sealed_and_what_is_damaged(secure: House, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="whole", Body=LARGE, **KEY)
    root = secure.server.data_dir / "objects"
    before = set(root.glob("??/*"))
    s3.put_object(Bucket=bucket, Key="damaged", Body=LARGE, **KEY)
    (path,) = set(root.glob("??/*")) - before
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    found: list[Damage] = []
    store = open_store(secure.server.data_dir)
    try:
        scrub(store, root, found.append)
    finally:
        store.close()
    assert [each.where for each in found] == [f"{bucket}/damaged"]
