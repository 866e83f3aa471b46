"""What an operator can set, as one frozen value.

Decides defaults and what is a valid address. Reads nothing by itself: `cli/` turns flags and environment variables
into a `Settings`, tests make one directly.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from watchword.core.errors import OperatorError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
HTTP_DEFAULT = "localhost:8484"
HTTPS_DEFAULT = "localhost:8485"
REGION_DEFAULT = "us-east-1"


Scheme = Literal["http", "https"]


class Address(NamedTuple):
    """Where to listen. Port 0 takes a free one; the host `localhost` means both loopback addresses."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class VpcEndpointSettings:
    """A listener that stands for a VPC endpoint."""

    id: str
    """`vpce-…`."""
    vpc: str
    """`vpc-…`."""
    account: str
    """The account that owns it; empty when nobody said."""
    policy_file: Path | None
    """Its endpoint policy; None lets everything pass, as AWS's default does."""
    scheme: Scheme
    address: Address


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take of the front. Times are in seconds."""

    head_bytes_max: int = 64 * 1024
    """Request line and header lines together."""
    header_line_bytes_max: int = 16 * 1024
    url_bytes_max: int = 16 * 1024
    headers_max: int = 200
    pipelined_max: int = 64
    """Requests of one connection that wait behind an unanswered one."""
    connections_max: int = 10_000
    """For each worker; lowered when the system allows fewer open files."""
    head_seconds: float = 10
    """From the first byte of a request to the end of its head; also from connecting to the first byte."""
    idle_seconds: float = 60
    """Between two requests of one connection."""
    body_seconds: float = 30
    """For a body to arrive, on top of one second for every `body_bytes_per_second_min` received; also for a silence."""
    body_bytes_per_second_min: int = 1024
    linger_seconds: float = 2
    """How long the rest of a refused request is read and thrown away, so that the client sees the answer."""
    drain_bytes_max: int = 4 * 1024 * 1024
    send_seconds: float = 60
    """For a client to take one piece of an answer."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server runs."""

    data_dir: Path
    http: Address | None = None
    https: Address | None = None
    store_url: str | None = None
    """None: SQLite in the data directory."""
    workers: int = 1
    threads: int = 16
    """Threads of each worker for operations that wait."""
    hosts: tuple[str, ...] = ()
    """Further host names that clients use, for the TLS certificate."""
    region: str = REGION_DEFAULT
    insecure_http: bool = False
    signature_v2: bool = True
    """S3 takes Signature Version 2, as older clients sign presigned URLs."""
    trusted_proxies: tuple[Network, ...] = ()
    """Peers whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    vpc_endpoints: tuple[VpcEndpointSettings, ...] = ()
    """Further listeners, each of which stands for a VPC endpoint."""
    metrics_from: tuple[Network, ...] = LOOPBACK
    """Who may read `/_watchword/metrics`."""
    stale_max_seconds: int = 300
    """How long decisions go on from memory when the store is lost."""
    shutdown_seconds: float = 30
    """How long requests in flight may take to finish after SIGTERM."""
    keys_to: Path | None = None
    """The socket at which this node gives derived keys to front nodes; None: to nobody."""
    keys_from: Path | None = None
    """The socket of the node that holds the keys: this one is a front node, and reads no master key."""
    front_dir: Path | None = None
    """A front node's own folder in the data directory, when it has taken one."""
    limits: Limits = field(default_factory=Limits)

    @property
    def run_dir(self) -> Path:
        """Where this node keeps what is about its run: the spool, its lock, where it listens."""
        return self.front_dir or self.data_dir

    @property
    def spool_dir(self) -> Path:
        return self.run_dir / "spool"

    @property
    def tls_dir(self) -> Path:
        return self.data_dir / "tls"

    @property
    def ca_bundle(self) -> Path:
        """The certificate that clients must trust (`AWS_CA_BUNDLE`)."""
        return self.tls_dir / "ca.pem"


def parse_address(text: str) -> Address:
    """Read `HOST:PORT` or `[IPV6]:PORT`. Raises OperatorError."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise OperatorError(f"`{text}` is not HOST:PORT, such as {HTTP_DEFAULT}")
    return Address(host, int(port))


_VPC_ENDPOINT = re.compile(
    r"(?P<id>vpce-[0-9a-z]+):(?P<vpc>vpc-[0-9a-z]+)(?::(?P<account>[0-9]{12}))?(?::(?P<file>.+))?"
    r"@(?:(?P<scheme>https?)://)?(?P<address>[^@/]+)\Z"
)


def parse_vpc_endpoint(text: str) -> VpcEndpointSettings:
    """Read `ID:VPC[:ACCOUNT][:POLICYFILE]@[SCHEME://]HOST:PORT`. Raises OperatorError."""
    found = _VPC_ENDPOINT.match(text)
    if found is None:
        raise OperatorError(
            f"`{text}` is not ID:VPC[:ACCOUNT][:POLICYFILE]@HOST:PORT, such as vpce-1:vpc-1:policy.json@127.0.0.1:8490"
        )
    return VpcEndpointSettings(
        id=found["id"],
        vpc=found["vpc"],
        account=found["account"] or "",
        policy_file=Path(found["file"]) if found["file"] else None,
        scheme="https" if found["scheme"] == "https" else "http",
        address=parse_address(found["address"]),
    )


def parse_network(text: str) -> Network:
    """Read a CIDR such as `10.0.0.0/8`. Raises OperatorError."""
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise OperatorError(f"`{text}` is not a network, such as 10.0.0.0/8") from None


def check_store(store_url: str | None) -> None:
    """Refuse stores that are not built. Raises OperatorError."""
    if store_url is not None:
        scheme = store_url.partition(":")[0]
        raise OperatorError(
            f"a `{scheme}` store is not built yet; leave --store out to keep everything in the data directory (SQLite)"
        )
