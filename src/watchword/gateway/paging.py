"""Page markers: where a list goes on, sealed, so that they can neither be read nor made up.

A marker is bound to the account, the operation and the selection (all input members but the page's own): it continues
the list that it came from and no other. It is at most 320 characters long, which IAM's model demands.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from watchword.core.errors import ApiError, SealBroken
from watchword.credentials.sealing import Sealer
from watchword.protocols.model import Paginator
from watchword.protocols.names import attribute_name
from watchword.services.call import PageRequest

MARKER_PURPOSE = "page-marker"
"""The purpose of the sealer that `Markers` takes."""
PAGE_ROWS_DEFAULT = 100
_encode = msgspec.json.Encoder(order="deterministic").encode


class Markers:
    """Makes and reads markers."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def page(self, account: str, operation: str, request: Any, paginator: Paginator) -> PageRequest | None:
        """Where a page begins and how long it is; None for operations that page in their own way.

        Raises ApiError for a marker that is not ours, of another list, or tampered with: ValidationError, or
        InvalidInputException where it is called NextToken.
        """
        token_name, limit_name = _names(paginator)
        if token_name is None or not hasattr(request, token_name):
            return None
        owner = f"{account} {operation} {_selection(request, {token_name, limit_name})}"
        token = getattr(request, token_name)
        limit = getattr(request, limit_name, None) if limit_name else None
        try:
            after = None if token is None else self._sealer.open_text(token, owner)
        except (SealBroken, UnicodeDecodeError):
            raise _invalid(token_name) from None

        def seal(cursor: str) -> str:
            return self._sealer.seal_text(cursor, owner)

        return PageRequest(after, limit or PAGE_ROWS_DEFAULT, seal)


def _invalid(token_name: str) -> ApiError:
    if token_name == "next_token":
        reason = {"Reason": "INVALID_NEXT_TOKEN"}
        return ApiError("InvalidInputException", "You specified an invalid NextToken.", 400, fields=reason)
    return ApiError("ValidationError", "Invalid Marker.", 400)


def _names(paginator: Paginator) -> tuple[str | None, str | None]:
    """The attributes of a request that say where a page begins and how long it is."""
    tokens, limit = paginator.input_token, paginator.limit_key
    return (attribute_name(tokens[0]) if len(tokens) == 1 else None, attribute_name(limit) if limit else None)


def _selection(request: Any, page_members: set[str | None]) -> str:
    chosen = {name: value for name, value in msgspec.structs.asdict(request).items() if name not in page_members}
    return hashlib.sha256(_encode(chosen)).hexdigest()
