"""The same notes service for any WSGI server, such as gunicorn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

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

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            status, body = self._answer(environ)
        except ApiError as error:
            status, body = error.status, json.dumps({"__type": error.code, "message": error.message}).encode()
        start_response(f"{status} {HTTPStatus(status).phrase}", [("Content-Length", str(len(body)))])
        return [body]

    def _answer(self, environ: dict[str, Any]) -> tuple[int, bytes]:
        head = head_of(environ)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > BODY_BYTES_MAX:
            raise ApiError("RequestTooLarge", "the note is too large", 413)
        body: bytes = environ["wsgi.input"].read(length)
        name = head.path.removeprefix("/notes/")
        action = ACTIONS.get(head.method, "notes:Unknown")
        self._guard.check(head, body, action, f"arn:aws:notes:us-east-1::note/{name}", datetime.now(UTC))
        if head.method == "PUT":
            self._notes[name] = body
            return 204, b""
        return (200, self._notes[name]) if name in self._notes else (404, b"")


def head_of(environ: dict[str, Any]) -> RequestHead:
    """The request as it was sent, as far as WSGI tells.

    gunicorn gives the path as sent in RAW_URI, uWSGI and mod_wsgi in REQUEST_URI. Without these it is written anew from
    the decoded path, which is right for all but slashes that were escaped.
    """
    sent = environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(environ["PATH_INFO"], encoding="latin-1")
    headers = [
        (name[5:].replace("_", "-").lower().encode(), value.encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    headers += [
        (name.replace("_", "-").lower().encode(), environ[name].encode("latin-1"))
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        if environ.get(name)
    ]
    return RequestHead(
        environ["REQUEST_METHOD"],
        str(sent).partition("?")[0].encode("latin-1"),
        environ.get("QUERY_STRING", "").encode("latin-1"),
        headers,
        scheme="https" if environ["wsgi.url_scheme"] == "https" else "http",
        client_address=environ.get("REMOTE_ADDR", ""),
    )
