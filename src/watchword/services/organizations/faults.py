"""Errors of Organizations with their reasons, and limits.

Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html and the API reference.
"""

from __future__ import annotations

from typing import Final

from watchword.core.errors import ApiError
from watchword.services.organizations.errors import ConstraintViolationException, InvalidInputException

ACCOUNTS_MAX: Final = 10_000
# DIFFERS: 0005. AWS begins with 10 and raises it on request; nobody here is there to ask.
UNITS_MAX: Final = 2_000
POLICIES_MAX: Final = 10_000
"""Of one type."""
ATTACHED_MAX: Final = 5
"""Of one type to one root, unit or account."""
CONTENT_CHARACTERS_MAX: Final = 5_120


def violation(reason: str, message: str) -> ApiError:
    """ConstraintViolationException."""
    return ConstraintViolationException(message, fields={"Reason": reason})


def invalid_input(reason: str, message: str) -> ApiError:
    """InvalidInputException."""
    return InvalidInputException(message, fields={"Reason": reason})


def no_permission() -> ApiError:
    """The caller's account is not the one that manages the organization."""
    return ApiError("AccessDeniedException", "You don't have permissions to access this resource.", 400)
