"""Host names and credential scopes: which service, region and bucket they name.

An access point is written with a colon before its name, since a slash would end the first part of a path.
Decides from text alone, believes nothing: a scope is only a claim until the signature is verified. A host that names a
service or region is final; on `localhost` or an IP address the scope decides.
Source: https://docs.aws.amazon.com/general/latest/gr/rande.html, https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from watchword.core.http import RequestHead
from watchword.signing.claims import covers_region

REGION = re.compile(
    r"(?:us|eu|ap|ca|sa|af|me|il|mx)"
    r"-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-[1-9]\Z"
)
"""Regions of the `aws` partition."""

_SUFFIXES = (".amazonaws.com", ".api.aws", ".localhost")
_S3_LABEL = re.compile(r"s3(?:-fips|express-[a-z0-9-]+)?\Z")
"""That of S3, and those of its directory buckets: one a zone, and `s3express-control`."""
_POINT_LABELS = frozenset({"s3-accesspoint", "s3-accesspoint-fips"})
_POINT = re.compile(r"([a-z0-9][a-z0-9-]{1,48}[a-z0-9])-([0-9]{12})\Z")
"""How clients put an access point and its account before the host of an endpoint."""
_POINT_BEFORE_ADDRESS = re.compile(r"([a-z0-9-]+)\.[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")


class HostName(NamedTuple):
    """What a Host header names; None where it says nothing."""

    service: str | None = None
    region: str | None = None
    bucket: str | None = None
    """The bucket, or the ARN of an access point."""
    is_aws: bool = False
    """True for AWS's own names, where a global service demands us-east-1."""


@lru_cache(maxsize=1024)
def read_host(host: str) -> HostName:
    """Read a Host header (port included or not)."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") and ":" in host else host
    name = name.lower().rstrip(".")
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return _read_labels(name.removesuffix(suffix))._replace(is_aws=suffix == ".amazonaws.com")
    match = _POINT_BEFORE_ADDRESS.match(name)
    return HostName() if match is None else _read_point([match[1]]) or HostName()


def bucket_before_localhost(host: str) -> str | None:
    """The bucket in `BUCKET.localhost`, which clients make of the endpoint `localhost` when they do not use paths."""
    name = host.rsplit(":", 1)[0].lower().rstrip(".")
    return name.removesuffix(".localhost") if name.endswith(".localhost") else None


def _read_point(labels: list[str]) -> HostName | None:
    """The access point of `NAME-ACCOUNT`, or of that before `s3-accesspoint` and a region."""
    match = _POINT.match(labels[0])
    rest = [label for label in labels[1:] if label != "dualstack"]
    if rest and rest[0] in _POINT_LABELS:
        rest = rest[1:]
    if match is None or len(rest) > 1 or not all(REGION.match(label) for label in rest):
        return None
    region = rest[0] if rest else None
    return HostName("s3", region, f"arn:aws:s3:{region or ''}:{match[2]}:accesspoint:{match[1]}")


def _read_labels(prefix: str) -> HostName:
    labels = prefix.removeprefix("dualstack.").split(".")
    point = _read_point(labels)
    if point is not None:
        return point
    for start, label in enumerate(labels):
        if _S3_LABEL.match(label) and len(labels) - start <= 3:
            rest = [part for part in labels[start + 1 :] if part != "dualstack"]
            if len(rest) <= 1 and all(REGION.match(part) for part in rest):
                return HostName("s3", rest[0] if rest else None, ".".join(labels[:start]) or None)
    if len(labels) <= 2 and labels[0]:
        region = labels[1] if len(labels) == 2 else None
        if region is None or REGION.match(region):
            return HostName(labels[0].removesuffix("-fips"), region)
    return HostName()


class Scope(NamedTuple):
    """The credential scope that a request claims."""

    access_key_id: str
    region: str
    service: str
    is_regionless: bool = False
    """True for SigV4a, whose regions stand apart."""


_HEADER_SCOPE = re.compile(rb"Credential=([^/,\s]{1,128})/[^/,\s]{0,32}/([^/,\s]{0,64})/([^/,\s]{0,64})/")
_QUERY_SCOPE = re.compile(
    rb"(?:^|&)X-Amz-Credential=([^&%/]{1,128})(?:%2F|/)[^&%/]{0,32}(?:%2F|/)([^&%/]{0,64})(?:%2F|/)([^&%/]{0,64})(?:%2F|/)",
    re.IGNORECASE,
)


_V4A_HEADER_SCOPE = re.compile(rb"Credential=([^/,\s]{1,128})/[^/,\s]{0,32}/([^/,\s]{0,64})/[^/,\s]{1,32}(?:,|\Z)")
_V4A_QUERY_SCOPE = re.compile(
    rb"(?:^|&)X-Amz-Credential=([^&%/]{1,128})(?:%2F|/)[^&%/]{0,32}(?:%2F|/)([^&%/]{0,64})(?:%2F|/)[^&%/]{1,32}(?:&|\Z)",
    re.IGNORECASE,
)
_V2_HEADER = re.compile(rb"AWS ([^:\s]{1,128}):")
_V2_QUERY = re.compile(rb"(?:^|&)AWSAccessKeyId=([^&]{1,128})(?:&|\Z)")
_REGION_SET = re.compile(rb"(?:^|&)X-Amz-Region-Set=([^&]{1,1024})(?:&|\Z)")


_CREDENTIAL_BYTES_MAX = 256


def read_scope(authorization: bytes | None, query_string: bytes) -> Scope | None:
    """The scope in an Authorization header or a presigned query, when one can be seen."""
    if authorization:
        # Most clients write the credential first, and the same one for a day.
        beginning = authorization.partition(b",")[0]
        scope = _known_scope(beginning) if len(beginning) <= _CREDENTIAL_BYTES_MAX else None
        if scope is not None:
            return scope
    match = _HEADER_SCOPE.search(authorization) if authorization else _QUERY_SCOPE.search(query_string)
    if match is not None:
        return _scope(match)
    if not authorization and not query_string:
        return None
    match = _V4A_HEADER_SCOPE.search(authorization) if authorization else _V4A_QUERY_SCOPE.search(query_string)
    if match is not None:
        return Scope(match[1].decode("latin-1"), "", match[2].decode("latin-1"), is_regionless=True)
    if not authorization and b"SignatureVersion=" in query_string:
        return None  # how query services are signed by Signature Version 2, which they take no more
    match = _V2_HEADER.match(authorization) if authorization else _V2_QUERY.search(query_string)
    return None if match is None else Scope(match[1].decode("latin-1"), "", "s3")


def _scope(match: re.Match[bytes]) -> Scope:
    return Scope(match[1].decode("latin-1"), match[2].decode("latin-1"), match[3].decode("latin-1"))


@lru_cache(maxsize=4096)
def _known_scope(beginning: bytes) -> Scope | None:
    """The scope in the first part of an Authorization header. Strangers fill this memory: what goes in is short."""
    match = _HEADER_SCOPE.search(beginning)
    return None if match is None else _scope(match)


def read_region_set(head: RequestHead) -> str:
    """The regions that a SigV4a signature says that it is for; empty when it says none."""
    value = head.header_text(b"x-amz-region-set")
    if value is None:
        match = _REGION_SET.search(head.query_string)
        value = unquote(match[1].decode("latin-1")) if match else ""
    return value


def region_of_set(region_set: str, region_default: str) -> str:
    """The region that serves a request for a set of them: ours where it is covered, else the first that is named."""
    if covers_region(region_set, region_default):
        return region_default
    return next((entry for entry in map(str.strip, region_set.split(",")) if REGION.match(entry)), region_default)
