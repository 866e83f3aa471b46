"""`watchword scrub` and `watchword accounts s3-defaults`, beside a server that goes on serving."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import boto3
import pytest
from botocore.exceptions import ClientError
from tests.clients.test_command import WATCHWORD, made, run, serve
from tests.support.processes import ServerProcess

from watchword.directory.bodies import SHORT_BYTES_MAX
from watchword.storage.objects import blob_paths
from watchword.storage.sqlite_rows import execute_of

__all__ = ["made"]
LARGE = bytes(range(256)) * 4096 * 6


@pytest.fixture(scope="module")
def server(made: tuple[Path, dict[str, Any]]) -> Iterator[ServerProcess]:
    process = serve(made[0])
    yield process
    process.stop()


@pytest.fixture(scope="module")
def s3(made: tuple[Path, dict[str, Any]], server: ServerProcess) -> Any:
    connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    return connect(
        "s3",
        region_name="us-east-1",
        endpoint_url=server.description["http"],
        aws_access_key_id=made[1]["access_key_id"],
        aws_secret_access_key=made[1]["secret_access_key"],
    )


def test_damage_is_named_and_what_is_whole_is_not(made: tuple[Path, dict[str, Any]], s3: Any) -> None:
    data_dir = made[0]
    s3.create_bucket(Bucket="scrubbed")
    whole, flipped, gone = (letter * (SHORT_BYTES_MAX + 1) for letter in (b"w", b"f", b"g"))
    s3.put_object(Bucket="scrubbed", Key="whole", Body=whole)
    s3.put_object(Bucket="scrubbed", Key="flipped", Body=flipped)
    s3.put_object(Bucket="scrubbed", Key="gone", Body=gone)
    upload = s3.create_multipart_upload(Bucket="scrubbed", Key="parts")["UploadId"]
    part = s3.upload_part(Bucket="scrubbed", Key="parts", UploadId=upload, PartNumber=1, Body=LARGE)
    listed = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]
    s3.complete_multipart_upload(Bucket="scrubbed", Key="parts", UploadId=upload, MultipartUpload={"Parts": listed})
    total = 3 * len(whole) + len(LARGE)
    assert run("scrub", "--data", data_dir) == f"4 bodies ({total} bytes) read, 0 damaged\n"
    bodies = {path.read_bytes(): path for path in blob_paths(data_dir / "objects")}
    bodies[flipped].write_bytes(flipped[:-1] + b"F")
    bodies[gone].unlink()
    bodies[LARGE].write_bytes(LARGE[:-1])
    (data_dir / "objects" / "00" / ("0" * 32)).write_bytes(b"of nobody")
    done = subprocess.run(
        [WATCHWORD, "scrub", "--data", str(data_dir)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.rpartition(" (blob")[0] for line in done.stdout.splitlines()[:3]] == [
        "damaged: scrubbed/flipped: its bytes are not those that came in",
        "damaged: scrubbed/gone: its bytes are gone",
        f"damaged: part 1 of upload {upload}: it has {len(LARGE) - 1} bytes instead of {len(LARGE)}",
    ]
    assert done.stdout.splitlines()[3:] == [
        f"4 bodies ({total} bytes) read, 3 damaged",
        "1 files belong to no object; the next start of the server removes them",
    ]
    for key in ("whole", "flipped", "gone", "parts"):
        s3.delete_object(Bucket="scrubbed", Key=key)


def test_damage_among_the_records_is_named_as_well(made: tuple[Path, dict[str, Any]], s3: Any) -> None:
    data_dir = made[0]
    s3.create_bucket(Bucket="short")
    for key in ("whole", "flipped", "cut", "gone"):
        s3.put_object(Bucket="short", Key=key, Body=key.encode())
    assert run("scrub", "--data", data_dir).startswith("4 bodies (19 bytes) read, 0 damaged\n")
    change = execute_of(apsw.Connection(str(data_dir / "watchword.db")))
    change("update short_body set body = ? where body = ?", (b"flopped", b"flipped"))
    change("update short_body set body = ? where body = ?", (b"cu", b"cut"))
    change("delete from short_body where body = ?", (b"gone",))
    change("insert into short_body (body) values (?), (?)", (b"of nobody", b"of nobody"))
    done = subprocess.run(
        [WATCHWORD, "scrub", "--data", str(data_dir)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert [line.rpartition(" (blob")[0] for line in done.stdout.splitlines()[:4]] == [
        "damaged: short/cut: it has 2 bytes instead of 3",
        "damaged: short/flipped: its bytes are not those that came in",
        "damaged: short/gone: its bytes are gone",
        "damaged: the record store: short bodies that no record names: 2",
    ]
    with pytest.raises(ClientError, match="InternalError"):
        s3.get_object(Bucket="short", Key="gone")
    s3.delete_object(Bucket="short", Key="gone")


def test_an_account_may_keep_to_the_older_defaults(made: tuple[Path, dict[str, Any]], s3: Any) -> None:
    options = ["--data", made[0], "--account-id", "111122223333"]
    run("accounts", "s3-defaults", *options, "--old")
    s3.create_bucket(Bucket="old", ACL="public-read")
    assert [grant["Permission"] for grant in s3.get_bucket_acl(Bucket="old")["Grants"]] == ["READ", "FULL_CONTROL"]
    run("accounts", "s3-defaults", *options, "--present")
    s3.create_bucket(Bucket="present")
    assert s3.get_public_access_block(Bucket="present")
    assert "no account" in run("accounts", "s3-defaults", "--data", made[0], "--account-id", "1" * 12, "--old", code=1)
