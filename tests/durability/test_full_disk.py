"""No room on any disk of the server: writes are refused whole, reading goes on, and all is well when there is room."""

from __future__ import annotations

import resource
import threading
from pathlib import Path

from tests.support.house import House, Keys
from tests.support.raw_requests import Answer, RawRequest, call, get, put, whoami

WAITS = 200


def no_room(house: House, *, is_full: bool) -> None:
    """Let no file of the server grow, or let all grow again."""
    pid = house.server.process.pid
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 if is_full else hard, hard))


def ready(keys: Keys) -> Answer:
    return RawRequest(keys.endpoint, "GET", "/_watchword/ready", ((b"host", b"localhost"),)).send()


def wait_for(keys: Keys, status: int) -> None:
    for _ in range(WAITS):
        if ready(keys).status == status:
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"the server never became {status}")


def test_a_full_disk_refuses_writes_and_nothing_else_and_is_got_over(tmp_path: Path) -> None:
    house = House.start(tmp_path / "data")
    try:
        admin = house.account().administrator
        admin.client("s3").create_bucket(Bucket="full")
        assert put(admin, "/full/before", b"before").send().status == 200
        no_room(house, is_full=True)
        wait_full(admin)
        refused = [
            call(admin, "iam", "CreateUser", UserName="refused"),
            put(admin, "/full/refused", b"x"),
            put(admin, "/full/refused-and-long", b"x" * 300_000),
            put(admin, "/full/before", b"after"),
        ]
        for request in refused:
            answer = request.send()
            assert (answer.status, answer.code) == (503, "ServiceUnavailable"), answer.text
        assert whoami(admin).send().status == 200
        assert get(admin, "/full/before").send().body == b"before"
        assert call(admin, "iam", "ListUsers").send().status == 200

        no_room(house, is_full=False)
        wait_for(admin, 200)
        assert [get(admin, f"/full/{key}").send().code for key in ("refused", "refused-and-long")] == ["NoSuchKey"] * 2
        assert get(admin, "/full/before").send().body == b"before"
        assert call(admin, "iam", "GetUser", UserName="refused").send().code == "NoSuchEntity"
        assert [request.send().status for request in refused] == [200] * 4
        assert get(admin, "/full/before").send().body == b"after"
        assert "Traceback" not in house.log
    finally:
        house.stop()


def test_a_disk_that_fills_in_the_middle_of_a_write_loses_and_keeps_nothing(tmp_path: Path) -> None:
    """The first write meets the full disk before anybody has noticed it."""
    house = House.start(tmp_path / "data")
    try:
        admin = house.account().administrator
        admin.client("s3").create_bucket(Bucket="full")
        for number, path in enumerate(("small", "large")):
            body = b"x" * (10, 300_000)[number]
            no_room(house, is_full=True)
            answer = put(admin, f"/full/{path}", body).send()
            assert (answer.status, answer.code) == (503, "ServiceUnavailable"), answer.text
            no_room(house, is_full=False)
            wait_for(admin, 200)
            assert get(admin, f"/full/{path}").send().code == "NoSuchKey"
            assert put(admin, f"/full/{path}", body).send().status == 200
            assert get(admin, f"/full/{path}").send().body == body
        no_room(house, is_full=True)
        assert call(admin, "iam", "CreateUser", UserName="ada").send().status == 503
        no_room(house, is_full=False)
        wait_for(admin, 200)
        assert call(admin, "iam", "CreateUser", UserName="ada").send().status == 200
        assert "Traceback" not in house.log
    finally:
        house.stop()


def wait_full(keys: Keys) -> None:
    """Read until the audit log has noticed."""
    assert whoami(keys).send().status == 200
    wait_for(keys, 503)


def test_a_server_whose_disk_is_full_still_stops_well(tmp_path: Path) -> None:
    house = House.start(tmp_path / "data")
    admin = house.account().administrator
    assert whoami(admin).send().status == 200
    no_room(house, is_full=True)
    wait_full(admin)
    assert house.server.stop() == 0
