"""Sign by Signature Version 2: as an old S3 client does it, in a header, in a URL, or for an upload form.

Decides nothing about anybody. New clients have no reason to sign so.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from watchword.core.http import RequestHead
from watchword.signing.signer import Credentials
from watchword.signing.v2_checks import strings_to_sign
from watchword.signing.v2_keys import V2Key


class V2Signed(NamedTuple):
    """A request signed by Signature Version 2."""

    headers: Mapping[str, str]
    """All headers to send; names in lower case."""
    url: str
    signature: str
    string_to_sign: str


def sign_v2(
    method: str,
    url: str,
    headers: Mapping[str, str],
    credentials: Credentials,
    now: datetime,
    *,
    bucket_in_host: str | None = None,
    expires_seconds: int | None = None,
) -> V2Signed:
    """Sign in a header, or with `expires_seconds` in the URL; a bucket in the host name is signed with the path."""
    parts = urlsplit(url)
    fields = {name.lower(): value for name, value in headers.items()} | {"host": parts.netloc}
    if credentials.session_token is not None:
        fields["x-amz-security-token"] = credentials.session_token
    date = fields.get("date") or now.strftime("%a, %d %b %Y %H:%M:%S GMT")
    if expires_seconds is not None:
        date = str(int(now.timestamp()) + expires_seconds)
    elif "x-amz-date" in fields:
        date = ""
    else:
        fields["date"] = date
    head = RequestHead(method, (parts.path or "/").encode(), parts.query.encode(), ())
    raw = {name.encode(): value.encode() for name, value in fields.items()}
    text = strings_to_sign(head, bucket_in_host, date.encode(), raw, is_query=False)[0]
    signature = V2Key(credentials.secret).sign(text)
    if expires_seconds is None:
        fields["authorization"] = f"AWS {credentials.access_key_id}:{signature}"
        return V2Signed(fields, url, signature, text.decode())
    added = {"AWSAccessKeyId": credentials.access_key_id, "Signature": signature, "Expires": date}
    token = fields.pop("x-amz-security-token", None)
    if token is not None:
        added["x-amz-security-token"] = token
    query = "&".join([*filter(None, [parts.query]), *(f"{name}={quote(value, '')}" for name, value in added.items())])
    return V2Signed(fields, parts._replace(query=query).geturl(), signature, text.decode())
