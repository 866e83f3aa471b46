"""What strangers send to make a server work: heads and bodies that must be refused, as large as the front lets in."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from watchword.core.http import RequestHead

Lines = list[tuple[bytes, bytes]]

URL_BYTES = 16 * 1024
"""The front's limit on a URL, and on one header line."""
HEAD_BYTES = 64 * 1024
HEX = "0" * 64


class Hostile(NamedTuple):
    """A request that proves nothing."""

    name: str
    head: RequestHead
    body: bytes = b""

    @property
    def sent_bytes(self) -> int:
        head = self.head
        lines = sum(len(name) + len(value) + 4 for name, value in head.headers)
        return len(head.raw_path) + len(head.query_string) + lines + len(self.body)


class _Signed(NamedTuple):
    """Signs wrongly, in the name of a key that is known."""

    key: str
    now: datetime

    def lines(
        self,
        names: str = "host;x-amz-date;x-amz-content-sha256",
        *,
        key: str = "",
        service: str = "s3",
        more: Lines | None = None,
    ) -> Lines:
        """A Signature Version 4 header and what belongs to it."""
        value = (
            f"AWS4-HMAC-SHA256 Credential={key or self.key}/{self.now:%Y%m%d}/us-east-1/{service}/aws4_request,"
            f" SignedHeaders={names}, Signature={HEX}"
        )
        return [
            (b"host", b"127.0.0.1"),
            (b"authorization", value.encode()),
            (b"x-amz-date", f"{self.now:%Y%m%dT%H%M%SZ}".encode()),
            (b"x-amz-content-sha256", HEX.encode()),
            *(more or []),
        ]

    def ecdsa(self, signature: str) -> Lines:
        """The same of SigV4a."""
        value = (
            f"AWS4-ECDSA-P256-SHA256 Credential={self.key}/{self.now:%Y%m%d}/s3/aws4_request,"
            f" SignedHeaders=host;x-amz-date;x-amz-content-sha256;x-amz-region-set, Signature={signature}"
        )
        host, _, *rest = self.lines()
        return [host, (b"authorization", value.encode()), *rest, (b"x-amz-region-set", b"*")]


def hostile_requests(known_key: str, now: datetime, share: float = 1.0) -> Iterator[Hostile]:
    """Requests by somebody who knows one access key id and no secret; `share` of the size that the front allows."""
    signed = _Signed(known_key, now)
    url = int(URL_BYTES * share) - 200
    yield from _wrong_credentials(signed)
    yield from _long_urls(signed, url)
    yield from _long_headers(signed, url, int(HEAD_BYTES * share) - url)
    yield from _other_versions(known_key, now, url)
    yield from _uploads(signed)
    yield _form(known_key, now, share, nested=False)
    yield _form(known_key, now, share, nested=True)
    yield _form("", now, share, nested=False)
    form = b"Action=GetCallerIdentity&Version=2011-06-15&" + b"a=%c3%bc&" * int(100_000 * share)
    lines: Lines = [(b"content-type", b"application/x-www-form-urlencoded"), *signed.lines(service="sts")]
    yield Hostile("a long form, wrongly signed", RequestHead("POST", b"/", b"", lines), form)


def _wrong_credentials(signed: _Signed) -> Iterator[Hostile]:
    yield _get("nothing at all", [(b"host", b"127.0.0.1")])
    yield _get("an unknown key", signed.lines(key="AKIAAAAAAAAAAAAAAAAA"))
    yield _get("a wrong signature", signed.lines())
    yield _get("a wrong signature, SigV4a", signed.ecdsa("3044" + "0220" + "11" * 32 + "0220" + "22" * 32))
    yield _get("no signature at all, SigV4a", signed.ecdsa("30" * 72))
    token: Lines = [(b"x-amz-security-token", b"A" * 4096)]
    listed = "host;x-amz-date;x-amz-content-sha256;x-amz-security-token"
    yield _get("a forged session token", signed.lines(listed, key="ASIAAAAAAAAAAAAAAAAA", more=token))
    yield _get("a service that is not served", signed.lines(service="dynamodb"))


def _long_urls(signed: _Signed, url: int) -> Iterator[Hostile]:
    yield _get("a long path of escapes", signed.lines(), b"/b/" + b"%c3%bc" * (url // 6))
    yield _get("a long path of dots", signed.lines(service="sts"), b"/a/.." * (url // 5))
    yield _get("a long query of parameters", signed.lines(), query=b"&".join([b"b=%d" % at for at in range(url // 8)]))
    yield _get("a long query of escapes", signed.lines(), query=b"a=" + b"%c3%bc" * (url // 6))
    yield _get("a long query of pluses", signed.lines(), query=b"a=" + b"+" * url)
    yield _get(
        "version 2, a long query",
        [(b"host", b"h")],
        query=b"AWSAccessKeyId=A&Signature=x&Expires=2000000000&" + b"x-amz-a=%0A&" * (url // 12),
    )


def _long_headers(signed: _Signed, url: int, rest: int) -> Iterator[Hostile]:
    yield _get(
        "a long Authorization of commas",
        [(b"host", b"h"), (b"authorization", b"AWS4-HMAC-SHA256 " + b"a=b," * (url // 4))],
    )
    many: Lines = [(b"x-amz-meta-%d" % at, b"v" * (rest // 200)) for at in range(190)]
    listed = ";".join(["host", "x-amz-date", "x-amz-content-sha256", *(name.decode() for name, _ in many)])
    yield _get("many headers, all signed", signed.lines(listed, more=many))
    yield _get("many headers, none signed", signed.lines(more=many))
    spaces: Lines = [(b"x-amz-meta-a", b"a  " * (url // 3))]
    yield _get("a header of spaces", signed.lines("host;x-amz-date;x-amz-content-sha256;x-amz-meta-a", more=spaces))
    names = ";".join(f"h{at}" for at in range(url // 6))
    yield _get("a long list of signed headers", signed.lines("host;" + names))


def _uploads(signed: _Signed) -> Iterator[Hostile]:
    upload: Lines = [(b"content-length", b"1000000000"), (b"x-amz-decoded-content-length", b"999999999")]
    yield Hostile(
        "a large upload, wrongly signed",
        RequestHead("PUT", b"/bucket/key", b"", signed.lines(more=upload)),
    )
    yield Hostile(
        "a large upload by nobody",
        RequestHead("PUT", b"/bucket/key", b"", [(b"host", b"127.0.0.1"), (b"content-length", b"1000000000")]),
    )


def _other_versions(known_key: str, now: datetime, url: int) -> Iterator[Hostile]:
    amz = f"{now:%Y%m%dT%H%M%SZ}"
    old: Lines = [(b"host", b"127.0.0.1"), (b"date", f"{now:%a, %d %b %Y %H:%M:%S} GMT".encode())]
    yield _get("a wrong signature, version 2", [*old, (b"authorization", f"AWS {known_key}:c2lnbmF0dXJl".encode())])
    yield _get(
        "version 2, a bucket and sub-resources",
        [*old, (b"authorization", f"AWS {known_key}:c2lnbmF0dXJl".encode())],
        path=b"/bucket",
        query=b"&".join([b"%d=%%41" % at for at in range(url // 9)]),
    )
    yield _get("a wrong signature, in the URL", [(b"host", b"127.0.0.1")], query=_presigned(known_key, amz, "s3"))
    yield _get(
        "a wrong signature, SigV4a in the URL",
        [(b"host", b"127.0.0.1")],
        query=_presigned(known_key, amz, "s3", algorithm="AWS4-ECDSA-P256-SHA256"),
    )
    yield _get("a target of no service", [(b"host", b"127.0.0.1"), (b"x-amz-target", b"A" * (url // 2))])


def _get(name: str, lines: Lines, path: bytes = b"/bucket/key", query: bytes = b"") -> Hostile:
    return Hostile(name, RequestHead("GET", path, query, lines))


def _presigned(key: str, amz: str, service: str, algorithm: str = "AWS4-HMAC-SHA256") -> bytes:
    is_ecdsa = algorithm != "AWS4-HMAC-SHA256"
    scope = f"{amz[:8]}/{service}/aws4_request" if is_ecdsa else f"{amz[:8]}/us-east-1/{service}/aws4_request"
    signature = "3044" + "0220" + "11" * 32 + "0220" + "22" * 32 if is_ecdsa else HEX
    region_set = "&X-Amz-Region-Set=%2A" if is_ecdsa else ""
    return (
        f"X-Amz-Algorithm={algorithm}&X-Amz-Credential={key}/{scope}".replace("/", "%2F")
        + f"&X-Amz-Date={amz}&X-Amz-Expires=60&X-Amz-SignedHeaders=host{region_set}&X-Amz-Signature={signature}"
    ).encode()


def _form(key: str, now: datetime, share: float, *, nested: bool) -> Hostile:
    size = int(18_000 * share)
    conditions = "[" * size if nested else json.dumps({"expiration": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"})
    fields = {
        "policy": base64.b64encode(conditions.encode()).decode()[:size],
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{key}/{now:%Y%m%d}/us-east-1/s3/aws4_request",
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        "x-amz-signature": HEX,
    }
    fields = {"key": "k", **(fields if key else {})}
    if not nested:
        fields |= {f"x-ignore-{at}": "" for at in range(size // 80)}
    parts = [f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    body = "".join(
        [*parts, '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n', "x" * 1000, "\r\n--b--"]
    ).encode()
    lines: Lines = [
        (b"host", b"127.0.0.1"),
        (b"content-type", b"multipart/form-data; boundary=b"),
        (b"content-length", b"%d" % len(body)),
    ]
    name = "an upload form, a deep policy" if nested else "an upload form of many fields"
    name += "" if key else ", of nobody"
    return Hostile(name, RequestHead("POST", b"/bucket", b"", lines), body)
