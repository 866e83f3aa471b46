"""Tags of objects and buckets, as headers and documents give them.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html (10 tags an object, 50 a bucket;
keys of 128 and values of 256 characters)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_plus

from watchword.core.tags import Tags
from watchword.services.s3 import shapes
from watchword.services.s3.faults import bad_request, invalid_argument, invalid_tag

OBJECT_TAGS_MAX = 10
BUCKET_TAGS_MAX = 50
_ALLOWED = re.compile(r"[\w\s+\-=.:/@]*\Z")


def header_tags(text: str) -> Tags:
    """The tags of an `x-amz-tagging` header: pairs as in a query. Raises InvalidArgument, InvalidTag, BadRequest."""
    pairs: list[tuple[str, str]] = []
    for pair in filter(None, text.split("&")):
        key, _, value = pair.partition("=")
        pairs.append((unquote_plus(key), unquote_plus(value)))
    if len({key for key, _ in pairs}) != len(pairs):
        message = (
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
            "name duplicates."
        )
        raise invalid_argument(message, "x-amz-tagging", text)
    return _checked(pairs, OBJECT_TAGS_MAX, "Object tags cannot be greater than 10")


def object_tags(asked: Sequence[shapes.Tag]) -> Tags:
    """The tags of a document for an object. Raises InvalidTag, BadRequest."""
    return _checked([(tag.key, tag.value) for tag in asked], OBJECT_TAGS_MAX, "Object tags cannot be greater than 10")


def bucket_tags(asked: Sequence[shapes.Tag]) -> Tags:
    """The tags of a document for a bucket. Raises InvalidTag, BadRequest."""
    pairs = [(tag.key, tag.value) for tag in asked]
    return _checked(pairs, BUCKET_TAGS_MAX, "Bucket tag count cannot be greater than 50")


def tag_views(tags: Iterable[tuple[str, str]]) -> list[shapes.Tag]:
    """Tags as documents show them, by key."""
    return [shapes.Tag(key=key, value=value) for key, value in sorted(tags)]


def _checked(pairs: list[tuple[str, str]], count_max: int, message: str) -> Tags:
    if len(pairs) > count_max:
        raise bad_request(message)
    if len({key for key, _ in pairs}) != len(pairs):
        raise invalid_tag("Cannot provide multiple Tags with the same key")
    for key, value in pairs:
        if not 1 <= len(key) <= 128 or not _ALLOWED.match(key):
            raise invalid_tag("The TagKey you have provided is invalid", key)
        if len(value) > 256 or not _ALLOWED.match(value):
            raise invalid_tag("The TagValue you have provided is invalid", key)
        if key.lower().startswith("aws:"):
            raise invalid_tag("System tags cannot be added/updated by requester", key)
    return tuple(pairs)
