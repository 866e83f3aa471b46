"""A proxy through which every host name leads to one server, as a name server of one's own would make them lead there.

Clients that put a bucket into the host name need one: `BUCKET.s3.localhost` does not resolve on every machine. What is
asked of it over HTTP comes with the whole URL in its first line; it passes the path on. HTTPS it passes on untouched.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import cast
from urllib.parse import urlsplit

from tests.clients.instances import Instance


class _Server(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, upstream: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.hosts: set[str] = set()


class _Handler(StreamRequestHandler):
    """One connection; over HTTP one request, since the server is told to close it then."""

    def handle(self) -> None:
        proxy = cast("_Server", self.server)
        method, target, version = self.rfile.readline().split()
        head = list(iter(self.rfile.readline, b"\r\n"))
        url = urlsplit(b"//" + target if method == b"CONNECT" else target)
        proxy.hosts.add((url.hostname or b"").decode())
        with socket.create_connection(proxy.upstream) as server:
            if method == b"CONNECT":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                path = b"/" + target.split(b"/", 3)[3]
                lines = [line for line in head if not line.lower().startswith((b"connection:", b"proxy-"))]
                server.sendall(b"%b %b %b\r\n%bconnection: close\r\n\r\n" % (method, path, version, b"".join(lines)))
            back = threading.Thread(target=self._answer, args=(server,), daemon=True)
            back.start()
            with suppress(OSError, ValueError):
                while piece := self.rfile.read1(65536):
                    server.sendall(piece)
            with suppress(OSError):
                server.shutdown(socket.SHUT_WR)
            back.join()

    def _answer(self, server: socket.socket) -> None:
        with suppress(OSError, ValueError):
            while piece := server.recv(65536):
                self.wfile.write(piece)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, eq=False)
class Proxied(Instance):
    """An instance as those see it who reach it through the proxy, under a name."""

    proxy: str = ""
    name: str = "s3.localhost"

    @property
    def endpoint(self) -> str:
        return f"{self.scheme}://{self.name}:{urlsplit(super().endpoint).port}"

    @property
    def variables(self) -> dict[str, str]:
        told = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), self.proxy)
        return super().variables | told | {"no_proxy": "", "NO_PROXY": ""}


@contextmanager
def proxied(instance: Instance) -> Generator[tuple[Proxied, set[str]]]:
    """Pass on to an instance while the block runs. Gives it, and the host names that were asked for so far."""
    upstream = urlsplit(instance.endpoint)
    server = _Server((upstream.hostname or "", upstream.port or 0))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        yield (
            Proxied(instance.scheme, instance.server, instance.account_id, instance.administrator, address),
            server.hosts,
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
