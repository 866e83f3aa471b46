"""`watchword sign`: what it prints is taken by the server; secrets are not printed; bad input gets one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.support.house import Account, Keys
from tests.support.processes import start

WATCHWORD = str(Path(sys.executable).with_name("watchword"))


def run(keys: Keys | None, *arguments: str, code: int = 0) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    if keys is not None:
        environment |= {
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_REGION": "us-east-1",
        }
    done = subprocess.run(
        [WATCHWORD, "sign", *arguments], capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stderr


def send(method: str, made: dict[str, Any], body: bytes = b"") -> tuple[int, bytes]:
    request = Request(made["url"], body or None, made["headers"], method=method)  # noqa: S310
    try:
        with urlopen(request, timeout=20) as answer:  # noqa: S310
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.fixture(scope="module")
def bucket(acme: Account) -> str:
    acme.administrator.client("s3").create_bucket(Bucket="sign-command")
    return f"{acme.administrator.endpoint}/sign-command"


@pytest.mark.parametrize("version", ["v4", "v4a", "v2"])
def test_what_it_signs_is_taken(acme: Account, bucket: str, version: str) -> None:
    keys = acme.administrator
    arguments = ("--version", version, "--json", "-H", "content-type: text/plain")
    made = json.loads(run(keys, "put", f"{bucket}/{version}", "--body", "hello", *arguments))
    assert send("PUT", made, b"hello")[0] == 200
    assert send("PUT", made, b"other")[0] == (200 if version == "v2" else 400)
    assert send("PUT", made, b"hello")[0] == 200
    url = json.loads(run(keys, "GET", f"{bucket}/{version}", "--presign", "60", "--version", version, "--json"))
    assert send("GET", url | {"headers": {}}) == (200, b"hello")


@pytest.mark.parametrize("version", ["v4", "v4a"])
def test_other_services(acme: Account, version: str) -> None:
    url = f"{acme.administrator.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15"
    made = json.loads(run(acme.administrator, "POST", url, "--service", "sts", "--version", version, "--json"))
    status, body = send("POST", made)
    assert (status, acme.id.encode() in body) == (200, True)


def test_a_person_sees_every_step_and_no_secret(acme: Account) -> None:
    arguments = (
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        "--at",
        "2026-03-14T15:09:26Z",
    )
    text = run(acme.administrator, *arguments)
    for part in (
        "1. canonical request",
        "   Action=ListUsers&Version=2010-05-08",
        "2. string to sign",
        "   20260314/us-east-1/iam/aws4_request",
        '"AWS4" + secret → 20260314 → us-east-1 → iam → aws4_request',
        "4. signature",
        "curl -X GET",
    ):
        assert part in text
    assert acme.administrator.secret_access_key not in text
    assert "\x1b" not in text


def test_bad_input_gets_one_line(acme: Account, tmp_path: Path) -> None:
    keys = acme.administrator
    assert "give a whole URL" in run(keys, "GET", "bucket/key", code=2)
    assert "is not NAME:VALUE" in run(keys, "GET", "http://h/", "-H", "nonsense", code=2)
    assert "is no time" in run(keys, "GET", "http://h/", "--at", "noon", code=2)
    assert "No such file" in run(keys, "GET", "http://h/", "--body", f"@{tmp_path}/none", code=2)
    assert "no AWS_ACCESS_KEY_ID" in run(None, "GET", "http://h/", "--data", str(tmp_path), code=1)


@pytest.mark.parametrize(
    ("flags", "environment", "code"),
    [
        ((), {}, b"InvalidAccessKeyId"),
        (("--no-signature-v2",), {}, b"InvalidRequest"),
        ((), {"WATCHWORD_SIGNATURE_V2": "0"}, b"InvalidRequest"),
    ],
    ids=["taken", "refused by flag", "refused by environment"],
)
def test_serve_has_a_switch_for_version_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], environment: dict[str, str], code: bytes
) -> None:
    data_dir = tmp_path / "data"
    subprocess.run([WATCHWORD, "init", "--data", str(data_dir), "--json"], check=True, capture_output=True, timeout=60)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    command = [WATCHWORD, "serve", "--data", str(data_dir), "--http", "127.0.0.1:0", "--json", *flags]
    server = start(command, data_dir)
    try:
        url = f"{server.http}/bucket/key?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=x&Expires=2000000000"
        assert b"<Code>" + code in send("GET", {"url": url, "headers": {}})[1]
    finally:
        assert server.stop() == 0
