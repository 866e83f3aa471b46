"""Runs an operation: prepare, then one short transaction.

Reading operations run on a snapshot. Writing operations run in a transaction that may be run again; the decision is
taken again first when the directory has moved since the snapshot that it was taken on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from watchword.core.errors import Unavailable
from watchword.directory.directory import Directory
from watchword.directory.ports import Store, Transaction
from watchword.services.call import Call
from watchword.services.operation import Operation

Recheck = Callable[[Directory], Mapping[str, str]]
"""Decides again on the transaction's directory and gives the refusals. Raises ApiError (AccessDenied)."""


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

    def write(self, operation: Operation, call: Call[Any], position: int, recheck: Recheck) -> Any:
        """Run an operation that waits, until it is on disk. `position` is the feed's when it was authorized."""
        ports = dict(self._ports)
        if operation.prepare is not None:
            ports["prepared"] = self._prepare(operation.prepare, operation.prepare_needs, call)

        def change(transaction: Transaction) -> Any:
            ports["directory"] = directory = Directory(transaction)
            if transaction.position == position:
                return operation.run(call, ports)
            return operation.run(msgspec.structs.replace(call, refusals=recheck(directory)), ports)

        try:
            return self._store.write(change)
        except Unavailable:
            raise  # nobody knows whether it was committed: what was prepared may be in use
        except Exception:
            if operation.prepare is not None:
                operation.undo(ports["prepared"], ports)
            raise

    def _prepare(self, prepare: Callable[..., Any], needs: tuple[str, ...], call: Call[Any]) -> Any:
        if "directory" not in needs:
            return prepare(call, *[self._ports[name] for name in needs])
        with self._store.read() as snapshot:
            ports = {**self._ports, "directory": Directory(snapshot)}
            return prepare(call, *[ports[name] for name in needs])
