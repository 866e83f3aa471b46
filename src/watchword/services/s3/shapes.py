"""Structures of S3 for the operations in `served.toml`. Written by tools/generate_shapes.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from watchword.core.http import FileBody, Spooled
from watchword.protocols.shapes import Shape


class Bucket(Shape, frozen=True, kw_only=True):
    """Used by ListBuckets."""

    name: str | None = None
    creation_date: datetime | None = None
    bucket_region: str | None = None
    bucket_arn: str | None = None


class BucketInfo(Shape, frozen=True, kw_only=True):
    """Used by CreateBucket."""

    data_redundancy: str | None = None
    type: str | None = None


class CommonPrefix(Shape, frozen=True, kw_only=True):
    """Used by ListObjectsV2, ListObjects."""

    prefix: str | None = None


class CreateBucketConfiguration(Shape, frozen=True, kw_only=True):
    """Used by CreateBucket."""

    location_constraint: str | None = None
    location: LocationInfo | None = None
    bucket: BucketInfo | None = None
    tags: Sequence[Tag] | None = None


class CreateBucketOutput(Shape, frozen=True, kw_only=True):
    """Output of CreateBucket."""

    location: str | None = None
    bucket_arn: str | None = None


class CreateBucketRequest(Shape, frozen=True, kw_only=True):
    """Input of CreateBucket."""

    acl: str | None = msgspec.field(default=None, name="ACL")
    bucket: str
    create_bucket_configuration: CreateBucketConfiguration | None = None
    grant_full_control: str | None = None
    grant_read: str | None = None
    grant_read_acp: str | None = msgspec.field(default=None, name="GrantReadACP")
    grant_write: str | None = None
    grant_write_acp: str | None = msgspec.field(default=None, name="GrantWriteACP")
    object_lock_enabled_for_bucket: bool | None = None
    object_ownership: str | None = None
    bucket_namespace: str | None = None


class Delete(Shape, frozen=True, kw_only=True):
    """Used by DeleteObjects."""

    objects: Sequence[ObjectIdentifier]
    quiet: bool | None = None


class DeleteBucketPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteBucketPolicy."""

    bucket: str
    expected_bucket_owner: str | None = None


class DeleteBucketRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteBucket."""

    bucket: str
    expected_bucket_owner: str | None = None


class DeleteObjectOutput(Shape, frozen=True, kw_only=True):
    """Output of DeleteObject."""

    delete_marker: bool | None = None
    version_id: str | None = None
    request_charged: str | None = None


class DeleteObjectRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteObject."""

    bucket: str
    key: str
    mfa: str | None = msgspec.field(default=None, name="MFA")
    version_id: str | None = None
    request_payer: str | None = None
    bypass_governance_retention: bool | None = None
    expected_bucket_owner: str | None = None
    if_match: str | None = None
    if_match_last_modified_time: datetime | None = None
    if_match_size: int | None = None


class DeleteObjectsOutput(Shape, frozen=True, kw_only=True):
    """Output of DeleteObjects."""

    deleted: Sequence[DeletedObject] | None = None
    request_charged: str | None = None
    errors: Sequence[Error] | None = None


class DeleteObjectsRequest(Shape, frozen=True, kw_only=True):
    """Input of DeleteObjects."""

    bucket: str
    delete: Delete
    mfa: str | None = msgspec.field(default=None, name="MFA")
    request_payer: str | None = None
    bypass_governance_retention: bool | None = None
    expected_bucket_owner: str | None = None
    checksum_algorithm: str | None = None


class DeletedObject(Shape, frozen=True, kw_only=True):
    """Used by DeleteObjects."""

    key: str | None = None
    version_id: str | None = None
    delete_marker: bool | None = None
    delete_marker_version_id: str | None = None


class Error(Shape, frozen=True, kw_only=True):
    """Used by DeleteObjects."""

    key: str | None = None
    version_id: str | None = None
    code: str | None = None
    message: str | None = None


class GetBucketLocationOutput(Shape, frozen=True, kw_only=True):
    """Output of GetBucketLocation."""

    location_constraint: str | None = None


class GetBucketLocationRequest(Shape, frozen=True, kw_only=True):
    """Input of GetBucketLocation."""

    bucket: str
    expected_bucket_owner: str | None = None


class GetBucketPolicyOutput(Shape, frozen=True, kw_only=True):
    """Output of GetBucketPolicy."""

    policy: str | None = None


class GetBucketPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of GetBucketPolicy."""

    bucket: str
    expected_bucket_owner: str | None = None


class GetObjectOutput(Shape, frozen=True, kw_only=True):
    """Output of GetObject."""

    secret_members: ClassVar[frozenset[str]] = frozenset({"ssekms_key_id"})
    body: bytes | FileBody | None = None
    delete_marker: bool | None = None
    accept_ranges: str | None = None
    expiration: str | None = None
    restore: str | None = None
    last_modified: datetime | None = None
    content_length: int | None = None
    e_tag: str | None = None
    checksum_crc32: str | None = msgspec.field(default=None, name="ChecksumCRC32")
    checksum_crc32_c: str | None = msgspec.field(default=None, name="ChecksumCRC32C")
    checksum_crc64_nvme: str | None = msgspec.field(default=None, name="ChecksumCRC64NVME")
    checksum_sha1: str | None = msgspec.field(default=None, name="ChecksumSHA1")
    checksum_sha256: str | None = msgspec.field(default=None, name="ChecksumSHA256")
    checksum_sha512: str | None = msgspec.field(default=None, name="ChecksumSHA512")
    checksum_md5: str | None = msgspec.field(default=None, name="ChecksumMD5")
    checksum_xxhash64: str | None = msgspec.field(default=None, name="ChecksumXXHASH64")
    checksum_xxhash3: str | None = msgspec.field(default=None, name="ChecksumXXHASH3")
    checksum_xxhash128: str | None = msgspec.field(default=None, name="ChecksumXXHASH128")
    checksum_type: str | None = None
    missing_meta: int | None = None
    version_id: str | None = None
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    content_range: str | None = None
    content_type: str | None = None
    expires: str | None = None
    website_redirect_location: str | None = None
    server_side_encryption: str | None = None
    metadata: Mapping[str, str] | None = None
    sse_customer_algorithm: str | None = msgspec.field(default=None, name="SSECustomerAlgorithm")
    sse_customer_key_md5: str | None = msgspec.field(default=None, name="SSECustomerKeyMD5")
    ssekms_key_id: str | None = msgspec.field(default=None, name="SSEKMSKeyId")
    bucket_key_enabled: bool | None = None
    storage_class: str | None = None
    request_charged: str | None = None
    replication_status: str | None = None
    parts_count: int | None = None
    tag_count: int | None = None
    object_lock_mode: str | None = None
    object_lock_retain_until_date: datetime | None = None
    object_lock_legal_hold_status: str | None = None
    object_lock_event_hold: str | None = None
    object_lock_event_hold_duration_days: int | None = None
    object_lock_event_hold_duration_years: int | None = None


class GetObjectRequest(Shape, frozen=True, kw_only=True):
    """Input of GetObject."""

    secret_members: ClassVar[frozenset[str]] = frozenset({"sse_customer_key"})
    bucket: str
    if_match: str | None = None
    if_modified_since: datetime | None = None
    if_none_match: str | None = None
    if_unmodified_since: datetime | None = None
    key: str
    range: str | None = None
    response_cache_control: str | None = None
    response_content_disposition: str | None = None
    response_content_encoding: str | None = None
    response_content_language: str | None = None
    response_content_type: str | None = None
    response_expires: datetime | None = None
    version_id: str | None = None
    sse_customer_algorithm: str | None = msgspec.field(default=None, name="SSECustomerAlgorithm")
    sse_customer_key: str | None = msgspec.field(default=None, name="SSECustomerKey")
    sse_customer_key_md5: str | None = msgspec.field(default=None, name="SSECustomerKeyMD5")
    request_payer: str | None = None
    part_number: int | None = None
    expected_bucket_owner: str | None = None
    checksum_mode: str | None = None


class HeadBucketOutput(Shape, frozen=True, kw_only=True):
    """Output of HeadBucket."""

    bucket_arn: str | None = None
    bucket_location_type: str | None = None
    bucket_location_name: str | None = None
    bucket_region: str | None = None
    access_point_alias: bool | None = None


class HeadBucketRequest(Shape, frozen=True, kw_only=True):
    """Input of HeadBucket."""

    bucket: str
    expected_bucket_owner: str | None = None


class HeadObjectOutput(Shape, frozen=True, kw_only=True):
    """Output of HeadObject."""

    secret_members: ClassVar[frozenset[str]] = frozenset({"ssekms_key_id"})
    delete_marker: bool | None = None
    accept_ranges: str | None = None
    expiration: str | None = None
    restore: str | None = None
    archive_status: str | None = None
    last_modified: datetime | None = None
    content_length: int | None = None
    checksum_crc32: str | None = msgspec.field(default=None, name="ChecksumCRC32")
    checksum_crc32_c: str | None = msgspec.field(default=None, name="ChecksumCRC32C")
    checksum_crc64_nvme: str | None = msgspec.field(default=None, name="ChecksumCRC64NVME")
    checksum_sha1: str | None = msgspec.field(default=None, name="ChecksumSHA1")
    checksum_sha256: str | None = msgspec.field(default=None, name="ChecksumSHA256")
    checksum_sha512: str | None = msgspec.field(default=None, name="ChecksumSHA512")
    checksum_md5: str | None = msgspec.field(default=None, name="ChecksumMD5")
    checksum_xxhash64: str | None = msgspec.field(default=None, name="ChecksumXXHASH64")
    checksum_xxhash3: str | None = msgspec.field(default=None, name="ChecksumXXHASH3")
    checksum_xxhash128: str | None = msgspec.field(default=None, name="ChecksumXXHASH128")
    checksum_type: str | None = None
    e_tag: str | None = None
    missing_meta: int | None = None
    version_id: str | None = None
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    content_type: str | None = None
    content_range: str | None = None
    expires: str | None = None
    website_redirect_location: str | None = None
    server_side_encryption: str | None = None
    metadata: Mapping[str, str] | None = None
    sse_customer_algorithm: str | None = msgspec.field(default=None, name="SSECustomerAlgorithm")
    sse_customer_key_md5: str | None = msgspec.field(default=None, name="SSECustomerKeyMD5")
    ssekms_key_id: str | None = msgspec.field(default=None, name="SSEKMSKeyId")
    bucket_key_enabled: bool | None = None
    storage_class: str | None = None
    request_charged: str | None = None
    replication_status: str | None = None
    parts_count: int | None = None
    tag_count: int | None = None
    object_lock_mode: str | None = None
    object_lock_retain_until_date: datetime | None = None
    object_lock_legal_hold_status: str | None = None
    object_lock_event_hold: str | None = None
    object_lock_event_hold_duration_days: int | None = None
    object_lock_event_hold_duration_years: int | None = None


class HeadObjectRequest(Shape, frozen=True, kw_only=True):
    """Input of HeadObject."""

    secret_members: ClassVar[frozenset[str]] = frozenset({"sse_customer_key"})
    bucket: str
    if_match: str | None = None
    if_modified_since: datetime | None = None
    if_none_match: str | None = None
    if_unmodified_since: datetime | None = None
    key: str
    range: str | None = None
    response_cache_control: str | None = None
    response_content_disposition: str | None = None
    response_content_encoding: str | None = None
    response_content_language: str | None = None
    response_content_type: str | None = None
    response_expires: datetime | None = None
    version_id: str | None = None
    sse_customer_algorithm: str | None = msgspec.field(default=None, name="SSECustomerAlgorithm")
    sse_customer_key: str | None = msgspec.field(default=None, name="SSECustomerKey")
    sse_customer_key_md5: str | None = msgspec.field(default=None, name="SSECustomerKeyMD5")
    request_payer: str | None = None
    part_number: int | None = None
    expected_bucket_owner: str | None = None
    checksum_mode: str | None = None


class ListBucketsOutput(Shape, frozen=True, kw_only=True):
    """Output of ListBuckets."""

    buckets: Sequence[Bucket] | None = None
    owner: Owner | None = None
    continuation_token: str | None = None
    prefix: str | None = None


class ListBucketsRequest(Shape, frozen=True, kw_only=True):
    """Input of ListBuckets."""

    max_buckets: int | None = None
    continuation_token: str | None = None
    prefix: str | None = None
    bucket_region: str | None = None


class ListObjectsOutput(Shape, frozen=True, kw_only=True):
    """Output of ListObjects."""

    is_truncated: bool | None = None
    marker: str | None = None
    next_marker: str | None = None
    contents: Sequence[Object] | None = None
    name: str | None = None
    prefix: str | None = None
    delimiter: str | None = None
    max_keys: int | None = None
    common_prefixes: Sequence[CommonPrefix] | None = None
    encoding_type: str | None = None
    request_charged: str | None = None


class ListObjectsRequest(Shape, frozen=True, kw_only=True):
    """Input of ListObjects."""

    bucket: str
    delimiter: str | None = None
    encoding_type: str | None = None
    marker: str | None = None
    max_keys: int | None = None
    prefix: str | None = None
    request_payer: str | None = None
    expected_bucket_owner: str | None = None
    optional_object_attributes: Sequence[str] | None = None


class ListObjectsV2Output(Shape, frozen=True, kw_only=True):
    """Output of ListObjectsV2."""

    is_truncated: bool | None = None
    contents: Sequence[Object] | None = None
    name: str | None = None
    prefix: str | None = None
    delimiter: str | None = None
    max_keys: int | None = None
    common_prefixes: Sequence[CommonPrefix] | None = None
    encoding_type: str | None = None
    key_count: int | None = None
    continuation_token: str | None = None
    next_continuation_token: str | None = None
    start_after: str | None = None
    request_charged: str | None = None


class ListObjectsV2Request(Shape, frozen=True, kw_only=True):
    """Input of ListObjectsV2."""

    bucket: str
    delimiter: str | None = None
    encoding_type: str | None = None
    max_keys: int | None = None
    prefix: str | None = None
    continuation_token: str | None = None
    fetch_owner: bool | None = None
    start_after: str | None = None
    request_payer: str | None = None
    expected_bucket_owner: str | None = None
    optional_object_attributes: Sequence[str] | None = None


class LocationInfo(Shape, frozen=True, kw_only=True):
    """Used by CreateBucket."""

    type: str | None = None
    name: str | None = None


class Object(Shape, frozen=True, kw_only=True):
    """Used by ListObjectsV2, ListObjects."""

    key: str | None = None
    last_modified: datetime | None = None
    e_tag: str | None = None
    checksum_algorithm: Sequence[str] | None = None
    checksum_type: str | None = None
    size: int | None = None
    storage_class: str | None = None
    owner: Owner | None = None
    restore_status: RestoreStatus | None = None


class ObjectIdentifier(Shape, frozen=True, kw_only=True):
    """Used by DeleteObjects."""

    key: str
    version_id: str | None = None
    e_tag: str | None = None
    last_modified_time: datetime | None = None
    size: int | None = None


class Owner(Shape, frozen=True, kw_only=True):
    """Used by ListBuckets, ListObjectsV2 and 1 more."""

    display_name: str | None = None
    id: str | None = msgspec.field(default=None, name="ID")


class PutBucketPolicyRequest(Shape, frozen=True, kw_only=True):
    """Input of PutBucketPolicy."""

    bucket: str
    content_md5: str | None = msgspec.field(default=None, name="ContentMD5")
    checksum_algorithm: str | None = None
    confirm_remove_self_bucket_access: bool | None = None
    policy: str
    expected_bucket_owner: str | None = None


class PutObjectOutput(Shape, frozen=True, kw_only=True):
    """Output of PutObject."""

    secret_members: ClassVar[frozenset[str]] = frozenset({"ssekms_key_id", "ssekms_encryption_context"})
    expiration: str | None = None
    e_tag: str | None = None
    checksum_crc32: str | None = msgspec.field(default=None, name="ChecksumCRC32")
    checksum_crc32_c: str | None = msgspec.field(default=None, name="ChecksumCRC32C")
    checksum_crc64_nvme: str | None = msgspec.field(default=None, name="ChecksumCRC64NVME")
    checksum_sha1: str | None = msgspec.field(default=None, name="ChecksumSHA1")
    checksum_sha256: str | None = msgspec.field(default=None, name="ChecksumSHA256")
    checksum_sha512: str | None = msgspec.field(default=None, name="ChecksumSHA512")
    checksum_md5: str | None = msgspec.field(default=None, name="ChecksumMD5")
    checksum_xxhash64: str | None = msgspec.field(default=None, name="ChecksumXXHASH64")
    checksum_xxhash3: str | None = msgspec.field(default=None, name="ChecksumXXHASH3")
    checksum_xxhash128: str | None = msgspec.field(default=None, name="ChecksumXXHASH128")
    checksum_type: str | None = None
    server_side_encryption: str | None = None
    version_id: str | None = None
    sse_customer_algorithm: str | None = msgspec.field(default=None, name="SSECustomerAlgorithm")
    sse_customer_key_md5: str | None = msgspec.field(default=None, name="SSECustomerKeyMD5")
    ssekms_key_id: str | None = msgspec.field(default=None, name="SSEKMSKeyId")
    ssekms_encryption_context: str | None = msgspec.field(default=None, name="SSEKMSEncryptionContext")
    bucket_key_enabled: bool | None = None
    size: int | None = None
    request_charged: str | None = None


class PutObjectRequest(Shape, frozen=True, kw_only=True):
    """Input of PutObject."""

    secret_members: ClassVar[frozenset[str]] = frozenset(
        {"sse_customer_key", "ssekms_key_id", "ssekms_encryption_context"}
    )
    acl: str | None = msgspec.field(default=None, name="ACL")
    body: Spooled | None = None
    bucket: str
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    content_length: int | None = None
    content_md5: str | None = msgspec.field(default=None, name="ContentMD5")
    content_type: str | None = None
    checksum_algorithm: str | None = None
    checksum_crc32: str | None = msgspec.field(default=None, name="ChecksumCRC32")
    checksum_crc32_c: str | None = msgspec.field(default=None, name="ChecksumCRC32C")
    checksum_crc64_nvme: str | None = msgspec.field(default=None, name="ChecksumCRC64NVME")
    checksum_sha1: str | None = msgspec.field(default=None, name="ChecksumSHA1")
    checksum_sha256: str | None = msgspec.field(default=None, name="ChecksumSHA256")
    checksum_sha512: str | None = msgspec.field(default=None, name="ChecksumSHA512")
    checksum_md5: str | None = msgspec.field(default=None, name="ChecksumMD5")
    checksum_xxhash64: str | None = msgspec.field(default=None, name="ChecksumXXHASH64")
    checksum_xxhash3: str | None = msgspec.field(default=None, name="ChecksumXXHASH3")
    checksum_xxhash128: str | None = msgspec.field(default=None, name="ChecksumXXHASH128")
    expires: str | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    grant_full_control: str | None = None
    grant_read: str | None = None
    grant_read_acp: str | None = msgspec.field(default=None, name="GrantReadACP")
    grant_write_acp: str | None = msgspec.field(default=None, name="GrantWriteACP")
    key: str
    write_offset_bytes: int | None = None
    metadata: Mapping[str, str] | None = None
    server_side_encryption: str | None = None
    storage_class: str | None = None
    website_redirect_location: str | None = None
    sse_customer_algorithm: str | None = msgspec.field(default=None, name="SSECustomerAlgorithm")
    sse_customer_key: str | None = msgspec.field(default=None, name="SSECustomerKey")
    sse_customer_key_md5: str | None = msgspec.field(default=None, name="SSECustomerKeyMD5")
    ssekms_key_id: str | None = msgspec.field(default=None, name="SSEKMSKeyId")
    ssekms_encryption_context: str | None = msgspec.field(default=None, name="SSEKMSEncryptionContext")
    bucket_key_enabled: bool | None = None
    request_payer: str | None = None
    tagging: str | None = None
    object_lock_mode: str | None = None
    object_lock_retain_until_date: datetime | None = None
    object_lock_legal_hold_status: str | None = None
    object_lock_event_hold: str | None = None
    object_lock_event_hold_duration_days: int | None = None
    object_lock_event_hold_duration_years: int | None = None
    expected_bucket_owner: str | None = None


class RestoreStatus(Shape, frozen=True, kw_only=True):
    """Used by ListObjectsV2, ListObjects."""

    is_restore_in_progress: bool | None = None
    restore_expiry_date: datetime | None = None


class Tag(Shape, frozen=True, kw_only=True):
    """Used by CreateBucket."""

    key: str
    value: str


TYPES: dict[str, type[Shape]] = {
    "Bucket": Bucket,
    "BucketInfo": BucketInfo,
    "CommonPrefix": CommonPrefix,
    "CreateBucketConfiguration": CreateBucketConfiguration,
    "CreateBucketOutput": CreateBucketOutput,
    "CreateBucketRequest": CreateBucketRequest,
    "Delete": Delete,
    "DeleteBucketPolicyRequest": DeleteBucketPolicyRequest,
    "DeleteBucketRequest": DeleteBucketRequest,
    "DeleteObjectOutput": DeleteObjectOutput,
    "DeleteObjectRequest": DeleteObjectRequest,
    "DeleteObjectsOutput": DeleteObjectsOutput,
    "DeleteObjectsRequest": DeleteObjectsRequest,
    "DeletedObject": DeletedObject,
    "Error": Error,
    "GetBucketLocationOutput": GetBucketLocationOutput,
    "GetBucketLocationRequest": GetBucketLocationRequest,
    "GetBucketPolicyOutput": GetBucketPolicyOutput,
    "GetBucketPolicyRequest": GetBucketPolicyRequest,
    "GetObjectOutput": GetObjectOutput,
    "GetObjectRequest": GetObjectRequest,
    "HeadBucketOutput": HeadBucketOutput,
    "HeadBucketRequest": HeadBucketRequest,
    "HeadObjectOutput": HeadObjectOutput,
    "HeadObjectRequest": HeadObjectRequest,
    "ListBucketsOutput": ListBucketsOutput,
    "ListBucketsRequest": ListBucketsRequest,
    "ListObjectsOutput": ListObjectsOutput,
    "ListObjectsRequest": ListObjectsRequest,
    "ListObjectsV2Output": ListObjectsV2Output,
    "ListObjectsV2Request": ListObjectsV2Request,
    "LocationInfo": LocationInfo,
    "Object": Object,
    "ObjectIdentifier": ObjectIdentifier,
    "Owner": Owner,
    "PutBucketPolicyRequest": PutBucketPolicyRequest,
    "PutObjectOutput": PutObjectOutput,
    "PutObjectRequest": PutObjectRequest,
    "RestoreStatus": RestoreStatus,
    "Tag": Tag,
}
"""The classes above by shape name."""
