"""Credentials that end: clients renew them by themselves, and what is not renewed is refused.

The clock of the server is first fourteen minutes slow, then fourteen fast: signatures allow a quarter of an hour,
and a session of fifteen minutes ends in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from tests.clients.instances import REGION, Instance, Keys, allow
from tests.clients.programs import JS, aws_cli_v1, aws_cli_v2, node
from tests.support.house import House, refusal

MINUTES = 60
SLOW, FAST = -14 * MINUTES, 14 * MINUTES
SESSION_SECONDS = 900


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Instance]]:
    """A server whose clock can be moved."""
    house = House.start(tmp_path_factory.mktemp("renewal") / "data")
    account = house.account()
    keys = Keys(account.administrator.access_key_id, account.administrator.secret_access_key)
    yield house, Instance("http", house.server, account.id, keys)
    house.stop()


@pytest.fixture
def worker(world: tuple[House, Instance], tmp_path: Path) -> str:
    """The ARN of a role, for which the profile `worker` stands in the files of the test's folder."""
    _, instance = world
    arn = instance.arn(f"role/{instance.role(allow('iam:ListUsers'))}")
    keys = instance.administrator
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        f"[profile worker]\nrole_arn = {arn}\nsource_profile = keys\nduration_seconds = {SESSION_SECONDS}\n"
        f"region = {REGION}\nendpoint_url = {instance.endpoint}\n[profile keys]\nendpoint_url = {instance.endpoint}\n"
        f"region = {REGION}\n"
    )
    (tmp_path / ".aws" / "credentials").write_text(
        f"[keys]\naws_access_key_id = {keys.access_key_id}\naws_secret_access_key = {keys.secret_access_key}\n"
    )
    return arn


def test_boto3_assumes_the_role_again_when_its_session_ends(
    world: tuple[House, Instance], worker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, instance = world
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws" / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / ".aws" / "credentials"))
    session: Any = boto3.Session(profile_name="worker")
    iam = session.client("iam")
    with house.later(SLOW):
        iam.list_users()
        held = session.get_credentials().get_frozen_credentials()
        forgetful = instance.client("iam", Keys(held.access_key, held.secret_key, held.token))
        forgetful.list_users()
    with house.later(FAST):
        assert refusal(forgetful.list_users) == (
            "ExpiredToken",
            "The security token included in the request is expired",
        )
        iam.list_users()
        assert session.get_credentials().get_frozen_credentials().token != held.token


@pytest.mark.parametrize("program", [aws_cli_v1, aws_cli_v2], ids=["v1", "v2"])
def test_the_aws_cli_assumes_the_role_again_when_its_cached_session_ends(
    world: tuple[House, Instance], worker: str, tmp_path: Path, program: Any
) -> None:
    house, instance = world
    aws = instance.person(tmp_path).using(program())
    with house.later(SLOW):
        aws.run("--profile", "worker", "iam", "list-users")
    with house.later(FAST):
        aws.run("--profile", "worker", "iam", "list-users")
    assert len(assumed(instance, worker)) == 2


@pytest.mark.parametrize("seconds", [SESSION_SECONDS, 3600])
def test_the_javascript_sdk_assumes_the_role_again_when_its_session_ends(
    world: tuple[House, Instance], worker: str, tmp_path: Path, seconds: int
) -> None:
    house, instance = world
    script = instance.person(tmp_path).using(node(), JS / "renew.mjs")
    with house.later(SLOW):
        until_answers_are_dated(instance, SLOW)
        assert script.run(worker, str(seconds)) == "done"
    assert (len(assumed(instance, worker)) > 1) is (seconds == SESSION_SECONDS)


def until_answers_are_dated(instance: Instance, seconds: int) -> None:
    """Ask until the Date of answers, made once a second, shows how far the clock was moved: this SDK obeys it."""
    deadline = monotonic() + 10
    while monotonic() < deadline:
        with urlopen(f"{instance.endpoint}/_watchword/health") as answer:  # noqa: S310
            ahead = parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC)
        if abs(ahead.total_seconds() - seconds) < MINUTES:
            return
    raise AssertionError("the server's Date does not follow its clock")


def assumed(instance: Instance, arn: str) -> list[dict[str, Any]]:
    return [event for event in instance.events("AssumeRole") if event["requestParameters"]["roleArn"] == arn]
