"""Is the request signed by the key that it names? Two steps, because the key is looked up between them.

    (1) `read_claim`   what the request says of itself, all checks that need no key
    (2) `verify`       the signature over the request, with the key of the claim's scope

Never accepts: `verify` returns nothing and raises when anything is wrong, so that no caller can forget a result.
A request replayed inside its window is valid, as at AWS.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from watchword.core.http import RequestHead
from watchword.signing.claims import Claim, Rules
from watchword.signing.errors import Dialect, Kind, SignatureError
from watchword.signing.generic_checks import read_generic_claim
from watchword.signing.keys import V4, V4A, Prover, derive_signing_key
from watchword.signing.s3_checks import read_s3_claim
from watchword.signing.v2_keys import V2Key

_S3 = Dialect.S3  # looked up once: in Python 3.11 a member of an enumeration takes 0.1 µs to find


def read_claim(head: RequestHead, rules: Rules, now: datetime, *, takes_v2: bool = False) -> Claim | None:
    """Read what the request says of itself; None when it carries no credentials at all.

    `takes_v2` lets S3 take Signature Version 2. Raises SignatureError for the first check that fails, in AWS's order.
    Proves nothing: call `verify`.
    """
    return read_s3_claim(head, rules, now, takes_v2) if rules.dialect is _S3 else read_generic_claim(head, rules, now)


def proving_key(claim: Claim, secret: str) -> Prover:
    """The key that the claim must be verified with, made from the secret of the access key that it names.

    Good for every claim with the same access key and the same `scope.text`, so keep it by these.
    """
    scope = claim.scope
    if claim.algorithm == V4:
        return derive_signing_key(secret, scope.date, scope.region, scope.service)
    if claim.algorithm == V4A:
        from watchword.signing.ecdsa_keys import derive_ecdsa_key

        return derive_ecdsa_key(secret, claim.access_key_id).proving_key()
    return V2Key(secret)


def verify(claim: Claim, key: Prover, body_sha256: str | None) -> None:
    """Prove that whoever holds `key` signed the request that `claim` was read from. Raises SignatureError.

    `key` is the claim's `proving_key`. `body_sha256` is the body's digest in lower-case hex; None for S3, whose
    claim states the payload hash, which `payload.payload_reader` then checks against the body.
    """
    text = claim.string_to_sign
    if text is None:
        payload_hash = claim.payload_hash if body_sha256 is None else body_sha256
        if payload_hash is None:
            raise ValueError("a body digest is needed: the claim states no payload hash")
        digest = hashlib.sha256(claim.canonical_head + payload_hash.encode()).hexdigest()
        text = f"{claim.algorithm}\n{claim.amz_date}\n{claim.scope.text}\n{digest}".encode()
    stated = claim.payload_hash
    is_proved = key.proves(text, claim.signature)
    for other in claim.also_signed:
        is_proved = is_proved or key.proves(other, claim.signature)
    if not is_proved or (body_sha256 is not None and stated is not None and stated != body_sha256):
        raise _mismatch(claim, text, body_sha256)


def canonical_request(claim: Claim, body_sha256: str | None) -> str:
    """The canonical request that `verify` computes; for those who explain a mismatch."""
    return claim.canonical_head.decode("utf-8", "replace") + (body_sha256 or claim.payload_hash or "")


def _mismatch(claim: Claim, string_to_sign: bytes, body_sha256: str | None) -> SignatureError:
    fields = {
        "AWSAccessKeyId": claim.access_key_id,
        "StringToSign": string_to_sign.decode("utf-8", "replace"),
        "SignatureProvided": claim.signature,
        "StringToSignBytes": string_to_sign.hex(" "),
    }
    if claim.string_to_sign is None:
        canonical = claim.canonical_head + (body_sha256 or claim.payload_hash or "").encode()
        fields["CanonicalRequest"] = canonical.decode("utf-8", "replace")
        fields["CanonicalRequestBytes"] = canonical.hex(" ")
    return SignatureError(Kind.MISMATCH, fields=fields)
