r"""Signature Version 2, which S3 still takes: what the request says of itself, and the text that is signed.

    METHOD \n Content-MD5 \n Content-Type \n date \n (x-amz-name:value \n)* path ?sub-resources

    (1) switch and region: refused where it is not taken         (4) time: skew, or the URL's own end
    (2) shape of the header or of the three parameters           (5) the payload hash is one that needs no SigV4
    (3) a date

Decides nothing about a key. The version signs neither host nor region nor most parameters, so:

INVARIANT: a parameter that the signature does not cover chooses nothing. Those that only page and refine a list are
known by name; every other one counts as a sub-resource, so that whoever adds it to a URL breaks the signature.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_to_bytes

from watchword.core.clock import iso8601
from watchword.core.http import RequestHead
from watchword.signing.canonical import Pair, signed_names
from watchword.signing.claims import (
    Claim,
    Form,
    Moment,
    Rules,
    Scope,
    age_seconds,
    basic_date,
    first_authorization,
    latin,
    parse_header_date,
)
from watchword.signing.errors import Kind, SignatureError
from watchword.signing.keys import V2
from watchword.signing.modes import STREAMING, check_payload_hash

_REGIONS = frozenset(
    {
        *("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "sa-east-1"),
        *("ap-northeast-1", "ap-southeast-1", "ap-southeast-2"),
    }
)
"""Those opened before 2014. No other region of AWS takes this version."""
_MARKERS = frozenset({b"AWSAccessKeyId", b"Signature"})
_OF_THE_SIGNATURE = frozenset({b"AWSAccessKeyId", b"Signature", b"Expires"})
_REFINING = frozenset(
    {
        *(
            b"continuation-token",
            b"delimiter",
            b"encoding-type",
            b"fetch-owner",
            b"key-marker",
            b"list-type",
            b"marker",
        ),
        *(
            b"max-buckets",
            b"bucket-region",
            b"max-keys",
            b"max-parts",
            b"max-uploads",
            b"part-number-marker",
            b"prefix",
        ),
        *(b"start-after", b"upload-id-marker", b"version-id-marker", b"x-id"),
    }
)
"""Parameters that clients leave unsigned, and that choose no operation and no object."""
_AS_HEADERS = (b"content-md5", b"content-type")
ONE_SPACE = "Authorization header is invalid -- one and only one ' ' (space) required"
_LINE_ENDS = re.compile(rb"[\r\n]+[ \t]*")
NO_SCOPE = Scope("", "", "", "s3", "", has_region=False)
_NOTHING_SIGNED = signed_names("")
_BUCKET_ALONE = re.compile(rb"/[^/]+\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A number of seconds as S3 reads it: of 32 bits with a sign, whatever zeros stand before it.
_NUMBER = re.compile(r"(-?)0*([0-9]{1,10})\Z", re.ASCII)
_BEYOND = 2**31


def is_v2_query(pairs: list[Pair]) -> bool:
    """True when a query carries credentials of this version."""
    return any(name in _MARKERS for name, _ in pairs)


def read_v2_header_claim(head: RequestHead, rules: Rules, now: datetime, is_taken: bool) -> Claim:
    """Read `Authorization: AWS key:signature`. Raises SignatureError."""
    refuse_v2_unless(is_taken, rules)  # (1)
    value = first_authorization(head)
    credentials = value.removeprefix("AWS ")
    if " " in credentials:  # (2)
        raise SignatureError(Kind.ARGUMENT, ONE_SPACE, {"ArgumentName": "Authorization", "ArgumentValue": value})
    key, colon, signature = credentials.partition(":")
    if not (colon and key and signature) or ":" in signature:
        raise SignatureError(
            Kind.ARGUMENT,
            "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
            {"ArgumentName": "Authorization", "ArgumentValue": value},
        )
    fields = head.fields
    amz_date = latin(fields.get(b"x-amz-date"))
    date = latin(fields.get(b"date")) if amz_date is None else amz_date
    moment = parse_header_date(date) if date else None
    if moment is None or moment.at < _EPOCH:  # (3)
        raise SignatureError(Kind.DENIED, "AWS authentication requires a valid Date or x-amz-date header")
    if abs(age_seconds(moment.at, now)) > rules.skew_seconds_max:  # (4)
        raise SignatureError(
            Kind.SKEWED,
            "The difference between the request time and the current time is too large.",
            {
                "RequestTime": date or "",
                "ServerTime": iso8601(now),
                "MaxAllowedSkewMilliseconds": str(rules.skew_seconds_max * 1000),
            },
        )
    signed_date = b"" if amz_date is not None else fields.get(b"date", b"")
    return _claim(head, rules, key, signature, moment, signed_date, dict(fields), Form.HEADER, None)


def read_v2_query_claim(head: RequestHead, rules: Rules, now: datetime, is_taken: bool) -> Claim:
    """Read `?AWSAccessKeyId=…&Expires=…&Signature=…`. Raises SignatureError."""
    refuse_v2_unless(is_taken, rules)  # (1)
    fields: dict[bytes, bytes] = {}
    values: dict[bytes, bytes] = {}
    for piece in head.query_string.split(b"&"):
        name, _, value = piece.partition(b"=")
        if name in _OF_THE_SIGNATURE:
            values.setdefault(name, _decoded(value))
        else:
            lowered = _decoded(name).lower()
            if lowered not in fields and (lowered[:6] == b"x-amz-" or lowered in _AS_HEADERS):
                # INVARIANT: a value is one line, or it could pass for the lines of other headers.
                fields[lowered] = _LINE_ENDS.sub(b" ", _decoded(value)).strip()
    # What stands in a header and in the URL counts as the header: it is what will be obeyed.
    fields |= head.fields
    key, expires, signature = (latin(values.get(name)) for name in (b"AWSAccessKeyId", b"Expires", b"Signature"))
    if not (key and expires and signature):  # (2)
        raise SignatureError(
            Kind.DENIED, "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )
    match = _NUMBER.match(expires)
    seconds = int(match[1] + match[2]) if match else _BEYOND
    if not -_BEYOND <= seconds < _BEYOND:  # (3)
        raise SignatureError(Kind.DENIED, f"Invalid date (should be seconds since epoch): {expires}")
    ends_at = _EPOCH + timedelta(seconds=seconds)
    if now > ends_at:  # (4)
        raise SignatureError(
            Kind.DENIED, "Request has expired", {"Expires": iso8601(ends_at), "ServerTime": iso8601(now)}
        )
    moment = Moment(now, basic_date(now))
    return _claim(head, rules, key, signature, moment, expires.encode(), fields, Form.QUERY, None)


def refuse_v2_unless(is_taken: bool, rules: Rules) -> None:
    """Raise what a region answers that does not take this version."""
    if not is_taken or (rules.region is not None and rules.region not in _REGIONS):
        raise SignatureError(
            Kind.REQUEST,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        )


def strings_to_sign(
    head: RequestHead, bucket: str | None, date: bytes, fields: dict[bytes, bytes], *, is_query: bool
) -> list[bytes]:
    """The text that is signed. `fields` are the headers by lower-case name, for a URL its parameters among them.

    Clients spell two things in two ways each, and what is meant is the same. A bucket that stands alone in the path is
    signed as one in the host is, with a slash after it (botocore, s3cmd), or as it is sent (AWS SDK for JavaScript,
    rclone). `?uploads=` is signed without what follows the name (minio-go), or as it is sent.
    """
    amz = [b"%b:%b\n" % pair for pair in sorted(fields.items()) if pair[0].startswith(b"x-amz-")]
    resource = head.raw_path if bucket is None else b"/" + bucket.encode() + head.raw_path
    resources = [resource + b"/", resource] if _BUCKET_ALONE.match(resource) else [resource]
    covered = _sub_resources(head.query_string, is_query=is_query)
    lines = (head.method.encode(), fields.get(b"content-md5", b""), fields.get(b"content-type", b""), date)
    before = b"\n".join([*lines, b"".join(amz)])
    return [before + spelling + after for after in _spellings(covered) for spelling in resources]


def _spellings(covered: list[tuple[bytes, bytes]]) -> list[bytes]:
    if not covered:
        return [b""]
    as_sent = b"?" + b"&".join([name + rest for name, rest in covered])
    plain = b"?" + b"&".join([name if rest == b"=" else name + rest for name, rest in covered])
    return [plain] if plain == as_sent else [plain, as_sent]


def _sub_resources(query: bytes, *, is_query: bool) -> list[tuple[bytes, bytes]]:
    """The names of what is signed, each with what follows it, `=` included."""
    # DIFFERS: 0005. AWS covers a fixed list; what is not on it could be added to a URL, and choose another operation.
    found: list[tuple[bytes, bytes]] = []
    for piece in filter(None, query.split(b"&")):
        name, equals, value = piece.partition(b"=")
        if name in _REFINING or (is_query and (name in _OF_THE_SIGNATURE or _is_header(name))):
            continue
        found.append((name, equals + _decoded(value)))
    return sorted(found)


def _is_header(name: bytes) -> bool:
    lowered = _decoded(name).lower()
    return lowered[:6] == b"x-amz-" or lowered in _AS_HEADERS


def _decoded(value: bytes) -> bytes:
    return unquote_to_bytes(value) if b"%" in value else value


def _claim(
    head: RequestHead,
    rules: Rules,
    key: str,
    signature: str,
    moment: Moment,
    date: bytes,
    fields: dict[bytes, bytes],
    form: Form,
    expires_seconds: int | None,
) -> Claim:
    payload_hash = latin(fields.get(b"x-amz-content-sha256"))
    if payload_hash is not None:
        check_payload_hash(payload_hash, head.method)
        if payload_hash in STREAMING and STREAMING[payload_hash].signed_chunks:  # (5)
            raise SignatureError(Kind.REQUEST, "The value of x-amz-content-sha256 header is invalid.")
    text, *also = strings_to_sign(head, rules.bucket, date, fields, is_query=form is Form.QUERY)
    return Claim(
        key,
        NO_SCOPE,
        _NOTHING_SIGNED,
        signature,
        moment.at,
        moment.basic,
        latin(fields.get(b"x-amz-security-token")),
        form,
        expires_seconds,
        payload_hash,
        b"",
        V2,
        text,
        tuple(also),
    )
