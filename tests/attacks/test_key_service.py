"""The socket at which keys are given: who may not ask, what is no question, and what is given to nobody."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.support.house import Account, House, user_with
from tests.support.processes import ROOT
from tests.support.raw_requests import call, get, put, whoami

from watchword.credentials.session_seals import MintingKeys
from watchword.credentials.sessions import period_of
from watchword.gateway.key_desk import ASKED_AT_ONCE
from watchword.gateway.key_questions import (
    BODY_BYTES_MAX,
    PROTOCOL_VERSION,
    QUESTION_BYTES_MAX,
    Answer,
    Answered,
    Busy,
    Given,
    HandedOn,
    Message,
    OpeningKey,
    Refused,
    SigningKey,
    Start,
    Started,
    decode_answer,
    encode,
)
from watchword.server.key_frames import LENGTH, frame
from watchword.server.master_key import load_keyring
from watchword.signing.keys import V2, V4, V4A, signing_key_bytes

NOW = datetime.now(UTC)
TODAY = f"{NOW:%Y%m%d}"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s") / "k"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, path: Path) -> Iterator[House]:
    house = House.start(tmp_path_factory.mktemp("keys") / "data", keys_to=str(path))
    yield house
    house.stop()


@pytest.fixture(scope="module")
def acme(house: House) -> Account:
    return house.account()


class Asker:
    """A connection to the key service, byte by byte."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect(str(path))

    def ask(self, question: Message) -> Answer:
        self.socket.sendall(frame(encode(question)))
        return self.read()

    def read(self) -> Answer:
        (length,) = LENGTH.unpack(self._take(LENGTH.size))
        return decode_answer(self._take(length))

    def is_cut_off(self) -> bool:
        """True when the other end closes without a word."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data


@pytest.fixture
def asker(house: House, path: Path) -> Iterator[Asker]:
    asker = Asker(path)
    with asker.socket:
        yield asker


def signing(key_id: str, date: str = TODAY, region: str = "us-east-1", service: str = "sts") -> SigningKey:
    return SigningKey(key_id, V4, date, region, service)


class TestWhatIsGiven:
    def test_the_key_of_a_scope(self, asker: Asker, acme: Account) -> None:
        keys = acme.administrator
        given = asker.ask(signing(keys.access_key_id))
        assert given == Given(signing_key_bytes(keys.secret_access_key, TODAY, "us-east-1", "sts"))
        assert "b'" not in repr(given)

    def test_the_public_key_for_sigv4a(self, asker: Asker, acme: Account) -> None:
        given = asker.ask(SigningKey(acme.administrator.access_key_id, V4A, TODAY, "", "s3"))
        assert isinstance(given, Given)
        assert (len(given.key), given.key[0]) == (65, 4)

    @pytest.mark.parametrize("days", [-7, -1, 0])
    def test_days_whose_presigned_urls_may_live(self, asker: Asker, acme: Account, days: int) -> None:
        date = f"{NOW + timedelta(days=days):%Y%m%d}"
        assert isinstance(asker.ask(signing(acme.administrator.access_key_id, date)), Given)

    def test_what_holds_for_all_requests(self, asker: Asker, house: House) -> None:
        keyring = load_keyring(house.server.data_dir)
        started = asker.ask(Start(PROTOCOL_VERSION))
        assert isinstance(started, Started)
        assert started.token_keys == {1: MintingKeys(keyring).verifying_key(1).public_bytes_raw()}
        given = [*started.token_keys.values(), *started.marker_keys.values()]
        assert MintingKeys(keyring).signing_key(1).private_bytes_raw() not in given
        assert keyring.newest.material not in given


class TestWhatIsGivenToNobody:
    @pytest.mark.parametrize(
        ("date", "region", "service"),
        [
            (f"{NOW + timedelta(days=2):%Y%m%d}", "us-east-1", "sts"),
            (f"{NOW - timedelta(days=10):%Y%m%d}", "us-east-1", "sts"),
            ("20261399", "us-east-1", "sts"),
            (f"{TODAY} ", "us-east-1", "sts"),
            (f"{TODAY}/us-east-1", "sts", "aws4_request"),
            ("", "us-east-1", "sts"),
            ("x" * 100_000, "us-east-1", "sts"),
            (TODAY, "r" * 65, "sts"),
            (TODAY, "us-east-1", "s" * 65),
            (TODAY, "us-east-1", ""),
            (TODAY, "us-east-1", "sts/aws4_request"),
        ],
    )
    def test_a_scope_of_no_request(self, asker: Asker, acme: Account, date: str, region: str, service: str) -> None:
        assert asker.ask(signing(acme.administrator.access_key_id, date, region, service)) == Refused()

    def test_the_secret_itself_as_the_key_of_signature_version_2(self, asker: Asker, acme: Account) -> None:
        question = SigningKey(acme.administrator.access_key_id, V2, TODAY, "us-east-1", "s3")
        assert asker.ask(question) == Refused()

    def test_keys_that_are_inactive_gone_or_of_nobody(self, asker: Asker, acme: Account) -> None:
        iam = acme.administrator.client("iam")
        keys = user_with(acme, "switched")
        assert isinstance(asker.ask(signing(keys.access_key_id)), Given)
        iam.update_access_key(UserName="switched", AccessKeyId=keys.access_key_id, Status="Inactive")
        assert asker.ask(signing(keys.access_key_id)) == Refused()
        iam.delete_access_key(UserName="switched", AccessKeyId=keys.access_key_id)
        for key_id in (keys.access_key_id, "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "", "\0", "A" * 100_000):
            assert asker.ask(signing(key_id)) == Refused()

    def test_keys_of_hours_to_come_and_of_hours_whose_tokens_are_dead(self, asker: Asker) -> None:
        hour = period_of(NOW)
        for period in (hour, hour - 36):
            assert isinstance(asker.ask(OpeningKey(1, period)), Given)
        for number, period in ((1, hour + 3), (1, hour - 40), (1, 0), (1, -1), (2, hour), (0, hour), (2**40, hour)):
            assert asker.ask(OpeningKey(number, period)) == Refused()

    def test_another_version_of_the_protocol(self, asker: Asker) -> None:
        assert asker.ask(Start(PROTOCOL_VERSION + 1)) == Refused()

    def test_every_question_leaves_a_line_without_its_key(self, asker: Asker, house: House, acme: Account) -> None:
        keys = user_with(acme, "written-down")
        given = asker.ask(signing(keys.access_key_id))
        assert isinstance(given, Given)
        asker.ask(signing(keys.access_key_id, service="sts/aws4_request"))
        file = house.server.data_dir / "keys-given.jsonl"
        lines: list[dict[str, object]] = []
        deadline = datetime.now(UTC) + timedelta(seconds=20)
        while len(lines) < 2 and datetime.now(UTC) < deadline:
            text = file.read_text() if file.exists() else ""
            whole = text.split("\n")[:-1]  # the last may be half written
            lines = [line for line in map(json.loads, whole) if keys.access_key_id in line.values()]
        assert [(line["given"], line["pid"], line["scope"]) for line in lines] == [
            (True, os.getpid(), f"{TODAY}/us-east-1/sts"),
            (False, os.getpid(), f"{TODAY}/us-east-1/sts/aws4_request"),
        ]
        assert given.key.hex() not in file.read_text()


class TestWhoMayNotAsk:
    def test_the_socket_is_its_owners_alone(self, house: House, path: Path) -> None:
        assert path.stat().st_mode & 0o777 == 0o600

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
    def test_another_user_is_cut_off_though_the_socket_lets_him_in(self, house: House, path: Path) -> None:
        for folder in (path.parent, path.parent.parent):
            folder.chmod(0o755)
        path.chmod(0o666)
        asked = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, str(path)],
            env={"PYTHONPATH": f"{ROOT / 'src'}"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        path.chmod(0o600)
        assert asked.stdout.strip() == "cut off", asked.stderr
        assert "user 65534 may not ask for keys" in house.log


_AS_NOBODY = """
import socket, sys
from watchword.gateway.key_questions import Start, encode
from watchword.server.key_frames import frame
import os
question = frame(encode(Start(1)))
connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
os.chdir(os.path.dirname(sys.argv[1]))
os.setgroups([]); os.setgid(65534); os.setuid(65534)
connection.connect("./" + os.path.basename(sys.argv[1]))
try:
    connection.sendall(question)
    print("answered" if connection.recv(10) else "cut off")
except (BrokenPipeError, ConnectionResetError):
    print("cut off")
"""


class TestWhatIsNoQuestion:
    @pytest.mark.parametrize(
        "body",
        [
            b"GET / HTTP/1.1\r\n\r\n",
            b"\xc1",
            b"\x90",
            msgspec.msgpack.encode([99]),
            msgspec.msgpack.encode([2, "AKIA"]),
            msgspec.msgpack.encode([2, "AKIA", V4, TODAY, "us-east-1", "sts", "more"]),
            msgspec.msgpack.encode([2, "AKIA", "none", TODAY, "us-east-1", "sts"]),
            msgspec.msgpack.encode([3, "1", 2]),
            msgspec.msgpack.encode({"type": 1}),
            msgspec.msgpack.encode([12, b"key"]),
            b"\x92" * 60_000,
        ],
    )
    def test_garbage(self, asker: Asker, body: bytes) -> None:
        asker.socket.sendall(frame(body))
        assert asker.is_cut_off()

    @pytest.mark.parametrize("length", [0, QUESTION_BYTES_MAX + 1, 2**32 - 1])
    def test_a_frame_that_is_too_long_is_not_waited_for(self, asker: Asker, length: int) -> None:
        asker.socket.sendall(LENGTH.pack(length))
        assert asker.is_cut_off()

    def test_two_questions_at_once(self, asker: Asker) -> None:
        asker.socket.sendall(frame(encode(Start(PROTOCOL_VERSION))) * 2)
        assert asker.is_cut_off()

    def test_random_bytes_never_get_an_answer_and_never_end_the_service(self, path: Path, asker: Asker) -> None:
        chance = random.Random(5)
        for _ in range(200):
            stranger = Asker(path)
            with stranger.socket:
                stranger.socket.sendall(frame(chance.randbytes(chance.randrange(1, 200))))
                assert stranger.is_cut_off()
        assert isinstance(asker.ask(Start(PROTOCOL_VERSION)), Started)

    def test_a_frame_in_pieces(self, asker: Asker) -> None:
        for byte in frame(encode(Start(PROTOCOL_VERSION))):
            asker.socket.sendall(bytes((byte,)))
        assert isinstance(asker.read(), Started)


class TestRequestsThatAreHandedOn:
    def handed_on(self, acme: Account, action: str = "GetSessionToken", endpoint: str = "") -> HandedOn:
        request = call(acme.administrator, "sts", action)
        return HandedOn("POST", b"/", b"", [*request.headers], "http", "203.0.113.7", endpoint, "", request.body)

    def test_one_that_is_signed_is_served(self, asker: Asker, acme: Account) -> None:
        answer = asker.ask(self.handed_on(acme))
        assert isinstance(answer, Answered)
        assert answer.status == 200
        assert b"<SessionToken>" in answer.body

    def test_one_that_is_not_signed_or_was_changed_is_refused_as_anywhere(self, asker: Asker, acme: Account) -> None:
        request = self.handed_on(acme)
        bare = [line for line in request.headers if line[0] != b"authorization"]
        for changed, code in (
            (msgspec.structs.replace(request, headers=bare), b"MissingAuthenticationToken"),
            (msgspec.structs.replace(request, body=request.body + b"&DurationSeconds=900"), b"SignatureDoesNotMatch"),
            (
                msgspec.structs.replace(request, body=(request.body + b"&X=").ljust(BODY_BYTES_MAX, b"x")),
                b"SignatureDoesNotMatch",
            ),
        ):
            answer = asker.ask(changed)
            assert isinstance(answer, Answered)
            assert code in answer.body

    def test_one_of_an_endpoint_that_is_not_known_here(self, asker: Asker, acme: Account) -> None:
        assert asker.ask(self.handed_on(acme, endpoint="vpce-1")) == Refused()

    def test_one_whose_body_or_answer_is_data(self, asker: Asker, acme: Account) -> None:
        acme.administrator.client("s3").create_bucket(Bucket="handed-on")
        upload = put(acme.administrator, "/handed-on/key", b"x" * 100_000)
        download = get(acme.administrator, "/handed-on/key")
        asked = HandedOn("PUT", b"/handed-on/key", b"", [*upload.headers], "http", "", "", "", upload.body)
        assert asker.ask(asked) == Refused()
        assert download.send().status == 404
        assert upload.send().status == 200
        asked = HandedOn("GET", b"/handed-on/key", b"", [*download.headers], "http", "", "", "", b"")
        assert asker.ask(asked) == Refused()
        assert download.send().body == upload.body


class TestFloods:
    def test_a_node_that_asks_without_end_is_put_off_and_others_are_served(
        self, house: House, acme: Account, path: Path
    ) -> None:
        flood = subprocess.run(
            [sys.executable, "-c", _FLOOD, str(path), str(ASKED_AT_ONCE * 2)],
            env={"PYTHONPATH": f"{ROOT / 'src'}"},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        answers = json.loads(flood.stdout)
        assert answers["Refused"] >= ASKED_AT_ONCE
        assert answers["Busy"] > 0
        assert "asks for too many keys and is put off" in house.log
        asker = Asker(path)
        with asker.socket:
            assert isinstance(asker.ask(signing(acme.administrator.access_key_id)), Given)
        assert whoami(acme.administrator).send().status == 200

    def test_a_node_that_takes_no_answers_is_not_read(self, house: House, acme: Account, path: Path) -> None:
        greedy = Asker(path)
        with greedy.socket:
            greedy.socket.settimeout(0.5)
            sent = 0
            question = frame(encode(Start(PROTOCOL_VERSION)))
            try:
                while sent < 64 * 1024 * 1024:
                    sent += greedy.socket.send(question)
            except (TimeoutError, BrokenPipeError, ConnectionResetError):
                pass
            assert sent < 64 * 1024 * 1024
        assert whoami(acme.administrator).send().status == 200

    def test_too_many_connections(self, house: House, acme: Account, path: Path) -> None:
        open_ones: list[Asker] = []
        try:
            cut_off = False
            while not cut_off and len(open_ones) < 600:
                open_ones.append(Asker(path))
                open_ones[-1].socket.settimeout(20)
                try:
                    cut_off = not isinstance(open_ones[-1].ask(Start(PROTOCOL_VERSION)), (Started, Busy))
                except (EOFError, ConnectionResetError, BrokenPipeError):
                    cut_off = True
            assert cut_off
            assert len(open_ones) > 500
        finally:
            for each in open_ones:
                each.socket.close()
        assert whoami(acme.administrator).send().status == 200


_FLOOD = """
import collections, json, socket, sys
from watchword.gateway.key_questions import OpeningKey, encode, decode_answer
from watchword.server.key_frames import LENGTH, frame
connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
connection.connect(sys.argv[1])
question = frame(encode(OpeningKey(1, 0)))
answers = collections.Counter()
for _ in range(int(sys.argv[2])):
    connection.sendall(question)
    data = connection.recv(65536)
    answers[type(decode_answer(data[LENGTH.size:])).__name__] += 1
print(json.dumps(answers))
"""
