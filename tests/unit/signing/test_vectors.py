"""Requests that botocore and awscrt signed are accepted, in every form that we have data for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.signing import SignedRequest, read_vectors

from watchword.signing.claims import Form
from watchword.signing.errors import SignatureError
from watchword.signing.keys import V4A

HEADER = [*read_vectors("header"), *read_vectors("v4a-header")]
QUERY = [*read_vectors("query"), *read_vectors("v4a-query")]


@pytest.mark.parametrize("request_", HEADER, ids=lambda vector: vector.name)
def test_header_signatures_of_other_signers_are_accepted(request_: SignedRequest) -> None:
    claim = request_.verify()
    assert claim.form is Form.HEADER
    assert claim.access_key_id == "AKIAIOSFODNN7EXAMPLE"
    assert claim.scope.region == ("" if claim.algorithm == V4A else "eu-central-1")
    assert (claim.algorithm == V4A) == request_.name.startswith("v4a-")
    assert claim.requested_at == datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
    assert (claim.session_token is not None) == ("token" in request_.name)


@pytest.mark.parametrize("request_", QUERY, ids=lambda vector: vector.name)
def test_query_signatures_of_other_signers_are_accepted(request_: SignedRequest) -> None:
    claim = request_.verify()
    assert claim.form is Form.QUERY
    assert (claim.session_token is not None) == ("token" in request_.name)
    assert claim.expires_seconds == (3600 if request_.service == "s3" else None)


@pytest.mark.parametrize("request_", HEADER[:4] + QUERY[:4], ids=lambda vector: vector.name)
def test_a_request_replayed_inside_its_window_is_valid(request_: SignedRequest) -> None:
    later = replace(request_, now=request_.now + timedelta(minutes=15))
    assert later.verify() == request_.verify()


@pytest.mark.parametrize("request_", HEADER + QUERY, ids=lambda vector: vector.name)
def test_another_secret_is_refused(request_: SignedRequest) -> None:
    with pytest.raises(SignatureError):
        replace(request_, secret=request_.secret + "x").verify()
