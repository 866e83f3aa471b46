"""A node that holds the keys and front nodes beside it, as processes; and what stands in their memory."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.house import House, Keys, run_server
from tests.support.processes import ServerProcess

_REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r[w-]")
_PIECE_BYTES = 1 << 22


@dataclass
class Fronts:
    """A system of one key-holding node and one front node."""

    house: House
    """The node that holds the keys."""
    front: ServerProcess
    socket: Path

    def at_front(self, keys: Keys) -> Keys:
        """The same credentials, used at the front node."""
        return replace(keys, endpoint=self.front.http)

    def restart_house(self) -> None:
        """Start the key-holding node again, on the same data, after it was stopped."""
        self.house.server = run_server(self.house.server.data_dir, keys_to=str(self.socket))


@contextmanager
def fronts(data_dir: Path, *, front: Mapping[str, Any] | None = None, **options: Any) -> Generator[Fronts]:
    """Start both. The front node starts when DIR/master.key is out of the way, and never sees it."""
    with tempfile.TemporaryDirectory(prefix="keys-") as folder:
        socket = Path(folder) / "socket"
        house = House.start(data_dir, keys_to=str(socket), **options)
        master_key = data_dir / "master.key"
        aside = data_dir.parent / "master.key"
        try:
            master_key.rename(aside)
            process = run_server(data_dir, keys_from=str(socket), **(front or {}))
            aside.rename(master_key)
            try:
                yield Fronts(house, process, socket)
            finally:
                assert process.stop() == 0
        finally:
            house.stop()


def finds_in_memory(pid: int, needles: Iterable[bytes]) -> set[bytes]:
    """Which of these stand anywhere in the memory of a process. Raises PermissionError where it cannot be read."""
    sought = set(needles)
    found: set[bytes] = set()
    overlap = max(len(needle) for needle in sought)
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    descriptor = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        for line in maps:
            if (region := _REGION.match(line)) is None:
                continue
            place, end = (int(part, 16) for part in region.groups())
            before = b""
            while place < end:
                try:
                    piece = os.pread(descriptor, min(_PIECE_BYTES, end - place), place)
                except (OSError, OverflowError):
                    break  # pages of the kernel's own
                if not piece:
                    break
                found |= {needle for needle in sought - found if needle in before + piece}
                before = piece[-overlap:]
                place += len(piece)
    finally:
        os.close(descriptor)
    return found
