"""The header that names what is copied: `bucket/key`, or the ARN of an object in an access point.

It is percent-encoded, with `?versionId=` behind it or not.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html (x-amz-copy-source)
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from watchword.services.s3.faults import invalid_argument, not_implemented

NAME = "x-amz-copy-source"
_IN_POINT = re.compile(r"(arn:aws:s3:[a-z0-9-]+:[0-9]{12}:accesspoint/[a-z0-9-]{3,50})/object/(.+)\Z", re.DOTALL)


class Source(NamedTuple):
    bucket: str
    """Its name, or the ARN of an access point."""
    key: str
    version: str | None


@lru_cache(maxsize=256)
def read_source(text: str) -> Source:
    """Read the header. Raises InvalidArgument, NotImplemented for what lies on Outposts."""
    path, mark, query = text.partition("?versionId=")
    version = unquote(query) if mark else None
    path = unquote(path).removeprefix("/")
    if path.startswith("arn:"):
        match = _IN_POINT.match(path)
        if match is None:
            raise not_implemented(NAME)
        return Source(match[1], match[2], version)
    bucket, slash, key = path.partition("/")
    if not (slash and bucket and key):
        message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise invalid_argument(message, NAME, text)
    return Source(bucket, key, version)
