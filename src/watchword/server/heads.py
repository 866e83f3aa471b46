"""A request's head as it arrives: what it may contain, and how much of it.

Rules:

* bounds on the URL, each header line, the number of headers, and all of it together;
* exactly one Host, well formed, in every version of HTTP: signatures and routing both rest on it;
* the target is a path: no absolute form, no `*`, no authority, no fragment;
* `Transfer-Encoding` is `chunked`, once, and never from HTTP/1.0; the parser refuses it beside Content-Length;
* headers after the body (trailers) count against the bounds and are dropped: nothing joins the headers afterwards.

Never reads a socket and never answers: what breaks a rule raises NotHttp.

Source: RFC 9112 (sections 3.2, 5, 6.1, 6.3, 7.1.2); RFC 9110 (sections 5.4, 7.2).
"""

from __future__ import annotations

import re

from watchword.server.settings import Limits

_FRAMING = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?\Z")


class NotHttp(Exception):  # noqa: N818 - a verdict
    """A rule is broken; `status` says which kind."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class IncomingHead:
    """One head, filled by the parser's callbacks."""

    __slots__ = ("_bytes", "_hosts", "_limits", "content_length", "expects_continue", "headers", "is_chunked", "url")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes = 0
        self._hosts: list[bytes] = []
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        """Names in lower case, values without surrounding white space, in order of arrival."""
        self.content_length = 0
        self.is_chunked = False
        self.expects_continue = False

    def add_url(self, piece: bytes) -> None:
        """Take a piece of the target."""
        self.url += piece
        self._bytes += len(piece)
        if len(self.url) > self._limits.url_bytes_max:
            raise NotHttp(414)

    def add_header(self, name: bytes, value: bytes, *, is_trailer: bool) -> None:
        """Take a header line."""
        limits, headers, length = self._limits, self.headers, len(value)
        self._bytes += len(name) + length + 4
        if (
            self._bytes > limits.head_bytes_max
            or length > limits.header_line_bytes_max
            or len(headers) >= limits.headers_max
        ):
            raise NotHttp(431)
        if is_trailer:
            return
        name = name.lower()
        value = value.rstrip(b" \t")
        if name in _FRAMING:
            self._note_framing(name, value)
        headers.append((name, value))

    def check(self, *, is_old: bool, is_upgrade: bool) -> None:
        """The head is complete: check what only the whole can show. `is_old` is HTTP/1.0."""
        if len(self._hosts) != 1 or not _HOST.match(self._hosts[0]):
            raise NotHttp(400)
        if not self.url.startswith(b"/") or b"#" in self.url:
            raise NotHttp(400)
        if is_old:
            if self.is_chunked:
                raise NotHttp(400)
            self.expects_continue = False  # RFC 9110, section 10.1.1
        if is_upgrade and (self.is_chunked or self.content_length):
            # The parser would take such a body for another protocol's bytes.
            raise NotHttp(400)

    def _note_framing(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts.append(value)
        elif name == b"content-length":
            self.content_length = int(value) if len(value) <= 19 else 1 << 63
        elif name == b"transfer-encoding":
            if self.is_chunked or value.lower() != b"chunked":
                raise NotHttp(400)
            self.is_chunked = True
        elif value.lower() == b"100-continue":
            self.expects_continue = True
