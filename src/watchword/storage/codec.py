"""Record bodies: MessagePack of the record's fields, and beside it the schema version that wrote them.

Decides how a record becomes bytes and back, also from older schema versions. Never guesses at newer ones.
Source: https://github.com/msgpack/msgpack/blob/master/spec.md
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from watchword.core.errors import OperatorError
from watchword.directory.ports import Record, RecordType

R = TypeVar("R", bound=Record)

_encoder = msgspec.msgpack.Encoder()


class Codec(Generic[R]):
    """Encodes and decodes the records of one type."""

    __slots__ = ("_decode_current", "_upgrades", "kind", "version")

    def __init__(self, record_type: RecordType[R]) -> None:
        self.kind = record_type.kind
        self.version = record_type.version
        self._upgrades = record_type.upgrades
        self._decode_current = msgspec.msgpack.Decoder(record_type.type).decode

    def encode(self, record: R) -> bytes:
        """The body of a record at the present version."""
        return _encoder.encode(record)

    def decode(self, version: int, body: bytes) -> R:
        """The record that a body holds. Raises OperatorError when a newer program wrote it."""
        if version != self.version:
            body = self._upgrade(version, body)
        return self._decode_current(body)

    def _upgrade(self, version: int, body: bytes) -> bytes:
        if version > self.version:
            raise OperatorError(
                f"`{self.kind}` records of schema version {version} are in the store and this program knows"
                f" {self.version}: run the newer program"
            )
        fields = msgspec.msgpack.decode(body, type=dict[str, object])
        for step in range(version, self.version):
            upgrade = self._upgrades.get(step)
            if upgrade is not None:
                fields = upgrade(fields)
        return _encoder.encode(fields)
