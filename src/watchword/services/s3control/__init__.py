"""Amazon S3 Control: access points, what stands over all buckets of an account, and tags by ARN."""

from watchword.services.s3control import access_point_policies, access_points, public_access, tagging

__all__ = ["access_point_policies", "access_points", "public_access", "tagging"]
