"""S3's own condition keys, from the request that asks for them.

Keys of the request's head (`s3:authType`, `s3:signatureAge`, `s3:signatureversion`, `s3:TlsVersion`,
`s3:x-amz-content-sha256`) are the gateway's to give. A key that the request does not carry is absent.
Source: AWS's service authorization reference for S3.
"""

from __future__ import annotations

from typing import Any

from watchword.services.authorization import KeyReader, KeyValue, PrefixReader, Resource
from watchword.services.call import Authenticated
from watchword.services.s3 import shapes

_MEMBERS = {
    "s3:bucketnamespace": "bucket_namespace",
    "s3:delimiter": "delimiter",
    "s3:if-none-match": "if_none_match",
    "s3:max-keys": "max_keys",
    "s3:object-lock-legal-hold": "object_lock_legal_hold_status",
    "s3:object-lock-mode": "object_lock_mode",
    "s3:prefix": "prefix",
    "s3:versionid": "version_id",
    "s3:x-amz-acl": "acl",
    "s3:x-amz-grant-full-control": "grant_full_control",
    "s3:x-amz-grant-read": "grant_read",
    "s3:x-amz-grant-read-acp": "grant_read_acp",
    "s3:x-amz-grant-write": "grant_write",
    "s3:x-amz-grant-write-acp": "grant_write_acp",
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
    key = resource.arn.removeprefix(f"arn:aws:s3:::{request.bucket}/")
    return next((each.e_tag for each in request.delete.objects if each.key == key), None)


def _location(request: shapes.CreateBucketRequest, resource: Resource, caller: Authenticated) -> KeyValue:
    settings = request.create_bucket_configuration
    return settings.location_constraint if settings else None


def _resource_account(request: Any, resource: Resource, caller: Authenticated) -> KeyValue:
    return resource.account or None


KEYS: dict[str, KeyReader] = {key: _member(attribute) for key, attribute in _MEMBERS.items()} | {
    "s3:if-match": _if_match,
    "s3:locationconstraint": _location,
    "s3:resourceaccount": _resource_account,
}
PREFIXES: dict[str, PrefixReader] = {}
