"""Declares operations: `@operation("iam:CreateUser", writes=True)` on one typed function.

A function takes its `Call` first and then, by name, what it needs of the house (`PORTS`). A function that writes runs
in a transaction and may be run again; what must happen once and may take long stands in a `prepare` function
that runs before, without a transaction. A function returns its output shape, or an `Answer` when the answer has more
to it than the model says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, get_args, get_type_hints

from watchword.directory.directory import Directory
from watchword.services.call import Call

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

PORTS = frozenset(
    {
        "aws_policies",
        "directory",
        "key_sealer",
        "message_sealer",
        "objects",
        "random_bytes",
        "seed_sealer",
        "session_sealer",
        "write_apart",
    }
)
"""Names that a function may ask for. `directory` is bound to the transaction of the call, the others live with the
server: `key_sealer` seals secrets of access keys, `seed_sealer` those of MFA devices, `session_sealer` session tokens,
`message_sealer` encoded authorization messages. `write_apart` is for `prepare` alone."""


_TRANSACTION_PORTS = PORTS - {"write_apart"}


class WriteApart(Protocol):
    """Commits a change by itself, on disk when it returns: marks that must outlive the refusal of their request."""

    def __call__(self, change: Callable[[Directory], T], /) -> T: ...


_MASTER_KEY_PORTS = frozenset(name for name in PORTS if name.endswith("_sealer"))


@dataclass(frozen=True, slots=True)
class Operation:
    """A served operation: what to run and how."""

    service: str
    name: str
    function: Callable[..., Any]
    writes: bool
    request_type: type[Any]
    needs: tuple[str, ...]
    prepare: Callable[..., Any] | None
    prepare_needs: tuple[str, ...]
    discard: Callable[..., Any] | None
    """Undoes `prepare` after a commit that surely did not happen; its first argument is what `prepare` gave."""
    discard_needs: tuple[str, ...]
    waits_for: str | None = None
    """The request attribute (snake case) whose presence makes an operation that reads wait for the disk."""
    pages_itself: bool = False
    """Its lists are paged by the function, with tokens of its own; `Call.page` is None."""
    needs_master_key: bool = False
    """It seals or opens secrets: a node without the master key hands its requests on."""

    is_immediate: bool = False
    """No request of it waits for the disk."""
    prepares_briefly: Callable[[Call[Any]], bool] | None = None
    """True for the requests whose `prepare` neither waits nor computes for long; None when that is never sure."""

    def waits(self, request: Any) -> bool:
        """True when a request must wait for the disk: it writes, or its `prepare` does."""
        return self.writes or (self.waits_for is not None and getattr(request, self.waits_for) is not None)

    def is_brief(self, call: Call[Any]) -> bool:
        """True when a request that writes waits for nothing but its commit."""
        if self.prepare is None:
            return True
        return self.prepares_briefly is not None and self.prepares_briefly(call)

    def run(self, call: Call[Any], ports: Mapping[str, Any]) -> Any:
        """Run the function with what it needs."""
        return self.function(call, *[ports[name] for name in self.needs])

    def undo(self, prepared: Any, ports: Mapping[str, Any]) -> None:
        """Take back what `prepare` did.

        Only after a failure that proves that nothing was committed: an ApiError, or another error of the function
        itself. After Unavailable nobody knows, and what was prepared may be in use.
        """
        if self.discard is not None:
            self.discard(prepared, *[ports[name] for name in self.discard_needs])


class Answer(NamedTuple, Generic[T]):
    """An output shape with a status of its own (206 for a range) and further header lines in lower case."""

    output: T
    status: int | None = None
    """None: the model's."""
    headers: tuple[tuple[str, str], ...] = ()


OPERATIONS: dict[str, dict[str, Operation]] = {}
"""Every declared operation by service and name; filled when a service's package is imported."""


def operation(
    full_name: str,
    *,
    writes: bool = False,
    prepare: Callable[..., Any] | None = None,
    discard: Callable[..., Any] | None = None,
    waits_for: str | None = None,
    request: type[Any] | None = None,
    pages_itself: bool = False,
    prepares_briefly: Callable[[Call[Any]], bool] | None = None,
) -> Callable[[F], F]:
    """Declare the function below as the operation `service:Name`.

    With `prepare`, that function is run first, outside of any transaction, with the call and the ports that it names
    (`directory` is then a snapshot); its result reaches the operation as the argument `prepared`.
    `discard(prepared, ...)` takes it back when the operation fails. An operation that reads is prepared only for
    requests with `waits_for`; `prepared` is None for the others. `request` is the input shape, for a function made
    from a table; else the annotation names it. `pages_itself` says that the function cuts its own pages.
    `prepares_briefly(call)` is true for requests whose `prepare` does not keep others waiting.
    """
    service, _, name = full_name.partition(":")

    def declare(function: F) -> F:
        allowed = _TRANSACTION_PORTS | {"prepared"} if prepare else _TRANSACTION_PORTS
        needs = _needs(function, full_name, "call", allowed)
        prepare_needs = _needs(prepare, full_name, "call", PORTS) if prepare else ()
        OPERATIONS.setdefault(service, {})[name] = Operation(
            service=service,
            name=name,
            function=function,
            writes=writes,
            request_type=request or _request_type(function, full_name),
            needs=needs,
            prepare=prepare,
            prepare_needs=prepare_needs,
            discard=discard,
            discard_needs=_needs(discard, full_name, "prepared", _TRANSACTION_PORTS - {"directory"}) if discard else (),
            waits_for=waits_for,
            is_immediate=not writes and waits_for is None,
            pages_itself=pages_itself,
            prepares_briefly=prepares_briefly,
            needs_master_key=not _MASTER_KEY_PORTS.isdisjoint((*needs, *prepare_needs)),
        )
        return function

    return declare


def _needs(function: Callable[..., Any], full_name: str, first: str, allowed: frozenset[str]) -> tuple[str, ...]:
    names = tuple(inspect.signature(function).parameters)
    unknown = [name for name in names[1:] if name not in allowed]
    if not names or names[0] != first or unknown:
        raise TypeError(f"`{full_name}`: takes `{first}` first, then any of {sorted(allowed)}, not {unknown}")
    return names[1:]


def _request_type(function: Callable[..., Any], full_name: str) -> type[Any]:
    hint = get_type_hints(function).get("call")
    arguments = get_args(hint)
    if len(arguments) != 1 or not isinstance(arguments[0], type):
        raise TypeError(f"`{full_name}`: annotate the first parameter as `Call[...Request]`")
    return arguments[0]
