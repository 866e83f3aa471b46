"""Conditions of a request on the state of an object: If-Match and its relatives.

Decides who gets the object, a 304 or a 412. ETags are compared strongly and without their quotes.
Source: RFC 9110 section 13; https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from watchword.directory.buckets import StoredObject
from watchword.services.s3.faults import no_such_key, not_implemented, not_modified, precondition_failed


class ReadRequest(Protocol):
    """The conditions of GetObject and HeadObject."""

    @property
    def if_match(self) -> str | None: ...
    @property
    def if_none_match(self) -> str | None: ...
    @property
    def if_modified_since(self) -> datetime | None: ...
    @property
    def if_unmodified_since(self) -> datetime | None: ...


def check_read(asked: ReadRequest, stored: StoredObject, now: datetime) -> None:
    """Raise PreconditionFailed or a 304. A matching If-Match outweighs If-Unmodified-Since, If-None-Match the other.

    A date in the future is no condition.
    """
    if asked.if_match is not None:
        if not _names(asked.if_match, stored.etag):
            raise precondition_failed("If-Match")
    elif asked.if_unmodified_since is not None and stored.modified_at > asked.if_unmodified_since:
        raise precondition_failed("If-Unmodified-Since")
    if asked.if_none_match is not None:
        is_known = _names(asked.if_none_match, stored.etag)
    else:
        since = asked.if_modified_since
        is_known = since is not None and stored.modified_at <= since <= now
    if is_known:
        raise not_modified({"etag": f'"{stored.etag}"'})


def check_write(if_match: str | None, if_none_match: str | None, existing: StoredObject | None, key: str) -> None:
    """Raise PreconditionFailed, NoSuchKey when If-Match finds nothing, NotImplemented for what S3 does not know."""
    if if_none_match is not None:
        if if_none_match != "*":
            raise not_implemented("If-None-Match")
        if existing is not None:
            raise precondition_failed("If-None-Match")
    if if_match is not None:
        check_match(if_match, existing, key)


def check_match(if_match: str, existing: StoredObject | None, key: str) -> None:
    """Raise PreconditionFailed, or NoSuchKey when there is nothing to match."""
    if existing is None:
        raise no_such_key(key)
    if not _names(if_match, existing.etag):
        raise precondition_failed("If-Match")


def _names(condition: str, etag: str) -> bool:
    return any(each.strip().strip('"') in (etag, "*") for each in condition.split(","))


class CopyRequest(Protocol):
    """The conditions of a copy on its source."""

    @property
    def copy_source_if_match(self) -> str | None: ...
    @property
    def copy_source_if_none_match(self) -> str | None: ...
    @property
    def copy_source_if_modified_since(self) -> datetime | None: ...
    @property
    def copy_source_if_unmodified_since(self) -> datetime | None: ...


def check_copy(asked: CopyRequest, source: StoredObject, now: datetime) -> None:
    """Raise PreconditionFailed. A matching ETag outweighs the dates, as in `check_read`."""
    if asked.copy_source_if_match is not None:
        if not _names(asked.copy_source_if_match, source.etag):
            raise precondition_failed("x-amz-copy-source-If-Match")
    elif (
        asked.copy_source_if_unmodified_since is not None and source.modified_at > asked.copy_source_if_unmodified_since
    ):
        raise precondition_failed("x-amz-copy-source-If-Unmodified-Since")
    if asked.copy_source_if_none_match is not None:
        if _names(asked.copy_source_if_none_match, source.etag):
            raise precondition_failed("x-amz-copy-source-If-None-Match")
    else:
        since = asked.copy_source_if_modified_since
        if since is not None and source.modified_at <= since <= now:
            raise precondition_failed("x-amz-copy-source-If-Modified-Since")
