"""The tags of an object, or of one of its versions: put, get, delete.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html and its neighbours.
"""

from __future__ import annotations

from msgspec.structs import replace

from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import Answer, operation
from watchword.services.s3 import shapes
from watchword.services.s3.lookups import object_of
from watchword.services.s3.tags import object_tags, tag_views
from watchword.services.s3.versions import change_version, shown_version


@operation("s3:PutObjectTagging", writes=True)
def put_object_tagging(
    call: Call[shapes.PutObjectTaggingRequest], directory: Directory
) -> shapes.PutObjectTaggingOutput:
    """Set the tags of an object in place of those that it has. Raises NoSuchKey, InvalidTag, BadRequest."""
    asked = call.request
    tags = object_tags(asked.tagging.tag_set)
    bucket, stored = object_of(asked, directory, call.region, method="PUT")
    change_version(directory, stored, replace(stored, tags=tags))
    return shapes.PutObjectTaggingOutput(version_id=shown_version(stored, bucket))


@operation("s3:GetObjectTagging")
def get_object_tagging(
    call: Call[shapes.GetObjectTaggingRequest], directory: Directory
) -> shapes.GetObjectTaggingOutput:
    """Give the tags of an object. Raises NoSuchKey."""
    bucket, stored = object_of(call.request, directory, call.region)
    return shapes.GetObjectTaggingOutput(tag_set=tag_views(stored.tags), version_id=shown_version(stored, bucket))


@operation("s3:DeleteObjectTagging", writes=True)
def delete_object_tagging(
    call: Call[shapes.DeleteObjectTaggingRequest], directory: Directory
) -> Answer[shapes.DeleteObjectTaggingOutput]:
    """Remove all tags of an object. Raises NoSuchKey."""
    bucket, stored = object_of(call.request, directory, call.region, method="DELETE")
    if stored.tags:
        change_version(directory, stored, replace(stored, tags=()))
    return Answer(shapes.DeleteObjectTaggingOutput(version_id=shown_version(stored, bucket)), 204)
