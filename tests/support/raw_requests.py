"""Requests as bytes on the wire, signed or not, to be changed and sent; and the answers, as they came."""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from urllib.parse import quote, urlencode, urlsplit

from tests.support.house import REGION, Keys
from tests.support.processes import read_answer

from watchword.signing.signer import Credentials, Target, presign, sign_request

FORM = "application/x-www-form-urlencoded; charset=utf-8"
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def code(self) -> str:
        """The code of an error document; empty when there is none."""
        return self.element("Code")

    @property
    def message(self) -> str:
        return self.element("Message")

    @property
    def error(self) -> tuple[int, str, str]:
        return self.status, self.code, self.message

    def element(self, name: str) -> str:
        """The text of the first element with this name; empty when there is none."""
        match = re.search(rf"<{name}>(.*?)</{name}>", self.text, re.DOTALL)
        return unescape(match[1]) if match else ""


@dataclass(frozen=True)
class RawRequest:
    """A request, part by part, as it will go over the wire."""

    endpoint: str
    method: str
    target: str
    """Path and query."""
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""

    def header(self, name: bytes) -> bytes:
        return dict(self.headers)[name]

    def with_header(self, name: bytes, value: bytes) -> RawRequest:
        """The request with one header set or added."""
        if name in dict(self.headers):
            return replace(self, headers=tuple((n, value if n == name else v) for n, v in self.headers))
        return replace(self, headers=(*self.headers, (name, value)))

    def without_header(self, name: bytes) -> RawRequest:
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0] != name))

    def with_authorization(self, old: str, new: str) -> RawRequest:
        """The request with a part of its Authorization header replaced."""
        value = self.header(b"authorization")
        assert old.encode() in value
        return self.with_header(b"authorization", value.replace(old.encode(), new.encode()))

    @property
    def wire(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1".encode("latin-1")]
        lines += [name + b": " + value for name, value in self.headers]
        if not any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers):
            lines.append(b"content-length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body

    def send(self) -> Answer:
        """Send over a connection of its own."""
        return send_bytes(self.endpoint, self.wire)


def send_bytes(endpoint: str, wire: bytes) -> Answer:
    """Send what may or may not be HTTP; gives back the first answer."""
    parts = urlsplit(endpoint)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as connection:
        connection.sendall(wire)
        return Answer(*read_answer(connection, head_only=wire.startswith(b"HEAD ")))


def raw(
    keys: Keys,
    method: str,
    target: str,
    service: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    now: datetime | None = None,
    region: str = REGION,
    payload_hash: str | None = None,
    signing: str | None = None,
) -> RawRequest:
    """A correctly signed request; `service`, `region` and `now` may be wrong ones.

    `signing` is what the signature is for where that is not called as the service.
    """
    signed = sign_request(
        method,
        keys.endpoint + target,
        headers or {},
        body,
        Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token),
        Target(signing or service, region, s3=service == "s3"),
        now or datetime.now(UTC),
        payload_hash=payload_hash,
    )
    lines = tuple((name.encode(), value.encode()) for name, value in signed.headers.items())
    return RawRequest(keys.endpoint, method, target, lines, body)


def call(keys: Keys, service: str, action: str, **parameters: str) -> RawRequest:
    """A signed call of the Query protocol."""
    return call_at(None, keys, service, action, **parameters)


def call_at(now: datetime | None, keys: Keys, service: str, action: str, **parameters: str) -> RawRequest:
    """A signed call of the Query protocol, signed at a certain time."""
    form = {"Action": action, "Version": VERSIONS[service], **parameters}
    body = urlencode(form).encode()
    return raw(keys, "POST", "/", service, headers={"content-type": FORM}, body=body, now=now)


def whoami(keys: Keys, *, now: datetime | None = None) -> RawRequest:
    """The call that everybody may make who is somebody."""
    return call_at(now, keys, "sts", "GetCallerIdentity")


def put(keys: Keys, path: str, body: bytes, **headers: str) -> RawRequest:
    """A signed S3 upload."""
    return raw(keys, "PUT", path, "s3", headers=headers, body=body)


def delete(keys: Keys, path: str) -> RawRequest:
    """A signed S3 deletion."""
    return raw(keys, "DELETE", path, "s3")


def get(keys: Keys, path: str) -> RawRequest:
    """A signed S3 download."""
    return raw(keys, "GET", path, "s3")


def unsigned(keys: Keys, method: str, target: str, body: bytes = b"", **headers: str) -> RawRequest:
    """A request without any credentials to the server of these keys; `_` in a header's name stands for `-`."""
    host = keys.endpoint.partition("//")[2].encode()
    lines = [(b"host", host), (b"content-length", str(len(body)).encode())]
    lines += [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return RawRequest(keys.endpoint, method, target, tuple(lines), body)


def presigned(
    keys: Keys, method: str, path: str, *, seconds: int, now: datetime | None = None, service: str = "s3"
) -> RawRequest:
    """A request whose signature is in its URL."""
    url = presign(
        method,
        keys.endpoint + path,
        {},
        Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token),
        Target(service, REGION, s3=service == "s3"),
        now or datetime.now(UTC),
        expires_seconds=seconds,
    )
    parts = urlsplit(url)
    return RawRequest(keys.endpoint, method, f"{parts.path}?{parts.query}", ((b"host", parts.netloc.encode()),))


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def quoted(text: str) -> str:
    """A path segment or query value, percent-encoded."""
    return quote(text, safe="")
