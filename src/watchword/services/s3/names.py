"""What a bucket and a key may be called, and the canonical ids of owners.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

from watchword.core.reserved import RESERVED_SEGMENTS
from watchword.services.s3.faults import invalid_uri, key_too_long

KEY_BYTES_MAX = 1024
DIRECTORY_SUFFIX = "--x-s3"
"""What the names of directory buckets end with."""

_BUCKET = re.compile(r"(?!.*(?:\.\.|\.-|-\.))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_OLD_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}\Z")
"""What buckets of us-east-1 could be called until 2018."""
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}\Z")
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def is_bucket_name(name: str) -> bool:
    """True when a bucket may be called so. What our own paths need is not to be had."""
    return (
        _BUCKET.match(name) is not None
        and _ADDRESS.match(name) is None
        and not name.startswith(_PREFIXES)
        and not name.endswith(_SUFFIXES)
        and name not in RESERVED_SEGMENTS
    )


def was_bucket_name(name: str) -> bool:
    """True when a bucket could once be called so, so that it is looked for, and not found."""
    return _OLD_BUCKET.match(name) is not None and _ADDRESS.match(name) is None


def check_key(key: str) -> None:
    """Raise KeyTooLongError, or InvalidURI for what is not UTF-8."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise invalid_uri(key.encode("utf-8", "replace").decode()) from None
    if size > KEY_BYTES_MAX:
        raise key_too_long(size, KEY_BYTES_MAX)


@lru_cache(maxsize=1024)
def canonical_user_id(account: str) -> str:
    """The name that S3 gives an account as an owner: 64 hex digits, always the same."""
    return sha256(b"s3 canonical user id of " + account.encode()).hexdigest()
