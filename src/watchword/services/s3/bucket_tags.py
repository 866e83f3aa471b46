"""The tags of a bucket: put, get, delete.

Policies see them as `s3:BucketTag`, and as `aws:ResourceTag` once that is switched on.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html and its neighbours.
"""

from __future__ import annotations

from msgspec.structs import replace

from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3 import shapes
from watchword.services.s3.faults import malformed_xml, no_such_setting
from watchword.services.s3.lookups import bucket_of
from watchword.services.s3.tags import bucket_tags, tag_views


@operation("s3:PutBucketTagging", writes=True)
def put_bucket_tagging(call: Call[shapes.PutBucketTaggingRequest], directory: Directory) -> Answer[None]:
    """Set the tags of a bucket in place of those that it has. Raises NoSuchBucket, InvalidTag, BadRequest."""
    bucket = bucket_of(call.request, directory, call.region)
    directory.buckets.replace(replace(bucket, tags=bucket_tags(call.request.tagging.tag_set)))
    return Answer(None, 204)


@operation("s3:GetBucketTagging")
def get_bucket_tagging(
    call: Call[shapes.GetBucketTaggingRequest], directory: Directory
) -> shapes.GetBucketTaggingOutput:
    """Give the tags of a bucket. Raises NoSuchBucket, NoSuchTagSet."""
    bucket = bucket_of(call.request, directory, call.region)
    if not bucket.tags:
        raise no_such_setting("NoSuchTagSet", "The TagSet does not exist", bucket.name)
    return shapes.GetBucketTaggingOutput(tag_set=tag_views(bucket.tags))


@operation("s3:DeleteBucketTagging", writes=True)
def delete_bucket_tagging(call: Call[shapes.DeleteBucketTaggingRequest], directory: Directory) -> None:
    """Remove all tags of a bucket. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, call.region)
    if bucket.tags:
        directory.buckets.replace(replace(bucket, tags=()))


@operation("s3:PutBucketAbac", writes=True)
def put_bucket_abac(call: Call[shapes.PutBucketAbacRequest], directory: Directory) -> None:
    """Say whether policies see the tags as `aws:ResourceTag`. Raises NoSuchBucket, MalformedXML."""
    bucket = bucket_of(call.request, directory, call.region)
    status = call.request.abac_status.status
    if status not in ("Enabled", "Disabled"):
        raise malformed_xml()
    directory.buckets.replace(replace(bucket, has_abac=status == "Enabled"))


@operation("s3:GetBucketAbac")
def get_bucket_abac(call: Call[shapes.GetBucketAbacRequest], directory: Directory) -> shapes.GetBucketAbacOutput:
    """Say whether policies see the tags as `aws:ResourceTag`. Raises NoSuchBucket."""
    bucket = bucket_of(call.request, directory, call.region)
    status = "Enabled" if bucket.has_abac else "Disabled"
    return shapes.GetBucketAbacOutput(abac_status=shapes.AbacStatus(status=status))
