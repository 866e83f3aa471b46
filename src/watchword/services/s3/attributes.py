"""GetObjectAttributes: what is known of an object, without its bytes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
"""

from __future__ import annotations

from typing import Any

from watchword.directory.buckets import StoredObject
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.s3 import shapes
from watchword.services.s3.assemblies import assembly_of
from watchword.services.s3.checksums import checksum_type, checksum_view, part_checksum_view
from watchword.services.s3.customer_keys import asked_key, fitting_key
from watchword.services.s3.faults import invalid_argument
from watchword.services.s3.lists import limited
from watchword.services.s3.lookups import object_of
from watchword.services.s3.unbuilt import refuse_unbuilt
from watchword.services.s3.versions import shown_version

KNOWN = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})
PARTS_MAX = 1000


@operation("s3:GetObjectAttributes", pages_itself=True)
def get_object_attributes(
    call: Call[shapes.GetObjectAttributesRequest], directory: Directory
) -> shapes.GetObjectAttributesOutput:
    """Give the attributes that are asked for. Raises NoSuchKey, InvalidArgument."""
    asked = call.request
    refuse_unbuilt(asked)
    wanted = set(asked.object_attributes)
    if not wanted or wanted - KNOWN:
        raise invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", ",".join(sorted(wanted)))
    bucket, stored = object_of(asked, directory, call.region)
    fitting_key(asked_key(asked, reads=True), stored)
    found: dict[str, Any] = {"last_modified": stored.modified_at, "version_id": shown_version(stored, bucket)}
    if "ETag" in wanted:
        found["e_tag"] = stored.etag
    if "StorageClass" in wanted:
        found["storage_class"] = stored.storage_class or "STANDARD"
    if "ObjectSize" in wanted:
        found["object_size"] = stored.size
    if "Checksum" in wanted and stored.checksum:
        # Without the number of parts behind a composite checksum, which ObjectParts tells.
        found["checksum"] = shapes.Checksum(**_checksum(stored))
    if "ObjectParts" in wanted and stored.parts:
        found["object_parts"] = _parts(asked, stored, directory)
    return shapes.GetObjectAttributesOutput(**found)


def _checksum(stored: StoredObject) -> dict[str, Any]:
    view = checksum_view(stored.checksum_algorithm, stored.checksum)
    return {name: value.partition("-")[0] if name != "checksum_type" else value for name, value in view.items()}


def _parts(
    asked: shapes.GetObjectAttributesRequest, stored: StoredObject, directory: Directory
) -> shapes.GetObjectAttributesParts:
    """Parts are shown where the checksum is made of theirs; of any other object AWS tells their number alone."""
    limit = min(limited(asked.max_parts, "max-parts"), PARTS_MAX)
    marker = limited(asked.part_number_marker, "part-number-marker") if asked.part_number_marker else 0
    if checksum_type(stored.checksum) != "COMPOSITE":
        return shapes.GetObjectAttributesParts(total_parts_count=stored.parts)
    pieces = [piece for piece in assembly_of(stored, directory).pieces if piece.number > marker]
    shown = pieces[:limit]
    return shapes.GetObjectAttributesParts(
        total_parts_count=stored.parts,
        part_number_marker=marker,
        next_part_number_marker=shown[-1].number if shown else 0,
        max_parts=limit,
        is_truncated=len(pieces) > limit,
        parts=[
            shapes.ObjectPart(
                part_number=piece.number,
                size=piece.size,
                **part_checksum_view(stored.checksum_algorithm, piece.checksum),
            )
            for piece in shown
        ],
    )
