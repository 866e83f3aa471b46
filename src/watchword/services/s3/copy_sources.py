"""The header that names what is copied: `bucket/key`, percent-encoded, with `?versionId=` behind it or not.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html (x-amz-copy-source)
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from watchword.services.s3.faults import invalid_argument, not_implemented

NAME = "x-amz-copy-source"


class Source(NamedTuple):
    bucket: str
    key: str
    version: str | None


@lru_cache(maxsize=256)
def read_source(text: str) -> Source:
    """Read the header. Raises InvalidArgument, NotImplemented for access points."""
    path, mark, query = text.partition("?versionId=")
    if path.startswith("arn:"):
        raise not_implemented(NAME)
    bucket, slash, key = unquote(path).removeprefix("/").partition("/")
    if not (slash and bucket and key):
        message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise invalid_argument(message, NAME, text)
    return Source(bucket, key, unquote(query) if mark else None)
