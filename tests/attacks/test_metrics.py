"""`/_watchword/metrics`: it says how much and why, to those who may know, and never about whom."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from tests.support.authenticators import Authenticator
from tests.support.house import Account, House, Keys, allow, policy, run_server, session_of, trust, user_with
from tests.support.processes import ServerProcess, read_all
from tests.support.raw_requests import call, get, put, raw, whoami

T = TypeVar("T")

PAGE = "/_watchword/metrics"
DEADLINE_SECONDS = 60
SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*)\})? (\d+(?:\.\d+)?(?:e[-+]\d+)?)\Z')


def answer(server: ServerProcess, *lines: str, method: str = "GET") -> tuple[int, str]:
    """Ask for the page with these further header lines: status and body."""
    head = "\r\n".join((f"{method} {PAGE} HTTP/1.1", "host: localhost", "connection: close", *lines))
    with socket.create_connection(server.address, timeout=10) as connection:
        connection.sendall(f"{head}\r\n\r\n".encode())
        received = read_all(connection)
    status, _, body = received.partition(b"\r\n\r\n")
    return int(status.split()[1]), body.decode()


def samples(server: ServerProcess) -> dict[str, float]:
    """Every sample of the page. Each line is one that Prometheus reads."""
    status, text = answer(server)
    assert status == 200
    found: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = SAMPLE.fullmatch(line)
        assert match is not None, line
        found[line.rpartition(" ")[0]] = float(match[3])
    return found


def until(look: Callable[[], T], is_so: Callable[[T], object]) -> T:
    """Look again until it is so: workers leave their counts for each other once a second."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so(seen := look()) and time.monotonic() < deadline:
        pass
    assert is_so(seen), seen
    return seen


def differences(house: House, deed: Callable[[], object]) -> dict[str, float]:
    """What a deed adds to the counts."""
    before = samples(house.server)
    deed()
    after = samples(house.server)
    return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House.start(tmp_path_factory.mktemp("counted") / "data")
    yield house
    house.stop()


@pytest.fixture(scope="module")
def acme(counted: House) -> Account:
    return counted.account()


def requests(service: str, operation: str, outcome: str) -> str:
    return f'watchword_requests_total{{service="{service}",operation="{operation}",outcome="{outcome}"}}'


class TestWhatIsCounted:
    def test_requests_by_service_operation_and_outcome(self, counted: House, acme: Account) -> None:
        admin = acme.administrator
        admin.client("s3").create_bucket(Bucket="counted")

        def deed() -> None:
            for _ in range(3):
                assert whoami(admin).send().status == 200
            assert put(admin, "/counted/k", b"x").send().status == 200
            assert get(admin, "/counted/k").send().status == 200
            assert get(admin, "/counted/absent").send().status == 404

        found = differences(counted, deed)
        assert found[requests("sts", "GetCallerIdentity", "ok")] == 3
        assert found[requests("s3", "PutObject", "ok")] == 1
        assert found[requests("s3", "GetObject", "ok")] == 1
        assert found[requests("s3", "GetObject", "invalid")] == 1
        assert found['watchword_request_seconds_count{service="s3"}'] == 3
        assert found['watchword_request_seconds_bucket{service="s3",le="+Inf"}'] == 3
        assert found["watchword_store_commits_total"] >= 1

    def test_callers_who_were_not_proved_by_why(self, counted: House, acme: Account) -> None:
        admin = acme.administrator

        def deed() -> None:
            assert whoami(Keys(admin.endpoint, admin.access_key_id, "x" * 40)).send().status == 403
            assert whoami(Keys(admin.endpoint, "AKIAIOSFODNN7EXAMPLE", "x" * 40)).send().status == 403
            assert get(Keys(admin.endpoint, "AKIAIOSFODNN7EXAMPLE", "x" * 40), "/counted/k").send().status == 403

        found = differences(counted, deed)
        kinds = ("SignatureDoesNotMatch", "InvalidClientTokenId", "InvalidAccessKeyId")
        for code in kinds:
            assert found[f'watchword_authentication_failures_total{{code="{code}"}}'] == 1
        assert sum(value for name, value in found.items() if 'outcome="not proved"' in name) == 3

    def test_denials_by_layer(self, counted: House, acme: Account) -> None:
        keys = user_with(acme, "limited", policy(allow("iam:ListUsers")))
        boundary = acme.administrator.client("iam").create_policy(
            PolicyName="edge", PolicyDocument=policy(allow("s3:*"))
        )["Policy"]["Arn"]

        def deed() -> None:
            assert call(keys, "iam", "ListRoles").send().status == 403
            acme.administrator.client("iam").put_user_permissions_boundary(
                UserName="limited", PermissionsBoundary=boundary
            )
            assert call(keys, "iam", "ListUsers").send().status == 403

        found = differences(counted, deed)
        name = 'watchword_authorization_denials_total{{layer="{}",outcome="implicitDeny"}}'
        assert found[name.format("identity-based policy")] == 1
        assert found[name.format("permissions boundary")] == 1
        assert found[requests("iam", "ListUsers", "denied")] == 1

    def test_sessions_that_were_issued(self, counted: House, acme: Account) -> None:
        acme.administrator.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=acme.arn("root")))

        def deed() -> None:
            session_of(acme.administrator)
            acme.assume("r")

        found = differences(counted, deed)
        for operation in ("GetSessionToken", "AssumeRole"):
            assert found[f'watchword_sessions_issued_total{{service="sts",operation="{operation}"}}'] == 1

    def test_what_the_process_is(self, counted: House) -> None:
        found = samples(counted.server)
        assert found["watchword_workers"] == 1
        assert found["watchword_connections"] >= 1
        assert found["process_resident_memory_bytes"] > 1 << 20
        assert found["process_open_fds"] > 3
        assert found["process_cpu_seconds_total"] > 0
        assert found['watchword_waiting{for="turn"}'] >= 0


class TestWhatIsNotTold:
    def test_nothing_that_a_client_sends_becomes_a_label(self, counted: House, acme: Account) -> None:
        admin = acme.administrator
        iam = admin.client("iam")
        iam.create_user(UserName="quiet-user-name")
        device = Authenticator.make(iam, "quiet-user-name")
        admin.client("s3").create_bucket(Bucket="quiet-bucket-name")

        def deed(first: int) -> None:
            put(admin, f"/quiet-bucket-name/quiet-key-{first}", b"x").send()
            for number in range(first, first + 25):
                call(admin, "iam", f"QuietOperation{number}").send()
                raw(admin, "POST", "/", f"quiet{number}", body=b"Action=ListThings").send()
                get(admin, f"/quiet-bucket-name/k?quiet{number}").send()
                whoami(Keys(admin.endpoint, f"AKIAQUIET{number:011}", "x" * 40)).send()

        deed(0)
        before = samples(counted.server)
        deed(25)
        assert samples(counted.server).keys() == before.keys()
        _, text = answer(counted.server)
        for secret in ("quiet", "QUIET", "Quiet", acme.id, admin.access_key_id, device.serial, "arn:"):
            assert secret not in text

    @pytest.mark.parametrize(
        "lines",
        [("x-forwarded-for: 127.0.0.1",), ("forwarded: for=127.0.0.1",), ("via: 1.1 proxy",)],
        ids=["x-forwarded-for", "forwarded", "via"],
    )
    def test_what_a_proxy_that_nobody_vouches_for_passes_on(self, counted: House, lines: tuple[str, ...]) -> None:
        assert answer(counted.server, *lines) == (404, "not found\n")

    @pytest.mark.parametrize(
        ("proxies", "lines"),
        [
            (["203.0.113.0/24"], ("x-forwarded-for: 127.0.0.1",)),
            (["203.0.113.0/24"], ("x-forwarded-for: 198.51.100.1",)),
            (["127.0.0.0/8"], ("via: 1.1 proxy",)),
            (["127.0.0.0/8"], ("forwarded: for=198.51.100.1", "x-forwarded-for: unknown")),
        ],
        ids=["another proxy", "another proxy's word", "a proxy that says not for whom", "nor in a way that is read"],
    )
    def test_what_comes_through_a_proxy_whose_word_is_not_known(
        self, tmp_path: Path, proxies: list[str], lines: tuple[str, ...]
    ) -> None:
        """That proxies are trusted vouches for no other, and for none that says nothing."""
        House.start(tmp_path / "data").stop()
        server = run_server(tmp_path / "data", trusted_proxies=proxies)
        try:
            assert answer(server, *lines)[0] == 404
            assert answer(server)[0] == 200
        finally:
            assert server.stop() == 0

    def test_other_methods(self, counted: House) -> None:
        assert answer(counted.server, method="POST")[0] == 405

    @pytest.mark.parametrize(
        ("networks", "status"),
        [(["10.0.0.0/8"], 404), (["203.0.113.0/24"], 200), (["203.0.113.7/32", "127.0.0.1/32"], 200)],
    )
    def test_only_the_networks_that_were_named(self, tmp_path: Path, networks: list[str], status: int) -> None:
        House.start(tmp_path / "data").stop()
        server = run_server(tmp_path / "data", metrics_from=networks, trusted_proxies=["127.0.0.0/8"])
        try:
            assert answer(server, "x-forwarded-for: 203.0.113.7")[0] == status
            assert answer(server, "x-forwarded-for: 198.51.100.1")[0] == 404
        finally:
            assert server.stop() == 0

    def test_through_a_vpc_endpoint(self, tmp_path: Path) -> None:
        from dataclasses import replace
        from urllib.parse import urlsplit

        house = House.start(tmp_path / "data", vpc_endpoints=["vpce-1:vpc-1@127.0.0.1:0"])
        try:
            inside = replace(house.server, description={"http": house.server.description["vpc_endpoints"]["vpce-1"]})
            assert urlsplit(inside.http).port != urlsplit(house.server.http).port
            assert answer(inside)[0] == 404
            assert answer(house.server)[0] == 200
        finally:
            house.stop()


def test_the_figures_of_all_workers_are_one(tmp_path: Path) -> None:
    """Each request comes over a connection of its own, so several workers take them; each is counted once."""
    house = House.start(tmp_path / "data", workers=2)
    try:
        admin = house.account().administrator
        for _ in range(40):
            assert whoami(admin).send().status == 200
        wanted = requests("sts", "GetCallerIdentity", "ok")
        # A worker leaves its counts once a second.
        found = until(lambda: samples(house.server), lambda found: found[wanted] >= 40)
        assert found[wanted] == 40
        assert found["watchword_workers"] == 2
        folder = house.server.data_dir / "metrics"
        assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}
    finally:
        house.stop()


def left_in(folder: Path, name: str) -> float:
    """What all workers have left of one count."""
    return sum(json.loads(path.read_bytes())["counts"].get(name, 0) for path in folder.glob("*.json"))


def test_no_total_falls_when_a_worker_dies(tmp_path: Path) -> None:
    house = House.start(tmp_path / "data", workers=2)
    try:
        admin = house.account().administrator
        for _ in range(20):
            assert whoami(admin).send().status == 200
        wanted = requests("sts", "GetCallerIdentity", "ok")
        folder = house.server.data_dir / "metrics"
        # What a worker has not left yet goes with it.
        until(lambda: left_in(folder, wanted), lambda left: left >= 20)
        pids = {int(path.stem) for path in folder.glob("*.json")}
        os.kill(min(pids), signal.SIGKILL)
        # Another worker begins, and leaves its counts.
        until(lambda: {int(path.stem) for path in folder.glob("*.json")} - pids, bool)
        found = until(lambda: samples(house.server), lambda found: found["watchword_workers"] == 2)
        assert found[wanted] == 20
    finally:
        house.stop()
    server = run_server(tmp_path / "data", workers=2)
    try:
        assert requests("sts", "GetCallerIdentity", "ok") not in samples(server), "a new server counts anew"
    finally:
        assert server.stop() == 0
