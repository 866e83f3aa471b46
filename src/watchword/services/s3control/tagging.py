"""Tags of buckets and access points by ARN: set some, remove some, list.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_TagResource.html and its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from watchword.core.errors import ApiError
from watchword.core.tags import TAGS_MAX, Tags, merge_tags, without_tags
from watchword.directory.access_points import AccessPoint
from watchword.directory.buckets import Bucket
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3control import shapes
from watchword.services.s3control.faults import no_such_access_point, no_such_bucket
from watchword.services.s3control.resources import ArnRequest, bucket_named, point_named


@operation("s3control:TagResource", writes=True)
def tag_resource(call: Call[shapes.TagResourceRequest], directory: Directory) -> Answer[shapes.TagResourceResult]:
    """Set tags over those that there are. Raises NoSuchBucket, NoSuchAccessPoint, InvalidTag."""
    tagged = _tagged(call.request, directory)
    _set_tags(tagged, checked_tags(tagged.tags, call.request.tags), directory)
    return Answer(shapes.TagResourceResult(), 204)


def checked_tags(existing: Tags, asked: Sequence[shapes.Tag]) -> Tags:
    """Tags with those that a request sets over them. Raises InvalidTag, BadRequest."""
    pairs = [(tag.key, tag.value) for tag in asked]
    if len({key for key, _ in pairs}) != len(pairs):
        raise ApiError("InvalidTag", "Cannot provide multiple Tags with the same key")
    for key, value in pairs:
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise ApiError("InvalidTag", "The TagKey or TagValue you have provided is invalid", fields={"TagKey": key})
    tags = merge_tags(existing, pairs, fold=False)
    if len(tags) > TAGS_MAX:
        raise ApiError("BadRequest", f"Bucket tag count cannot be greater than {TAGS_MAX}")
    return tags


@operation("s3control:UntagResource", writes=True)
def untag_resource(call: Call[shapes.UntagResourceRequest], directory: Directory) -> Answer[shapes.UntagResourceResult]:
    """Remove tags; absent ones are no error. Raises NoSuchBucket, NoSuchAccessPoint."""
    tagged = _tagged(call.request, directory)
    _set_tags(tagged, without_tags(tagged.tags, call.request.tag_keys, fold=False), directory)
    return Answer(shapes.UntagResourceResult(), 204)


@operation("s3control:ListTagsForResource")
def list_tags_for_resource(
    call: Call[shapes.ListTagsForResourceRequest], directory: Directory
) -> shapes.ListTagsForResourceResult:
    """Give the tags. Raises NoSuchBucket, NoSuchAccessPoint."""
    tagged = _tagged(call.request, directory)
    return shapes.ListTagsForResourceResult(
        tags=[shapes.Tag(key=key, value=value) for key, value in sorted(tagged.tags)]
    )


def _tagged(request: ArnRequest, directory: Directory) -> Bucket | AccessPoint:
    point = point_named(request.resource_arn, directory)
    if point is not None and point.account == request.account_id:
        return point
    if ":accesspoint/" in request.resource_arn:
        raise no_such_access_point(request.resource_arn.rpartition("/")[2])
    bucket = bucket_named(request.resource_arn, directory)
    if bucket is None or bucket.account != request.account_id:
        raise no_such_bucket(request.resource_arn.rpartition(":")[2])
    return bucket


def _set_tags(tagged: Bucket | AccessPoint, tags: Tags, directory: Directory) -> None:
    if isinstance(tagged, Bucket):
        directory.buckets.replace(replace(tagged, tags=tags))
    else:
        directory.access_points.replace(replace(tagged, tags=tags))
