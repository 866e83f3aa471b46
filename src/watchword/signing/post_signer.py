"""Sign an S3 upload form: the fields that its policy and its signature add to it.

Decides nothing about anybody. The policy should name every field but the signature's own.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from watchword.signing.claims import basic_date, scope_text
from watchword.signing.keys import V4, derive_signing_key
from watchword.signing.signer import Credentials


def sign_form(
    conditions: Sequence[Any], expires_at: datetime, credentials: Credentials, region: str, now: datetime
) -> dict[str, str]:
    """The fields that let whoever sends them upload what keeps to the conditions, by SigV4.

    `conditions` are as S3 writes them; those on the signature's own fields are added.
    """
    amz_date = basic_date(now)
    scope = scope_text(amz_date[:8], region, "s3")
    fields = {
        "x-amz-algorithm": V4,
        "x-amz-credential": f"{credentials.access_key_id}/{scope}",
        "x-amz-date": amz_date,
    }
    if credentials.session_token is not None:
        fields["x-amz-security-token"] = credentials.session_token
    document = {
        "expiration": expires_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "conditions": [*conditions, *({name: value} for name, value in fields.items())],
    }
    fields["policy"] = base64.b64encode(msgspec.json.encode(document)).decode()
    key = derive_signing_key(credentials.secret, amz_date[:8], region, "s3")
    return fields | {"x-amz-signature": key.sign(fields["policy"].encode())}
