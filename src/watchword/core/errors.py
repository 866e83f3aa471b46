"""Every error of the house, and whose fault it is.

    WatchwordError
    ├── ApiError                the only error that crosses the edge: an answer in AWS's words
    ├── DirectoryError          what the record store says to its callers
    │   ├── NotFound            no such record
    │   ├── AlreadyExists       a key or a unique index value is taken
    │   ├── Conflict            another writer was first: run the transaction again
    │   ├── Inconsistent        records that do not fit together: nothing may be decided on them
    │   └── Unavailable         the store cannot answer now; nothing is known about the record
    │       └── Lost            what a record names is gone or cut: asking again does not help
    ├── CredentialError         a sealed value or a session token that cannot be believed
    │   ├── SealBroken          tampered with, cut, sealed under another key, or for another purpose or owner
    │   ├── TokenInvalid        not a session token of this system, or not the one of this access key
    │   └── PackedPolicyTooLarge  the session's policies and tags do not fit into a token
    ├── BodyError               a request body that did not arrive as it should
    │   ├── BodyTooLarge        more bytes than the operation takes
    │   └── BodyTooSlow         the client stopped sending
    ├── InvalidArn              a text that is not an ARN
    └── OperatorError           the person who runs the program must change something; printed, never a traceback

Anything else that escapes is a bug, answered as `InternalFailure` with the request id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Fault = Literal["Sender", "Receiver"]


class WatchwordError(Exception):
    """The root of the tree above."""


class ApiError(WatchwordError):
    """An answer to a caller: AWS's code, its HTTP status, its message.

    `fields` are further elements of the error body (S3's `BucketName`, `Region`, …), in order; `headers` are
    further response headers, in lower case. What `is_bare` is told by its status and headers alone.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        is_bare: bool = False,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields: Mapping[str, str] = fields or {}
        self.headers: Mapping[str, str] = headers or {}
        self.is_bare = is_bare

    @property
    def fault(self) -> Fault:
        return "Receiver" if self.status >= 500 else "Sender"


class DirectoryError(WatchwordError):
    """What the record store says to its callers."""


class NotFound(DirectoryError):
    """There is no such record."""


class AlreadyExists(DirectoryError):
    """A key, or the value of a unique index, is taken. `index` names it (`key` for the key itself)."""

    def __init__(self, kind: str, index: str) -> None:
        super().__init__(f"`{kind}`: `{index}` is taken")
        self.kind = kind
        self.index = index


class Conflict(DirectoryError):
    """Another writer was first; the same transaction may succeed when it is run again."""


class Inconsistent(DirectoryError):
    """Records do not fit together (a unit without its parent, say): nothing may be decided on them."""


class Unavailable(DirectoryError):
    """The store cannot answer now (lost, locked, disk full). It says nothing about what exists."""


class Lost(Unavailable):
    """What a record names is not there any more, or not whole."""


class CredentialError(WatchwordError):
    """A sealed value or a session token cannot be believed."""


class SealBroken(CredentialError):
    """Tampered with, cut, sealed under another key, or sealed for another purpose or owner. It never says which."""


class TokenInvalid(CredentialError):
    """Not a session token of this system, or not the one that belongs to this access key."""


class PackedPolicyTooLarge(CredentialError):
    """The session's policies and tags take `percent` (over 100) of the space that a token has for them."""

    def __init__(self, percent: int) -> None:
        super().__init__(f"policies and tags take {percent}% of a session token's space")
        self.percent = percent


class BodyError(WatchwordError):
    """A request body did not arrive as it should."""


class BodyTooLarge(BodyError):
    """More bytes than `body_bytes_max`."""

    def __init__(self, body_bytes_max: int) -> None:
        super().__init__(f"the body is larger than {body_bytes_max} bytes")
        self.body_bytes_max = body_bytes_max


class BodyTooSlow(BodyError):
    """The client stopped sending, or sends so slowly that it only holds the connection."""


class InvalidArn(WatchwordError):
    """The text is not an ARN."""


class OperatorError(WatchwordError):
    """Something that the person who runs the program must change. The message says what."""
