"""Is the request signed by the key that it names? Two steps, because the key is looked up between them.

    (1) `read_claim`   what the request says of itself, all checks that need no key
    (2) `verify`       the signature over the request, with the key of the claim's scope

Never accepts: `verify` returns nothing and raises when anything is wrong, so that no caller can forget a result.
A request replayed inside its window is valid, as at AWS.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from watchword.core.http import RequestHead
from watchword.signing.claims import ALGORITHM, Claim, Rules
from watchword.signing.errors import Dialect, Kind, SignatureError
from watchword.signing.generic_checks import read_generic_claim
from watchword.signing.keys import SigningKey
from watchword.signing.s3_checks import read_s3_claim


def read_claim(head: RequestHead, rules: Rules, now: datetime) -> Claim | None:
    """Read what the request says of itself; None when it carries no credentials at all.

    Raises SignatureError for the first check that fails, in AWS's order. Proves nothing: call `verify`.
    """
    return read_s3_claim(head, rules, now) if rules.dialect is Dialect.S3 else read_generic_claim(head, rules, now)


def verify(claim: Claim, key: SigningKey, body_sha256: str | None) -> None:
    """Prove that whoever holds `key` signed the request that `claim` was read from. Raises SignatureError.

    `key` is derived for the claim's scope. `body_sha256` is the body's digest in lower-case hex; None for S3, whose
    claim states the payload hash, which `payload.payload_reader` then checks against the body.
    """
    payload_hash = claim.payload_hash if body_sha256 is None else body_sha256
    if payload_hash is None:
        raise ValueError("a body digest is needed: the claim states no payload hash")
    canonical = claim.canonical_head + payload_hash.encode()
    text = f"{ALGORITHM}\n{claim.amz_date}\n{claim.scope.text}\n{hashlib.sha256(canonical).hexdigest()}".encode()
    matches = hmac.compare_digest(key.sign(text).encode(), claim.signature.encode())
    stated = claim.payload_hash
    if not matches or (body_sha256 is not None and stated is not None and stated != body_sha256):
        raise _mismatch(claim, canonical, text)


def canonical_request(claim: Claim, body_sha256: str | None) -> str:
    """The canonical request that `verify` computes; for those who explain a mismatch."""
    return claim.canonical_head.decode("utf-8", "replace") + (body_sha256 or claim.payload_hash or "")


def _mismatch(claim: Claim, canonical: bytes, string_to_sign: bytes) -> SignatureError:
    return SignatureError(
        Kind.MISMATCH,
        fields={
            "AWSAccessKeyId": claim.access_key_id,
            "StringToSign": string_to_sign.decode("utf-8", "replace"),
            "SignatureProvided": claim.signature,
            "StringToSignBytes": string_to_sign.hex(" "),
            "CanonicalRequest": canonical.decode("utf-8", "replace"),
            "CanonicalRequestBytes": canonical.hex(" "),
        },
    )
