"""Headers and parameters that ask for what is not built: refused by name, never ignored.

Whoever asks for encryption under a key of KMS must not believe to have got it.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (NotImplemented)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec

from watchword.protocols.getters import Getter, attribute_getter
from watchword.services.s3.faults import not_implemented

UNBUILT: Mapping[str, str] = {
    "annotation_directive": "x-amz-object-annotation-directive",
    "bucket_key_enabled": "x-amz-server-side-encryption-bucket-key-enabled",
    "if_match_last_modified_time": "x-amz-if-match-last-modified-time",
    "if_match_size": "x-amz-if-match-size",
    "object_lock_event_hold": "x-amz-object-lock-event-hold",
    "object_lock_event_hold_duration_days": "x-amz-object-lock-event-hold-duration-days",
    "object_lock_event_hold_duration_years": "x-amz-object-lock-event-hold-duration-years",
    "ssekms_encryption_context": "x-amz-server-side-encryption-context",
    "ssekms_key_id": "x-amz-server-side-encryption-aws-kms-key-id",
    "write_offset_bytes": "x-amz-write-offset-bytes",
    # Members of CreateBucketConfiguration.
    "location": "Location",
}
"""What nothing here does: attribute of a request, and the header or parameter that carries it."""


def refuse_unbuilt(request: msgspec.Struct) -> None:
    """Raise NotImplemented when a request asks for something of the table."""
    watched = _watched(type(request))
    values = watched.read(request)
    if values == watched.nothing:
        return
    for header, value in zip(watched.headers, values, strict=True):
        if value is not None and value is not False and value != []:
            raise not_implemented(header)


class _Watched(NamedTuple):
    """What a request could ask for that is not built."""

    read: Getter
    headers: tuple[str, ...]
    nothing: tuple[None, ...]
    """What is read of nearly all requests."""


@cache
def _watched(request: type[Any]) -> _Watched:
    names = [attribute for attribute in UNBUILT if attribute in set(request.__struct_fields__)]
    return _Watched(attribute_getter(names), tuple(UNBUILT[name] for name in names), (None,) * len(names))
