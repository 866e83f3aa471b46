"""Errors of STS for the operations in `served.toml`. Written by tools/generate_shapes.py."""

from __future__ import annotations

from collections.abc import Mapping

from watchword.core.errors import ApiError


class ExpiredTokenException(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("ExpiredTokenException", message, 400, fields=fields)


class MalformedPolicyDocument(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("MalformedPolicyDocument", message, 400, fields=fields)


class PackedPolicyTooLarge(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("PackedPolicyTooLarge", message, 400, fields=fields)


class RegionDisabledException(ApiError):
    """Status 403."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("RegionDisabledException", message, 403, fields=fields)
