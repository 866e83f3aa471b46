"""What the codecs say when a request cannot be read, in AWS's words where AWS has words.

Values are not echoed: a member may be secret.
Source: MalformedInput observed at IAM and STS, as is where requests without Action are sent; SerializationException
texts of AWS's JSON services;
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (MalformedXML, InvalidArgument, MethodNotAllowed).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote_to_bytes

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead

FAULT_NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09"
"""The namespace of query errors that belong to no service."""
_IAM_PAGE = "https://aws.amazon.com/iam"
_VERSION = re.compile(rb"Version=[0-9-]{1,20}")


def malformed_input(message: str) -> ApiError:
    """A form that is not one, or a parameter that is not of its type (query, ec2)."""
    return ApiError("MalformedInput", message, 400)


def serialization_fault(message: str) -> ApiError:
    """A JSON body, header or query value that does not fit the model."""
    return ApiError("SerializationException", message, 400)


def malformed_xml() -> ApiError:
    """An XML body that is broken or does not fit the model."""
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return ApiError("MalformedXML", message, 400)


def invalid_argument(name: str, value: str, *, is_number: bool) -> ApiError:
    """A header or query value of S3 that is not of its type."""
    message = f"Invalid value for {name}"
    if name == "partNumber":
        message = "Part number must be an integer between 1 and 10000, inclusive"
    elif is_number:
        message = f"Provided {name} not an integer or within integer range"
    return ApiError("InvalidArgument", message, 400, fields={"ArgumentName": name, "ArgumentValue": value})


def missing_header(name: str) -> ApiError:
    """A request of S3 without a header that it needs."""
    return ApiError("InvalidRequest", f"Missing required header for this request: {name}")


def invalid_uri() -> ApiError:
    """A path of S3 that is not UTF-8, or a query with too many parameters."""
    return ApiError("InvalidURI", "Couldn't parse the specified URI.", 400)


def unknown_action(name: str, version: str) -> ApiError:
    """No such operation in this version of a query API."""
    return ApiError("InvalidAction", f"Could not find operation {name} for version {version}", 400)


def no_action(head: RequestHead) -> ApiError:
    """A query API was called without `Action`: AWS sends whoever it is to a page about it."""
    # DIFFERS: 0005. Of the query, AWS's page gets the version alone: a code, a token or a signature is none of its.
    query = head.query_string
    version = "?" + query.decode() if _VERSION.fullmatch(query) else ""
    return ApiError("MissingAction", "", 302, headers={"location": _IAM_PAGE + version}, is_bare=True)


def unknown_target() -> ApiError:
    """No such operation of a JSON API."""
    return ApiError("UnknownOperationException", "", 400)


def unknown_operation() -> ApiError:
    """No such method or path."""
    return ApiError("UnknownOperationException", "", 404)


_S3_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"})
_ALLOWED = {
    "SERVICE": ("GET",),
    "BUCKET": ("HEAD", "DELETE", "POST", "GET", "PUT"),
    "OBJECT": ("HEAD", "DELETE", "GET", "PUT"),
}


def method_not_allowed(method: str, resource_type: str, allowed: Collection[str] = ()) -> ApiError:
    """S3 has no such method for what it calls `resource_type`, but those that are allowed."""
    return ApiError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
        fields={"Method": method, "ResourceType": resource_type},
        headers={"allow": ", ".join(allowed)} if allowed else None,
    )


def no_control_operation(path: bytes) -> ApiError:
    """No operation of S3 Control has this method and path."""
    uri = unquote_to_bytes(path.partition(b"/v20180820/")[2]).decode("utf-8", "replace")
    return ApiError("InvalidURI", "Couldn't parse the specified URI.", fields={"URI": uri})


def no_s3_operation(head: RequestHead, path: bytes) -> ApiError:
    """No operation of S3 has this method and path."""
    if head.method not in _S3_METHODS:
        return ApiError("BadRequest", "An error occurred when parsing the HTTP request.")
    bucket, _, key = path[1:].partition(b"/")
    kind = "OBJECT" if key else "BUCKET" if bucket else "SERVICE"
    return method_not_allowed(head.method, kind, _ALLOWED[kind])
