"""What an S3 request must not carry: refused, since what it asks for would not be done, or not be safe.

    PUT key?partNumber=1    a part of no upload: it would become a whole object
    PUT key?uploadId=ID     an upload without the number of a part: the same
    PUT key?versionId=ID    a version cannot be written

Decides by names alone, before anything is known of the caller; answers are those that clients have recorded.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, API_UploadPart.html
"""

from __future__ import annotations

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.protocols.routes import query_values

_UPLOADS = frozenset({"CopyObject", "PutObject", "UploadPart", "UploadPartCopy"})
_KEY = b"x-amz-server-side-encryption-customer-key"
_SOURCE_KEY = b"x-amz-copy-source-server-side-encryption-customer-key"
_STRAYS = (b"partNumber", b"uploadId", b"versionId")


def refuse_strays(operation: str, head: RequestHead) -> None:
    """Raise InvalidArgument or MethodNotAllowed for an upload with a parameter that would be passed over."""
    query_string = head.query_string
    # What is escaped may spell any name.
    if operation not in _UPLOADS or not (b"%" in query_string or any(stray in query_string for stray in _STRAYS)):
        return
    query = query_values(query_string)
    if "versionId" in query:
        message = "This operation does not accept a version-id."
        raise _invalid_argument(message, "versionId", query["versionId"][0] or "")
    if operation.startswith("UploadPart"):
        return
    if "partNumber" in query:
        message = "This operation does not accept partNumber without uploadId"
        raise _invalid_argument(message, "partNumber", "partNumber")
    if "uploadId" in query:
        raise ApiError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            fields={"Method": "PUT", "ResourceType": "UPLOAD"},
            headers={"allow": "DELETE, POST, GET"},
        )


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
