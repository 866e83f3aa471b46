"""Bodies that were damaged on the disk: no client takes what is left for the object, and the log says which it was."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.services.s3.conftest import new_name, s3_client
from tests.support.house import House

MIB = 1024 * 1024
PART = os.urandom(5 * MIB)
KEY: dict[str, Any] = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": bytes(range(32))}
Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House.start(tmp_path_factory.mktemp("damaged") / "data", https=True)
    yield house
    house.stop()


@pytest.fixture(scope="module")
def s3(house: House) -> Any:
    description = house.server.description
    administrator = house.account().administrator
    return s3_client(administrator, endpoint_url=description["https"], verify=description["ca_bundle"])


@pytest.fixture
def bucket(s3: Any) -> str:
    name = new_name()
    s3.create_bucket(Bucket=name)
    rules = {"Rules": [{"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}]}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)
    return name


def files(house: House) -> set[Path]:
    return set((house.server.data_dir / "objects").glob("??/*"))


def in_parts(house: House, s3: Any, bucket: str) -> list[Path]:
    """An object of three parts, and their files in order."""
    where = {"Bucket": bucket, "Key": "parts"}
    upload = {**where, "UploadId": s3.create_multipart_upload(**where)["UploadId"]}
    parts: list[dict[str, Any]] = []
    found: list[Path] = []
    for number in (1, 2, 3):
        before = files(house)
        part = s3.upload_part(**upload, PartNumber=number, Body=PART)
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
        found += files(house) - before
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    return found


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("damage", [Path.unlink, cut], ids=["gone", "cut"])
def test_a_part_that_is_gone_or_cut_is_found_before_the_first_byte(
    house: House, s3: Any, bucket: str, damage: Damage, number: int
) -> None:
    damage(in_parts(house, s3, bucket)[number])
    with pytest.raises(ClientError, match="InternalError"):
        s3.get_object(Bucket=bucket, Key="parts")
    assert f"object 'parts' of bucket `{bucket}`" in house.log
    whole = s3.get_object(Bucket=bucket, Key="parts", PartNumber=1 if number else 2)["Body"].read()
    assert whole == PART


def test_a_sealed_body_whose_beginning_does_not_open_is_found_before_the_first_byte(
    house: House, s3: Any, bucket: str
) -> None:
    before = files(house)
    s3.put_object(Bucket=bucket, Key="sealed", Body=PART, **KEY)
    (path,) = files(house) - before
    flip(path, 100)
    with pytest.raises(ClientError, match="InternalError"):
        s3.get_object(Bucket=bucket, Key="sealed", **KEY)
    assert f"object 'sealed' of bucket `{bucket}`" in house.log


def test_a_sealed_body_that_is_damaged_further_on_is_cut_and_not_ended(house: House, s3: Any, bucket: str) -> None:
    before = files(house)
    s3.put_object(Bucket=bucket, Key="sealed", Body=PART, **KEY)
    (path,) = files(house) - before
    flip(path, 4 * MIB)
    answer = s3.get_object(Bucket=bucket, Key="sealed", **KEY)
    assert answer["ContentLength"] == len(PART)
    taken = bytearray()
    with pytest.raises(BotoCoreError):
        taken.extend(itertools.chain.from_iterable(answer["Body"].iter_chunks(64 * 1024)))
    assert len(taken) < len(PART)
    assert PART.startswith(taken)
    assert f"/{bucket}/sealed: the answer was cut: what is sealed in a file does not open" in house.log
