"""Sign requests: as a client does it.

Decides nothing about anybody; makes the headers, URLs and chunk frames that `verification` and `payload` prove.
The clock is an argument, the body is bytes.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from watchword.signing.canonical import (
    canonical_head,
    canonical_path,
    canonical_query,
    canonical_verbatim_path,
    encode,
    query_pairs,
    signed_names,
)
from watchword.signing.chunks import TRAILER_SIGNATURE, ChunkSigner
from watchword.signing.claims import basic_date, scope_text
from watchword.signing.keys import V4, V4A, Algorithm, SecretKey, derive_signing_key
from watchword.signing.modes import UNSIGNED

_NEVER_SIGNED = frozenset(
    {
        *("authorization", "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te"),
        *("trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id"),
    }
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client signs with."""

    access_key_id: str
    secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """The service and region that a request is for."""

    service: str
    region: str
    """For SigV4a the region set, such as `us-east-1,eu-*`."""
    s3: bool = False
    """S3's canonical path and payload hash."""
    algorithm: Algorithm = V4
    """SigV4 or SigV4a."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed request."""

    headers: dict[str, str]
    """All headers to send; names in lower case."""
    signature: str
    """Also the seed of the chunk signatures."""
    amz_date: str
    scope: str
    key: SecretKey = field(repr=False)
    algorithm: Algorithm
    canonical_request: str
    string_to_sign: str
    url: str
    """Where to send it; of a presigned request, the URL to give away."""


def sign_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    target: Target,
    now: datetime,
    *,
    payload_hash: str | None = None,
) -> Signed:
    """Sign with an Authorization header. `payload_hash` replaces the digest of `body` (streaming, unsigned)."""
    parts = urlsplit(url)
    amz_date = basic_date(now)
    fields = {name.lower(): value for name, value in headers.items()}
    fields.setdefault("host", parts.netloc)
    fields["x-amz-date"] = amz_date
    if credentials.session_token is not None:
        fields["x-amz-security-token"] = credentials.session_token
    if target.algorithm == V4A:
        fields["x-amz-region-set"] = target.region
    digest = payload_hash or fields.get("x-amz-content-sha256") or hashlib.sha256(body).hexdigest()
    if target.s3:
        fields["x-amz-content-sha256"] = digest
    names = ";".join(sorted(fields.keys() - _NEVER_SIGNED))
    query = canonical_query(query_pairs(parts.query.encode()))
    canonical = _canonical(method, parts.path, query, names, fields, target) + digest.encode()
    scope = scope_text(amz_date[:8], target.region, target.service, target.algorithm)
    key = _key(credentials, target, amz_date[:8])
    text = _string_to_sign(target.algorithm, amz_date, scope, canonical)
    signature = key.sign(text.encode())
    credential = f"{credentials.access_key_id}/{scope}"
    fields["authorization"] = (
        f"{target.algorithm} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return Signed(fields, signature, amz_date, scope, key, target.algorithm, canonical.decode(), text, url)


def presign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    credentials: Credentials,
    target: Target,
    now: datetime,
    *,
    expires_seconds: int,
    body: bytes = b"",
) -> str:
    """Sign in the query: the URL to give away. `headers` must be sent with it as they are."""
    return presign_request(
        method, url, headers, credentials, target, now, expires_seconds=expires_seconds, body=body
    ).url


def presign_request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    credentials: Credentials,
    target: Target,
    now: datetime,
    *,
    expires_seconds: int,
    body: bytes = b"",
) -> Signed:
    """`presign`, with all that was made on the way."""
    parts = urlsplit(url)
    amz_date = basic_date(now)
    fields = {name.lower(): value for name, value in headers.items()}
    fields.setdefault("host", parts.netloc)
    names = ";".join(sorted(fields.keys() - _NEVER_SIGNED))
    scope = scope_text(amz_date[:8], target.region, target.service, target.algorithm)
    added = {
        "X-Amz-Algorithm": target.algorithm,
        "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
        "X-Amz-Date": amz_date,
        "X-Amz-Expires": str(expires_seconds),
        "X-Amz-SignedHeaders": names,
    }
    if target.algorithm == V4A:
        added["X-Amz-Region-Set"] = target.region
    if credentials.session_token is not None:
        added["X-Amz-Security-Token"] = credentials.session_token
    pairs = query_pairs(parts.query.encode())
    pairs += [(encode(name.encode()), encode(value.encode())) for name, value in added.items()]
    query = canonical_query(pairs)
    digest = fields.get("x-amz-content-sha256", UNSIGNED) if target.s3 else hashlib.sha256(body).hexdigest()
    canonical = _canonical(method, parts.path, query, names, fields, target) + digest.encode()
    key = _key(credentials, target, amz_date[:8])
    text = _string_to_sign(target.algorithm, amz_date, scope, canonical)
    signature = key.sign(text.encode())
    given = parts._replace(query=f"{query.decode()}&X-Amz-Signature={signature}").geturl()
    return Signed(fields, signature, amz_date, scope, key, target.algorithm, canonical.decode(), text, given)


def sign_chunks(
    signed: Signed | None, chunks: Iterable[bytes], trailers: Mapping[str, str] | None = None
) -> Iterator[bytes]:
    """Frame a body of non-empty chunks as aws-chunked and close it. `signed` is None for unsigned frames."""
    signer = None
    if signed is not None:
        signer = ChunkSigner(signed.key, signed.amz_date, signed.scope, signed.signature, signed.algorithm)
    for chunk in chunks:
        yield _frame_line(signer, chunk) + chunk + b"\r\n"
    yield _frame_line(signer, b"")
    if trailers:
        yield "".join(f"{name}:{value}\r\n" for name, value in trailers.items()).encode()
        if signer is not None:
            yield f"{TRAILER_SIGNATURE}:{signer.trailer(trailers)}\r\n".encode()
    yield b"\r\n"


def _frame_line(signer: ChunkSigner | None, chunk: bytes) -> bytes:
    if signer is None:
        return f"{len(chunk):x}\r\n".encode()
    return f"{len(chunk):x};chunk-signature={signer.chunk(hashlib.sha256(chunk).hexdigest())}\r\n".encode()


def _canonical(method: str, path: str, query: bytes, names: str, fields: Mapping[str, str], target: Target) -> bytes:
    raw = (path or "/").encode()
    spelled = canonical_verbatim_path(raw) if target.s3 else canonical_path(raw)
    values = {name.encode(): b" ".join(value.encode().split()) for name, value in fields.items()}
    return canonical_head(method, spelled, query, signed_names(names), values)


def _key(credentials: Credentials, target: Target, date: str) -> SecretKey:
    if target.algorithm == V4A:
        from watchword.signing.ecdsa_keys import derive_ecdsa_key

        return derive_ecdsa_key(credentials.secret, credentials.access_key_id)
    return derive_signing_key(credentials.secret, date, target.region, target.service)


def _string_to_sign(algorithm: Algorithm, amz_date: str, scope: str, canonical: bytes) -> str:
    return f"{algorithm}\n{amz_date}\n{scope}\n{hashlib.sha256(canonical).hexdigest()}"
