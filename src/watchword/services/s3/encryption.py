"""The default encryption of a bucket, and whether it takes objects under keys of customers: put, get, delete.

New buckets take none, as at AWS since April 2026. What a bucket blocks stays as it is until a request speaks of it.
# DIFFERS: 0013. As at AWS new buckets say AES256; whether the disk is encrypted is the operator's to see to.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html and its neighbours;
https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html
"""

from __future__ import annotations

from msgspec.structs import replace

from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3 import shapes
from watchword.services.s3.drafts import check_encryption
from watchword.services.s3.faults import invalid_argument, malformed_xml
from watchword.services.s3.lookups import bucket_of

_ALGORITHMS = frozenset({"AES256", "aws:kms", "aws:kms:dsse", "aws:fsx", "aws:backup"})
"""What the document's schema knows."""
_BLOCKS = {"SSE-C": True, "NONE": False}


@operation("s3:PutBucketEncryption", writes=True)
def put_bucket_encryption(call: Call[shapes.PutBucketEncryptionRequest], directory: Directory) -> None:
    """Set how a bucket encrypts, or what it blocks. Raises NoSuchBucket, MalformedXML, NotImplemented for KMS."""
    bucket = bucket_of(call.request, directory, call.region)
    rules = call.request.server_side_encryption_configuration.rules
    if len(rules) != 1:
        raise malformed_xml()
    default, blocked = rules[0].apply_server_side_encryption_by_default, rules[0].blocked_encryption_types
    if default is None and blocked is None:
        raise malformed_xml()
    if default is not None:
        if default.kms_master_key_id is not None and default.sse_algorithm == "AES256":
            message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
            raise invalid_argument(message, "ApplyServerSideEncryptionByDefault", "")
        if default.sse_algorithm not in _ALGORITHMS:
            raise malformed_xml()
        check_encryption(default.sse_algorithm)
        bucket = replace(bucket, has_encryption=True, has_bucket_key=bool(rules[0].bucket_key_enabled))
    if blocked is not None:
        blocks = _BLOCKS.get(",".join(blocked.encryption_type or ()))
        if blocks is None:
            raise malformed_xml()
        bucket = replace(bucket, blocks_customer_keys=blocks)
    directory.buckets.replace(bucket)


@operation("s3:GetBucketEncryption")
def get_bucket_encryption(
    call: Call[shapes.GetBucketEncryptionRequest], directory: Directory
) -> shapes.GetBucketEncryptionOutput:
    """Give how a bucket encrypts and what it blocks. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, call.region)
    rule = shapes.ServerSideEncryptionRule(
        apply_server_side_encryption_by_default=shapes.ServerSideEncryptionByDefault(sse_algorithm="AES256"),
        bucket_key_enabled=bucket.has_bucket_key,
        blocked_encryption_types=shapes.BlockedEncryptionTypes(
            encryption_type=["SSE-C" if bucket.blocks_customer_keys else "NONE"]
        ),
    )
    return shapes.GetBucketEncryptionOutput(
        server_side_encryption_configuration=shapes.ServerSideEncryptionConfiguration(rules=[rule])
    )


@operation("s3:DeleteBucketEncryption", writes=True)
def delete_bucket_encryption(call: Call[shapes.DeleteBucketEncryptionRequest], directory: Directory) -> Answer[None]:
    """Go back to the default; what is blocked stays blocked. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, call.region)
    directory.buckets.replace(replace(bucket, has_encryption=False, has_bucket_key=False))
    return Answer(None, 204)
