"""Reading S3 objects: GetObject and HeadObject.

What a missing key answers, 404 or 403, was decided with the permission to list. Answers say `nosniff`: no object is
taken for a page by a browser's guess.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, API_HeadObject.html
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from operator import attrgetter
from typing import Any, Final

from watchword.core.errors import Lost
from watchword.core.http import FileBody
from watchword.credentials.customer_keys import CustomerKey
from watchword.directory.bodies import Bodies
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.policy.principals import Kind
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3 import shapes
from watchword.services.s3.assemblies import numbered_piece, pieces_of
from watchword.services.s3.checksums import checksum_type, checksum_view, part_checksum_view
from watchword.services.s3.conditions import check_read
from watchword.services.s3.customer_keys import asked_key, fitting_key, key_view, opener_of
from watchword.services.s3.encoded_words import encoded
from watchword.services.s3.faults import invalid_argument, invalid_request
from watchword.services.s3.locks import lock_view
from watchword.services.s3.lookups import object_of
from watchword.services.s3.ranges import Part, asked_part
from watchword.services.s3.unbuilt import refuse_unbuilt
from watchword.services.s3.versions import shown_version

DEFAULT_TYPE = "binary/octet-stream"
NO_SNIFFING: Final = (("x-content-type-options", "nosniff"),)

_SERVED = {
    "cache-control": "cache_control",
    "content-disposition": "content_disposition",
    "content-encoding": "content_encoding",
    "content-language": "content_language",
    "content-type": "content_type",
    "expires": "expires",
}
"""Header lines that an object is stored with, and their attribute in the answers."""
_OVERRIDES = {f"response_{attribute}": attribute for attribute in _SERVED.values()}
_read_overrides = attrgetter(*_OVERRIDES)
_NO_OVERRIDES = (None,) * len(_OVERRIDES)

Read = shapes.GetObjectRequest | shapes.HeadObjectRequest


@operation("s3:GetObject")
def get_object(
    call: Call[shapes.GetObjectRequest], directory: Directory, objects: Bodies
) -> Answer[shapes.GetObjectOutput]:
    """Give an object or a part of it.

    Raises NoSuchBucket, NoSuchKey, InvalidRange, PreconditionFailed, and a 304 for those who have it.
    """
    bucket, stored, part = _chosen(call, directory, "GET")
    key = _key(call.request, stored)
    try:
        body = _body(stored, part, key, directory, objects)
    except Lost as error:
        raise Lost(f"object {stored.key!r} of bucket `{stored.bucket}`: {error}") from error
    output = shapes.GetObjectOutput(body=body, **_facts(call, bucket, stored, part), **key_view(key))
    return Answer(output, 206 if part.content_range else None, NO_SNIFFING)


def _body(
    stored: StoredObject, part: Part, key: CustomerKey | None, directory: Directory, objects: Bodies
) -> bytes | FileBody:
    if not part.length:
        return b""
    if stored.parts:
        return objects.joined(pieces_of(stored, directory, part.offset, part.length, key))
    return objects.body(stored.blob, part.offset, part.length, directory.transaction, opener_of(key, stored.seal))


@operation("s3:HeadObject")
def head_object(call: Call[shapes.HeadObjectRequest], directory: Directory) -> Answer[shapes.HeadObjectOutput]:
    """Describe an object or a part of it, in GetObject's headers. Raises what GetObject raises."""
    bucket, stored, part = _chosen(call, directory, "HEAD")
    key = _key(call.request, stored)
    output = shapes.HeadObjectOutput(**_facts(call, bucket, stored, part), **key_view(key))
    return Answer(output, 206 if part.content_range else None, NO_SNIFFING)


def _key(asked: Read, stored: StoredObject) -> CustomerKey | None:
    """The key that opens an object, if it takes one. Raises InvalidRequest, AccessDenied."""
    if not stored.customer_key and asked.sse_customer_algorithm is asked.sse_customer_key is None:
        return None
    return fitting_key(asked_key(asked, reads=True), stored)


def _chosen(call: Call[Any], directory: Directory, method: str) -> tuple[Bucket, StoredObject, Part]:
    asked: Read = call.request
    refuse_unbuilt(asked)
    bucket, stored = object_of(asked, directory, call.region, method=method)
    check_read(asked, stored, call.now)
    if asked.part_number is not None and stored.parts:
        return bucket, stored, numbered_piece(stored, directory, asked.range, asked.part_number)
    return bucket, stored, asked_part(asked.range, asked.part_number, stored.size)


def _facts(call: Call[Any], bucket: Bucket, stored: StoredObject, part: Part) -> dict[str, Any]:
    """What both answers say of the object, by attribute."""
    asked: Read = call.request
    facts: dict[str, Any] = {
        "accept_ranges": "bytes",
        "content_length": part.length,
        "content_range": part.content_range,
        "content_type": DEFAULT_TYPE,
        "e_tag": f'"{stored.etag}"',
        "last_modified": stored.modified_at,
        "metadata": {name: encoded(value) for name, value in stored.metadata},
    }
    if asked.part_number is not None and stored.parts:
        facts["parts_count"] = stored.parts
    if bucket.versioning:
        facts["version_id"] = shown_version(stored, bucket)
    if stored.tags:
        facts["tag_count"] = len(stored.tags)
    if stored.storage_class:
        facts["storage_class"] = stored.storage_class
    if stored.is_encryption_asked:
        facts["server_side_encryption"] = "AES256"
    if stored.redirect:
        facts["website_redirect_location"] = stored.redirect
    if stored.retention_mode or stored.has_legal_hold or stored.had_legal_hold:
        facts.update(lock_view(stored))
    for name, value in stored.headers:
        facts[_SERVED[name]] = value
    if asked.checksum_mode == "ENABLED" and stored.checksum:
        facts.update(_checksum(asked, stored, part))
    overrides = _read_overrides(asked)
    if overrides != _NO_OVERRIDES:
        facts.update(_overrides(overrides, call.caller.principal.kind is Kind.ANONYMOUS))
    return facts


def _checksum(asked: Read, stored: StoredObject, part: Part) -> dict[str, Any]:
    """The checksum of the object, or of the one part that was asked for; nothing of a range."""
    if asked.part_number is not None and stored.parts:
        found = part_checksum_view(stored.checksum_algorithm, part.checksum)
        return {**found, "checksum_type": checksum_type(stored.checksum)} if found else {}
    if asked.part_number is None and part.content_range is not None:
        return {}
    return checksum_view(stored.checksum_algorithm, stored.checksum)


def _overrides(asked: tuple[str | datetime | None, ...], is_anonymous: bool) -> dict[str, str]:
    """Header lines that a signed request may set on its answer."""
    found: dict[str, str] = {}
    for (parameter, attribute), value in zip(_OVERRIDES.items(), asked, strict=True):
        if value is None:
            continue
        if is_anonymous:
            raise invalid_request("Request specific response headers cannot be used for anonymous GET requests.")
        text = format_datetime(value, usegmt=True) if isinstance(value, datetime) else value
        if not text.isprintable():
            # INVARIANT: nothing that a request says can begin a header line of its own.
            raise invalid_argument("Header value cannot be represented", parameter.replace("_", "-"), text)
        found[attribute] = text
    return found
