"""The library page's code runs; the examples obey requests that botocore signed, and refuse the others."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = Path(__file__).parents[2]
EXAMPLES = str(ROOT / "examples")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "notes:*", "Resource": "arn:aws:notes:*::note/mine *"},
    }
)


def test_the_code_of_the_page_runs() -> None:
    blocks = BLOCK.findall((ROOT / "docs" / "library.md").read_text("utf-8"))
    assert len(blocks) >= 4
    code = "\n".join(blocks)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("package", ["signing.verification", "signing.signer", "signing.payload", "policy.evaluate"])
def test_the_packages_stand_by_themselves(package: str) -> None:
    code = (
        f"import sys, watchword.{package}\n"
        "own = {name.split('.')[1] for name in sys.modules if name.startswith('watchword.')}\n"
        f"assert own <= {{'core', {package.partition('.')[0]!r}}}, own\n"
        "assert not sys.modules.keys() & {'lxml', 'apsw', 'uvicorn', 'awscrt', 'argon2', 'cryptography'}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.fixture(params=["asgi", "wsgi"])
def notes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Calls the example's application: (method, path, headers, body) to (status, body)."""
    patch: Any = monkeypatch
    patch.syspath_prepend(EXAMPLES)
    guard = import_module("guard")
    application = import_module(f"notes_{request.param}").Notes(
        guard.Guard({KEY: guard.Caller("111122223333", "alice", SECRET, POLICY)})
    )
    caller = asgi if request.param == "asgi" else wsgi

    def call(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        return caller(application, method, path, headers, body)

    yield call
    for name in ("guard", "notes_asgi", "notes_wsgi"):
        sys.modules.pop(name, None)


def asgi(application: Any, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    lines = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": method, "raw_path": path.encode(), "query_string": b"", "headers": lines}
    asyncio.run(application(scope, receive, send))
    return said[0]["status"], said[1]["body"]


def wsgi(application: Any, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    said: list[str] = []
    environ: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environ |= {"REQUEST_METHOD": method, "RAW_URI": path, "PATH_INFO": "/", "wsgi.url_scheme": "http"}
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}

    def start_response(status: str, _headers: object) -> None:
        said.append(status)

    answer = b"".join(application(environ, start_response))
    return int(said[0].split()[0]), answer


def signed(method: str, path: str, body: bytes = b"", secret: str = SECRET, service: str = "notes") -> dict[str, str]:
    request: Any = AWSRequest(method, f"http://notes.example.com{path}", data=body)
    request.headers["Host"] = "notes.example.com"
    signer: Any = botocore.auth.SigV4Auth(Credentials(KEY, secret), service, "us-east-1")
    signer.add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}


MINE = "/notes/mine%20%C3%BC%2Fa"


def test_signed_requests_are_obeyed(notes: Any) -> None:
    assert notes("GET", MINE, signed("GET", MINE), b"")[0] == 404
    assert notes("PUT", MINE, signed("PUT", MINE, b"hello"), b"hello") == (204, b"")
    assert notes("GET", MINE, signed("GET", MINE), b"") == (200, b"hello")


def test_others_are_refused(notes: Any) -> None:
    for headers, body, status, code in (
        ({"Host": "notes.example.com"}, b"", 403, "MissingAuthenticationTokenException"),
        (signed("PUT", MINE, b"hello"), b"other", 403, "InvalidSignatureException"),
        (signed("PUT", MINE, b"hello", secret="wrong"), b"hello", 403, "InvalidSignatureException"),
        (signed("PUT", MINE, b"hello", service="s3"), b"hello", 403, "InvalidSignatureException"),
        (signed("GET", MINE), b"", 403, "InvalidSignatureException"),
    ):
        got, answer = notes("PUT", MINE, headers, body)
        assert (got, json.loads(answer)["__type"]) == (status, code)
    got, answer = notes("PUT", "/notes/others", signed("PUT", "/notes/others"), b"")
    assert (got, json.loads(answer)["__type"]) == (403, "AccessDeniedException")
    assert "is not authorized to perform: notes:PutNote" in json.loads(answer)["message"]
