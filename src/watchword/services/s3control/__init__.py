"""Amazon S3 Control: what stands over all buckets of an account, and the tags of buckets by ARN."""

from watchword.services.s3control import public_access, tagging

__all__ = ["public_access", "tagging"]
