"""HTTP messages as the house passes them on: heads exactly as sent, bodies bounded by whoever read them.

`RequestHead` keeps what SigV4 needs: the raw path, the raw query string, every header line in order of arrival.
It is built once per request by `server/` and read by all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote_to_bytes

Headers = Sequence[tuple[bytes, bytes]]
"""Header lines in order of arrival; names in lower case, values without surrounding white space."""


class RequestHead:
    """All of a request but its body."""

    __slots__ = (
        "_by_name",
        "client_address",
        "endpoint",
        "headers",
        "method",
        "query_string",
        "raw_path",
        "scheme",
        "tls_version",
    )

    def __init__(
        self,
        method: str,
        raw_path: bytes,
        query_string: bytes,
        headers: Headers,
        *,
        scheme: Literal["http", "https"] = "http",
        client_address: str = "127.0.0.1",
        endpoint: str = "",
        tls_version: str = "",
    ) -> None:
        self.method = method
        """Upper case."""
        self.raw_path = raw_path
        """The path as it stood in the request line, without the query."""
        self.query_string = query_string
        """What followed the first `?`, as sent, without the `?`."""
        self.headers = headers
        self.scheme: Literal["http", "https"] = scheme
        self.client_address = client_address
        """The peer's IP address, or what a trusted proxy said of it."""
        self.endpoint = endpoint
        """The id of the VPC endpoint that the listener stands for; empty for the public front."""
        self.tls_version = tls_version
        """`1.2` or `1.3`; empty without TLS, and behind a trusted proxy, whose clients' is not known."""
        self._by_name: dict[bytes, bytes] | None = None

    def header(self, name: bytes) -> bytes | None:
        """The value of a header, or None. `name` is in lower case. Repeated lines are joined with `,`."""
        by_name = self._by_name
        if by_name is None:
            by_name = self._index()
        return by_name.get(name)

    @property
    def fields(self) -> Mapping[bytes, bytes]:
        """Header values by lower-case name, in order of first appearance; repeated lines are joined with `,`."""
        return self._by_name if self._by_name is not None else self._index()

    def header_text(self, name: bytes) -> str | None:
        """`header` decoded as Latin-1, which never fails."""
        value = self.header(name)
        return None if value is None else value.decode("latin-1")

    def _index(self) -> dict[bytes, bytes]:
        by_name = dict(self.headers)
        if len(by_name) != len(self.headers):
            by_name = {}
            for name, value in self.headers:
                by_name[name] = by_name[name] + b"," + value if name in by_name else value
        self._by_name = by_name
        return by_name

    @property
    def host(self) -> str:
        """The Host header as sent, port included; empty when there is none."""
        return (self.header(b"host") or b"").decode("latin-1")

    @property
    def path(self) -> str:
        """The path, percent-decoded once; bytes that are not UTF-8 become surrogate escapes."""
        return unquote_to_bytes(self.raw_path).decode("utf-8", "surrogateescape")


Read = Callable[[int, int], bytes]
"""Reads bytes of a file: offset and length. Fewer come at its end."""
Opener = Callable[[Read, int, int], bytes]
"""Reads bytes of what is sealed in a file: how its bytes are read, and offset and length of what they open to."""


class FileRange(NamedTuple):
    """A range of a file, or of what is sealed in it."""

    path: Path
    offset: int
    length: int
    """Bytes."""
    opener: Opener | None = None
    """Opens what is sealed; None for a file that is as it is."""


class FileBody:
    """A response body that is a range of a file, or ranges of several one after the other; sent in pieces."""

    __slots__ = ("length", "ranges")

    def __init__(
        self, path: Path, offset: int, length: int, *following: FileRange, opener: Opener | None = None
    ) -> None:
        self.ranges = (FileRange(path, offset, length, opener), *following)
        self.length = length + sum([each.length for each in following])
        """Bytes, of all ranges."""

    @property
    def path(self) -> Path:
        """The first file."""
        return self.ranges[0].path


class Spooled:
    """A request body that `server/` has received whole, decoded and verified."""

    __slots__ = ("checksums", "data", "path", "size", "stated")

    def __init__(
        self,
        *,
        data: bytes | None,
        path: Path | None,
        size: int,
        checksums: dict[str, str],
        stated: tuple[str, str] | None = None,
    ) -> None:
        self.data = data
        """The body itself when it is small (64 KiB at most), else None."""
        self.path = path
        """The spool file that holds the body when it is not small; the handler may rename it away."""
        self.size = size
        """Bytes after decoding."""
        self.checksums = checksums
        """Digests computed while receiving: lower-case algorithm name (`md5`, `sha256`, `crc32`, …) to lower-case
        hex for md5 and sha256, base64 for the x-amz-checksum family."""
        self.stated = stated
        """The checksum that the client gave, which was true: lower-case algorithm name and base64 value."""


class HttpResponse:
    """A status, header lines with lower-case names, and a body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes | FileBody = b"") -> None:
        self.status = status
        self.headers = headers
        self.body = body
