"""A server killed at any instant: what it acknowledged is there, whole; what it did not is there whole or not at all.

WATCHWORD_KILLS says how often, else HYPOTHESIS_PROFILE=ci fifty times and otherwise a few times.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.support.house import Account, House, Keys, allow, policy, run_server
from tests.support.raw_requests import Answer, RawRequest, call, delete, get, put, quoted

from watchword.directory.bodies import SHORT_BYTES_MAX
from watchword.storage.scrub import Damage, scrub
from watchword.storage.sqlite import SqliteStore

KILLS = int(
    os.environ.get("WATCHWORD_KILLS", "50" if os.environ.get("HYPOTHESIS_PROFILE") in {"ci", "nightly"} else "5")
)
BUCKET = "killed"
SIZES = (0, 1, 700, SHORT_BYTES_MAX, 40_000, 150_000, 600_000)
"""Beside the records, files, spooled, and so long that a kill finds them on their way."""


@dataclass
class Told:
    """What the clients of one run were told: the acknowledged writes."""

    users: dict[str, str] = field(default_factory=dict[str, str])
    """User name and the text in its policy; empty before the policy was acknowledged."""
    objects: dict[str, int] = field(default_factory=dict[str, int])
    """Key and the version that was acknowledged last."""
    deleting: set[str] = field(default_factory=set[str])
    """Keys whose deletion was asked for: they may be gone."""
    deleted: set[str] = field(default_factory=set[str])
    """Keys whose deletion was acknowledged: they are gone."""


def body(key: str, version: int) -> bytes:
    """The only bytes that this version of an object may have."""
    seed = f"{key} {version} ".encode()
    size = SIZES[int(sha256(seed).hexdigest(), 16) % len(SIZES)]
    return (seed * (size // len(seed) + 1))[:size] if size else b""


def write_users(keys: Keys, run: int, told: Told, stopped: threading.Event) -> None:
    for number in range(1_000_000):
        name = f"user-{run}-{number}"
        if not acknowledged(call(keys, "iam", "CreateUser", UserName=name), stopped):
            return
        told.users[name] = ""
        document = policy(allow("s3:*", f"arn:aws:s3:::{name}"))
        request = call(keys, "iam", "PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=document)
        if not acknowledged(request, stopped):
            return
        told.users[name] = name


def write_objects(keys: Keys, run: int, thread: int, told: Told, stopped: threading.Event) -> None:
    """New keys, keys that are written over again and again, and keys that are deleted."""
    for number in range(1_000_000):
        key = f"new/{run}-{thread}-{number}"
        if not acknowledged(put(keys, f"/{BUCKET}/{key}", body(key, 0)), stopped):
            return
        told.objects[key] = 0
        over, version = f"over/{thread}", run * 1_000_000 + number + 1
        if not acknowledged(put(keys, f"/{BUCKET}/{over}", body(over, version)), stopped):
            return
        told.objects[over] = version
        if number % 4 == 3:
            told.deleting.add(key)
            if not acknowledged(delete(keys, f"/{BUCKET}/{key}"), stopped):
                return
            told.deleted.add(key)


def acknowledged(request: RawRequest, stopped: threading.Event) -> bool:
    """Send; False when no answer came. Anything but success is a failure of the test."""
    try:
        answer = request.send()
    except (OSError, EOFError):
        assert stopped.is_set(), "the server went away by itself"
        return False
    assert answer.status in (200, 204), answer.text
    return True


class TestKilled:
    def test_what_was_acknowledged_is_there_and_whole(self, tmp_path: Path) -> None:
        house = House.start(tmp_path / "data")
        account = house.account()
        account.administrator.client("s3").create_bucket(Bucket=BUCKET)
        told = Told()
        try:
            for run in range(KILLS):
                keys = at(house, account.administrator)
                self._write_until_killed(house, keys, run, told)
                house.server = run_server(house.server.data_dir)
                self._compare(at(house, account.administrator), run, told)
            assert len(told.users) > KILLS
            assert len(told.objects) > KILLS
            self._sweeps_orphans(house, at(house, account.administrator))
        finally:
            house.stop()
        assert "Traceback" not in house.log

    def _write_until_killed(self, house: House, keys: Keys, run: int, told: Told) -> None:
        stopped = threading.Event()
        failures: list[BaseException] = []

        def work(write: Any, *arguments: Any) -> None:
            try:
                write(*arguments, told, stopped)
            except BaseException as error:  # noqa: BLE001  raised again below
                failures.append(error)

        threads = [threading.Thread(target=work, args=(write_users, keys, run))]
        threads += [threading.Thread(target=work, args=(write_objects, keys, run, number)) for number in range(3)]
        for thread in threads:
            thread.start()
        stopped.wait(random.uniform(0.02, 0.3))
        stopped.set()
        house.server.stop(signal.SIGKILL)
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _compare(self, keys: Keys, run: int, told: Told) -> None:
        iam = keys.client("iam")
        there = {user["UserName"] for page in iam.get_paginator("list_users").paginate() for user in page["Users"]}
        assert told.users.keys() <= there
        for name in (name for name in told.users if name.startswith(f"user-{run}-")):
            answer = call(keys, "iam", "GetUserPolicy", UserName=name, PolicyName="p").send()
            if told.users[name] or answer.status == 200:
                assert f"arn%3Aaws%3As3%3A%3A%3A{name}%22" in answer.text
        pages = keys.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        listed = {stored["Key"]: stored["Size"] for page in pages for stored in page.get("Contents", ())}
        assert told.objects.keys() - told.deleting <= listed.keys()
        assert not told.deleted & listed.keys()
        for key in listed:
            if key.startswith("over/") or f"/{run}-" in key:
                self._is_whole(key, get(keys, f"/{BUCKET}/{quoted(key)}").send(), told)

    def _is_whole(self, key: str, answer: Answer, told: Told) -> None:
        """The object is what was acknowledged last, or what was on its way when the server died."""
        assert answer.status == 200
        last = told.objects.get(key, 0)
        expected = {body(key, last)}
        if key.startswith("over/"):
            found = re.match(rb"over/\d+ (\d+) ", answer.body)
            newer = int(found[1]) if found else last
            assert newer >= last or not answer.body
            expected |= {body(key, newer), body(key, last + 1), b""}
        assert answer.body in expected, key

    def _sweeps_orphans(self, house: House, keys: Keys) -> None:
        """A while after the start there are as many files as long objects, and no half of anything."""
        pages = keys.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        sizes = sorted(size for page in pages for each in page["Contents"] if (size := each["Size"]) > SHORT_BYTES_MAX)
        objects = house.server.data_dir / "objects"
        deadline = 100
        while deadline and sorted(path.stat().st_size for path in blobs(objects)) != sizes:
            threading.Event().wait(0.1)
            deadline -= 1
        assert sorted(path.stat().st_size for path in blobs(objects)) == sizes
        assert not list((objects / "staging").iterdir())
        assert not list((house.server.data_dir / "spool").iterdir())
        assert damages(house.server.data_dir) == []


def damages(data_dir: Path) -> list[Damage]:
    """What is wrong with the bodies, short ones that no record names included."""
    store = SqliteStore(data_dir / "watchword.db")
    try:
        found: list[Damage] = []
        report = scrub(store, data_dir / "objects", found.append)
        assert report.bodies
        return found
    finally:
        store.close()


def blobs(objects: Path) -> list[Path]:
    return [path for folder in objects.iterdir() if len(folder.name) == 2 for path in folder.iterdir()]


def at(house: House, keys: Keys) -> Keys:
    """The same credentials at the server that runs now."""
    return Keys(house.server.http, keys.access_key_id, keys.secret_access_key)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_that_is_asked_to_stop_finishes_what_it_has_begun(tmp_path: Path, workers: int) -> None:
    house = House.start(tmp_path / "data", workers=workers)
    account: Account = house.account()
    told: list[str] = []
    stopped = threading.Event()

    def write(thread: int) -> None:
        for number in range(1_000_000):
            name = f"user-{thread}-{number}"
            try:
                answer = call(account.administrator, "iam", "CreateUser", UserName=name).send()
            except (OSError, EOFError):
                return
            assert answer.status == 200
            told.append(name)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    stopped.wait(0.2)
    house.stop()
    for thread in threads:
        thread.join()
    house.server = run_server(house.server.data_dir)
    iam = at(house, account.administrator).client("iam")
    there = {user["UserName"] for page in iam.get_paginator("list_users").paginate() for user in page["Users"]}
    house.stop()
    assert told
    assert there == {*told, "administrator"}
