"""Front nodes without the node that holds the keys, and starts that must not succeed."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.fronts import Fronts, fronts
from tests.support.house import Account, House, Keys, run_server, trust, user_with
from tests.support.processes import ROOT, read_answer
from tests.support.raw_requests import call, get, put, whoami

from watchword.server.master_key import load_keyring, rotate_keyring

UNAVAILABLE = (503, "ServiceUnavailable")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(tmp_path_factory.mktemp("fronts") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def acme(system: Fronts) -> Account:
    return system.house.account()


def session_of(keys: Keys) -> Keys:
    answer = call(keys, "sts", "GetSessionToken").send()
    assert answer.status == 200
    parts = (answer.element(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    return Keys(keys.endpoint, *parts)


class TestWithoutTheNodeThatHoldsTheKeys:
    def test_what_is_held_is_served_and_the_rest_is_unavailable(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data") as system:
            self.served_while_stopped(system, system.house.account())

    def served_while_stopped(self, system: Fronts, acme: Account) -> None:
        acme.administrator.client("iam").create_role(
            RoleName="visitor", AssumeRolePolicyDocument=trust(AWS=acme.arn("root"))
        )
        keys, other = (system.at_front(user_with(acme, name)) for name in ("held", "not-held"))
        held = system.at_front(acme.administrator)
        session = acme.assume("visitor", held)
        assert whoami(keys).send().status == whoami(session).send().status == whoami(held).send().status == 200
        system.house.stop()
        try:
            assert whoami(keys).send().status == whoami(session).send().status == 200
            assert whoami(other).send().error[:2] == UNAVAILABLE
            assert get(keys, "/").send().error[:2] == UNAVAILABLE, "S3's key was not asked for before"
            assert call(held, "sts", "GetSessionToken").send().error[:2] == UNAVAILABLE
            assert whoami(Keys(keys.endpoint, keys.access_key_id, "x" * 40)).send().status == 403
        finally:
            system.restart_house()
        assert whoami(other).send().status == 200
        assert call(held, "sts", "GetSessionToken").send().status == 200

    def test_a_node_that_hangs_holds_up_nobody_who_needs_nothing_of_it(self, system: Fronts, acme: Account) -> None:
        keys, other = (system.at_front(user_with(acme, name)) for name in ("quick", "waits"))
        assert whoami(keys).send().status == 200
        node = system.house.server.process
        node.send_signal(signal.SIGSTOP)
        try:
            assert whoami(other).send().error[:2] == UNAVAILABLE
            began = datetime.now(UTC)
            for _ in range(20):
                assert whoami(keys).send().status == 200
                assert whoami(other).send().error[:2] == UNAVAILABLE, "asked again at once"
            assert datetime.now(UTC) - began < timedelta(seconds=4)
        finally:
            node.send_signal(signal.SIGCONT)

    def test_requests_that_wait_for_a_node_that_hangs_leave_room_for_writes(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data") as system:
            keys = system.at_front(system.house.account().administrator)
            keys.client("s3").create_bucket(Bucket="still-written")
            session_of(keys)
            node = system.house.server.process
            waiting: list[socket.socket] = []
            node.send_signal(signal.SIGSTOP)
            try:
                for _ in range(100):
                    waiting.append(system.front.connect())
                    waiting[-1].sendall(call(keys, "sts", "GetSessionToken").wire)
                began = datetime.now(UTC)
                for number in range(10):
                    assert put(keys, f"/still-written/{number}", b"x").send().status == 200
                assert datetime.now(UTC) - began < timedelta(seconds=5)
            finally:
                node.send_signal(signal.SIGCONT)
            answers = [read_answer(connection)[0] for connection in waiting]
            for connection in waiting:
                connection.close()
            assert set(answers) == {200, 503}, "some waited, the others were told at once"

    def test_a_node_that_is_stopped_answers_what_it_serves(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data") as system:
            admin = system.at_front(system.house.account().administrator)
            begun = threading.Event()

            def create(thread: int) -> dict[str, int]:
                """Make users with a key each until a key is refused."""
                statuses: dict[str, int] = {}
                for number in range(1_000):
                    name = f"user-{thread}-{number}"
                    assert call(admin, "iam", "CreateUser", UserName=name).send().status == 200
                    statuses[name] = call(admin, "iam", "CreateAccessKey", UserName=name).send().status
                    begun.set()
                    if statuses[name] != 200:
                        break
                return statuses

            with ThreadPoolExecutor(8) as pool:
                creating = [pool.submit(create, thread) for thread in range(8)]
                assert begun.wait(20)
                system.house.stop()
                statuses = {name: status for each in creating for name, status in each.result().items()}
            system.restart_house()
            assert set(statuses.values()) == {200, 503}
            iam = Keys(system.house.server.http, admin.access_key_id, admin.secret_access_key).client("iam")
            made = {name: len(iam.list_access_keys(UserName=name)["AccessKeyMetadata"]) for name in statuses}
            assert made == {name: int(status == 200) for name, status in statuses.items()}

    def test_a_master_key_that_was_added_meanwhile(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data") as system:
            acme = system.house.account()
            admin = system.at_front(acme.administrator)
            before = session_of(admin)
            system.house.stop()
            rotate_keyring(tmp_path / "data", os.urandom)
            system.restart_house()
            deadline = datetime.now(UTC) + timedelta(seconds=20)
            after = session_of(admin)
            while whoami(after).send().status != 200 and datetime.now(UTC) < deadline:
                after = session_of(admin)  # the list of master keys is asked for once a second at most
            assert whoami(after).send().status == 200
            assert whoami(before).send().status == 200
            assert base64.b64decode(after.session_token or "")[:5] == b"\x02\0\0\0\x02"

    def test_it_does_not_start(self, tmp_path: Path, system: Fronts) -> None:
        refused = _serve(system.house.server.data_dir, "--keys-from", str(tmp_path / "none"))
        assert "start that node first" in refused


class TestStart:
    def test_a_master_key_in_its_environment(self, system: Fronts) -> None:
        text = load_keyring(system.house.server.data_dir).text()
        refused = _serve(
            system.house.server.data_dir, "--keys-from", str(system.socket), environment={"WATCHWORD_MASTER_KEY": text}
        )
        assert "take WATCHWORD_MASTER_KEY out of its environment" in refused
        assert text.split()[1] not in refused

    def test_a_node_that_gives_and_asks(self, system: Fronts) -> None:
        socket = str(system.socket)
        assert "leave out" in _serve(system.house.server.data_dir, "--keys-from", socket, "--keys-to", f"{socket}2")

    def test_a_socket_of_another_node_that_serves(self, system: Fronts, tmp_path: Path) -> None:
        House.start(tmp_path / "data").stop()
        refused = _serve(tmp_path / "data", "--keys-to", str(system.socket))
        assert "cannot listen" in refused

    def test_a_socket_that_a_killed_node_left(self, tmp_path: Path) -> None:
        with fronts(tmp_path / "data") as system:
            acme = system.house.account()
            system.house.server.stop(signal.SIGKILL)
            assert system.socket.exists()
            system.restart_house()
            assert call(system.at_front(acme.administrator), "sts", "GetSessionToken").send().status == 200

    def test_several_front_nodes_have_folders_of_their_own(self, system: Fronts) -> None:
        data_dir = system.house.server.data_dir
        second = run_server(data_dir, keys_from=str(system.socket))
        folders = {path.parent.name: json.loads(path.read_text()) for path in data_dir.glob("fronts/*/server.json")}
        assert {each["pid"] for each in folders.values()} == {system.front.process.pid, second.process.pid}
        assert json.loads((data_dir / "server.json").read_text())["pid"] == system.house.server.process.pid
        assert second.stop() == 0


def _serve(data_dir: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """What `watchword serve` says when it does not start."""
    command = [sys.executable, "-m", "watchword.cli.main", "serve", "--data", str(data_dir), "--http", "127.0.0.1:0"]
    done = subprocess.run(
        [*command, *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")} | (environment or {}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return done.stderr
