"""What requests must not be or carry, whoever sends them.

Services other than S3 tell what names no operation before they tell what is wrong with its signature: `told_instead`.
What an S3 request carries is refused, since what it asks for would not be done, or not be safe:

    PUT key?partNumber=1    a part of no upload: it would become a whole object
    PUT key?uploadId=ID     an upload without the number of a part: the same
    PUT key?versionId=ID    a version cannot be written
    GET key, x-amz-server-side-encryption    how an object is kept is not for its readers to say

Decides by names alone, before anything is known of the caller; answers are those that clients have recorded.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, API_UploadPart.html, API_GetObject.html
"""

from __future__ import annotations

from collections.abc import Mapping

from watchword.core.errors import ApiError, WatchwordError
from watchword.core.http import RequestHead
from watchword.gateway.identify import Served
from watchword.gateway.respond import not_built
from watchword.protocols.faults import method_not_allowed, no_action
from watchword.protocols.query import form_of
from watchword.signing.errors import Dialect, Kind, SignatureError

ENCRYPTION = b"x-amz-server-side-encryption"
_FOR_STRANGERS = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
"""Operations that bring a proof of their own, and no signature."""
_FORM = b"application/x-www-form-urlencoded"
_KEY = b"x-amz-server-side-encryption-customer-key"
_SOURCE_KEY = b"x-amz-copy-source-server-side-encryption-customer-key"


def parameters_in(service: Served, head: RequestHead, body: bytes) -> bytes:
    """What of a body is read to name its operation: nothing, when a query service gets what is not called a form."""
    if service.dialect is not Dialect.QUERY or not body:
        return body
    content_type = head.fields.get(b"content-type")
    return body if content_type is not None and content_type[: len(_FORM)].lower() == _FORM else b""


def told_instead(error: SignatureError, service: Served, head: RequestHead, body: bytes) -> WatchwordError:
    """What is told of a request whose signature is wrong: that, unless AWS tells something else first.

    Looks through the body once, whatever it is: nobody is proved yet.
    """
    if not service.operations or error.kind is Kind.MALFORMED_URI:
        return error
    if service.dialect is Dialect.JSON:
        return _refused_target(service, head) or error
    if service.dialect is Dialect.QUERY:
        form = b"&" + form_of(head, parameters_in(service, head, body))
        if b"&Action=" not in form and b"%" not in form:
            return no_action(head)
        if error.kind is Kind.MISSING_TOKEN:
            if b"&SignatureVersion=" in form:
                return SignatureError(Kind.INCOMPLETE, "AWS Signature Version 2 is not supported.")
            return _unbuilt_for_strangers(service, form) or error
    return error


def _unbuilt_for_strangers(service: Served, form: bytes) -> ApiError | None:
    """What is told where a signature is none of what is missing: the operation takes none, and is not built."""
    for name in _FOR_STRANGERS:
        if b"&Action=" + name.encode() + b"&" in form + b"&" and service.entry(name) is None:
            return not_built(service.name, name)
    return None


def _refused_target(service: Served, head: RequestHead) -> ApiError | None:
    try:
        service.protocol.match(head, b"")
    except ApiError as refusal:
        return refusal
    return None


def refuse_strays(query: Mapping[str, list[str]]) -> None:
    """Raise InvalidArgument or MethodNotAllowed for an upload with a parameter that would be passed over."""
    if "versionId" in query:
        message = "This operation does not accept a version-id."
        raise _invalid_argument(message, "versionId", query["versionId"][0] or "")
    if "partNumber" in query and "uploadId" not in query:
        message = "This operation does not accept partNumber without uploadId"
        raise _invalid_argument(message, "partNumber", "partNumber")
    if "uploadId" in query and "partNumber" not in query:
        raise method_not_allowed("PUT", "UPLOAD", ("DELETE", "POST", "GET"))


def refuse_encryption(head: RequestHead) -> None:
    """Raise InvalidArgument for reading an object with an encryption asked for."""
    if ENCRYPTION in head.fields:
        message = f"{ENCRYPTION.decode()} header is not supported for this operation."
        raise _invalid_argument(message, ENCRYPTION.decode(), "null")


def refuse_bare_keys(head: RequestHead) -> None:
    """Raise InvalidRequest for a customer's key that came without TLS.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
    """
    if head.scheme != "https" and (_KEY in head.fields or _SOURCE_KEY in head.fields):
        raise ApiError(
            "InvalidRequest",
            "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure "
            "connection.",
        )


def _invalid_argument(message: str, name: str, value: str) -> ApiError:
    return ApiError("InvalidArgument", message, fields={"ArgumentName": name, "ArgumentValue": value})
