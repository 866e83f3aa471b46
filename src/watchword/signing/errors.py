"""What is wrong with a request's credentials, and the words in which each kind of service says it.

Decides the code, status and message for every authentication failure, per dialect. Never decides whether a request
is authentic. The gateway raises the three kinds that need the directory (unknown key, bad token, expired token) and
renders `SignatureError.answer`; it has no table of its own.

    WatchwordError
    └── SignatureError          the sender's fault, always

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html;
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; answers of the services themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from watchword.core.errors import ApiError, WatchwordError


class Dialect(Enum):
    """How a service words its authentication errors."""

    QUERY = 0
    """The Query protocol: IAM, STS."""
    JSON = 1
    """JSON 1.0 and 1.1, and CBOR: Organizations, Identity Store."""
    REST_JSON = 2
    """Services behind a REST front end: Access Analyzer, Roles Anywhere."""
    S3 = 3
    """S3's own XML."""


class Kind(Enum):
    """What is wrong. The last group occurs in the S3 dialect only."""

    MISSING_TOKEN = "no credentials where some are needed"
    INCOMPLETE = "the credentials cannot be read"
    MISMATCH = "the signature, its scope or its time is wrong"
    BOTH_FORMS = "credentials in the header and in the query"
    UNKNOWN_KEY = "no such access key"
    MISSING_SESSION_TOKEN = "a temporary key without its session token"
    INVALID_TOKEN = "the session token is not ours, or not of this key"
    EXPIRED_TOKEN = "the session is over"
    MALFORMED_QUERY = "the query string is not percent-encoded"
    MALFORMED_URI = "the path is not percent-encoded, or climbs above its root"

    HEADER_MALFORMED = "the parts of an Authorization header"
    QUERY_MALFORMED = "the X-Amz-* parameters of a presigned URL"
    SKEWED = "the request's time is too far from ours"
    DENIED = "unsigned headers, an expired URL, no date"
    ARGUMENT = "a header value"
    REQUEST = "a combination of headers"


class SignatureError(WatchwordError):
    """A request whose credentials are refused.

    `fields` are further elements of S3's error body, in order; they may hold what the caller sent, its session token
    included, and are never logged.
    """

    def __init__(self, kind: Kind, message: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{kind.name}: {message or kind.value}")
        self.kind = kind
        self.message = message
        """Empty where the dialect has its own sentence for the kind."""
        self.fields: Mapping[str, str] = fields or {}

    def code(self, dialect: Dialect) -> tuple[str, int]:
        """The error code and HTTP status in `dialect`."""
        code, status, _ = _ANSWERS[self.kind][dialect.value]
        return code, status

    def answer(self, dialect: Dialect) -> ApiError:
        """The answer in `dialect`, ready to be rendered."""
        code, status, message = _ANSWERS[self.kind][dialect.value]
        if dialect is not Dialect.S3:
            return ApiError(code, self.message or message, status, is_bare=self.kind is Kind.MALFORMED_URI)
        # The answer to HEAD has no body, so what SDKs follow to the right region stands in a header, too.
        headers = {"x-amz-bucket-region": self.fields["Region"]} if "Region" in self.fields else None
        return ApiError(code, self.message or message, status, fields=self.fields, headers=headers)


def missing_token() -> SignatureError:
    """A request without credentials for an operation that needs them."""
    return SignatureError(Kind.MISSING_TOKEN)


def unknown_key(access_key_id: str) -> SignatureError:
    """An access key id that does not exist or is not active."""
    return SignatureError(Kind.UNKNOWN_KEY, fields={"AWSAccessKeyId": access_key_id})


def missing_session_token(access_key_id: str) -> SignatureError:
    """A temporary key without its session token, which S3 does not tell from a key that does not exist."""
    return SignatureError(Kind.MISSING_SESSION_TOKEN, fields={"AWSAccessKeyId": access_key_id})


def invalid_token(session_token: str) -> SignatureError:
    """A session token that is not ours, is of another key, or is present for a long-term key."""
    return SignatureError(Kind.INVALID_TOKEN, fields={"Token-0": session_token})


def expired_token(session_token: str) -> SignatureError:
    """A genuine session token after its end."""
    return SignatureError(Kind.EXPIRED_TOKEN, fields={"Token-0": session_token})


_Answer = tuple[str, int, str]
_Answers = tuple[_Answer, _Answer, _Answer, _Answer]

_NO_MATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key"
    " and signing method. Consult the service documentation for details."
)
_S3_NO_MATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_BOTH = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
_S3_BOTH = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or"
    " the Authorization header should be specified"
)
_INVALID = "The security token included in the request is invalid"
_EXPIRED = "The security token included in the request is expired"
_S3_UNKNOWN = "The AWS Access Key Id you provided does not exist in our records."
_S3_INVALID = "The provided token is malformed or otherwise invalid."
_S3_URI = "Couldn't parse the specified URI."


def _s3_only(code: str, status: int) -> _Answers:
    answer = (code, status, "")
    return answer, answer, answer, answer


_ANSWERS: Mapping[Kind, _Answers] = {
    # one column a dialect: QUERY, JSON, REST_JSON, S3
    Kind.MISSING_TOKEN: (
        ("MissingAuthenticationToken", 403, "Request is missing Authentication Token"),
        ("MissingAuthenticationTokenException", 400, "Request is missing Authentication Token"),
        ("MissingAuthenticationTokenException", 403, "Missing Authentication Token"),
        ("AccessDenied", 403, "Access Denied"),
    ),
    Kind.INCOMPLETE: (
        ("IncompleteSignature", 400, ""),
        ("IncompleteSignatureException", 400, ""),
        ("IncompleteSignatureException", 403, ""),
        ("AuthorizationHeaderMalformed", 400, ""),
    ),
    Kind.MISMATCH: (
        ("SignatureDoesNotMatch", 403, _NO_MATCH),
        ("InvalidSignatureException", 400, _NO_MATCH),
        ("InvalidSignatureException", 403, _NO_MATCH),
        ("SignatureDoesNotMatch", 403, _S3_NO_MATCH),
    ),
    Kind.BOTH_FORMS: (
        ("SignatureDoesNotMatch", 403, ""),
        ("InvalidSignatureException", 400, _BOTH),
        ("InvalidSignatureException", 403, _BOTH),
        ("InvalidArgument", 400, _S3_BOTH),
    ),
    Kind.UNKNOWN_KEY: (
        ("InvalidClientTokenId", 403, _INVALID + "."),
        ("UnrecognizedClientException", 400, _INVALID + "."),
        ("UnrecognizedClientException", 403, _INVALID + "."),
        ("InvalidAccessKeyId", 403, _S3_UNKNOWN),
    ),
    Kind.MISSING_SESSION_TOKEN: (
        ("InvalidClientTokenId", 403, _INVALID),
        ("UnrecognizedClientException", 400, _INVALID),
        ("UnrecognizedClientException", 403, _INVALID),
        ("InvalidAccessKeyId", 403, _S3_UNKNOWN),
    ),
    Kind.INVALID_TOKEN: (
        ("InvalidClientTokenId", 403, _INVALID),
        ("UnrecognizedClientException", 400, _INVALID),
        ("UnrecognizedClientException", 403, _INVALID),
        ("InvalidToken", 400, _S3_INVALID),
    ),
    Kind.EXPIRED_TOKEN: (
        ("ExpiredToken", 403, _EXPIRED),
        ("ExpiredTokenException", 400, _EXPIRED),
        ("ExpiredTokenException", 403, _EXPIRED),
        ("ExpiredToken", 400, "The provided token has expired."),
    ),
    Kind.MALFORMED_QUERY: (
        ("MalformedQueryString", 400, ""),
        ("MalformedQueryString", 400, ""),
        ("MalformedQueryString", 400, ""),
        ("InvalidURI", 400, _S3_URI),
    ),
    Kind.MALFORMED_URI: (
        # AWS answers these by their status alone.
        ("BadRequest", 400, ""),
        ("BadRequest", 400, ""),
        ("BadRequest", 400, ""),
        ("InvalidURI", 400, _S3_URI),
    ),
    Kind.HEADER_MALFORMED: _s3_only("AuthorizationHeaderMalformed", 400),
    Kind.QUERY_MALFORMED: _s3_only("AuthorizationQueryParametersError", 400),
    Kind.SKEWED: _s3_only("RequestTimeTooSkewed", 403),
    Kind.DENIED: _s3_only("AccessDenied", 403),
    Kind.ARGUMENT: _s3_only("InvalidArgument", 400),
    Kind.REQUEST: _s3_only("InvalidRequest", 400),
}
