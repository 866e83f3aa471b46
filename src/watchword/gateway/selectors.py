"""What of a bucket or an object an S3 request is about: its selectors, `?acl` and the like, and the methods they take.

    (1) before anything is known of the caller: two selectors at once, and a part of what is no object
    (2) when the signature is proved, or there is none: a method that the selector does not take, POST to an object

INVARIANT: a method that means nothing for a selector is refused, never taken for the bucket or the object itself:
`DELETE /bucket?acl` deletes no bucket.

Decides by path, method and the names of parameters alone; their values do not matter, nor does whether there is such
a bucket. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html;
names of resources, methods and the order as others have measured them at S3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.gateway.strays import ENCRYPTION, refuse_encryption, refuse_strays
from watchword.protocols.faults import method_not_allowed
from watchword.protocols.routes import query_values


class _Kind(NamedTuple):
    """What S3 calls the resource, and the methods that mean something for it."""

    name: str
    methods: tuple[str, ...]


_CONTROL = b"/v20180820/"
_READ = ("GET",)
_SET = ("GET", "PUT")
_KEPT = ("DELETE", "GET", "PUT")
_MADE = ("DELETE", "POST", "GET")
_POSTED = ("POST",)
_PART = _Kind("PART", ("PUT",))

OF_BUCKETS: Mapping[str, _Kind] = {
    "abac": _Kind("BUCKET_ABAC", _SET),
    "accelerate": _Kind("ACCELERATE", _SET),
    "acl": _Kind("ACL", _SET),
    "analytics": _Kind("ANALYTICS", _KEPT),
    "cors": _Kind("CORS", _KEPT),
    "delete": _Kind("MULTI_OBJECT_DELETE", _POSTED),
    "encryption": _Kind("ENCRYPTION", _KEPT),
    "intelligent-tiering": _Kind("INTELLIGENT_TIERING", _KEPT),
    "inventory": _Kind("INVENTORY", _KEPT),
    "lifecycle": _Kind("LIFECYCLE", _KEPT),
    "location": _Kind("LOCATION", _READ),
    "logging": _Kind("LOGGING_STATUS", _SET),
    "metadataAnnotationTable": _Kind("BUCKET_METADATA_ANNOTATION_TABLE_CONFIGURATION", ("PUT",)),
    "metadataConfiguration": _Kind("BUCKET_METADATA_CONFIGURATION", _MADE),
    "metadataInventoryTable": _Kind("BUCKET_METADATA_INVENTORY_TABLE_CONFIGURATION", ("PUT",)),
    "metadataJournalTable": _Kind("BUCKET_METADATA_JOURNAL_TABLE_CONFIGURATION", ("PUT",)),
    "metadataTable": _Kind("BUCKET_METADATA_TABLE_CONFIGURATION", _MADE),
    "metrics": _Kind("METRICS", _KEPT),
    "notification": _Kind("NOTIFICATION", _SET),
    "object-lock": _Kind("OBJECT_LOCK_CONFIGURATION", _SET),
    "ownershipControls": _Kind("OWNERSHIP_CONTROLS", _KEPT),
    "policy": _Kind("BUCKETPOLICY", _KEPT),
    "policyStatus": _Kind("POLICY_STATUS", _READ),
    "publicAccessBlock": _Kind("PUBLIC_ACCESS_BLOCK", _KEPT),
    "replication": _Kind("REPLICATION", _KEPT),
    "requestPayment": _Kind("REQUEST_PAYMENT", _SET),
    "restore": _Kind("RESTORE", ()),
    "tagging": _Kind("TAGGING", _KEPT),
    "torrent": _Kind("TORRENT", ()),
    "uploadId": _Kind("UPLOAD", _MADE),
    "uploads": _Kind("UPLOADS", ("POST", "GET")),
    "versioning": _Kind("VERSIONING", _SET),
    "versions": _Kind("BUCKETVERSIONS", _READ),
    "website": _Kind("WEBSITE", _KEPT),
}
OF_OBJECTS: Mapping[str, _Kind] = {
    "acl": _Kind("ACL", _SET),
    "annotation": _Kind("OBJECT_ANNOTATIONS", _KEPT),
    "attributes": _Kind("OBJECT_ATTRIBUTES", _READ),
    "encryption": _Kind("OBJECT_ENCRYPTION", ("PUT",)),
    "legal-hold": _Kind("OBJECT_LOCK_LEGALHOLD", _SET),
    "restore": _Kind("RESTORE", _POSTED),
    "retention": _Kind("OBJECT_LOCK_RETENTION", _SET),
    "select": _Kind("SELECT", _POSTED),
    "tagging": _Kind("OBJECT_TAGGING", _KEPT),
    "torrent": _Kind("TORRENT", _READ),
    "uploadId": _Kind("UPLOAD", _MADE),
    "uploads": _Kind("UPLOADS", _POSTED),
}
# These are the bucket's own, whatever key stands before them; others of a bucket mean nothing at a key.
OF_BUCKETS_AT_KEYS: frozenset[str] = frozenset(
    "accelerate cors delete inventory lifecycle location logging notification policy replication requestPayment "
    "versioning versions website".split()
)
_OF_NO_KEY = {"logging": "NoLoggingStatusForKey", "versions": "InvalidRequest"}
_OBJECT = _Kind("OBJECT", ("HEAD", "DELETE", "GET", "PUT"))

_NAMES = "|".join(sorted({*OF_BUCKETS, *OF_OBJECTS, "partNumber", "versionId"}, key=len, reverse=True))
# What is escaped may spell any name.
_MAY_SELECT = re.compile(rf"&(?:(?:{_NAMES})(?:[=&]|\Z)|[^=&]*%)".encode())

Chosen = Mapping[str, list[str]]
"""The parameters of a request that has selectors, or could have; empty when it has none."""
_NOTHING: Chosen = {}


def read_resource(head: RequestHead, bucket: str | None) -> tuple[bytes, Chosen]:
    """The path with its bucket first, wherever it stood, and what selects in the query. Raises ApiError for (1).

    Of the bucket's own, the path is the bucket's, whatever key stands there.
    """
    path = head.raw_path if bucket is None else b"/" + bucket.encode() + head.raw_path
    if not head.query_string or not _MAY_SELECT.search(b"&" + head.query_string) or path.startswith(_CONTROL):
        return path, _NOTHING
    try:
        query = query_values(head.query_string)
    except ValueError:
        return path, _NOTHING  # whoever routes it says so
    names = _selectors(path, query)
    if len(names) == 1 and names[0] in OF_BUCKETS_AT_KEYS and _is_object(path):
        name, kind = names[0], OF_BUCKETS[names[0]]
        if name in _OF_NO_KEY and head.method in kind.methods:
            raise ApiError(_OF_NO_KEY[name], f"There is no such thing as the ?{name} sub-resource for a key")
        path = path[: path.index(b"/", 1)]
        names = _selectors(path, query)
    if len(names) > 1:
        message = "Conflicting query string parameters: " + ", ".join(names)
        fields = {"ArgumentName": "ResourceType", "ArgumentValue": names[0]}
        raise ApiError("InvalidArgument", message, fields=fields)
    if names == ["partNumber"]:
        raise ApiError("InvalidRequest", "Object must have a valid key name.")
    return path, query


def refuse_method(head: RequestHead, path: bytes, chosen: Chosen) -> None:
    """Raise ApiError for (2), and for an upload with parameters that it does not take."""
    if not chosen and head.method != "POST" and ENCRYPTION not in head.fields:
        return  # nearly every request
    if path.startswith(_CONTROL):
        return
    method, is_object = head.method, _is_object(path)
    names = _selectors(path, chosen)
    if not names:
        if is_object and method == "POST":
            raise _not_allowed(method, _OBJECT)
        if is_object and method in ("GET", "HEAD"):
            refuse_encryption(head)
    elif "partNumber" in chosen and "uploadId" in chosen:
        if method != "PUT" or not is_object:
            raise _not_allowed(method, _PART)
    else:
        kind = (OF_OBJECTS if is_object else OF_BUCKETS)[names[0]]
        # An upload that lacks the number of its part is told so below.
        if method not in kind.methods and not (is_object and names == ["uploadId"] and method == "PUT"):
            raise _not_allowed(method, kind)
        if names == ["uploadId"] and not is_object:
            raise ApiError("InvalidRequest", "A key must be specified")
    if method == "PUT" and is_object and "renameObject" not in chosen and names in ([], ["uploadId"]):
        refuse_strays(chosen)


def _selectors(path: bytes, query: Chosen) -> list[str]:
    """The selectors in a query, in order of name; of a part of an upload, the upload alone."""
    if path == b"/" or not query:
        return []
    if is_object := _is_object(path):
        names = sorted([name for name in query if name in OF_OBJECTS or name in OF_BUCKETS_AT_KEYS])
    else:
        names = sorted([name for name in query if name in OF_BUCKETS])
    if "partNumber" in query and names != ["uploadId"] and (names or not is_object):
        names = sorted([*names, "partNumber"])
    return names


def _is_object(path: bytes) -> bool:
    return path.find(b"/", 1) not in (-1, len(path) - 1)


def _not_allowed(method: str, kind: _Kind) -> ApiError:
    return method_not_allowed(method, kind.name, kind.methods)
