"""S3's own condition keys, from the request that asks for them.

Keys of the request's head (`s3:authType`, `s3:signatureAge`, `s3:signatureversion`, `s3:TlsVersion`,
`s3:x-amz-content-sha256`) are the gateway's to give. A key that the request does not carry is absent.
Source: AWS's service authorization reference for S3.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from watchword.core.clock import iso8601
from watchword.core.tags import Tags, asked_tag
from watchword.services.authorization import KeyReader, KeyValue, PrefixReader, Resource
from watchword.services.call import Authenticated
from watchword.services.s3 import shapes
from watchword.services.s3.access_points import object_key
from watchword.services.s3.copy_sources import read_source
from watchword.services.s3.directory_buckets import asked_mode
from watchword.services.s3.tags import header_tags

_MEMBERS = {
    "s3:bucketnamespace": "bucket_namespace",
    "s3:delimiter": "delimiter",
    "s3:if-none-match": "if_none_match",
    "s3:max-keys": "max_keys",
    "s3:x-amz-acl": "acl",
    "s3:x-amz-grant-full-control": "grant_full_control",
    "s3:x-amz-grant-read": "grant_read",
    "s3:x-amz-grant-read-acp": "grant_read_acp",
    "s3:x-amz-grant-write": "grant_write",
    "s3:x-amz-grant-write-acp": "grant_write_acp",
    "s3:x-amz-metadata-directive": "metadata_directive",
    "s3:x-amz-object-ownership": "object_ownership",
    "s3:x-amz-server-side-encryption": "server_side_encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "ssekms_key_id",
    "s3:x-amz-server-side-encryption-customer-algorithm": "sse_customer_algorithm",
    "s3:x-amz-storage-class": "storage_class",
    "s3:x-amz-website-redirect-location": "website_redirect_location",
}
"""Keys that are members of the request: the key, and the attribute."""


def _member(attribute: str) -> KeyReader:
    def read(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
        value = getattr(request, attribute, None)
        return value if value is None or isinstance(value, str) else str(value)

    return read


def _if_match(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    if not isinstance(request, shapes.DeleteObjectsRequest):
        return getattr(request, "if_match", None)
    key = object_key(resource.arn)
    # INVARIANT: a list that names a key twice gets no further than the lesser of the two conditions.
    etags = {each.e_tag for each in request.delete.objects if each.key == key}
    return etags.pop() if len(etags) == 1 else None


def _prefix(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    """What is listed. Whether a key is missing is told to those who may list what begins with it."""
    source = getattr(request, "copy_source", None)
    if source is None and not hasattr(request, "key"):
        prefix: str | None = getattr(request, "prefix", None)
        return prefix
    if object_key(resource.arn):
        return None
    key: str = request.key if source is None else read_source(source).key
    return key


def _location(request: shapes.CreateBucketRequest, resource: Resource, caller: Authenticated) -> KeyValue:
    settings = request.create_bucket_configuration
    return settings.location_constraint if settings else None


def _resource_account(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    return resource.account or None


def _request_tags(request: Any) -> Tags | None:
    """The object tags that a request sets."""
    if isinstance(request, shapes.PutObjectTaggingRequest):
        return tuple((tag.key, tag.value) for tag in request.tagging.tag_set)
    text = getattr(request, "tagging", None)
    return header_tags(text) if isinstance(text, str) and text else None


def _request_tag(request: Any, resource: Resource, caller: Authenticated, name: str) -> KeyValue:
    return asked_tag(_request_tags(request) or (), name)


def _request_tag_keys(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    tags = _request_tags(request)
    return None if tags is None else tuple(key for key, _ in tags)


def _existing_tag(request: Any, resource: Resource, caller: Authenticated, name: str) -> KeyValue:
    return asked_tag(resource.object_tags, name)


def _bucket_tag(request: Any, resource: Resource, caller: Authenticated, name: str) -> KeyValue:
    return asked_tag(resource.bucket_tags, name)


def _copy_source(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    text = getattr(request, "copy_source", None)
    if text is None:
        return None
    source = read_source(text)
    return f"{source.bucket}/{'object/' if source.bucket.startswith('arn:') else ''}{source.key}"


def _version(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    if not resource.is_version or resource.version_id is not None:
        return resource.version_id
    own: str | None = getattr(request, "version_id", None)
    source: str | None = getattr(request, "copy_source", None)
    return own if own is not None or source is None else read_source(source).version


def _retain_until(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    until = _retention(request)
    return None if until is None else iso8601(until)


def _retention(request: Any) -> datetime | None:
    if isinstance(request, shapes.PutObjectRetentionRequest):
        return request.retention.retain_until_date if request.retention else None
    return getattr(request, "object_lock_retain_until_date", None)


def _lock_mode(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    if isinstance(request, shapes.PutObjectRetentionRequest):
        return request.retention.mode if request.retention else None
    return getattr(request, "object_lock_mode", None)


def _legal_hold(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    if isinstance(request, shapes.PutObjectLegalHoldRequest):
        return request.legal_hold.status if request.legal_hold else None
    return getattr(request, "object_lock_legal_hold_status", None)


_CREATIONS = (shapes.PutObjectRequest, shapes.CopyObjectRequest, shapes.CompleteMultipartUploadRequest)


def _creates(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    return "true" if isinstance(request, _CREATIONS) else "false"


def point_arn(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    """The ARN of the access point that a request goes through, or is about."""
    point = resource.access_point
    return None if point is None else point.arn or resource.arn


def point_account(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    """The account of that access point."""
    return None if resource.access_point is None else resource.access_point.account


def network_origin(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    """`Internet` or `VPC`."""
    return None if resource.access_point is None else resource.access_point.network_origin


def point_tag(request: Any, resource: Resource, caller: Authenticated, name: str) -> KeyValue:
    """A tag of that access point."""
    return None if resource.access_point is None else asked_tag(resource.access_point.tags, name)


def _optional_fields(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    asked = getattr(request, "inventory_configuration", None)
    return None if asked is None or asked.optional_fields is None else tuple(asked.optional_fields)


KEYS: dict[str, KeyReader] = {key: _member(attribute) for key, attribute in _MEMBERS.items()} | {
    "s3:accesspointnetworkorigin": network_origin,
    "s3:dataaccesspointaccount": point_account,
    "s3:dataaccesspointarn": point_arn,
    "s3:if-match": _if_match,
    "s3:inventoryaccessibleoptionalfields": _optional_fields,
    "s3:locationconstraint": _location,
    "s3:object-lock-legal-hold": _legal_hold,
    "s3:object-lock-mode": _lock_mode,
    "s3:object-lock-retain-until-date": _retain_until,
    "s3:objectcreationoperation": _creates,
    "s3:prefix": _prefix,
    "s3:requestobjecttagkeys": _request_tag_keys,
    "s3:resourceaccount": _resource_account,
    "s3:versionid": _version,
    "s3:x-amz-copy-source": _copy_source,
}
KEYS["s3express:sessionmode"] = asked_mode
PREFIXES: dict[str, PrefixReader] = {
    "s3:accesspointtag/": point_tag,
    "s3:buckettag/": _bucket_tag,
    "s3:existingobjecttag/": _existing_tag,
    "s3:requestobjecttag/": _request_tag,
}
