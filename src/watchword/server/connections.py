"""What the connections of one process share: the application behind them, their limits, the lines of every answer.

Decides when a connection has passed its deadline. Never reads or writes one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from uvicorn.server import ServerState

from watchword.core.http import RequestHead
from watchword.server.app import Front
from watchword.server.settings import Limits, Network

if TYPE_CHECKING:
    from watchword.server.protocol import FrontProtocol


class FrontState(ServerState):
    """What the connections of one process share."""

    def __init__(self, front: Front, limits: Limits, trusted_proxies: tuple[Network, ...] = ()) -> None:
        super().__init__()
        self.front = front
        self.limits = limits
        self.trusted_proxies = trusted_proxies
        self.open: set[FrontProtocol] = set()
        self.head_lines = b""
        """`date` and `server`, as they stand in every answer."""

    def set_date(self, date: bytes) -> None:
        """Set the Date header of answers from now on."""
        self.default_headers = [(b"date", date), (b"server", b"Watchword")]
        self.head_lines = b"date: " + date + b"\r\nserver: Watchword\r\n"

    def sweep(self, now: float) -> None:
        """Close what has passed its deadline. `now` is the event loop's time."""
        for connection in list(self.open):
            if now >= connection.deadline:
                connection.deadline_passed(now)


def scope_of(head: RequestHead, server: tuple[str, int | None] | None, abort: Callable[[], None]) -> dict[str, Any]:
    """The ASGI scope of a request, with what only this front gives beside it."""
    path = head.raw_path.decode("latin-1")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": head.method,
        "scheme": head.scheme,
        "path": unquote(path) if "%" in path else path,
        "raw_path": head.raw_path,
        "query_string": head.query_string,
        "root_path": "",
        "headers": head.headers,
        "server": server,
        "client": (head.client_address, 0),
        "watchword.head": head,
        "watchword.abort": abort,
    }
