"""What the front expects of the gateway behind it: three calls, none of which waits for the network or raises.

The front hands over a request's head, then its body when the head was accepted, and sends what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from watchword.core.errors import WatchwordError
from watchword.core.http import HttpResponse, RequestHead, Spooled

if TYPE_CHECKING:
    from watchword.gateway.key_desk import KeyDesk


class PayloadDigest(Protocol):
    """What is known of a body when its last byte has passed."""

    @property
    def size(self) -> int:
        """Bytes after decoding."""
        ...

    @property
    def checksums(self) -> Mapping[str, str]: ...

    @property
    def stated(self) -> tuple[str, str] | None:
        """The checksum that the client gave: lower-case algorithm name and base64 value."""
        ...


class PayloadReader(Protocol):
    """Decodes and verifies a body piece by piece. Its methods raise WatchwordError, which goes to `Gateway.refuse`."""

    def feed(self, data: bytes, /) -> bytes:
        """Take the next bytes off the wire, give back the decoded bytes."""
        ...

    def parts(self, view: memoryview, /) -> list[memoryview]:
        """The same for bytes that are lent until the next call: give back the places where the decoded bytes lie."""
        ...

    def finish(self) -> PayloadDigest:
        """The body ended. Raises when it is not what was signed or promised."""
        ...


class Exchange(Protocol):
    """One request between its head and its answer."""

    @property
    def response(self) -> HttpResponse | None:
        """The answer when the head alone decided: the body is not read."""
        ...

    @property
    def reader(self) -> PayloadReader | None: ...

    @property
    def body_bytes_max(self) -> int:
        """How many bytes the body may take on the wire."""
        ...

    @property
    def is_brief(self) -> bool:
        """True when its Commit waits for nothing but the disk, so that `commit_all` may run it with others."""
        ...


Commit = Callable[[], HttpResponse]
"""The rest of a request that writes: it may block, so it runs in a worker thread. It never raises, and its
answer is no file."""


E = TypeVar("E", bound=Exchange)


class Gateway(Protocol[E]):
    """Everything behind the front."""

    @property
    def audit_log(self) -> object:
        """What is told of every request; a `MeteredAuditLog` counts them."""
        ...

    @property
    def key_desk(self) -> KeyDesk | None:
        """What gives derived keys to front nodes, on a node that does."""
        ...

    def begin(self, head: RequestHead, /) -> E:
        """Decide from the head alone."""
        ...

    def finish(self, exchange: E, body: Spooled, /) -> HttpResponse | Commit:
        """Run the request, whose body has arrived whole and verified. What waits for the disk is left as a Commit."""
        ...

    def commit_all(self, exchanges: Sequence[E], /) -> Sequence[HttpResponse]:
        """Run the Commits of several exchanges together: their answers, in order. May block; never raises."""
        ...

    def refuse(self, exchange: E, error: WatchwordError, /) -> HttpResponse:
        """The answer when the body could not be taken."""
        ...

    def is_ready(self) -> bool:
        """True when requests can be served. May block."""
        ...

    def tick(self) -> None:
        """Do what is due in the background, every few seconds. May block."""
        ...

    def close(self) -> None:
        """Let go of the store; the last call."""
        ...
