"""Tags of buckets by ARN: set some, remove some, list.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html and its neighbours.
"""

from __future__ import annotations

from msgspec.structs import replace

from watchword.core.errors import ApiError
from watchword.core.tags import TAGS_MAX, merge_tags, without_tags
from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3control import shapes
from watchword.services.s3control.resources import ArnRequest, bucket_named


@operation("s3control:TagResource", writes=True)
def tag_resource(call: Call[shapes.TagResourceRequest], directory: Directory) -> Answer[shapes.TagResourceResult]:
    """Set tags over those that a bucket has. Raises NoSuchBucket, InvalidTag."""
    bucket = _bucket(call.request, directory)
    pairs = [(tag.key, tag.value) for tag in call.request.tags]
    if len({key for key, _ in pairs}) != len(pairs):
        raise ApiError("InvalidTag", "Cannot provide multiple Tags with the same key")
    for key, value in pairs:
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise ApiError("InvalidTag", "The TagKey or TagValue you have provided is invalid", fields={"TagKey": key})
    tags = merge_tags(bucket.tags, pairs, fold=False)
    if len(tags) > TAGS_MAX:
        raise ApiError("BadRequest", f"Bucket tag count cannot be greater than {TAGS_MAX}")
    directory.buckets.replace(replace(bucket, tags=tags))
    return Answer(shapes.TagResourceResult(), 204)


@operation("s3control:UntagResource", writes=True)
def untag_resource(call: Call[shapes.UntagResourceRequest], directory: Directory) -> Answer[shapes.UntagResourceResult]:
    """Remove tags of a bucket; absent ones are no error. Raises NoSuchBucket."""
    bucket = _bucket(call.request, directory)
    directory.buckets.replace(replace(bucket, tags=without_tags(bucket.tags, call.request.tag_keys, fold=False)))
    return Answer(shapes.UntagResourceResult(), 204)


@operation("s3control:ListTagsForResource")
def list_tags_for_resource(
    call: Call[shapes.ListTagsForResourceRequest], directory: Directory
) -> shapes.ListTagsForResourceResult:
    """Give the tags of a bucket. Raises NoSuchBucket."""
    bucket = _bucket(call.request, directory)
    return shapes.ListTagsForResourceResult(
        tags=[shapes.Tag(key=key, value=value) for key, value in sorted(bucket.tags)]
    )


def _bucket(request: ArnRequest, directory: Directory) -> Bucket:
    bucket = bucket_named(request.resource_arn, directory)
    if bucket is None or bucket.account != request.account_id:
        raise ApiError("NoSuchBucket", "The specified bucket does not exist", 404)
    return bucket
