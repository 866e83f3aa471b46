"""S3 buckets, and the records of the objects in them. The bytes of an object are blobs of the object store.

`OBJECTS` holds what a plain read or list meets: of each key the current version, unless that is a delete marker.
`VERSIONS` holds everything else of a bucket with versioning, under each key the newest first. So a key's latest
version is its object, or else the first of its versions, which then is a delete marker.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from watchword.core.ids import AccountId
from watchword.core.tags import Tags
from watchword.directory.bodies import is_short
from watchword.directory.ports import Key, Record, RecordType

SEQUENCE_MAX = 10**15 - 1
"""Fifteen digits, like every difference from it."""


class PublicAccessBlock(msgspec.Struct, frozen=True):
    """Which ways of opening something to the public are shut."""

    block_public_acls: bool = True
    ignore_public_acls: bool = True
    block_public_policy: bool = True
    restrict_public_buckets: bool = True


class Grant(msgspec.Struct, frozen=True):
    """One line of an access control list."""

    grantee: str
    """An account id, or the URI of one of S3's groups."""
    permission: str
    """`FULL_CONTROL`, `READ`, `WRITE`, `READ_ACP` or `WRITE_ACP`."""


Ownership = Literal["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]


class Bucket(Record, frozen=True, omit_defaults=True):
    name: str
    """Unique in the whole system."""
    account: AccountId
    region: str
    created_at: datetime
    policy: str | None = None
    """The bucket policy as it was submitted."""
    bound_policy: str = ""
    """The policy with unique ids for the users and roles that it names: what is evaluated. Empty: the same."""
    is_policy_public: bool = False
    """True when the policy lets in everyone, or everyone of some attribute that is not firmly bounded."""
    versioning: Literal["", "Enabled", "Suspended"] = ""
    """Empty: never was on."""
    tags: Tags = ()
    has_abac: bool = False
    """True when policies see the tags as `aws:ResourceTag`."""
    ownership: Ownership | None = "BucketOwnerEnforced"
    """None when the controls were deleted: as `ObjectWriter`."""
    public_access: PublicAccessBlock | None = PublicAccessBlock()
    """None when the block was deleted."""
    has_encryption: bool = False
    """True when somebody set the bucket's encryption: what is written then says AES256."""
    has_bucket_key: bool = False
    """As its encryption was set; kept and shown."""
    blocks_customer_keys: bool = False
    """True when nothing may be written under keys of customers."""
    grants: tuple[Grant, ...] = ()
    """The ACL, where ownership allows ACLs; empty: the owner's full control alone."""
    zone: str = ""
    """Of a directory bucket: the zone in its name. Empty for every other bucket."""
    has_object_lock: bool = False
    lock_mode: Literal["", "GOVERNANCE", "COMPLIANCE"] = ""
    """The retention that new objects get; empty for none."""
    lock_days: int = 0
    lock_years: int = 0

    @property
    def arn(self) -> str:
        if self.zone:
            return f"arn:aws:s3express:{self.region}:{self.account}:bucket/{self.name}"
        return f"arn:aws:s3:::{self.name}"

    @property
    def has_acls(self) -> bool:
        """True when ACLs take part in decisions."""
        return self.ownership != "BucketOwnerEnforced"


class StoredObject(Record, frozen=True, omit_defaults=True):
    """One version of an object, or a delete marker."""

    bucket: str
    key: str
    blob: str
    """The blob that holds the bytes (`bodies.py`), or the id of the upload whose parts do; empty for no bytes."""
    size: int
    """Bytes."""
    etag: str
    """Lower-case hex MD5 of the bytes as they are kept, without quotes; of an object in parts the MD5 of their MD5s, a
    dash and their number."""
    modified_at: datetime
    headers: tuple[tuple[str, str], ...] = ()
    """What the object is served with: lower-case header name (`content-type`, `cache-control`, …) and value."""
    metadata: tuple[tuple[str, str], ...] = ()
    """User metadata: names without `x-amz-meta-`, in lower case."""
    checksum_algorithm: str = ""
    """`CRC32`, `CRC32C`, `CRC64NVME`, `SHA1`, `SHA256`, …"""
    checksum: str = ""
    """Base64; of a composite checksum with a dash and the number of parts behind it."""
    parts: int = 0
    """How many parts the object was uploaded in; 0 when it came whole."""
    version: str = ""
    """The version id; empty for the version `null`."""
    sequence: int = 0
    """Grows with every version of a key."""
    is_delete_marker: bool = False
    tags: Tags = ()
    storage_class: str = ""
    """Empty: `STANDARD`."""
    is_encryption_asked: bool = False
    """True when the writer asked for AES256."""
    customer_key: str = ""
    """What the customer's key is known by that the bytes are sealed under; empty when they are kept as they came."""
    seal: str = ""
    """Of a body that is sealed: its salt in hex. Empty when it lies in parts, or was sealed before this was kept."""
    account: str = ""
    """The owner, where that is not the bucket's."""
    grants: tuple[Grant, ...] = ()
    """The ACL, where the bucket has ACLs; empty: the owner's full control alone."""
    retention_mode: Literal["", "GOVERNANCE", "COMPLIANCE"] = ""
    retain_until: datetime | None = None
    has_legal_hold: bool = False
    had_legal_hold: bool = False
    """True once somebody said whether there is a hold: from then on it is shown that there is none."""
    redirect: str = ""
    """Where a website would send readers: `x-amz-website-redirect-location`."""


class BucketSetting(Record, frozen=True):
    """A configuration of a bucket that is kept and shown."""

    bucket: str
    name: str
    """`cors`, `lifecycle`, …"""
    document: str
    """The configuration's members as JSON."""


class S3Account(Record, frozen=True):
    """What an account has set for all of its buckets."""

    account: AccountId
    public_access: PublicAccessBlock | None = None
    """What stands over the blocks of its buckets; None for nothing."""
    has_old_defaults: bool = False
    """True when its new buckets have ACLs and no public access block, as all had before April 2023."""


def _blobs(stored: StoredObject) -> list[Key]:
    # Whether a short body is named is never asked: it comes and goes with its record.
    return [(stored.blob,)] if stored.blob and not is_short(stored.blob) else []


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
    indexes={"blob": _blobs},
)
VERSIONS = RecordType(
    kind="object-version",
    type=StoredObject,
    key=lambda stored: (stored.bucket, stored.key, f"{SEQUENCE_MAX - stored.sequence:015d}"),
    account=lambda stored: "",
    unique={"version": lambda stored: (stored.bucket, stored.key, stored.version)},
    indexes={"blob": _blobs},
)
BUCKET_SETTINGS = RecordType(
    kind="bucket-setting",
    type=BucketSetting,
    key=lambda setting: (setting.bucket, setting.name),
    account=lambda setting: "",
)
S3_ACCOUNTS = RecordType(
    kind="s3-account",
    type=S3Account,
    key=lambda settings: (settings.account,),
    account=lambda settings: settings.account,
)
