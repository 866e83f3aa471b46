"""Cross-origin rules of a bucket: which pages of other sites may read its answers.

A browser asks before it sends (preflight), and reads the answer's headers. Rules are tried in order; the first that
fits decides. They open nothing: every request is still authorized.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html, https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from watchword.services.s3 import shapes
from watchword.services.s3.faults import invalid_request, malformed_xml

RULES_MAX = 100
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
METHODS = frozenset({"GET", "PUT", "HEAD", "POST", "DELETE"})


def checked_cors(asked: shapes.CORSConfiguration) -> shapes.CORSConfiguration:
    """Give rules as they are kept. Raises InvalidRequest, MalformedXML for those that cannot be."""
    if not 1 <= len(asked.cors_rules) <= RULES_MAX:
        raise malformed_xml()
    for rule in asked.cors_rules:
        if not rule.allowed_methods or not rule.allowed_origins:
            raise malformed_xml()
        for method in rule.allowed_methods:
            if method not in METHODS:
                raise invalid_request(f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")
        for origin in rule.allowed_origins:
            if origin.count("*") > 1:
                raise invalid_request(f'AllowedOrigin "{origin}" can not have more than one wildcard.')
        for header in rule.allowed_headers or ():
            if header.count("*") > 1:
                raise invalid_request(f'AllowedHeader "{header}" can not have more than one wildcard.')
        for header in rule.expose_headers or ():
            # INVARIANT: nothing that a rule says can begin a header line of its own.
            if not _HEADER.match(header):
                raise invalid_request(f'ExposeHeader "{header}" contains invalid character.')
    return asked


def fitting_rule(
    rules: Sequence[shapes.CORSRule], origin: str, method: str, headers: Sequence[str]
) -> shapes.CORSRule | None:
    """The first rule that lets a page of `origin` send such a request."""
    for rule in rules:
        if (
            method in rule.allowed_methods
            and any(_fits(pattern, origin) for pattern in rule.allowed_origins)
            and all(any(_fits(p.lower(), name.lower()) for p in rule.allowed_headers or ()) for name in headers)
        ):
            return rule
    return None


def answer_headers(rule: shapes.CORSRule, origin: str) -> dict[str, str]:
    """The headers of an answer that a page of `origin` may read."""
    found = {"access-control-allow-methods": ", ".join(rule.allowed_methods)}
    if "*" in rule.allowed_origins:
        found["access-control-allow-origin"] = "*"
    else:
        found["access-control-allow-origin"] = origin
        found["access-control-allow-credentials"] = "true"
    if rule.expose_headers:
        found["access-control-expose-headers"] = ", ".join(rule.expose_headers)
    if rule.max_age_seconds is not None:
        found["access-control-max-age"] = str(rule.max_age_seconds)
    found["vary"] = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
    return found


def _fits(pattern: str, text: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)
