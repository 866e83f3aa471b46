"""kill -9 under S3 load: puts, uploads in parts, copies, deletions, with and without versions, at random instants.

After each kill every key has what was acknowledged last, or what was on its way; every version that was acknowledged is
there, whole, and none that was deleted; and nothing else is to be seen.

WATCHWORD_KILLS says how often, else HYPOTHESIS_PROFILE=ci thirty times and otherwise three times.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.durability.test_kill import damages
from tests.support.house import House, Keys, run_server

from watchword.directory.bodies import SHORT_BYTES_MAX

KILLS = int(
    os.environ.get("WATCHWORD_KILLS", "30" if os.environ.get("HYPOTHESIS_PROFILE") in {"ci", "nightly"} else "3")
)
WRITERS = 3
KEYS = 5
SIZES = (0, 1, 900, SHORT_BYTES_MAX, SHORT_BYTES_MAX + 1, 70_000, 300_000, 1_500_000)
"""Beside the records, files, spooled, and so long that a kill finds them on their way."""
PART_BYTES = 5 * 1024 * 1024
State = str | None
"""The SHA-256 of what lies under a key; None when nothing does."""


def digest(body: bytes) -> str:
    return sha256(body).hexdigest()


@dataclass
class Told:
    """What one writer was told."""

    states: dict[str, State] = field(default_factory=dict[str, State])
    """What was acknowledged last, by key."""
    pending: dict[str, State] = field(default_factory=dict[str, State])
    """What was asked for and not answered yet: one key at most."""
    versions: dict[tuple[str, str], State] = field(default_factory=dict[tuple[str, str], State])
    """Every version that was acknowledged, by key and id; None for a delete marker."""
    removed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Versions whose removal was acknowledged."""
    removing: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """Versions whose removal was asked for: they may be gone."""


class Writer(threading.Thread):
    """Changes a few keys of its own in every way there is, until it is cut off."""

    def __init__(self, s3: Any, bucket: str, prefix: str, *, versioned: bool, stopped: threading.Event) -> None:
        super().__init__()
        self._s3, self._bucket, self._prefix = s3, bucket, prefix
        self._versioned, self._stopped = versioned, stopped
        self._random = random.Random()
        self.told = Told()
        self.failure: BaseException | None = None

    def run(self) -> None:
        ways: list[Callable[[str], None]] = [self._put, self._put, self._put, self._copy, self._remove, self._in_parts]
        if self._versioned:
            ways.append(self._remove_version)
        try:
            while True:
                self._random.choice(ways)(f"{self._prefix}/{self._random.randrange(KEYS)}")
        except (BotoCoreError, ClientError) as error:
            if not self._stopped.is_set():
                self.failure = error

    def _acknowledge(self, key: str, state: State, send: Callable[[], Any]) -> None:
        told = self.told
        told.pending[key] = state
        answer = send()
        told.states[key] = state
        told.pending.clear()
        if self._versioned:
            told.versions[key, answer["VersionId"]] = state

    def _put(self, key: str) -> None:
        body = self._random.randbytes(self._random.choice(SIZES))
        self._acknowledge(key, digest(body), lambda: self._s3.put_object(Bucket=self._bucket, Key=key, Body=body))

    def _copy(self, key: str) -> None:
        there = [each for each, state in self.told.states.items() if state is not None and each != key]
        if not there:
            return
        source = self._random.choice(there)
        self._acknowledge(
            key,
            self.told.states[source],
            lambda: self._s3.copy_object(
                Bucket=self._bucket, Key=key, CopySource={"Bucket": self._bucket, "Key": source}
            ),
        )

    def _remove(self, key: str) -> None:
        self._acknowledge(key, None, lambda: self._s3.delete_object(Bucket=self._bucket, Key=key))

    def _in_parts(self, key: str) -> None:
        bodies = [self._random.randbytes(PART_BYTES), self._random.randbytes(1000)]
        where = {"Bucket": self._bucket, "Key": key}
        where["UploadId"] = self._s3.create_multipart_upload(**where)["UploadId"]
        parts: list[dict[str, Any]] = []
        for number, body in enumerate(bodies, start=1):
            part = self._s3.upload_part(**where, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
        self._acknowledge(
            key,
            digest(b"".join(bodies)),
            lambda: self._s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts}),
        )

    def _remove_version(self, key: str) -> None:
        older = [each for each in self.told.versions if each[0] == key and each not in self.told.removing][:-1]
        if not older:
            return
        chosen = self._random.choice(older)
        self.told.removing.add(chosen)
        self._s3.delete_object(Bucket=self._bucket, Key=key, VersionId=chosen[1])
        self.told.removed.add(chosen)


def body_of(s3: Any, **where: str) -> str:
    return digest(s3.get_object(**where)["Body"].read())


def check_keys(s3: Any, bucket: str, prefix: str, told: Told) -> None:
    """What each key has is what was acknowledged last, or what was on its way."""
    listed = {each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", ())}
    assert listed <= told.states.keys() | told.pending.keys()
    for key in told.states.keys() | told.pending.keys():
        found = body_of(s3, Bucket=bucket, Key=key) if key in listed else None
        allowed = {told.states.get(key)} | ({told.pending[key]} if key in told.pending else set[State]())
        assert found in allowed, key
        told.states[key] = found


def check_versions(s3: Any, bucket: str, prefix: str, told: Told) -> None:
    """Every version that was acknowledged is there and whole; beyond them there is at most what was on its way."""
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=f"{prefix}/"))
    markers = {(each["Key"], each["VersionId"]) for page in pages for each in page.get("DeleteMarkers", ())}
    found: dict[tuple[str, str], State] = dict.fromkeys(markers)
    for each in (each for page in pages for each in page.get("Versions", ())):
        where = {"Key": each["Key"], "VersionId": each["VersionId"]}
        found[each["Key"], each["VersionId"]] = body_of(s3, Bucket=bucket, **where)
    assert not told.removed & found.keys()
    for version, state in told.versions.items():
        if version not in told.removing:
            assert found[version] == state
    beyond = [(key, state) for (key, version), state in found.items() if (key, version) not in told.versions]
    assert all(item in told.pending.items() for item in beyond)
    assert len(beyond) <= 1


@pytest.mark.parametrize("versioned", [False, True], ids=["overwriting", "versioned"])
def test_objects_are_what_was_acknowledged(tmp_path: Path, versioned: bool) -> None:
    house = House.start(tmp_path / "data")
    administrator = house.account().administrator
    bucket = "killed-objects"
    administrator.client("s3").create_bucket(Bucket=bucket)
    if versioned:
        enabled = {"Status": "Enabled"}
        administrator.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration=enabled)
    kept: dict[str, State] = {}
    try:
        for run in range(KILLS):
            s3 = at(house, administrator).client("s3")
            writers = write_until_killed(house, s3, bucket, f"run-{run}", versioned=versioned)
            house.server = run_server(house.server.data_dir)
            s3 = at(house, administrator).client("s3")
            for number, writer in enumerate(writers):
                check_keys(s3, bucket, f"run-{run}/{number}", writer.told)
                if versioned:
                    check_versions(s3, bucket, f"run-{run}/{number}", writer.told)
                kept |= writer.told.states
        assert any(kept.values()), "nothing was ever acknowledged"
        s3 = at(house, administrator).client("s3")
        listed = {
            each["Key"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for each in page.get("Contents", ())
        }
        assert listed == {key for key, state in kept.items() if state is not None}
        assert {key: body_of(s3, Bucket=bucket, Key=key) for key in listed} == {key: kept[key] for key in listed}
        assert damages(house.server.data_dir) == []
    finally:
        house.stop()
    assert "Traceback" not in house.log


def write_until_killed(house: House, s3: Any, bucket: str, prefix: str, *, versioned: bool) -> list[Writer]:
    stopped = threading.Event()
    writers = [
        Writer(s3, bucket, f"{prefix}/{number}", versioned=versioned, stopped=stopped) for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    stopped.wait(random.uniform(0.05, 0.8))
    stopped.set()
    house.server.stop(signal.SIGKILL)
    for writer in writers:
        writer.join()
    for writer in writers:
        if writer.failure is not None:
            raise writer.failure
    return writers


def at(house: House, keys: Keys) -> Keys:
    """The same credentials at the server that runs now."""
    return Keys(house.server.http, keys.access_key_id, keys.secret_access_key)
