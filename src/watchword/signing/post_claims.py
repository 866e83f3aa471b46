"""What an S3 upload form says of itself: its credentials stand in fields, and its policy is what they sign.

    (1) no field of either version: a stranger's form        (3) algorithm, credential, scope, date
    (2) every field of the version is there, and `policy`

Decides nothing about a key, and nothing about the policy (`post_policies`). The window of time is the policy's own.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from watchword.signing.canonical import signed_names
from watchword.signing.claims import Claim, Form, Rules, basic_date
from watchword.signing.errors import Kind, SignatureError
from watchword.signing.keys import V2, V4
from watchword.signing.s3_checks import check_query_credential, check_query_date
from watchword.signing.v2_checks import NO_SCOPE, refuse_v2_unless

_V4_FIELDS = {
    "x-amz-algorithm": "X-Amz-Algorithm",
    "x-amz-credential": "X-Amz-Credential",
    "x-amz-date": "X-Amz-Date",
    "x-amz-signature": "X-Amz-Signature",
    "policy": "Policy",
}
_V2_FIELDS = {"awsaccesskeyid": "AWSAccessKeyId", "signature": "Signature", "policy": "Policy"}
_NOTHING = signed_names("")


def read_post_claim(fields: Mapping[str, str], rules: Rules, now: datetime, *, takes_v2: bool = False) -> Claim | None:
    """Read a form's fields, which are by lower-case name; None when they carry no credentials at all.

    Raises SignatureError.
    """
    if any(name in fields for name in _V4_FIELDS if name != "policy"):
        return _v4_claim(fields, rules)
    if "awsaccesskeyid" in fields or "signature" in fields:
        refuse_v2_unless(takes_v2, rules)
        return _v2_claim(fields, now)
    return None  # (1)


def missing_field(name: str) -> SignatureError:
    """A form without a field that it needs."""
    return SignatureError(
        Kind.ARGUMENT,
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields.",
        {"ArgumentName": name, "ArgumentValue": ""},
    )


def _v4_claim(fields: Mapping[str, str], rules: Rules) -> Claim:
    _require(fields, _V4_FIELDS)  # (2)
    if fields["x-amz-algorithm"] != V4:  # (3)
        raise SignatureError(
            Kind.ARGUMENT,
            f"X-Amz-Algorithm only supports {V4}",
            {"ArgumentName": "X-Amz-Algorithm", "ArgumentValue": fields["x-amz-algorithm"]},
        )
    key, scope = check_query_credential(rules, fields["x-amz-credential"])
    moment = check_query_date(fields["x-amz-date"], scope)
    return Claim(
        key,
        scope,
        _NOTHING,
        fields["x-amz-signature"],
        moment.at,
        moment.basic,
        fields.get("x-amz-security-token"),
        Form.POST,
        None,
        None,
        b"",
        V4,
        fields["policy"].encode("utf-8", "surrogateescape"),
    )


def _v2_claim(fields: Mapping[str, str], now: datetime) -> Claim:
    _require(fields, _V2_FIELDS)  # (2)
    return Claim(
        fields["awsaccesskeyid"],
        NO_SCOPE,
        _NOTHING,
        fields["signature"],
        now,
        basic_date(now),
        fields.get("x-amz-security-token"),
        Form.POST,
        None,
        None,
        b"",
        V2,
        fields["policy"].encode("utf-8", "surrogateescape"),
    )


def _require(fields: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    for name, shown in wanted.items():
        if not fields.get(name):
            raise missing_field(shown)
