"""The versions of a key: which one is read, what writing and deleting make of them.

    no versioning   a write takes the place of the object; deleting removes it
    Enabled         a write puts its version before the others; deleting puts a delete marker before them
    Suspended       a write or a delete marker takes the place of the version `null`, and stands before the others

A version that is named is removed for good; what then is the newest is read again. What is removed lets its bytes go.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
"""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime

from msgspec.structs import replace

from watchword.core.ids import RandomBytes
from watchword.directory.bodies import Bodies
from watchword.directory.buckets import Bucket, StoredObject
from watchword.directory.directory import Directory
from watchword.services.s3.faults import bad_version, empty_version

NULL = "null"
_VERSION = re.compile(r"[A-Za-z0-9._]{32}\Z")


def new_version_id(random_bytes: RandomBytes) -> str:
    """A version id: 32 characters that nobody can guess."""
    return b64encode(random_bytes(24), altchars=b"._").decode()


def shown_version(stored: StoredObject, bucket: Bucket) -> str | None:
    """A version's id as answers carry it; None where there is no versioning."""
    return stored.version or (NULL if bucket.versioning else None)


def is_version_id(text: str) -> bool:
    """True when a version could be called so."""
    return text == NULL or _VERSION.match(text) is not None


def version_named(directory: Directory, bucket: str, key: str, version: str) -> StoredObject | None:
    """The version or delete marker with this id. Raises InvalidArgument for what cannot be an id."""
    if not version:
        raise empty_version()
    if not is_version_id(version):
        raise bad_version(version)
    wanted = "" if version == NULL else version
    stored = directory.objects.get(bucket, key)
    if stored is not None and stored.version == wanted:
        return stored
    return directory.versions.seek("version", bucket, key, wanted)


def newest_marker(directory: Directory, bucket: Bucket, key: str) -> StoredObject | None:
    """The delete marker that hides a key which has no object; None when there is none."""
    return next(directory.versions.under(bucket.name, key, limit=1), None) if bucket.versioning else None


def put_version(
    directory: Directory, objects: Bodies, random_bytes: RandomBytes, bucket: Bucket, new: StoredObject
) -> StoredObject:
    """Put a version in front of all others, or in the place of the one that it replaces. Gives it as it is kept."""
    existing = replaced = directory.objects.get(bucket.name, new.key)
    if bucket.versioning:
        new = _with_place(directory, random_bytes, bucket, new, existing)
        if existing is not None and existing.version != new.version:
            directory.versions.add(existing)
            replaced = None
        if not new.version and (existing is None or existing.version):
            _remove_null(directory, objects, bucket, new.key)
    if new.is_delete_marker:
        if existing is not None:
            directory.objects.remove(existing)
        directory.versions.add(new)
    elif existing is None:
        directory.objects.add(new)
    else:
        directory.objects.replace(new)
    if replaced is not None:
        release(directory, objects, replaced)
    return new


def _with_place(
    directory: Directory, random_bytes: RandomBytes, bucket: Bucket, new: StoredObject, existing: StoredObject | None
) -> StoredObject:
    latest = existing or newest_marker(directory, bucket, new.key)
    version = new_version_id(random_bytes) if bucket.versioning == "Enabled" else ""
    return replace(new, version=version, sequence=latest.sequence + 1 if latest else 1)


def _remove_null(directory: Directory, objects: Bodies, bucket: Bucket, key: str) -> None:
    old = directory.versions.seek("version", bucket.name, key, "")
    if old is not None:
        directory.versions.remove(old)
        release(directory, objects, old)


def put_marker(
    directory: Directory, objects: Bodies, random_bytes: RandomBytes, bucket: Bucket, key: str, now: datetime
) -> StoredObject:
    """Hide a key behind a delete marker."""
    marker = StoredObject(
        bucket=bucket.name, key=key, blob="", size=0, etag="", modified_at=now, is_delete_marker=True
    )  # fmt: skip
    return put_version(directory, objects, random_bytes, bucket, marker)


def remove_version(directory: Directory, objects: Bodies, stored: StoredObject) -> None:
    """Remove a version for good, and let the one behind it be read."""
    current = directory.objects.get(stored.bucket, stored.key)
    if current == stored:
        directory.objects.remove(stored)
    else:
        directory.versions.remove(stored)
    release(directory, objects, stored)
    if current is None or current == stored:
        following = next(directory.versions.under(stored.bucket, stored.key, limit=1), None)
        if following is not None and not following.is_delete_marker:
            directory.versions.remove(following)
            directory.objects.add(following)


def change_version(directory: Directory, old: StoredObject, new: StoredObject) -> None:
    """Put other facts in the place of a version's, whose bytes stay."""
    current = directory.objects.get(old.bucket, old.key)
    (directory.objects if current == old else directory.versions).replace(new)


def release(directory: Directory, objects: Bodies, stored: StoredObject) -> None:
    """Let the bytes of a version go that is no more."""
    if not stored.parts:
        objects.release(stored.blob, directory.transaction)
        return
    parts = list(directory.upload_parts.under(stored.blob))
    for part in parts:
        directory.upload_parts.remove(part)
    assembly = directory.assemblies.get(stored.blob)
    if assembly is not None:
        directory.assemblies.remove(assembly)
    objects.release_parts([part.blob for part in parts if part.blob], directory.transaction)
