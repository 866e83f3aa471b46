"""AWS's own managed policies, read from the data that ships with the program.

Nothing is read before the first question, and no document before somebody wants it. The archive keeps the documents in
compressed blocks of some 16 KiB, so that one policy costs the decompression of one block; the index and the compressed
blocks stay in memory.

`tools/convert_managed_policies.py` writes the archive. Source: see NOTICE.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache, partial
from importlib.resources import files

import msgspec

from watchword.core.clock import from_epoch
from watchword.directory.aws_policies import AwsPolicy

ARCHIVE = "managed_policies.msgpack"
_PREFIX = "arn:aws:iam::aws:policy"


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where one policy stands in the archive."""

    name: str
    path: str
    version: str
    created: int
    """Seconds since 1970."""
    updated: int
    block: int
    start: int
    """Offset in the decompressed block, bytes."""
    length: int
    """Bytes."""


class Archive(msgspec.Struct, frozen=True):
    """All policies, in the order of their names in lower case."""

    source: str
    source_version: str
    source_sha256: str
    licence: str
    content_sha256: str
    """Digest of the entries and the decompressed blocks."""
    entries: list[Entry]
    blocks: list[bytes]


def content_sha256(entries: list[Entry], blocks: list[bytes]) -> str:
    """The digest that an archive carries; `blocks` are decompressed."""
    digest = hashlib.sha256(msgspec.msgpack.encode(entries))
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def decode_archive(data: bytes) -> Archive:
    """The archive in its stored form."""
    return msgspec.msgpack.decode(data, type=Archive)


def policy_id(arn: str) -> str:
    """The unique id of an AWS managed policy.

    DIFFERS: 0004. AWS's own ids are not published as data; ours are derived from the ARN, the same everywhere.
    """
    return "ANPA" + base64.b32encode(hashlib.sha256(arn.encode()).digest()[:15]).decode()[:17]


class ShippedAwsPolicies:
    """The port `AwsPolicies` on the archive inside this package."""

    def __init__(self) -> None:
        self._block = lru_cache(maxsize=8)(self._decompress)
        self._known: dict[str, AwsPolicy] = {}
        """What was asked for, without its document: 1,500 policies take one megabyte."""

    def get(self, arn: str) -> AwsPolicy | None:
        """The policy with this ARN."""
        entry = self._by_arn.get(arn)
        return None if entry is None else self._policy(entry)

    def under(self, path_prefix: str = "/", *, after: str | None = None) -> Iterator[AwsPolicy]:
        """Policies whose path begins with `path_prefix`, by name in lower case, after the name `after` if given."""
        entries = self._archive.entries
        first = 0 if after is None else bisect_right(entries, after.lower(), key=_sort_key)
        for entry in entries[first:]:
            if entry.path.startswith(path_prefix):
                yield self._policy(entry)

    def count(self) -> int:
        """How many policies there are."""
        return len(self._archive.entries)

    @cached_property
    def _archive(self) -> Archive:
        return decode_archive(files("watchword.models").joinpath(ARCHIVE).read_bytes())

    @cached_property
    def _by_arn(self) -> dict[str, Entry]:
        return {f"{_PREFIX}{entry.path}{entry.name}": entry for entry in self._archive.entries}

    def _policy(self, entry: Entry) -> AwsPolicy:
        known = self._known.get(entry.name)
        if known is not None:
            return known
        arn = f"{_PREFIX}{entry.path}{entry.name}"
        policy = self._known[entry.name] = AwsPolicy(
            arn=arn,
            name=entry.name,
            path=entry.path,
            id=policy_id(arn),
            version=entry.version,
            created_at=from_epoch(entry.created),
            updated_at=from_epoch(entry.updated),
            read=partial(self._document, entry),
        )
        return policy

    def _document(self, entry: Entry) -> str:
        return self._block(entry.block)[entry.start : entry.start + entry.length].decode()

    def _decompress(self, index: int) -> bytes:
        return zlib.decompress(self._archive.blocks[index])


def _sort_key(entry: Entry) -> str:
    return entry.name.lower()
