"""Mistakes that clients make when they sign are found, with the wrong line; what cannot be told is not guessed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from watchword.core.http import RequestHead
from watchword.signing.claims import Claim, Rules
from watchword.signing.errors import Dialect
from watchword.signing.keys import V4, V4A, Algorithm
from watchword.signing.mismatches import Mismatch, explain_mismatch
from watchword.signing.signer import Credentials, Signed, Target, presign, sign_request
from watchword.signing.verification import proving_key, read_claim

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
KEYS = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")
BODY = b"Action=GetCallerIdentity"
SHA256 = hashlib.sha256(BODY).hexdigest()


def signed(service: str, url: str, algorithm: Algorithm = V4) -> Signed:
    headers = {"content-type": "text/plain", "my-header": "a b"}
    region = "us-east-1" if algorithm == V4 else "*"
    target = Target(service, region, s3=service == "s3", algorithm=algorithm)
    return sign_request("POST", url, headers, BODY, KEYS, target, NOW)


def explain(made: Signed, service: str, faulty: str, secret: str = "secret", **changes: bytes) -> Mismatch | None:
    """What is found when a client signs `faulty` instead of the right canonical request."""
    text = made.string_to_sign.rpartition("\n")[0] + "\n" + hashlib.sha256(faulty.encode()).hexdigest()
    lines = {name.encode(): value.encode() for name, value in made.headers.items()}
    wrong = made.key.sign(text.encode()).encode()
    lines[b"authorization"] = lines[b"authorization"].replace(made.signature.encode(), wrong)
    lines |= {name.replace("_", "-").encode(): value for name, value in changes.items()}
    path, _, query = made.url.removeprefix("http://127.0.0.1:4566").partition("?")
    head = RequestHead("POST", path.encode(), query.encode(), list(lines.items()))
    rules = Rules(service, Dialect.S3 if service == "s3" else Dialect.QUERY, "us-east-1")
    claim = read_claim(head, rules, NOW)
    assert isinstance(claim, Claim)
    return explain_mismatch(head, claim, proving_key(claim, secret), SHA256)


@pytest.mark.parametrize("algorithm", [V4, V4A])
@pytest.mark.parametrize(
    ("service", "right", "wrong", "part", "reason"),
    [
        ("sts", "POST\n", "GET\n", "the method", "signed GET"),
        ("sts", "/a%2520b", "/a%20b", "the path", "left the path as it was written"),
        ("s3", "/a%20b", "/a%2520b", "the path", "encoded the path twice"),
        ("s3", "/a%20b", "/a b", "the path", "decoded the path"),
        ("sts", "a=1&b=2", "b=2&a=1", "the query string", "left the query string as it was written"),
        ("sts", "&c=x%20y", "&c=x+y", "the query string", "wrote spaces as `+`"),
        ("sts", "&d=", "&d", "the query string", "left out the `=` of parameters without a value"),
        ("sts", "host:127.0.0.1:4566", "host:127.0.0.1", "a header", "signed the host `127.0.0.1`"),
        ("sts", "content-type:text/plain", "content-type:", "a header", "signed an empty content-type"),
        ("sts", SHA256, hashlib.sha256().hexdigest(), "the payload hash", "signed the hash of an empty body"),
        ("sts", SHA256, "UNSIGNED-PAYLOAD", "the payload hash", "signed the payload as unsigned"),
    ],
    ids=str,
)
def test_a_known_mistake(algorithm: Algorithm, service: str, right: str, wrong: str, part: str, reason: str) -> None:
    made = signed(service, "http://127.0.0.1:4566/a%20b?b=2&a=1&c=x%20y&d=", algorithm)
    assert right in made.canonical_request
    faulty = made.canonical_request.replace(right, wrong)
    found = explain(made, service, faulty)
    assert found is not None
    assert (found.part, found.reason) == (part, reason)
    assert made.canonical_request.split("\n")[found.line - 1] == found.expected
    assert faulty.split("\n")[found.line - 1] == found.signed


def test_two_mistakes_at_once_name_the_first_line() -> None:
    made = signed("sts", "http://127.0.0.1:4566/a%20b")
    faulty = made.canonical_request.replace("/a%2520b", "/a%20b").replace(SHA256, "UNSIGNED-PAYLOAD")
    found = explain(made, "sts", faulty)
    assert found is not None
    assert found.line == 2
    assert found.reason == "left the path as it was written; signed the payload as unsigned"


def test_repeated_spaces() -> None:
    made = signed("sts", "http://127.0.0.1:4566/")
    found = explain(made, "sts", made.canonical_request.replace("my-header:a b", "my-header:a   b"), my_header=b"a   b")
    assert found is not None
    assert found.reason == "kept repeated spaces in a header"


def test_another_secret_cannot_be_told_from_nonsense() -> None:
    made = signed("sts", "http://127.0.0.1:4566/")
    assert explain(made, "sts", made.canonical_request, secret="another") is None
    assert explain(made, "sts", "nonsense") is None


def test_a_presigned_request() -> None:
    url = presign("GET", "http://h/a?x=1", {}, KEYS, Target("s3", "us-east-1", s3=True), NOW, expires_seconds=60)
    query = url.partition("?")[2].encode()
    head = RequestHead("HEAD", b"/a", query, [(b"host", b"h")])
    claim = read_claim(head, Rules("s3", Dialect.S3, "us-east-1"), NOW)
    assert claim is not None
    found = explain_mismatch(head, claim, proving_key(claim, "secret"), None)
    assert found == Mismatch("the method", "signed GET", 1, "HEAD", "GET")
