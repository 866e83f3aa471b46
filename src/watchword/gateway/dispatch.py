"""Runs an operation: prepare, then one short transaction.

Reading operations run on a snapshot. Writing operations run in a transaction that may be run again; the decision is
taken again first when the directory has moved since the snapshot that it was taken on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

import msgspec

from watchword.core.errors import Unavailable
from watchword.directory.directory import Directory
from watchword.directory.ports import Store, Transaction
from watchword.services.call import Call
from watchword.services.operation import Operation

log = logging.getLogger("watchword.gateway")

Recheck = Callable[[Directory, int], Mapping[str, str]]
"""Decides again on the transaction's directory what was decided at a position of the feed, and gives the refusals.
Raises ApiError (AccessDenied)."""
Output = Callable[[], Any]
"""Gives what an operation gave, or raises what it raised."""


class Writing:
    """A writing operation that is prepared, and waits for its transaction."""

    def __init__(
        self, operation: Operation, call: Call[Any], ports: dict[str, Any], position: int, recheck: Recheck
    ) -> None:
        """`position` is the feed's when it was authorized."""
        self._operation = operation
        self._call = call
        self._ports = ports
        self._position = position
        self._recheck = recheck

    def change(self, transaction: Transaction) -> Any:
        """Run the operation in a transaction; may be done again in another one."""
        self._ports["directory"] = directory = Directory(transaction)
        call = self._call
        if transaction.position != self._position:
            call = msgspec.structs.replace(call, refusals=self._recheck(directory, self._position))
        return self._operation.run(call, self._ports)

    def output(self, outcome: Output) -> Any:
        """What became of it, which is taken back when it surely was not committed. Raises what it raised."""
        try:
            return outcome()
        except Unavailable:
            raise  # nobody knows whether it was committed: what was prepared may be in use
        except Exception:
            if self._operation.prepare is not None:
                self._operation.undo(self._ports["prepared"], self._ports)
            raise


class Dispatcher:
    """Runs operations with the ports that they ask for."""

    def __init__(self, store: Store, ports: Mapping[str, Any]) -> None:
        self._store = store
        self._ports = {**ports, "prepared": None}

    def read(self, operation: Operation, call: Call[Any], directory: Directory) -> Any:
        """Run a reading operation on the snapshot that it was authorized on."""
        ports = self._ports
        if not operation.needs:
            return operation.function(call)
        return operation.function(
            call, *[directory if name == "directory" else ports[name] for name in operation.needs]
        )

    def prepare(self, operation: Operation, call: Call[Any], position: int, recheck: Recheck) -> Writing:
        """Do what an operation does before its transaction. `position` is the feed's when it was authorized."""
        ports = dict(self._ports)
        if operation.prepare is not None:
            ports["prepared"] = self._prepare(operation.prepare, operation.prepare_needs, call)
        return Writing(operation, call, ports, position, recheck)

    def write_all(self, writings: Sequence[Writing]) -> list[Output]:
        """Run operations, each in a transaction of its own, until they are on disk. Gives for each its output."""
        try:
            outcomes = self._store.write_all([each.change for each in writings])
        except Exception:
            log.exception("a commit failed")
            outcomes = [_in_doubt] * len(writings)
        return [partial(writing.output, outcome) for writing, outcome in zip(writings, outcomes, strict=True)]

    def write(self, operation: Operation, call: Call[Any], position: int, recheck: Recheck) -> Any:
        """Run one operation until it is on disk."""
        return self.write_all([self.prepare(operation, call, position, recheck)])[0]()

    def _prepare(self, prepare: Callable[..., Any], needs: tuple[str, ...], call: Call[Any]) -> Any:
        if "directory" not in needs:
            return prepare(call, *[self._ports[name] for name in needs])
        with self._store.read() as snapshot:
            ports = {**self._ports, "directory": Directory(snapshot)}
            return prepare(call, *[ports[name] for name in needs])


def _in_doubt() -> NoReturn:
    raise Unavailable("the commit failed")
