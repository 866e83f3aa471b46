"""One request on its way through the gateway: what is known of it so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from watchword.core.http import HttpResponse, RequestHead, Spooled
from watchword.directory.directory import Directory
from watchword.gateway.authenticate import Proof
from watchword.gateway.authorize import Asked
from watchword.gateway.identify import Entry, Target
from watchword.services.call import Call
from watchword.signing.claims import Claim
from watchword.signing.modes import UNSIGNED
from watchword.signing.payload import PayloadReader

if TYPE_CHECKING:
    from watchword.gateway.upload_forms import PostUpload, Upload

BODY_BYTES_MAX = 1024 * 1024
"""Forms and JSON documents."""
XML_BYTES_MAX = 4 * 1024 * 1024
"""S3's XML documents: 1,000 keys of 1,024 bytes to delete, escaped."""
STRANGERS_XML_BYTES_MAX = 64 * 1024
"""The same from callers without credentials: documents are read before anything is decided about them."""
OBJECT_BYTES_MAX = 5 * 1024**3
"""An object of one PUT."""
FRAMES_BYTES_MAX = 256 * 1024**2
"""What the frames of its chunks may add on the wire."""

_EMPTY_SHA256 = sha256().hexdigest()

Commit = Callable[[], HttpResponse]
"""What is left of a request that writes: it waits for the disk, so it runs on a worker thread."""


def has_body(head: RequestHead, claim: Claim | None) -> bool:
    """False when there is no body and nothing is said of one that would have to be checked."""
    if head.method not in ("GET", "HEAD", "DELETE"):
        return True
    fields = head.fields
    if fields.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in fields or b"content-md5" in fields:
        return True
    return claim is not None and claim.payload_hash not in (UNSIGNED, _EMPTY_SHA256)


def s3_body_bytes_max(*, streams: bool, is_signed: bool) -> int:
    """How long the body of an S3 request may be: an object that streams, or a document."""
    if streams:
        return OBJECT_BYTES_MAX
    return XML_BYTES_MAX if is_signed else STRANGERS_XML_BYTES_MAX


def bytes_of(body: Spooled) -> bytes:
    """A body that is not long."""
    if body.data is not None:
        return body.data
    assert body.path is not None
    return body.path.read_bytes()


def bucket_region(directory: Directory, path: bytes) -> str | None:
    """The region of the bucket that a path names, which the signature's scope must agree with."""
    name = path[1:].partition(b"/")[0]
    bucket = directory.buckets.get(name.decode("utf-8", "replace")) if name else None
    return None if bucket is None else bucket.region


class Exchange:
    """A request between its head and its answer. Made by `Gateway.begin`, ended by `Gateway.finish` or `refuse`."""

    __slots__ = (
        "asked",
        "body_bytes_max",
        "body_sha256",
        "call",
        "entry",
        "head",
        "is_brief",
        "labels",
        "now",
        "operation_name",
        "position",
        "proof",
        "reader",
        "request_id",
        "response",
        "target",
        "upload",
    )

    def __init__(self, head: RequestHead, now: datetime, request_id: str, target: Target) -> None:
        self.head = head
        self.now = now
        self.request_id = request_id
        self.target = target
        self.response: HttpResponse | None = None
        """The answer when the head alone decided."""
        self.reader: PayloadReader | PostUpload | None = None
        """Verifies an S3 body as it arrives; None for bodies that are verified whole."""
        self.body_bytes_max = BODY_BYTES_MAX
        self.body_sha256: str | None = None
        """Hex digest of a body that was taken whole before the signature was verified."""
        self.proof: Proof | None = None
        self.labels: Mapping[str, str] = {}
        self.operation_name = ""
        """The operation that the request names, served or not."""
        self.entry: Entry | None = None
        """The operation when it is served."""
        self.asked: Asked | None = None
        self.call: Call[Any] | None = None
        self.is_brief = False
        """The commit waits for nothing but the disk."""
        self.upload: Upload | None = None
        """An upload form that was judged: the request runs as the PutObject that it means."""
        self.position = 0
        """The change feed's position before the snapshot that the decision was taken on."""
