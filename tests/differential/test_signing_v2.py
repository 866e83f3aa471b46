"""What botocore signs by Signature Version 2, in headers and in URLs, is taken; what is changed afterwards is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given
from hypothesis import strategies as st

from watchword.core.http import RequestHead
from watchword.signing.claims import Claim, Form, Rules
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.keys import V2
from watchword.signing.signer import Credentials
from watchword.signing.v2_signer import sign_v2
from watchword.signing.verification import proving_key, read_claim, verify

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
HOST = "127.0.0.1:4566"

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10)
paths = st.lists(words, min_size=2, max_size=4).map(lambda parts: "/" + "/".join(quote(part, "-._~") for part in parts))
sub_resources = st.lists(
    st.sampled_from(["acl", "uploads", "versionId=a%2Bb", "partNumber=3", "uploadId=x", "response-content-type=a%20b"]),
    unique=True,
    max_size=3,
)
refinements = st.lists(
    st.sampled_from(["prefix=a%2F", "max-keys=3", "list-type=2", "delimiter=%2F", "marker="]), unique=True, max_size=2
)
headers = st.dictionaries(
    st.from_regex(r"x-amz-meta-[a-z]{1,6}|my-[a-z]{1,6}", fullmatch=True),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=16),
    max_size=3,
)
tokens = st.one_of(st.none(), st.text("abcXYZ012/+=", min_size=1, max_size=40))


def signed(
    form: Form, path: str, query: list[str], fields: dict[str, str], token: str | None, bucket: str | None = None
) -> RequestHead:
    url = f"http://{HOST}{path}" + (f"?{'&'.join(query)}" if query else "")
    request: Any = AWSRequest("PUT", url, headers=fields, data=b"")
    if bucket is not None:
        request.auth_path = f"/{bucket}{path}"
    signers: Any = {Form.HEADER: botocore.auth.HmacV1Auth, Form.QUERY: botocore.auth.HmacV1QueryAuth}
    signers[form](BotoCredentials(KEY, SECRET, token)).add_auth(request)
    lines = [(b"host", HOST.encode())]
    for name, value in request.headers.items():
        if form is Form.HEADER or not name.lower().startswith(("date", "x-amz-", "content-type")):
            lines.append((name.lower().encode(), str(value).strip().encode()))
    return RequestHead("PUT", path.encode(), str(request.url).partition("?")[2].encode(), lines)


def prove(head: RequestHead, bucket: str | None = None, now: datetime | None = None) -> Claim:
    rules = Rules("s3", Dialect.S3, bucket=bucket)
    claim = read_claim(head, rules, now or datetime.now(UTC), takes_v2=True)
    assert claim is not None
    verify(claim, proving_key(claim, SECRET), None)
    return claim


@pytest.mark.parametrize("form", [Form.HEADER, Form.QUERY])
@given(path=paths, covered=sub_resources, refining=refinements, fields=headers, token=tokens)
def test_signatures_of_botocore_are_taken(
    form: Form, path: str, covered: list[str], refining: list[str], fields: dict[str, str], token: str | None
) -> None:
    claim = prove(signed(form, path, covered + refining, fields, token))
    assert (claim.access_key_id, claim.algorithm, claim.form) == (KEY, V2, form)
    assert claim.session_token == token


@given(path=paths, covered=sub_resources, refining=refinements, fields=headers, token=tokens)
def test_our_signatures_are_botocores(
    path: str, covered: list[str], refining: list[str], fields: dict[str, str], token: str | None
) -> None:
    theirs = signed(Form.HEADER, path, covered + refining, fields, token)
    lines = {name.decode(): value.decode() for name, value in theirs.headers}
    url = f"http://{HOST}{path}?{theirs.query_string.decode()}"
    own = {**fields, "date": lines["date"]}
    if "content-type" in lines:
        own["content-type"] = lines["content-type"]
    ours = sign_v2("PUT", url, own, Credentials(KEY, SECRET, token), datetime.now(UTC))
    assert ours.headers["authorization"] == lines["authorization"]


@given(path=paths, covered=sub_resources, fields=headers, token=tokens)
def test_our_urls_are_taken(path: str, covered: list[str], fields: dict[str, str], token: str | None) -> None:
    url = f"http://{HOST}{path}" + (f"?{'&'.join(covered)}" if covered else "")
    made = sign_v2("GET", url, fields, Credentials(KEY, SECRET, token), datetime.now(UTC), expires_seconds=60)
    lines = [(name.encode(), value.encode()) for name, value in made.headers.items()]
    claim = prove(RequestHead("GET", path.encode(), made.url.partition("?")[2].encode(), lines))
    assert claim.session_token == token


@pytest.mark.parametrize("form", [Form.HEADER, Form.QUERY])
@pytest.mark.parametrize("path", ["/", "/a/b%20c"])
def test_a_bucket_in_the_host_is_signed_as_a_part_of_the_path(form: Form, path: str) -> None:
    head = signed(form, path, [], {}, None, bucket="some-bucket")
    prove(head, "some-bucket")
    for other in ("other-bucket", None):
        with pytest.raises(SignatureError):
            prove(head, other)


def changes(head: RequestHead, form: Form) -> Iterator[tuple[str, RequestHead]]:
    """The request with one thing changed that its signature covers."""

    def but(
        method: str | None = None,
        path: bytes | None = None,
        query: bytes | None = None,
        lines: list[tuple[bytes, bytes]] | None = None,
    ) -> RequestHead:
        return RequestHead(
            method or head.method, path or head.raw_path, query or head.query_string, lines or head.headers
        )

    yield "method", but(method="DELETE")
    yield "path", but(path=head.raw_path + b"x")
    yield "a spelling of the path", but(path=head.raw_path.replace(b"k", b"%6B"))
    for name in (b"acl", b"policy", b"tagging", b"retention", b"legal-hold", b"attributes", b"encryption", b"made-up"):
        yield f"an added ?{name.decode()}", but(query=head.query_string + b"&" + name)
    for name in (b"x-amz-acl", b"x-amz-copy-source", b"x-amz-security-token", b"content-type", b"content-md5"):
        yield f"an added {name.decode()}", but(lines=[*head.headers, (name, b"evil")])
    for at, piece in enumerate(head.query_string.split(b"&")):
        pieces = head.query_string.split(b"&")
        if piece.startswith(b"AWSAccessKeyId="):
            continue  # it names the secret, and is covered by that alone
        yield f"without {piece!r}", but(query=b"&".join(pieces[:at] + pieces[at + 1 :]) or b"x")
        yield f"with {piece!r} and x", but(query=b"&".join([*pieces[:at], piece + b"x", *pieces[at + 1 :]]))
    for at, (name, value) in enumerate(head.headers):
        if name != b"host":
            lines = list(head.headers)
            yield f"without {name!r}", but(lines=lines[:at] + lines[at + 1 :])
            lines[at] = (name, value + b"x")
            yield f"{name!r} changed", but(lines=lines)
    if form is Form.QUERY:
        yield "a header's parameter", but(query=head.query_string + b"&x-amz-acl=public-read")
        more = b"&x-amz-meta-a=1%0Ax-amz-meta-b:2"
        yield "two headers in one parameter", but(query=head.query_string.replace(b"&x-amz-meta-a=1", more))


@pytest.mark.parametrize("form", [Form.HEADER, Form.QUERY])
def test_what_is_changed_after_signing_is_refused(form: Form) -> None:
    fields = {"x-amz-meta-a": "1", "x-amz-meta-b": "2", "content-type": "text/plain"}
    head = signed(form, "/bucket/key", ["versionId=3", "uploadId=4"], fields, "token")
    prove(head)
    for what, changed in changes(head, form):
        try:
            prove(changed)
        except (SignatureError, AssertionError):
            continue
        pytest.fail(f"accepted: {what}")


def test_one_header_with_a_line_end_does_not_pass_for_two() -> None:
    head = signed(Form.QUERY, "/bucket/key", [], {"x-amz-meta-a": "1", "x-amz-meta-b": "2"}, None)
    assert b"&x-amz-meta-b=2" in head.query_string
    one = head.query_string.replace(b"&x-amz-meta-b=2", b"").replace(b"meta-a=1", b"meta-a=1%0Ax-amz-meta-b:2")
    prove(head)
    with pytest.raises(SignatureError):
        prove(RequestHead("PUT", b"/bucket/key", one, head.headers))


def test_a_url_ends_when_it_says_to_the_second() -> None:
    head = signed(Form.QUERY, "/bucket/key", [], {}, None)
    ends = next(int(piece[8:]) for piece in head.query_string.split(b"&") if piece.startswith(b"Expires="))
    ends_at = datetime.fromtimestamp(ends, UTC)
    prove(head, now=ends_at)
    with pytest.raises(SignatureError) as caught:
        prove(head, now=ends_at + timedelta(seconds=1))
    answer = caught.value.answer(Dialect.S3)
    assert (answer.code, answer.status, answer.message) == ("AccessDenied", 403, "Request has expired")
    assert list(answer.fields) == ["Expires", "ServerTime"]
