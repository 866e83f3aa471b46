"""Listening sockets: bound before any worker starts, so that every worker has one and a restart loses no connection.

Decides what `HOST:PORT` means and whether plain HTTP may listen there: beyond loopback only when the operator insists.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from watchword.core.errors import OperatorError
from watchword.server.settings import Address, Scheme, Settings

BACKLOG = 1024
_FREE_PORT_ATTEMPTS = 16


@dataclass(frozen=True, slots=True)
class Listener:
    """One address that is listened on: one socket for each worker."""

    scheme: Scheme
    sockets: tuple[socket.socket, ...]
    endpoint: str = ""
    """The id of the VPC endpoint that it stands for; empty for the public front."""


def open_listeners(settings: Settings) -> list[Listener]:
    """Bind and listen everywhere that the settings say. Raises OperatorError."""
    listeners: list[Listener] = []
    if settings.http is not None:
        listeners += _open(settings, "http", settings.http)
    if settings.https is not None:
        listeners += _open(settings, "https", settings.https)
    for each in settings.vpc_endpoints:
        listeners += _open(settings, each.scheme, each.address, each.id)
    if not listeners:
        raise OperatorError("there is nothing to listen on; give --http or --https")
    return listeners


def _open(settings: Settings, scheme: Scheme, address: Address, endpoint: str = "") -> list[Listener]:
    hosts = _resolve(address)
    is_plain = scheme == "http" and not settings.insecure_http
    if is_plain and not all(ipaddress.ip_address(host).is_loopback for host in hosts):
        raise OperatorError(
            f"plain HTTP on `{address.host}` would send credentials in clear beyond this machine; "
            "use --https there, or say --insecure-http if something in front does TLS"
        )
    return [Listener(scheme, found, endpoint) for found in _listen(address, hosts, settings.workers)]


def url_of(listener: Listener, host: str) -> str:
    """The base URL under which clients of this machine reach a listener."""
    port = listener.sockets[0].getsockname()[1]
    is_name = listener.scheme == "https" and host in ("localhost", "0.0.0.0", "::")  # noqa: S104
    shown = "localhost" if is_name else "127.0.0.1" if host in ("localhost", "0.0.0.0", "::") else host  # noqa: S104
    return f"{listener.scheme}://{f'[{shown}]' if ':' in shown else shown}:{port}"


def _resolve(address: Address) -> list[str]:
    if address.host == "localhost":
        return ["127.0.0.1", "::1"] if socket.has_dualstack_ipv6() else ["127.0.0.1"]
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError:
        raise OperatorError(f"`{address.host}` is not an address of this machine") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _listen(address: Address, hosts: list[str], workers: int) -> list[tuple[socket.socket, ...]]:
    """Sockets for each host, all on one port."""
    for attempt in range(1, _FREE_PORT_ATTEMPTS + 1):
        opened: list[tuple[socket.socket, ...]] = []
        port = address.port
        try:
            for host in hosts:
                opened.append(_listen_on(host, port, workers))
                port = opened[0][0].getsockname()[1]
        except OSError as error:
            for sockets in opened:
                for each in sockets:
                    each.close()
            if address.port == 0 and opened and attempt < _FREE_PORT_ATTEMPTS:
                continue
            reason = error.strerror or str(error)
            raise OperatorError(f"cannot listen on `{address.host}:{address.port}`: {reason}") from None
        return opened
    raise OperatorError(f"cannot find a free port on `{address.host}`")


def _listen_on(host: str, port: int, workers: int) -> tuple[socket.socket, ...]:
    """One socket a worker on the same port. The first bind is exclusive: it finds a port that another server holds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    first = _bind(family, host, port, shared=False)
    if workers == 1:
        first.listen(BACKLOG)
        return (first,)
    first.listen(1)
    port = first.getsockname()[1]
    first.close()
    sockets = tuple(_bind(family, host, port, shared=True) for _ in range(workers))
    for each in sockets:
        each.listen(BACKLOG)
    return sockets


def _bind(family: socket.AddressFamily, host: str, port: int, *, shared: bool) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    opened.setblocking(False)
    return opened
