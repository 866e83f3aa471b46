"""Amazon S3: buckets, their policies, and objects. The first service that obeys the house."""

from watchword.services.s3 import bucket_policies, buckets, deletions, lists, reads, writes

__all__ = ["bucket_policies", "buckets", "deletions", "lists", "reads", "writes"]
