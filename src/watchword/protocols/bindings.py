"""What a binding is: where in an HTTP message the parts of an input, an output and an error stand.

A binding compiles one reader and one writer per operation; it is made once per service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from watchword.core.errors import ApiError
from watchword.core.http import HttpResponse, RequestHead
from watchword.protocols.model import OperationFacts, ServiceModel, error_code


class Ids(NamedTuple):
    """What names a request in its answer."""

    request_id: str
    host_id: str = ""
    """S3's second identifier."""


NO_LABELS: Mapping[str, str] = MappingProxyType({})


class Match(NamedTuple):
    """The operation that a request names, and what had to be read to find it."""

    operation: OperationFacts
    labels: Mapping[str, str] = NO_LABELS
    """Path labels by wire name, percent-decoded; of a query API, all parameters, so that they are read once."""


class Incoming(NamedTuple):
    """A request as a reader takes it."""

    head: RequestHead
    body: bytes
    labels: Mapping[str, str]
    """Those of the match; without them, a query API reads its form again."""
    stream: object | None
    """What stands for a streaming body; it becomes the value of the streaming member untouched."""


Reader = Callable[[Incoming], dict[str, Any]]
"""Gives a plain mapping by wire names. Raises ApiError."""
Writer = Callable[[Any, Ids], HttpResponse]


class Binding(Protocol):
    """One protocol for one service."""

    def match(self, head: RequestHead, path: bytes, body: bytes, /) -> Match:
        """The operation that a request names. Raises ApiError when there is none."""
        ...

    def reader(self, operation: OperationFacts) -> Reader:
        """A reader of the operation's input."""
        ...

    def writer(self, operation: OperationFacts) -> Writer:
        """A writer of the operation's output."""
        ...

    def error(self, error: ApiError, ids: Ids, *, head_only: bool) -> HttpResponse:
        """An error; `head_only` when the request was HEAD, whose answer has no body."""
        ...

    def misfit(self, message: str, /) -> ApiError:
        """An input that was read, but lacks what its type needs."""
        ...


def message_members(model: ServiceModel) -> dict[str, str]:
    """For each error code of a service, what the member that holds its message is called."""
    found: dict[str, str] = {}
    for name, shape in model.shapes.items():
        if shape.exception or shape.error:
            found[error_code(name, shape)] = "Message" if "Message" in shape.members else "message"
    return found


def header_lines(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Header lines from text."""
    return [(name.encode("latin-1"), header_value(value)) for name, value in headers.items()]


def header_value(text: str) -> bytes:
    """A header's value from text. Line breaks cannot pass: they become spaces."""
    if "\r" in text or "\n" in text:
        text = text.replace("\r", " ").replace("\n", " ")
    return text.encode("utf-8", "replace")
