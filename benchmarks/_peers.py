"""Other S3 servers, each on a free port and a folder of its own, signatures checked; and the plain file server.

They live in an environment of their own (.peers/, or the folder in WATCHWORD_PEERS). What is not there is skipped, with
a line that says so.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
from botocore.config import Config

from watchword.signing.signer import Credentials, Target, sign_request

PEERS = Path(os.environ.get("WATCHWORD_PEERS", Path(__file__).parents[1] / ".peers")) / "bin"
REGION = "us-east-1"
BUCKET = "bench-bucket"
READY_SECONDS = 60
_KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12")


@dataclass(frozen=True)
class Server:
    """Somebody who takes and gives objects."""

    name: str
    address: tuple[str, int]
    pid: int
    credentials: Credentials | None
    """None: nobody is asked who he is."""

    def request(
        self, method: str, key: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, payload: str | None
    ) -> bytes:
        """A request as it goes over the wire; `payload` is what it says of the body's hash, None to hash it."""
        host = f"{self.address[0]}:{self.address[1]}"
        lines = {**(headers or {}), "host": host}
        path = f"/{BUCKET}/{key}"
        if self.credentials is not None:
            target = Target("s3", REGION, s3=True)
            url, now = f"http://{host}{path}", datetime.now(UTC)
            signed = sign_request(method, url, headers or {}, body, self.credentials, target, now, payload_hash=payload)
            lines = dict(signed.headers)
        lines["content-length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def s3_client(server: Server) -> Any:
    """A boto3 client with the server's keys."""
    assert server.credentials is not None
    make: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    return make(
        "s3",
        region_name=REGION,
        endpoint_url=f"http://{server.address[0]}:{server.address[1]}",
        aws_access_key_id=server.credentials.access_key_id,
        aws_secret_access_key=server.credentials.secret,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def plain(folder: Path) -> Generator[Server]:
    """The plain file server of `_files.py`."""
    (folder / BUCKET).mkdir(parents=True)
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("_files.py")), str(port), str(folder)]
    with _running(command, folder, {}) as process:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Server("plain ASGI", ("127.0.0.1", port), process.pid, None)


@contextmanager
def seaweedfs(folder: Path) -> Generator[Server | None]:
    """SeaweedFS: master, volume, filer and S3 in one process, one identity."""
    program = PEERS / "weed"
    if not program.exists():
        print(f"SeaweedFS is skipped: there is no {program} (see docs/performance.md)")
        yield None
        return
    folder.mkdir()
    keys = [{"accessKey": _KEYS.access_key_id, "secretKey": _KEYS.secret}]
    actions = ["Admin", "Read", "Write", "List"]
    config = folder / "s3.json"
    config.write_text(json.dumps({"identities": [{"name": "bench", "credentials": keys, "actions": actions}]}))
    port = free_port()
    ports = [f"-{name}.port={free_port()}" for name in ("master", "volume", "filer")]
    ports += [f"-{name}.port.grpc={free_port()}" for name in ("master", "volume", "filer", "s3")]
    local = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.iam=false", f"-s3.localSocket={folder / 's3.sock'}"]
    local += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    command = [str(program), "server", f"-dir={folder}", "-s3", f"-s3.port={port}", f"-s3.config={config}"]
    with _running([*command, *ports, *local], folder, {}) as process:
        yield _ready(Server("SeaweedFS", ("127.0.0.1", port), process.pid, _KEYS))


@contextmanager
def ministack(folder: Path) -> Generator[Server | None]:
    """MiniStack, which keeps objects in memory, asked to check signatures."""
    program = PEERS / "ministack"
    if not program.exists():
        print(f"MiniStack is skipped: there is no {program} (see docs/performance.md)")
        yield None
        return
    folder.mkdir()
    port = free_port()
    keys = {"AWS_ACCESS_KEY_ID": _KEYS.access_key_id, "AWS_SECRET_ACCESS_KEY": _KEYS.secret}
    settings = {"AUTH": "true", "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "WARNING"}
    settings |= {"STATE_DIR": str(folder), "S3_DATA_DIR": str(folder)}
    with _running([str(program)], folder, settings | keys) as process:
        yield _ready(Server("MiniStack", ("127.0.0.1", port), process.pid, _KEYS))


@contextmanager
def _running(command: list[str], folder: Path, settings: Mapping[str, str]) -> Generator[subprocess.Popen[bytes]]:
    with folder.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env={**os.environ, **settings})
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)


def _ready(server: Server) -> Server | None:
    """Make the bucket as soon as the server lets us; None when it never does."""
    client = s3_client(server)
    deadline = time.monotonic() + READY_SECONDS
    reason = ""
    while time.monotonic() < deadline:
        try:
            client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="first", Body=b"x")
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            reason = str(error)
            time.sleep(0.5)
        else:
            return server
    print(f"{server.name} is skipped: it does not get ready: {reason}")
    return None
