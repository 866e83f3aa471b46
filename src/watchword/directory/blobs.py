"""Which records name a blob of the object store. A blob that none names is nobody's and may go."""

from __future__ import annotations

from watchword.directory.directory import Directory


def is_blob_named(directory: Directory, blob: str) -> bool:
    """True when an object, a version or a part of an upload lies in the blob, or in the upload with this id."""
    return any(
        next(rows, None) is not None
        for rows in (
            directory.objects.where("blob", blob, limit=1),
            directory.versions.where("blob", blob, limit=1),
            directory.upload_parts.where("blob", blob, limit=1),
        )
    )
