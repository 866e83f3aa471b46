"""What the connections of one process share: the application behind them, their limits, the lines of every answer.

Decides when a connection has passed its deadline. Never reads or writes one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.server import ServerState

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
