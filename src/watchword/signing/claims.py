"""What a request says of itself: its key, its scope, its time, its signature.

Decides how credentials are written and what an endpoint expects. A claim proves nothing: `verification.verify`
does. The order of the checks that make a claim is in `generic_checks` and `s3_checks`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from watchword.core.http import RequestHead
from watchword.signing.canonical import Pair, SignedNames
from watchword.signing.errors import Dialect
from watchword.signing.keys import TERMINATOR, V4, Algorithm

_CREDENTIAL_LENGTH_MAX = 256
_DATE_LENGTH_MAX = 32

# At most 32 characters, twice what AWS's longest name has: what a key was last used for is kept.
_REGION = re.compile(r"(?=.{1,32}\Z)[a-z]+(?:-[a-z]+)+-[0-9]+\Z")
_BASIC_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\Z", re.ASCII)
_EXTENDED_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?Z\Z", re.ASCII)
_ZONE = re.compile(r"(?:[+-]0000|UTC)\Z")
_AUTHORIZATION = re.compile(
    V4 + r" Credential=([A-Za-z0-9/_-]+), ?SignedHeaders=([A-Za-z0-9;_-]+), ?Signature=([0-9a-f]{64})\Z"
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What an endpoint expects of a signature."""

    service: str
    """The signing name: `sts`, `iam`, `s3`, …"""
    dialect: Dialect
    """S3 also means S3's canonical path, payload hashes and presigned URLs."""
    region: str | None = None
    """None: any region, which is then the scope's."""
    skew_seconds_max: int = 900
    """How far the request's time may be from ours; exactly this far passes."""
    served_region: str = ""
    """The region that serves the request when `region` is None: what the region set of SigV4a must cover."""
    bucket: str | None = None
    """The bucket that the host names, which Signature Version 2 signs as a part of the path."""


class Form(Enum):
    """Where the credentials stand."""

    HEADER = "REST-HEADER"
    QUERY = "REST-QUERY-STRING"
    POST = "POST"
    """In the fields of an S3 upload form."""


class Scope(NamedTuple):
    """The scope of a credential: what its signing key is good for."""

    text: str
    """`date/region/service/aws4_request`, as sent; SigV4a's has no region, and Signature Version 2 has none at all."""
    date: str
    region: str
    service: str
    terminator: str
    has_region: bool
    """The region is written like one."""


class Moment(NamedTuple):
    """The time of a request."""

    at: datetime
    basic: str
    """`YYYYMMDDTHHMMSSZ`, as it stands in the string to sign."""


class Claim(NamedTuple):
    """What a request says of itself; nothing is proved yet."""

    access_key_id: str
    scope: Scope
    signed: SignedNames
    signature: str
    requested_at: datetime
    amz_date: str
    """`requested_at` in basic form, as it stands in the string to sign."""
    session_token: str | None
    form: Form
    expires_seconds: int | None
    """Only S3's presigned URLs have it."""
    payload_hash: str | None
    """What the request states as its payload hash: required in S3's header form, None where it states none."""
    canonical_head: bytes
    """The canonical request up to its payload hash."""
    algorithm: Algorithm = V4
    string_to_sign: bytes | None = None
    """What is signed where it is no canonical request: of Signature Version 2, and of upload forms."""
    also_signed: tuple[bytes, ...] = ()
    """Other spellings of the same text, which prove as much."""

    def __repr__(self) -> str:
        return f"<Claim {self.access_key_id}/{self.scope.text} {self.form.name} {self.amz_date}>"


Authorization = tuple[str, str, str]
"""Credential, SignedHeaders and Signature, as sent."""


def well_formed_authorization(value: str) -> Authorization | None:
    """Split an Authorization header that is written the way every SDK writes it, else None."""
    match = _AUTHORIZATION.match(value)
    return (match[1], match[2], match[3]) if match else None


def first_authorization(head: RequestHead) -> str:
    """The first Authorization line; empty when there is none."""
    return next((value.decode("latin-1") for name, value in head.headers if name == b"authorization"), "")


def parse_credential(text: str) -> tuple[str, Scope] | None:
    """Split `key/date/region/service/terminator`; None unless it has five parts."""
    return _known_credential(text) if len(text) <= _CREDENTIAL_LENGTH_MAX else _split_credential(text)


def _split_credential(text: str) -> tuple[str, Scope] | None:
    parts = text.split("/")
    if len(parts) != 5:
        return None
    key, date, region, service, terminator = parts
    return key, Scope(text[len(key) + 1 :], date, region, service, terminator, _REGION.match(region) is not None)


# INVARIANT: strangers fill these memories, so what goes in is short and what stays is bounded.
_known_credential = lru_cache(maxsize=4096)(_split_credential)


def parse_regionless_credential(text: str) -> tuple[str, Scope] | None:
    """Split SigV4a's `key/date/service/terminator`; None unless it has four parts."""
    parts = text.split("/")
    if len(parts) != 4:
        return None
    key, date, service, terminator = parts
    return key, Scope(text[len(key) + 1 :], date, "", service, terminator, has_region=False)


def covers_region(region_set: str, region: str) -> bool:
    """True when a region set (`us-east-1,eu-*`) names the region; `*` stands for any characters."""
    return any(_matches(entry.strip(), region) for entry in region_set.split(","))


def _matches(pattern: str, text: str) -> bool:
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    if not text.startswith(first) or len(text) < len(first) + len(rest[-1]):
        return False
    at, end = len(first), len(text) - len(rest[-1])
    for part in rest[:-1]:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return text.endswith(rest[-1])


def scope_text(date: str, region: str, service: str, algorithm: Algorithm = V4) -> str:
    """`date/region/service/aws4_request`, for SigV4a without the region."""
    return f"{date}/{region}/{service}/{TERMINATOR}" if algorithm == V4 else f"{date}/{service}/{TERMINATOR}"


def parse_basic_date(text: str) -> Moment | None:
    """Read `YYYYMMDDTHHMMSSZ`; None when it is anything else."""
    moment = parse_header_date(text)
    return moment if moment is not None and moment.basic == text else None


def parse_header_date(text: str) -> Moment | None:
    """Read a date header: ISO 8601 basic or extended, or the form of RFC 1123; None when it is anything else."""
    return _known_date(text) if len(text) <= _DATE_LENGTH_MAX else None


@lru_cache(maxsize=1024)
def _known_date(text: str) -> Moment | None:
    match = _BASIC_DATE.match(text) or _EXTENDED_DATE.match(text)
    if match:
        return _moment(match)
    try:
        at = datetime.strptime(_ZONE.sub("GMT", text), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Moment(at, basic_date(at))


def _moment(match: re.Match[str]) -> Moment | None:
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return Moment(at, "{}{}{}T{}{}{}Z".format(*match.groups()))


def basic_date(at: datetime) -> str:
    """`YYYYMMDDTHHMMSSZ`."""
    return at.strftime("%Y%m%dT%H%M%SZ")


def age_seconds(requested_at: datetime, now: datetime) -> int:
    """Whole seconds from the request's time to ours, negative when it lies ahead."""
    age: timedelta = now - requested_at
    return age.days * 86400 + age.seconds


def parameters(pairs: list[Pair]) -> dict[bytes, bytes]:
    """Query parameters by name, both still encoded; the first of a name wins."""
    return dict(reversed(pairs))


def decoded(value: bytes | None) -> str | None:
    """The text of an encoded query value."""
    if value is None:
        return None
    text = value.decode("ascii")
    return unquote(text) if "%" in text else text


def latin(value: bytes | None) -> str | None:
    """The text of a header value; Latin-1 never fails."""
    return None if value is None else value.decode("latin-1")


def unsigned_amz_headers(head: RequestHead, signed: SignedNames) -> list[bytes]:
    """The `x-amz-*` headers that the signature does not cover."""
    known = signed.known
    return [name for name in head.fields if name not in known and name[:6] == b"x-amz-"]
