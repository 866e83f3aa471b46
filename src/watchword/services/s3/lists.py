"""Listing S3 objects: ListObjectsV2, and ListObjects, which names its pages by keys.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, API_ListObjects.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import quote_plus

from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.checksums import checksum_type
from watchword.services.s3.continuation import open_cursor, seal_cursor
from watchword.services.s3.faults import invalid_argument
from watchword.services.s3.listing import Page, list_page
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.owners import Owners
from watchword.services.s3.unbuilt import refuse_unbuilt

KEYS_MAX = 1000
_INTEGER_MAX = 2**31 - 1

Encode = Callable[[str], str]


@operation("s3:ListObjectsV2", pages_itself=True)
def list_objects_v2(call: Call[shapes.ListObjectsV2Request], directory: Directory) -> shapes.ListObjectsV2Output:
    """List keys after a token, or after a key. Raises NoSuchBucket, InvalidArgument."""
    asked = call.request
    refuse_unbuilt(asked)
    bucket = bucket_of(asked, directory, call.region)
    token = asked.continuation_token
    after = (asked.start_after or "") if token is None else open_cursor(token)
    limit = limited(asked.max_keys)
    page = _page(directory, bucket, asked.prefix, asked.delimiter, after, limit)
    encode = encoder(asked.encoding_type)
    return shapes.ListObjectsV2Output(
        is_truncated=page.is_truncated,
        contents=_contents(page, encode, bucket.account, Owners(directory) if asked.fetch_owner else None),
        name=bucket.name,
        prefix=encode(asked.prefix or ""),
        delimiter=encode(asked.delimiter) if asked.delimiter else None,
        max_keys=limit,
        common_prefixes=prefix_views(page.prefixes, encode),
        encoding_type=asked.encoding_type,
        key_count=len(page.objects) + len(page.prefixes),
        continuation_token=token,
        next_continuation_token=seal_cursor(page.last) if page.is_truncated else None,
        start_after=encode(asked.start_after) if asked.start_after is not None else None,
    )


@operation("s3:ListObjects", pages_itself=True)
def list_objects(call: Call[shapes.ListObjectsRequest], directory: Directory) -> shapes.ListObjectsOutput:
    """List keys after a marker. NextMarker comes with a delimiter only; else the last key does its work.

    Raises NoSuchBucket, InvalidArgument.
    """
    asked = call.request
    refuse_unbuilt(asked)
    bucket = bucket_of(asked, directory, call.region)
    limit = limited(asked.max_keys)
    page = _page(directory, bucket, asked.prefix, asked.delimiter, asked.marker or "", limit)
    encode = encoder(asked.encoding_type)
    return shapes.ListObjectsOutput(
        is_truncated=page.is_truncated,
        marker=encode(asked.marker or ""),
        next_marker=encode(page.last) if page.is_truncated and asked.delimiter else None,
        contents=_contents(page, encode, bucket.account, Owners(directory)),
        name=bucket.name,
        prefix=encode(asked.prefix or ""),
        delimiter=encode(asked.delimiter) if asked.delimiter else None,
        max_keys=limit,
        common_prefixes=prefix_views(page.prefixes, encode),
        encoding_type=asked.encoding_type,
    )


def _page(
    directory: Directory, bucket: Bucket, prefix: str | None, delimiter: str | None, after: str, limit: int
) -> Page:
    return list_page(
        directory.objects, bucket.name, prefix=prefix or "", delimiter=delimiter or "", after=after, limit=limit
    )


def limited(asked: int | None, name: str = "max-keys") -> int:
    """How many entries a page may have. Raises InvalidArgument."""
    if asked is None:
        return KEYS_MAX
    if not 0 <= asked <= _INTEGER_MAX:
        name = "maxKeys" if name == "max-keys" else name  # as S3 spells it where it has read a number
        message = f"Argument {name} must be an integer between 0 and {_INTEGER_MAX}"
        raise invalid_argument(message, name, str(asked))
    return min(asked, KEYS_MAX)


def encoder(encoding: str | None) -> Encode:
    """How keys are written. Raises InvalidArgument."""
    if encoding is None:
        return str
    if encoding != "url":
        raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", encoding)
    return _url_encoded


def _url_encoded(text: str) -> str:
    return quote_plus(text, safe="/*")


def _contents(page: Page, encode: Encode, account: str, owners: Owners | None) -> list[shapes.Object]:
    if owners is None:
        return [_object_view(stored, encode, None) for stored in page.objects]
    return [_object_view(stored, encode, owners[stored.account or account]) for stored in page.objects]


def _object_view(stored: StoredObject, encode: Encode, shown: shapes.Owner | None) -> shapes.Object:
    return shapes.Object(
        key=encode(stored.key),
        last_modified=stored.modified_at,
        e_tag=f'"{stored.etag}"',
        checksum_algorithm=[stored.checksum_algorithm] if stored.checksum else None,
        checksum_type=checksum_type(stored.checksum) if stored.checksum else None,
        size=stored.size,
        storage_class=stored.storage_class or "STANDARD",
        owner=shown,
    )


def prefix_views(prefixes: Iterable[str], encode: Encode) -> list[shapes.CommonPrefix]:
    """Common prefixes as answers show them."""
    return [shapes.CommonPrefix(prefix=encode(prefix)) for prefix in prefixes]
