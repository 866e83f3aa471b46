"""GetCallerIdentity, signed by hand: for requests that no client would send.

    raw_request.py ENDPOINT as-it-should-be | stale | tampered | unsigned

Keys come from the environment. Prints the answer's status, and the error's code and message or the caller's ARN. See
docs/signatures.md for what is computed here.
"""

import hashlib
import hmac
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

ACTION = b"Action=GetCallerIdentity&Version=2011-06-15"


def mac(key: bytes, text: str) -> bytes:
    """HMAC-SHA256."""
    return hmac.digest(key, text.encode(), "sha256")


def sign(host: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that sign this body, with the keys of the environment."""
    date, stamp = f"{now:%Y%m%d}", f"{now:%Y%m%dT%H%M%SZ}"
    scope = f"{date}/us-east-1/sts/aws4_request"
    canonical = f"POST\n/\n\nhost:{host}\nx-amz-date:{stamp}\n\nhost;x-amz-date\n{hashlib.sha256(body).hexdigest()}"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"].encode()
    for part in scope.split("/"):
        key = mac(key, part)
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    signed = f"Credential={credential}, SignedHeaders=host;x-amz-date, Signature={mac(key, text).hex()}"
    return {"X-Amz-Date": stamp, "Authorization": f"AWS4-HMAC-SHA256 {signed}"}


def main() -> None:
    """Send the request and print what came back."""
    endpoint, kind = sys.argv[1:]
    now = datetime.now(UTC) - timedelta(minutes=16 if kind == "stale" else 0)
    headers = {} if kind == "unsigned" else sign(urlsplit(endpoint).netloc, ACTION, now)
    body = ACTION + b"&Tampered=yes" if kind == "tampered" else ACTION
    try:
        answer = urlopen(Request(endpoint, body, headers))  # noqa: S310 - the user's own server
    except HTTPError as error:
        answer = error
    with answer:
        text = answer.read().decode()
    parts = [unescape(found[1]) for tag in ("Code", "Message", "Arn") if (found := re.search(f"<{tag}>(.*?)<", text))]
    print(answer.status, *parts)


main()
