"""Multipart uploads: what was begun, the parts that came, and how a finished object lies in them.

A part is a blob. The parts of a finished upload stay as they are and belong to the object that names the upload; its
`Assembly` says in which order they follow each other.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from watchword.core.ids import AccountId
from watchword.directory.buckets import StoredObject
from watchword.directory.ports import Record, RecordType


class Upload(Record, frozen=True):
    """An upload that is neither finished nor aborted."""

    bucket: str
    key: str
    id: str
    """Begins with the time at which the upload began, so that ids are in that order."""
    account: AccountId
    """The initiator's."""
    initiator_arn: str
    initiated_at: datetime
    draft: StoredObject
    """The object that will be, but for its bytes."""
    checksum_algorithm: str = ""
    """Empty when the client named none."""
    is_composite: bool = False
    """True when the object's checksum is that of the parts' checksums."""


class UploadPart(Record, frozen=True):
    upload: str
    number: int
    blob: str
    """Empty for a part of no bytes."""
    size: int
    """Bytes."""
    etag: str
    """Lower-case hex MD5, without quotes."""
    modified_at: datetime
    checksum_algorithm: str = ""
    checksum: str = ""
    is_sealed: bool = False
    """True when the bytes are sealed under a customer's key."""
    seal: str = ""
    """The salt of a sealed body in hex; empty when it was sealed before this was kept."""


class Piece(NamedTuple):
    """One part of a finished object."""

    number: int
    blob: str
    size: int
    checksum: str
    seal: str = ""


class Assembly(Record, frozen=True):
    """The parts of a finished upload, in their order."""

    upload: str
    pieces: tuple[Piece, ...]
    digest: str
    """Of the list of parts that finished it: a second request with the same one gets the same answer."""


UPLOADS = RecordType(
    kind="upload",
    type=Upload,
    key=lambda upload: (upload.bucket, upload.key, upload.id),
    account=lambda upload: "",
)
UPLOAD_PARTS = RecordType(
    kind="upload-part",
    type=UploadPart,
    key=lambda part: (part.upload, f"{part.number:05d}"),
    account=lambda part: "",
    indexes={"blob": lambda part: [(part.blob,)] if part.blob else []},
)
ASSEMBLIES = RecordType(
    kind="assembly",
    type=Assembly,
    key=lambda assembly: (assembly.upload,),
    account=lambda assembly: "",
)
