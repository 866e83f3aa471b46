"""Our signer and botocore's sign alike, and our verifier takes whatever botocore signs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from watchword.core.http import RequestHead
from watchword.signing.claims import Rules
from watchword.signing.errors import Dialect
from watchword.signing.keys import derive_signing_key
from watchword.signing.signer import Credentials, Target, sign_request
from watchword.signing.verification import read_claim, verify

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10)
tokens = st.one_of(st.none(), st.text("abcXYZ012/+=", min_size=1, max_size=40))
paths = st.lists(words.filter(lambda word: word not in {".", ".."}), max_size=4).map(
    lambda parts: "/" + "/".join(quote(part, "-._~") for part in parts)
)
queries = st.lists(st.tuples(words, words), max_size=4).map(
    lambda pairs: "&".join(f"{quote(name, '-._~')}={quote(value, '-._~')}" for name, value in pairs)
)
headers = st.dictionaries(
    st.from_regex(r"(x-amz-meta|my)-[a-z]{1,6}", fullmatch=True),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=16),
    max_size=3,
)


def signed_by_botocore(
    signer: Any, service: str, url: str, fields: dict[str, str], body: bytes, token: str | None
) -> Any:
    request = AWSRequest("POST", url, headers={**fields, "Host": "127.0.0.1:4566"}, data=body)
    signer(BotoCredentials(KEY, SECRET, token), service, "us-east-1").add_auth(request)
    return request


def verify_request(request: Any, service: str, path: str, body: bytes) -> datetime:
    lines = [(name.lower().encode(), str(value).strip().encode()) for name, value in request.headers.items()]
    query = request.url.partition("?")[2].encode()
    head = RequestHead("POST", path.encode(), query, lines)
    rules = Rules(service, Dialect.S3 if service == "s3" else Dialect.QUERY, "us-east-1")
    now = datetime.now(UTC)
    claim = read_claim(head, rules, now)
    assert claim is not None
    key = derive_signing_key(SECRET, claim.scope.date, "us-east-1", service)
    verify(claim, key, None if service == "s3" else hashlib.sha256(body).hexdigest())
    return claim.requested_at


@pytest.mark.parametrize(("service", "signer"), [("sts", botocore.auth.SigV4Auth), ("s3", botocore.auth.S3SigV4Auth)])
@given(path=paths, query=queries, fields=headers, body=st.binary(max_size=40), token=tokens)
def test_header_signatures_are_botocores(
    service: str, signer: Any, path: str, query: str, fields: dict[str, str], body: bytes, token: str | None
) -> None:
    url = f"http://127.0.0.1:4566{path}" + (f"?{query}" if query else "")
    request = signed_by_botocore(signer, service, url, fields, body, token)
    signed_at = verify_request(request, service, path, body)
    target = Target(service, "us-east-1", s3=service == "s3")
    ours = sign_request("POST", url, fields, body, Credentials(KEY, SECRET, token), target, signed_at)
    assert ours.headers["authorization"] == request.headers["Authorization"]


@pytest.mark.parametrize(
    ("service", "signer"), [("sts", botocore.auth.SigV4QueryAuth), ("s3", botocore.auth.S3SigV4QueryAuth)]
)
@given(path=paths, query=queries, token=tokens)
def test_query_signatures_of_botocore_are_taken(
    service: str, signer: Any, path: str, query: str, token: str | None
) -> None:
    url = f"http://127.0.0.1:4566{path}" + (f"?{query}" if query else "")
    request = signed_by_botocore(signer, service, url, {}, b"", token)
    verify_request(request, service, path, b"")
