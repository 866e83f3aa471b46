"""S3's condition keys that speak of the signature, the connection or the time, not only of the request's members.

Source: AWS's service authorization reference for S3; https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Any, Final

from watchword.gateway.condition_keys import Key, header_reader, resource_account
from watchword.gateway.surroundings import Facts
from watchword.policy.variables import ContextValue
from watchword.signing.keys import V2


def _authentication_type(facts: Facts) -> ContextValue:
    claim = facts.around.claim
    return claim.form.value if claim else None


def _signature_version(facts: Facts) -> ContextValue:
    claim = facts.around.claim
    return claim.algorithm if claim else None


def _signature_age(facts: Facts) -> ContextValue:
    claim = facts.around.claim
    if claim is None or claim.algorithm == V2:
        return None
    return str(int((facts.around.now - claim.requested_at).total_seconds() * 1000))


def _tls_version(facts: Facts) -> ContextValue:
    return facts.around.head.tls_version or None


def _remaining_retention_days(facts: Facts) -> ContextValue:
    """Days, begun ones counted whole, until the end of the retention that a request asks for."""
    request: Any = facts.around.request
    asked = getattr(request, "retention", None)
    until = getattr(request, "object_lock_retain_until_date", None) if asked is None else asked.retain_until_date
    return None if until is None else str(ceil((until - facts.around.now) / timedelta(days=1)))


S3_KEYS: Final[tuple[Key, ...]] = (
    Key("s3:authType", "String", _authentication_type),
    Key("s3:signatureversion", "String", _signature_version),
    Key("s3:signatureAge", "Numeric", _signature_age),
    Key("s3:TlsVersion", "Numeric", _tls_version),
    Key("s3:x-amz-content-sha256", "String", header_reader(b"x-amz-content-sha256")),
    Key("s3:ResourceAccount", "String", resource_account),
    Key("s3:object-lock-remaining-retention-days", "Numeric", _remaining_retention_days),
)
