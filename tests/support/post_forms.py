"""Make S3 upload forms, good ones and others, and send them."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from tests.support.house import REGION, Keys
from tests.support.raw_requests import Answer

from watchword.signing.keys import derive_signing_key

BOUNDARY = "----a-boundary"
Fields = dict[str, str]


def body_of(fields: Mapping[str, str], file: bytes | None = b"bytes", file_name: str = "C:\\folder\\name.txt") -> bytes:
    lines = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file is not None:
        escaped = file_name.replace("\\", "\\\\")
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{escaped}"\r\n'
        lines += [head.encode(), b"Content-Type: text/plain\r\n\r\n", file, b"\r\n"]
    return b"".join([*lines, f"--{BOUNDARY}--\r\n".encode()])


def send(
    url: str, body: bytes, *, host: str | None = None, content_type: str = f"multipart/form-data; boundary={BOUNDARY}"
) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=20)
    headers = {"Content-Type": content_type} | ({"Host": host} if host else {})
    connection.request("POST", parts.path or "/", body, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, data)


def s3_of(keys: Keys, version: str | None = "s3v4") -> Any:
    connect: Any = boto3.client  # type: ignore[reportUnknownMemberType]
    return connect(
        "s3",
        region_name=REGION,
        endpoint_url=keys.endpoint,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        config=Config(signature_version=version, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def own_policy(keys: Keys, document: object, *, now: datetime | None = None, **more: str) -> Fields:
    """The fields of a form whose policy is this document, whatever it is; signed by SigV4."""
    at = now or datetime.now(UTC)
    encoded = base64.b64encode((document if isinstance(document, str) else json.dumps(document)).encode()).decode()
    key = derive_signing_key(keys.secret_access_key, at.strftime("%Y%m%d"), REGION, "s3")
    return {
        "policy": encoded,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{keys.access_key_id}/{at:%Y%m%d}/{REGION}/s3/aws4_request",
        "x-amz-date": f"{at:%Y%m%dT%H%M%SZ}",
        "x-amz-signature": key.sign(encoded.encode()),
        **more,
    }


def until(hours: float = 1) -> str:
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


ANY_AUTH = [["starts-with", f"$x-amz-{name}", ""] for name in ("algorithm", "credential", "date")]
