"""Errors that IAM answers with and its model does not name."""

from __future__ import annotations

from watchword.core.errors import ApiError


class ValidationError(ApiError):
    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message, 400)


class AccessDenied(ApiError):
    def __init__(self, message: str) -> None:
        super().__init__("AccessDenied", message, 403)
