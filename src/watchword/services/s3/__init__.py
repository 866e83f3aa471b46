"""Amazon S3: buckets, their policies, and objects. The first service that obeys the house."""

from watchword.services.s3 import (
    attributes,
    bucket_policies,
    buckets,
    completions,
    copies,
    deletions,
    lists,
    object_tags,
    parts,
    reads,
    uploads,
    writes,
)

__all__ = [
    "attributes",
    "bucket_policies",
    "buckets",
    "completions",
    "copies",
    "deletions",
    "lists",
    "object_tags",
    "parts",
    "reads",
    "uploads",
    "writes",
]
