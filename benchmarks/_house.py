"""A served instance for benchmarks, started by its commands, and requests that are signed once for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from watchword.signing.signer import Credentials, Target, sign_request

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
_SDK = {
    "user-agent": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.11",
    "accept-encoding": "identity",
    "amz-sdk-invocation-id": "5dcd5b20-0000-4000-8000-000000000000",
    "amz-sdk-request": "attempt=1",
}
REGION = "us-east-1"


@dataclass(frozen=True)
class Served:
    """A running server and the keys of its administrator."""

    data_dir: Path
    url: str
    pid: int
    account_id: str
    credentials: Credentials
    ready_seconds: float
    """From starting the process to its ready line."""

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    def client(self, service: str) -> Any:
        """A boto3 client as the administrator."""
        make: Any = boto3.client  # type: ignore[reportUnknownMemberType]
        return make(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=self.credentials.access_key_id,
            aws_secret_access_key=self.credentials.secret,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def request(
        self, method: str, path: str, service: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> bytes:
        """One signed request, as it goes over the wire."""
        host = urlsplit(self.url).netloc
        target = Target(service, REGION, s3=service == "s3")
        now = datetime.now(UTC)
        signed = sign_request(method, f"http://{host}{path}", headers or {}, body, self.credentials, target, now)
        lines = {**signed.headers, **_SDK, "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body

    def query(self, service: str, form: str) -> bytes:
        """A signed call of a query API."""
        return self.request("POST", "/", service, headers=FORM, body=form.encode())


def _command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "watchword"), *arguments]


@contextmanager
def served(folder: Path, *options: str, source: Path | None = None) -> Generator[Served]:
    """Initialize a data directory and serve it on a free port until the block ends.

    `source` is where the package is taken from when it is not the one that is installed.
    """
    data_dir = folder / "data"
    made = json.loads(
        subprocess.run(
            _command("init", "--data", str(data_dir), "--json"), check=True, capture_output=True, text=True
        ).stdout
    )
    keys = Credentials(made["access_key_id"], made["secret_access_key"])
    with _serving(data_dir, *options, source=source) as (ready, seconds):
        yield Served(data_dir, ready["http"], ready["pid"], made["account_id"], keys, seconds)


@contextmanager
def front_of(house: Served, socket: Path) -> Generator[Served]:
    """A front node beside a node that gives its keys at a socket."""
    with _serving(house.data_dir, "--keys-from", str(socket)) as (ready, seconds):
        yield Served(house.data_dir, ready["http"], ready["pid"], house.account_id, house.credentials, seconds)


@contextmanager
def _serving(data_dir: Path, *options: str, source: Path | None = None) -> Generator[tuple[dict[str, Any], float]]:
    started = time.perf_counter()
    command = _command("serve", "--data", str(data_dir), "--http", "127.0.0.1:0", "--json", *options)
    environment = {**os.environ, **({"PYTHONPATH": str(source)} if source is not None else {})}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield ready, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(30)
