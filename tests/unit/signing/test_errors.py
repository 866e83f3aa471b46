"""The words of each dialect for what the gateway's gate finds."""

from __future__ import annotations

import pytest

from watchword.signing.errors import (
    Dialect,
    Kind,
    SignatureError,
    expired_token,
    invalid_token,
    missing_session_token,
    missing_token,
    unknown_key,
)

MISSING = "Request is missing Authentication Token"
INVALID = "The security token included in the request is invalid"
EXPIRED = "The security token included in the request is expired"
S3_UNKNOWN = "The AWS Access Key Id you provided does not exist in our records."
S3_INVALID = "The provided token is malformed or otherwise invalid."


@pytest.mark.parametrize(
    ("error", "dialect", "code", "status", "message"),
    [
        (missing_token(), Dialect.QUERY, "MissingAuthenticationToken", 403, MISSING),
        (missing_token(), Dialect.JSON, "MissingAuthenticationTokenException", 400, MISSING),
        (
            missing_token(),
            Dialect.REST_JSON,
            "MissingAuthenticationTokenException",
            403,
            "Missing Authentication Token",
        ),
        (missing_token(), Dialect.S3, "AccessDenied", 403, "Access Denied"),
        (unknown_key("A"), Dialect.QUERY, "InvalidClientTokenId", 403, INVALID + "."),
        (unknown_key("A"), Dialect.JSON, "UnrecognizedClientException", 400, INVALID + "."),
        (unknown_key("A"), Dialect.S3, "InvalidAccessKeyId", 403, S3_UNKNOWN),
        (invalid_token("t"), Dialect.QUERY, "InvalidClientTokenId", 403, INVALID),
        (invalid_token("t"), Dialect.REST_JSON, "UnrecognizedClientException", 403, INVALID),
        (invalid_token("t"), Dialect.S3, "InvalidToken", 400, S3_INVALID),
        (missing_session_token("A"), Dialect.QUERY, "InvalidClientTokenId", 403, INVALID),
        (missing_session_token("A"), Dialect.JSON, "UnrecognizedClientException", 400, INVALID),
        (missing_session_token("A"), Dialect.S3, "InvalidAccessKeyId", 403, S3_UNKNOWN),
        (expired_token("t"), Dialect.QUERY, "ExpiredToken", 403, EXPIRED),
        (expired_token("t"), Dialect.JSON, "ExpiredTokenException", 400, EXPIRED),
        (expired_token("t"), Dialect.S3, "ExpiredToken", 400, "The provided token has expired."),
        (SignatureError(Kind.BOTH_FORMS), Dialect.QUERY, "SignatureDoesNotMatch", 403, ""),
        (SignatureError(Kind.MALFORMED_URI), Dialect.QUERY, "BadRequest", 400, ""),
        (SignatureError(Kind.MALFORMED_URI), Dialect.S3, "InvalidURI", 400, "Couldn't parse the specified URI."),
    ],
)
def test_each_dialect_has_its_words(
    error: SignatureError, dialect: Dialect, code: str, status: int, message: str
) -> None:
    answer = error.answer(dialect)
    assert (answer.code, answer.status, answer.message) == (code, status, message)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("dialect", list(Dialect))
def test_every_kind_has_an_answer_everywhere(kind: Kind, dialect: Dialect) -> None:
    answer = SignatureError(kind).answer(dialect)
    assert answer.code
    assert answer.status in {400, 403}


def test_further_fields_are_s3s_alone() -> None:
    assert invalid_token("t").answer(Dialect.S3).fields == {"Token-0": "t"}
    assert invalid_token("t").answer(Dialect.QUERY).fields == {}
    assert missing_session_token("A").answer(Dialect.S3).fields == {"AWSAccessKeyId": "A"}


def test_a_token_does_not_show_in_the_text_of_an_error() -> None:
    assert "secret-token" not in str(invalid_token("secret-token")) + repr(expired_token("secret-token"))


@pytest.mark.parametrize("dialect", [Dialect.QUERY, Dialect.JSON, Dialect.REST_JSON])
def test_a_path_that_cannot_be_read_is_answered_by_the_status_alone(dialect: Dialect) -> None:
    assert SignatureError(Kind.MALFORMED_URI).answer(dialect).is_bare
    assert not SignatureError(Kind.MALFORMED_URI).answer(Dialect.S3).is_bare
