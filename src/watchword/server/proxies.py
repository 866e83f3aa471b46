"""Who the client is, when the peer is a proxy that the operator trusts.

Decides the client's address and scheme, and whether the address is known.
INVARIANT: without a trusted peer no forwarding header is believed.
Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Literal

from watchword.core.http import Headers
from watchword.server.settings import Network

Scheme = Literal["http", "https"]


FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"via"})
"""Headers that only what was passed on has."""


def client_of(peer: str, scheme: Scheme, headers: Headers, trusted: Sequence[Network]) -> tuple[str, Scheme]:
    """The client's address and scheme: the last address of the chain that is no trusted proxy's."""
    if not trusted or not _is_trusted(peer, trusted):
        return peer, scheme
    address = peer
    for hop in reversed(_values(headers, b"x-forwarded-for")):
        if _parse(hop) is None:
            break
        address = hop
        if not _is_trusted(hop, trusted):
            break
    last_scheme = _values(headers, b"x-forwarded-proto")[-1:]
    if last_scheme == ["https"]:
        return address, "https"
    return address, "http" if last_scheme == ["http"] else scheme


def is_vouched_for(peer: str, headers: Headers, trusted: Sequence[Network]) -> bool:
    """True when it is known whom a request comes from: from the peer itself, or from whom a trusted proxy names."""
    if FORWARDED.isdisjoint([name for name, _ in headers]):
        return True
    hops = _values(headers, b"x-forwarded-for")
    return bool(hops) and _is_trusted(peer, trusted) and _parse(hops[-1]) is not None


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in trusted if network.version == parsed.version)


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def _values(headers: Headers, wanted: bytes) -> list[str]:
    joined = b",".join(value for name, value in headers if name == wanted)
    return [part.strip() for part in joined.decode("latin-1").split(",") if part.strip()]
