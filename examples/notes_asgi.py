"""A notes service for any ASGI server, such as uvicorn: `GET /notes/NAME` and `PUT /notes/NAME`, signed for `notes`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from guard import Guard

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead

ACTIONS = {"GET": "notes:GetNote", "PUT": "notes:PutNote"}
BODY_BYTES_MAX = 64 * 1024


class Notes:
    """The application."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._notes: dict[str, bytes] = {}

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        # raw_path and the header list are what was sent, byte for byte: a signature covers nothing less.
        head = RequestHead(scope["method"], scope["raw_path"], scope["query_string"], scope["headers"])
        try:
            status, body = self._answer(head, await _read(receive))
        except ApiError as error:
            status, body = error.status, json.dumps({"__type": error.code, "message": error.message}).encode()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, head: RequestHead, body: bytes) -> tuple[int, bytes]:
        name = head.path.removeprefix("/notes/")
        action = ACTIONS.get(head.method, "notes:Unknown")
        self._guard.check(head, body, action, f"arn:aws:notes:us-east-1::note/{name}", datetime.now(UTC))
        if head.method == "PUT":
            self._notes[name] = body
            return 204, b""
        return (200, self._notes[name]) if name in self._notes else (404, b"")


async def _read(receive: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
    body = b""
    while len(body) <= BODY_BYTES_MAX:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
    raise ApiError("RequestTooLarge", "the note is too large", 413)
