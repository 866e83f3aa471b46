"""What does the request ask for? Service, region, bucket and protocol, from the head alone.

The first of these that speaks decides: the host name; the claimed credential scope; `X-Amz-Target`; `Action` or the
`Version` of a query API, in the URL or in a form; else it is S3. A host that names a service or region is final: the
signature's scope must then agree with it. The operation itself is found by the service's protocol, after the signature.

A service of AWS that is not served is a target like any other: its requests are proved first, as all are, and then
refused in its own protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import import_module
from typing import NamedTuple

from watchword.core.http import RequestHead
from watchword.core.ids import is_account_id
from watchword.gateway.names import bucket_before_localhost, read_host, read_region_set, read_scope, region_of_set
from watchword.protocols.model import Metadata, Paginator, ServiceModel, load_service, signing_names
from watchword.protocols.service import Operation as Codec
from watchword.protocols.service import Service
from watchword.services.authorization import Requirement
from watchword.services.operation import OPERATIONS, Operation
from watchword.signing.claims import Rules
from watchword.signing.errors import Dialect

SERVED = ("iam", "organizations", "s3", "s3control", "sts")
"""Services whose operations are built, by their SDK names, which are also their signing names but for S3 Control's."""
_CONTROL_PATH = b"/v20180820/"
"""Where all of S3 Control lies; no bucket can be called so."""
GLOBAL_REGION = "us-east-1"
_QUERY_VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam"}
_TARGETS = {b"AWSOrganizationsV20161128": "organizations"}
_GLOBAL_SERVICES = frozenset({"iam", "organizations"})
"""Services of one region: whatever the scope says, `aws:RequestedRegion` is us-east-1."""
_DIALECTS = {
    "query": Dialect.QUERY,
    "ec2": Dialect.QUERY,
    "json": Dialect.JSON,
    "rest-json": Dialect.REST_JSON,
    "rest-xml": Dialect.S3,
}


_HOSTS_OF_OURS = frozenset({"s3-control"})
"""Names of served services that stand in hosts only."""
_DIRECTORY_BUCKETS = "s3express"
"""What clients of S3 sign for when a bucket is a directory bucket."""
_NAMELESS = "unknown"
"""What is called by a target that is none of ours, and names no service by its scope or host."""


class Entry(NamedTuple):
    """A served operation: all that the way of a request needs of it, found at its first request."""

    operation: Operation
    codec: Codec
    requirement: Requirement
    paginator: Paginator | None
    """How the house cuts its lists; None when it lists nothing, or cuts its pages itself."""
    streams: bool
    """Its body is not a document but data."""


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A service with its codecs and functions, made at its first request."""

    name: str
    protocol: Service
    dialect: Dialect
    operations: dict[str, Operation]
    """Empty when the service is not served."""
    requirements: dict[str, Requirement]
    signing_name: str
    event_source: str
    """What audit events call it."""
    _entries: dict[str, Entry] = field(default_factory=dict[str, Entry])

    def entry(self, name: str) -> Entry | None:
        """An operation by name; None when it is not built, or has no entry in `authorization.toml`."""
        known = self._entries.get(name)
        if known is not None:
            return known
        operation, requirement = self.operations.get(name), self.requirements.get(name)
        if operation is None or requirement is None:
            return None
        codec = self.protocol.operation(name)
        paginator = None if operation.pages_itself else codec.paginator
        known = Entry(operation, codec, requirement, paginator, _streams(self.protocol.model, name))
        self._entries[name] = known
        return known


def _streams(model: ServiceModel, name: str) -> bool:
    facts = model.operations[name]
    if facts.input is None:
        return False
    shape = model.shapes[facts.input.shape]
    return shape.payload is not None and shape.members[shape.payload].streaming


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """Where a request goes."""

    service: Served
    region: str
    """The region that serves it."""
    host_region: str | None
    """The region that the host name demands."""
    bucket: str | None = None
    """The bucket in the host name."""
    signing_name: str = ""
    """What the signature is for, when that is not the service's own: S3's directory buckets have a name of theirs."""
    _rules: dict[str | None, Rules] = field(default_factory=dict[str | None, Rules])
    """By the region that the resource demands: the few regions in which there are buckets."""

    def named(self, operation: str) -> str:
        """The operation, where two are the same request but for what it is signed for."""
        return "ListDirectoryBuckets" if self.signing_name and operation == "ListBuckets" else operation

    def in_region(self, region: str) -> Target:
        """The same in another region, unless the host demands one."""
        return self if self.host_region is not None else replace(self, region=region, _rules={})

    def rules(self, region: str | None = None) -> Rules:
        """What the signature must look like; `region` is one that the resource demands."""
        known = self._rules.get(region)
        if known is None:
            service = self.service
            known = Rules(
                service=self.signing_name or service.signing_name,
                dialect=service.dialect,
                region=self.host_region or region,
                served_region=self.region,
                bucket=self.bucket,
            )
            self._rules[region] = known
        return known


@cache
def served(name: str) -> Served:
    """A served service. Imports its operations at first use."""
    package = f"watchword.services.{name}"
    import_module(package)
    authorization = import_module("watchword.services.authorization")
    shapes = import_module(f"{package}.shapes")
    model = load_service(name)
    return Served(
        name=name,
        protocol=Service(model, {name: kind for name, kind in vars(shapes).items() if isinstance(kind, type)}),
        dialect=_DIALECTS[model.metadata.protocol],
        operations=OPERATIONS[name],
        requirements=dict(authorization.requirements(name)),
        signing_name="s3" if name == "s3control" else name,
        event_source=f"{'s3' if name == 's3control' else name}.amazonaws.com",
    )


@cache
def unserved(name: str) -> Served:
    """A service of AWS of which nothing is built: what speaks its protocol and words its errors."""
    protocol = signing_names().get(name, "json")
    # S3's dialect is for S3 alone: the others that speak XML word these errors as query services do.
    dialect = Dialect.QUERY if protocol == "rest-xml" else _DIALECTS[protocol]
    model = ServiceModel(Metadata(protocol), {}, {})
    return Served(name, Service(model), dialect, {}, {}, name, f"{name}.amazonaws.com")


def identify(head: RequestHead, region_default: str) -> Target:
    """Find the target of a request. Never fails: what names nothing is for S3, which answers for itself."""
    scope = read_scope(head.fields.get(b"authorization"), head.query_string)
    if scope is not None and scope.is_regionless:
        region_default = region_of_set(read_region_set(head), region_default)
    region = scope.region if scope is not None and scope.region else region_default
    if head.raw_path.startswith(_CONTROL_PATH):
        service = "s3control"
    else:
        claimed = "" if scope is None else scope.service
        is_ours = claimed in SERVED or claimed == _DIRECTORY_BUCKETS
        service = claimed if is_ours else _guessed(head, claimed)
    return _target(head.host, service, region)


@lru_cache(maxsize=4096)
def _target(host: str, service_named: str, region_named: str) -> Target:
    """The target for a Host header, when the rest of the request names this service and region."""
    read = read_host(host)
    signing_name = ""
    if service_named == _DIRECTORY_BUCKETS:
        service_named, signing_name = "s3", service_named
    before = bucket_before_localhost(host) if read.service not in SERVED and read.region is None else None
    if service_named == "s3control" and before is not None and not is_account_id(before):
        # A key may look like S3 Control's paths; its clients put an account before the host.
        service_named = "s3"
    is_final = read.service in SERVED or (before is None and _is_unserved(read.service))
    name = read.service if is_final and read.service is not None else service_named
    service = served(name) if name in SERVED else unserved(name)
    region = GLOBAL_REGION if service.name in _GLOBAL_SERVICES else read.region or region_named
    demanded = read.region
    if demanded is None and service.name in ("iam", "organizations", "sts") and read.is_aws:
        demanded = GLOBAL_REGION
    bucket = read.bucket
    if bucket is not None:
        # The host of an access point says no region here; clients sign for the one in its ARN.
        bucket = bucket.replace("arn:aws:s3::", f"arn:aws:s3:{region}:", 1)
    elif service.name == "s3":
        bucket = before
    return Target(service, region, demanded, bucket, signing_name if service.name == "s3" else "")


def _is_unserved(name: str | None) -> bool:
    return name in signing_names() and name not in _HOSTS_OF_OURS


def _guessed(head: RequestHead, claimed: str) -> str:
    """The service, when neither host nor scope names one that is served."""
    target = head.header(b"x-amz-target")
    ours = None if target is None else _TARGETS.get(target.partition(b".")[0])
    if ours is not None:
        return ours
    query = head.query_string
    for version, service in _QUERY_VERSIONS.items() if query else ():
        if b"Version=" + version.encode() in query:
            return service
    if _is_unserved(claimed):
        return claimed
    if target is not None:
        return _NAMELESS
    if b"Action=" in query:
        return "sts"
    content_type = head.header(b"content-type") or b""
    is_form = content_type.startswith(b"application/x-www-form-urlencoded")
    return "sts" if is_form and head.method == "POST" and head.raw_path == b"/" else "s3"
