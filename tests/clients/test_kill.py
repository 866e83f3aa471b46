"""kill -9 while clients write: what was acknowledged is whole afterwards, and nothing half-written is to be seen."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tests.clients.test_command import made, run, serve

__all__ = ["made"]
BUCKET = "killed"
PART = b"p" * (5 * 1024 * 1024)
WRITERS = 4


def client(made: tuple[Path, dict[str, Any]], endpoint: str) -> Any:
    connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    return connect(
        "s3",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=made[1]["access_key_id"],
        aws_secret_access_key=made[1]["secret_access_key"],
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10),
    )


class Writer(threading.Thread):
    """Writes objects until it is cut off, and remembers what was acknowledged."""

    def __init__(self, s3: Any, name: str, told: threading.Semaphore) -> None:
        super().__init__()
        self._s3 = s3
        self._name = name
        self._told = told
        self.acknowledged: dict[str, str] = {}
        """The SHA-256 of each key's body."""

    def run(self) -> None:
        number = 0
        while True:
            key = f"{self._name}/{number}"
            body = os.urandom(1 + number * 20_000 % 300_000)
            try:
                if number % 5 == 4:
                    body = self._in_parts(key, body)
                else:
                    self._s3.put_object(Bucket=BUCKET, Key=key, Body=body)
            except (BotoCoreError, ClientError):
                return
            self.acknowledged[key] = hashlib.sha256(body).hexdigest()
            number += 1
            self._told.release()

    def _in_parts(self, key: str, last: bytes) -> bytes:
        upload = self._s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        parts: list[dict[str, Any]] = []
        for number, body in enumerate((PART, last), start=1):
            part = self._s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
        self._s3.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
        return PART + last


@pytest.mark.parametrize("writes", [7, 60])
def test_every_acknowledged_object_is_whole(made: tuple[Path, dict[str, Any]], writes: int) -> None:
    server = serve(made[0])
    s3 = client(made, server.http)
    s3.create_bucket(Bucket=BUCKET)
    told = threading.Semaphore(0)
    writers = [Writer(s3, f"{writes}-{number}", told) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    assert all(told.acquire(timeout=20) for _ in range(writes))
    server.stop(signal.SIGKILL)
    for writer in writers:
        writer.join(20)
    acknowledged = {key: digest for writer in writers for key, digest in writer.acknowledged.items()}
    assert acknowledged
    server = serve(made[0])
    try:
        s3 = client(made, server.http)
        listed = {
            each["Key"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{writes}-")
            for each in page.get("Contents", ())
        }
        assert acknowledged.keys() <= listed
        for key in sorted(listed):
            body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            assert hashlib.sha256(body).hexdigest() == acknowledged.get(key, hashlib.sha256(body).hexdigest())
        assert "0 damaged" in run("scrub", "--data", made[0])
    finally:
        server.stop()
