"""The `watchword` command as a process, against the real server: what it prints, what it keeps, how it fails."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import ServerProcess, start

WATCHWORD = str(Path(sys.executable).with_name("watchword"))


def run(*arguments: str | Path, code: int = 0, environment: dict[str, str] | None = None) -> str:
    """Run the command, check its exit code, give back what it printed; a traceback fails the test."""
    done = subprocess.run(
        [WATCHWORD, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | (environment or {}),
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stderr


def serve(data_dir: Path, *arguments: str) -> ServerProcess:
    command = [WATCHWORD, "serve", "--data", str(data_dir), "--http", "127.0.0.1:0", "--json", *arguments]
    return start(command, data_dir)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    data_dir = tmp_path_factory.mktemp("command") / "data"
    answer = run("init", "--data", data_dir, "--account-id", "111122223333", "--root-access-key", "--json")
    return data_dir, json.loads(answer)


@pytest.fixture(scope="module")
def server(made: tuple[Path, dict[str, Any]]) -> Iterator[ServerProcess]:
    running = serve(made[0], "--https", "localhost:0")
    yield running
    assert running.stop() == 0


def test_init_prints_everything_once_and_keeps_it_private(made: tuple[Path, dict[str, Any]]) -> None:
    data_dir, account = made
    assert set(account) == {
        "account_id",
        "root_email",
        "root_password",
        "access_key_id",
        "secret_access_key",
        "region",
        "root_access_key_id",
        "root_secret_access_key",
    }
    assert account["account_id"] == "111122223333"
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    for path in data_dir.rglob("*"):
        assert not path.stat().st_mode & 0o077, path
    credentials = (data_dir / "credentials").read_text()
    assert account["secret_access_key"] in credentials
    assert account["root_password"] not in credentials
    assert account["root_secret_access_key"] not in credentials


def test_init_of_a_directory_in_use_changes_nothing(made: tuple[Path, dict[str, Any]]) -> None:
    before = (made[0] / "credentials").read_text()
    assert "initialized already" in run("init", "--data", made[0], code=1)
    assert (made[0] / "credentials").read_text() == before


@pytest.mark.parametrize("arguments", [("--account-id", "123"), ("--email", "nobody")])
def test_init_that_fails_leaves_nothing_behind(tmp_path: Path, arguments: tuple[str, str]) -> None:
    run("init", "--data", tmp_path / "data", *arguments, code=1)
    assert list((tmp_path / "data").iterdir()) == []
    run("init", "--data", tmp_path / "data")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("serve", "--data", "DIR/none"), 1, "watchword init"),
        (("serve", "--data", "DIR", "--store", "postgresql://db/x"), 2, "not built"),
        (("init", "--data", "DIR/new", "--store", "postgresql://db/x"), 2, "not built"),
        (("serve", "--data", "DIR", "--http", "nonsense"), 2, "HOST:PORT"),
        (("serve", "--data", "DIR", "--http", "0.0.0.0:0"), 1, "--insecure-http"),
        (("serve", "--data", "DIR", "--trusted-proxy", "10.0.0.0/99"), 2, "not a network"),
        (("env", "--data", "DIR/none"), 1, "watchword init"),
        (("accounts", "create", "--data", "DIR/none", "--name", "a", "--email", "a@b"), 1, "watchword init"),
        (("restore", "--from", "DIR", "--data", "DIR/new"), 1, "--master-key"),
        (("init", "--data", "/dev/null/data"), 1, "cannot be made"),
        (("serve", "--data", "/dev/null/data"), 1, "/dev/null/data"),
        (("backup", "--data", "DIR", "--to", "/dev/null/x"), 1, "/dev/null/x"),
        (("fly",), 2, "No such command"),
        (("explane",), 2, "No such command"),
    ],
)
def test_mistake_gets_one_clear_line(
    made: tuple[Path, dict[str, Any]], arguments: tuple[str, ...], code: int, says: str
) -> None:
    told = run(*(argument.replace("DIR", str(made[0])) for argument in arguments), code=code)
    assert says in told


def test_help_shows_every_command() -> None:
    told = run("--help")
    for name in ("init", "accounts", "serve", "up", "env", "configure", "backup", "restore"):
        assert f"\n  {name} " in told
        run(name, "--help")


def test_ready_line_and_server_json_say_the_same(server: ServerProcess) -> None:
    assert json.loads((server.data_dir / "server.json").read_text()) == server.description
    assert server.description["http"].startswith("http://127.0.0.1:")
    assert server.description["https"].startswith("https://localhost:")
    assert Path(server.description["ca_bundle"]).is_file()
    assert server.description["pid"] == server.process.pid


def test_second_server_is_told_who_has_the_directory(server: ServerProcess) -> None:
    told = run("serve", "--data", server.data_dir, "--http", "127.0.0.1:0", code=1)
    assert f"in use by process {server.process.pid}" in told


def exports(text: str) -> dict[str, str]:
    first, *others = text.splitlines()
    assert first == "unset AWS_PROFILE AWS_SESSION_TOKEN"
    lines = [line.removeprefix("export ").split("=", 1) for line in others]
    return {name: shlex.split(value)[0] for name, value in lines}


def caller(environment: dict[str, str]) -> dict[str, str]:
    program = "import boto3, json; print(json.dumps(boto3.client('sts').get_caller_identity()))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=True,
    )
    return json.loads(done.stdout)


def test_env_is_all_that_a_client_needs(made: tuple[Path, dict[str, Any]], server: ServerProcess) -> None:
    variables = exports(run("env", "--data", made[0]))
    assert variables["AWS_ENDPOINT_URL"] == server.description["http"]
    assert variables["AWS_ENDPOINT_URL_SIGNIN"].startswith("http://localhost:")
    assert variables["AWS_CA_BUNDLE"] == server.description["ca_bundle"]
    assert caller(variables)["Arn"] == "arn:aws:iam::111122223333:user/administrator"
    over_tls = variables | {"AWS_ENDPOINT_URL": server.description["https"]}
    assert caller(over_tls)["Account"] == "111122223333"


def test_configured_profile_works_and_the_rest_of_the_files_stays(
    made: tuple[Path, dict[str, Any]], server: ServerProcess, tmp_path: Path
) -> None:
    config, credentials = tmp_path / "aws" / "config", tmp_path / "aws" / "credentials"
    config.parent.mkdir()
    config.write_text(
        "# mine\n[default]\nregion = eu-west-1\n\n[profile watchword]\nold = 1\n\n[profile other]\na = b\n"
    )
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    for _ in range(2):
        run("configure", "--data", made[0], "--yes", environment=files)
    text = config.read_text()
    assert text.startswith("# mine\n[default]\nregion = eu-west-1\n\n[profile other]\na = b\n")
    assert text.count("[profile watchword]") == 1
    assert "old" not in text
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    assert caller(files | {"AWS_PROFILE": "watchword"})["Account"] == "111122223333"


def test_configure_asks_first(made: tuple[Path, dict[str, Any]], server: ServerProcess, tmp_path: Path) -> None:
    files = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    assert server.process.poll() is None
    run("configure", "--data", made[0], code=1, environment=files)
    assert list(tmp_path.iterdir()) == []


def test_account_made_beside_a_running_server_is_known_at_once(server: ServerProcess) -> None:
    answer = run("accounts", "create", "--data", server.data_dir, "--name", "b", "--email", "b@example.test", "--json")
    account = json.loads(answer)
    keys = {"AWS_ACCESS_KEY_ID": account["access_key_id"], "AWS_SECRET_ACCESS_KEY": account["secret_access_key"]}
    variables = exports(run("env", "--data", server.data_dir)) | keys
    assert caller(variables)["Account"] == account["account_id"]
    told = run("accounts", "create", "--data", server.data_dir, "--name", "b", "--email", "B@example.test", code=1)
    assert "taken" in told


def test_backup_of_a_running_server_serves_again_with_the_key_that_was_kept_apart(
    made: tuple[Path, dict[str, Any]], server: ServerProcess, tmp_path: Path
) -> None:
    run("backup", "--data", made[0], "--to", tmp_path / "backup")
    key = (made[0] / "master.key").read_text().split()[1]
    for path in (tmp_path / "backup").rglob("*"):
        assert not path.is_file() or key.encode() not in path.read_bytes()
    run("restore", "--from", tmp_path / "backup", "--data", tmp_path / "data", "--master-key", made[0] / "master.key")
    again = serve(tmp_path / "data")
    try:
        variables = exports(run("env", "--data", made[0])) | {"AWS_ENDPOINT_URL": again.http}
        assert caller(variables)["Account"] == "111122223333"
        assert "holds no keys" in run("env", "--data", tmp_path / "data", code=1)
    finally:
        assert again.stop() == 0


def test_a_backup_goes_to_a_place_of_its_own(made: tuple[Path, dict[str, Any]]) -> None:
    assert "back up to another place" in run("backup", "--data", made[0], "--to", made[0] / "spool" / "in", code=1)
    assert not (made[0] / "spool" / "in").exists()


def test_a_restore_with_the_key_of_another_system_leaves_nothing(
    made: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    run("backup", "--data", made[0], "--to", tmp_path / "backup")
    run("init", "--data", tmp_path / "other")
    from_backup = ("restore", "--from", tmp_path / "backup", "--data", tmp_path / "data", "--master-key")
    assert "not the one that sealed these records" in run(*from_backup, tmp_path / "other" / "master.key", code=1)
    run(*from_backup, made[0] / "master.key")


def test_up_makes_what_is_missing_and_serves(tmp_path: Path) -> None:
    command = [WATCHWORD, "up", "--data", str(tmp_path / "data"), "--http", "127.0.0.1:0", "--json"]
    for _ in range(2):
        running = start(command, tmp_path / "data")
        assert caller(exports(run("env", "--data", tmp_path / "data")))["Arn"].endswith(":user/administrator")
        assert running.stop(signal.SIGINT) == 0
    assert "no server runs" in run("env", "--data", tmp_path / "data", code=1)


def test_server_that_was_killed_loses_no_account(tmp_path: Path) -> None:
    account = json.loads(run("init", "--data", tmp_path / "data", "--json"))
    assert serve(tmp_path / "data").stop(signal.SIGKILL) == -signal.SIGKILL
    again = serve(tmp_path / "data", "--workers", "2")
    try:
        assert caller(exports(run("env", "--data", tmp_path / "data")))["Account"] == account["account_id"]
    finally:
        assert again.stop() == 0
