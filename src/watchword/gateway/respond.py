"""Renders answers and errors in the right protocol. Every error that leaves the house passes here.

What is not an error of the house is a bug: `InternalFailure` with the request id outside, the traceback in the log.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import platform
from functools import lru_cache
from typing import Any, cast

from watchword.core.errors import (
    ApiError,
    BodyTooLarge,
    BodyTooSlow,
    Conflict,
    Lost,
    PackedPolicyTooLarge,
    Unavailable,
)
from watchword.core.http import HttpResponse, RequestHead
from watchword.gateway.identify import Served
from watchword.protocols.bindings import Ids, header_lines
from watchword.protocols.service import Operation as Codec
from watchword.services.operation import Answer
from watchword.signing.errors import Dialect, SignatureError

log = logging.getLogger("watchword.gateway")


_HOST_ID = base64.b64encode(hashlib.sha512(platform.node().encode()).digest()).decode()
"""S3's second identifier of an answer: it stands for the machine that gave it."""


def ids_for(service: Served, request_id: str) -> Ids:
    """The identifiers of an answer."""
    return Ids(request_id, _HOST_ID if service.dialect is Dialect.S3 else "")


def render(codec: Codec, output: Any, ids: Ids) -> HttpResponse:
    """The answer of an operation that ran."""
    if not isinstance(output, Answer):
        return codec.write(output, ids)
    answer = cast("Answer[Any]", output)
    response = codec.write(answer.output, ids)
    if answer.status is not None:
        response.status = answer.status
    response.headers += _lines(answer.headers)
    return response


@lru_cache(maxsize=256)
def _lines(headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]


def render_error(service: Served, head: RequestHead, error: ApiError, ids: Ids) -> HttpResponse:
    """The answer of a request that was refused or failed."""
    if error.is_bare:
        return HttpResponse(
            error.status, [(b"x-amzn-requestid", ids.request_id.encode()), *header_lines(error.headers)]
        )
    return service.protocol.error(error, ids, head_only=head.method == "HEAD")


def as_api_error(error: Exception, dialect: Dialect, request_id: str) -> ApiError:
    """An error of the house in the words of a protocol."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, SignatureError):
        return error.answer(dialect)
    if isinstance(error, PackedPolicyTooLarge):
        message = f"Packed policy consumes {error.percent}% of allotted space, please use smaller policy."
        return ApiError("PackedPolicyTooLarge", message, 400)
    if isinstance(error, BodyTooLarge):
        return _too_large(error, dialect)
    if isinstance(error, BodyTooSlow):
        return ApiError(
            "RequestTimeout",
            "Your socket connection to the server was not read from or written to within the timeout period.",
            400 if dialect is Dialect.S3 else 408,
        )
    if isinstance(error, Lost):
        log.error("request %s: data is lost: %s", request_id, error)
        return internal_error(dialect)
    if isinstance(error, (Unavailable, Conflict)):
        log.error("request %s: the store is unavailable: %s", request_id, error)
        return unavailable(dialect)
    # A bug. The traceback carries no request data by itself; the answer carries nothing of it.
    log.error("request %s: internal failure", request_id, exc_info=error)
    return internal_error(dialect)


def internal_error(dialect: Dialect) -> ApiError:
    """Something is wrong here, which the caller can do nothing about."""
    return ApiError(
        "InternalError" if dialect is Dialect.S3 else "InternalFailure",
        "We encountered an internal error. Please try again."
        if dialect is Dialect.S3
        else "The request processing has failed because of an unknown error, exception or failure.",
        500,
    )


def unavailable(dialect: Dialect) -> ApiError:
    """The house cannot answer now; nothing was changed."""
    if dialect is Dialect.S3:
        return ApiError("ServiceUnavailable", "Service is unable to handle request.", 503)
    return ApiError("ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503)


def _too_large(error: BodyTooLarge, dialect: Dialect) -> ApiError:
    if dialect is Dialect.S3:
        fields = {"MaxSizeAllowed": str(error.body_bytes_max)}
        message = "Your proposed upload exceeds the maximum allowed size"
        return ApiError("EntityTooLarge", message, 400, fields=fields)
    return ApiError("RequestEntityTooLarge", f"Request body must be at most {error.body_bytes_max} bytes", 413)


def not_built(service: str, operation: str) -> ApiError:
    """The operation exists at AWS and is not built here."""
    return ApiError("NotImplemented", f"{service}:{operation} is not implemented by this server.", 501)


def not_served(service: str) -> ApiError:
    """The service exists at AWS and nothing of it is built here."""
    return ApiError("NotImplemented", f"The service {service} is not implemented by this server.", 501)
