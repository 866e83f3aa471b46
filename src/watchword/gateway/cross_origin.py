"""Answers to pages of other sites: S3's preflights, and the headers by which a browser lets a page read an answer.

The rules are the bucket's. A preflight is asked without credentials and says only whether a rule fits, and whether
there is a bucket. Nothing here lets a request in.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html, https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import unquote

from watchword.core.errors import ApiError, WatchwordError
from watchword.core.http import HttpResponse, RequestHead
from watchword.directory.directory import Directory
from watchword.gateway.exchange import Exchange
from watchword.gateway.records import RecordCache
from watchword.signing.errors import Dialect

if TYPE_CHECKING:
    from watchword.services.s3.shapes import CORSRule


log = logging.getLogger("watchword.gateway")

_METHODS = frozenset({"GET", "PUT", "HEAD", "POST", "DELETE"})
"""What a rule may allow."""


def preflight(exchange: Exchange, directory: Directory) -> HttpResponse:
    """Answer a browser that asks whether a page of another site may send a request. Raises ApiError: it may not."""
    headers = _allowed(exchange.head, bucket_name(exchange), directory)
    lines = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return HttpResponse(200, [(b"x-amz-request-id", exchange.request_id.encode()), *lines])


def _allowed(head: RequestHead, bucket: str, directory: Directory) -> dict[str, str]:
    from watchword.services.s3.cors import answer_headers, fitting_rule

    origin = head.header_text(b"origin")
    method = head.header_text(b"access-control-request-method")
    if origin is None:
        raise ApiError("BadRequest", "Insufficient information. Origin request header needed.", 400)
    rules = _rules(bucket, directory)
    if rules is None:
        raise _forbidden("CORSResponse: Bucket not found", method)
    if method not in _METHODS:
        raise ApiError("BadRequest", f"Invalid Access-Control-Request-Method: {method or 'null'}", 400)
    if not rules:
        raise _forbidden("CORSResponse: CORS is not enabled for this bucket.", method)
    asked = head.header_text(b"access-control-request-headers") or ""
    names = [name.strip() for name in asked.split(",") if name.strip()]
    rule = fitting_rule(rules, origin, method, names)
    if rule is None:
        raise _forbidden(
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request "
            "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
            "resource's CORS spec.",
            method,
        )
    return answer_headers(rule, origin) | ({"access-control-allow-headers": ", ".join(names).lower()} if names else {})


def readable(response: HttpResponse, exchange: Exchange, records: RecordCache) -> HttpResponse:
    """The answer with what a browser needs to show it to a page of another site, if a rule of the bucket lets it."""
    if exchange.target.service.dialect is not Dialect.S3 or exchange.head.method == "OPTIONS":
        return response
    try:
        with records.read() as snapshot:
            lines = _granted(exchange, Directory(snapshot))
    except WatchwordError:
        return response
    except Exception:
        # INVARIANT: what was done is answered, and with it whoever is answered in the same breath.
        log.exception("the CORS rules of a bucket cannot be read")
        return response
    return HttpResponse(response.status, [*response.headers, *lines], response.body) if lines else response


def _granted(exchange: Exchange, directory: Directory) -> list[tuple[bytes, bytes]]:
    from watchword.services.s3.cors import answer_headers, fitting_rule

    head = exchange.head
    origin = head.header_text(b"origin") or ""
    method = head.header_text(b"access-control-request-method") or head.method
    rule = fitting_rule(_rules(bucket_name(exchange), directory) or (), origin, method, ())
    headers = {} if rule is None else answer_headers(rule, origin)
    return [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]


def bucket_name(exchange: Exchange) -> str:
    """The bucket that a request to S3 names; empty when it names none."""
    named = exchange.target.bucket
    if named is not None:
        return named
    return unquote(exchange.head.raw_path[1:].partition(b"/")[0].decode("latin-1"))


def _rules(bucket: str, directory: Directory) -> list[CORSRule] | None:
    """The rules of a bucket; None when there is none."""
    from watchword.services.s3.access_points import bucket_named
    from watchword.services.s3.settings import cors_rules

    found = bucket_named(bucket, directory) if bucket else None
    return None if found is None else cors_rules(found, directory)


def _forbidden(message: str, method: str | None) -> ApiError:
    named = {} if method is None else {"Method": method}
    return ApiError("AccessForbidden", message, 403, fields={**named, "ResourceType": "BUCKET"})
