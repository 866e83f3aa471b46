"""Continuation tokens of S3's lists: the last entry of the page, made opaque.

A token grants nothing: it only says where to go on, like `start-after`, and every page is authorized by itself. So it
is encoded, not sealed.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode

from watchword.core.errors import ApiError

_VERSION = b"\x01"


def seal_cursor(entry: str) -> str:
    """The token after `entry`."""
    return urlsafe_b64encode(_VERSION + entry.encode()).decode()


def open_cursor(token: str) -> str:
    """The entry after which to go on. Raises InvalidArgument."""
    try:
        raw = b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        if raw[:1] == _VERSION:
            return raw[1:].decode()
    except (binascii.Error, UnicodeError):
        pass
    # S3 does not repeat what it could not read.
    message, fields = "The continuation token provided is incorrect", {"ArgumentName": "continuation-token"}
    raise ApiError("InvalidArgument", message, fields=fields)
