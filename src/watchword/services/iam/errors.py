"""Errors of IAM for the operations in `served.toml`. Written by tools/generate_shapes.py."""

from __future__ import annotations

from collections.abc import Mapping

from watchword.core.errors import ApiError


class ConcurrentModification(ApiError):
    """Status 409."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("ConcurrentModification", message, 409, fields=fields)


class DeleteConflict(ApiError):
    """Status 409."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("DeleteConflict", message, 409, fields=fields)


class EntityAlreadyExists(ApiError):
    """Status 409."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("EntityAlreadyExists", message, 409, fields=fields)


class EntityTemporarilyUnmodifiable(ApiError):
    """Status 409."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("EntityTemporarilyUnmodifiable", message, 409, fields=fields)


class InvalidInput(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("InvalidInput", message, 400, fields=fields)


class LimitExceeded(ApiError):
    """Status 409."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("LimitExceeded", message, 409, fields=fields)


class MalformedPolicyDocument(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("MalformedPolicyDocument", message, 400, fields=fields)


class NoSuchEntity(ApiError):
    """Status 404."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("NoSuchEntity", message, 404, fields=fields)


class PolicyNotAttachable(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("PolicyNotAttachable", message, 400, fields=fields)


class ServiceFailure(ApiError):
    """Status 500."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("ServiceFailure", message, 500, fields=fields)


class UnmodifiableEntity(ApiError):
    """Status 400."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__("UnmodifiableEntity", message, 400, fields=fields)
