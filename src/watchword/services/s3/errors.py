"""Errors of S3 for the operations in `served.toml`. Written by tools/generate_shapes.py."""

from __future__ import annotations

from collections.abc import Mapping

from watchword.core.errors import ApiError


class BucketAlreadyExists(ApiError):
    """Status 409."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("BucketAlreadyExists", message, 409, fields=fields)


class BucketAlreadyOwnedByYou(ApiError):
    """Status 409."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("BucketAlreadyOwnedByYou", message, 409, fields=fields)


class EncryptionTypeMismatch(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("EncryptionTypeMismatch", message, 400, fields=fields)


class InvalidObjectState(ApiError):
    """Status 403."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("InvalidObjectState", message, 403, fields=fields)


class InvalidRequest(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("InvalidRequest", message, 400, fields=fields)


class InvalidWriteOffset(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("InvalidWriteOffset", message, 400, fields=fields)


class NoSuchBucket(ApiError):
    """Status 404."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("NoSuchBucket", message, 404, fields=fields)


class NoSuchKey(ApiError):
    """Status 404."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("NoSuchKey", message, 404, fields=fields)


class TooManyParts(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("TooManyParts", message, 400, fields=fields)
