"""S3 buckets, and the records of the objects in them. The bytes of an object are a blob of the object store."""

from __future__ import annotations

from datetime import datetime

from watchword.core.ids import AccountId
from watchword.directory.ports import Record, RecordType


class Bucket(Record, frozen=True):
    name: str
    """Unique in the whole system."""
    account: AccountId
    region: str
    created_at: datetime
    policy: str | None = None
    """The bucket policy as it was submitted."""
    bound_policy: str = ""
    """The policy with unique ids for the users and roles that it names: what is evaluated. Empty: the same."""

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.name}"


class StoredObject(Record, frozen=True):
    bucket: str
    key: str
    blob: str
    """The blob that holds the bytes; empty for an object of no bytes."""
    size: int
    """Bytes."""
    etag: str
    """Lower-case hex MD5, without quotes."""
    modified_at: datetime
    headers: tuple[tuple[str, str], ...] = ()
    """What the object is served with: lower-case header name (`content-type`, `cache-control`, …) and value."""
    metadata: tuple[tuple[str, str], ...] = ()
    """User metadata: names without `x-amz-meta-`, in lower case."""
    checksum_algorithm: str = ""
    """`CRC32`, `CRC32C`, `CRC64NVME`, `SHA1` or `SHA256`."""
    checksum: str = ""
    """Base64."""


BUCKETS = RecordType(
    kind="bucket",
    type=Bucket,
    key=lambda bucket: (bucket.name,),
    account=lambda bucket: bucket.account,
    indexes={"account": lambda bucket: [(bucket.account,)]},
)
OBJECTS = RecordType(
    kind="object",
    type=StoredObject,
    key=lambda stored: (stored.bucket, stored.key),
    account=lambda stored: "",
    indexes={"blob": lambda stored: [(stored.blob,)] if stored.blob else []},
)
