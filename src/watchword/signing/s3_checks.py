"""The checks before a key is looked up, for S3: its own order, its own words; the first that fails answers.

    (1) path and query are percent-encoded             (5) shape of the header
    (2) credentials are in one place, not in two       (6) credential: region, service, terminator, date
    (3) the algorithm; of a URL, the six parameters    (7) the payload hash is one that S3 knows
    (4) time: skew, or a presigned URL's own window    (8) `host` and every x-amz-* header are signed

Never looks at the directory and never computes a signature.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and
sigv4-query-string-auth.html; https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. The order of (3) to
(6) as others have measured it at S3, with two things wrong at once.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from watchword.core.clock import iso8601
from watchword.core.http import RequestHead
from watchword.signing.canonical import (
    Pair,
    SignedNames,
    canonical_head,
    canonical_query,
    canonical_verbatim_path,
    query_pairs,
    signed_names,
)
from watchword.signing.claims import (
    Authorization,
    Claim,
    Form,
    Moment,
    Rules,
    Scope,
    age_seconds,
    covers_region,
    decoded,
    first_authorization,
    latin,
    parameters,
    parse_basic_date,
    parse_credential,
    parse_header_date,
    parse_regionless_credential,
    unsigned_amz_headers,
    well_formed_authorization,
)
from watchword.signing.errors import Kind, SignatureError
from watchword.signing.keys import NAMED, TERMINATOR, V4, Algorithm
from watchword.signing.modes import UNSIGNED, check_known_payload_hash
from watchword.signing.v2_checks import ONE_SPACE, is_v2_query, read_v2_header_claim, read_v2_query_claim

EXPIRES_SECONDS_MAX = 604_800
_DEFAULT_REGION = "us-east-1"
_IN_HEADER, _IN_QUERY = Form.HEADER, Form.QUERY

DIRECTORY_BUCKETS = "s3express"
"""What requests to directory buckets are signed for; the token of a session for one has a name of its own."""
_MARKERS = frozenset({b"X-Amz-Algorithm", b"X-Amz-Credential", b"X-Amz-Signature"})
_DATE8 = re.compile(r"\d{8}\Z", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,18}\Z", re.ASCII)
_HEADER = "The authorization header is malformed; "
_CREDENTIAL = "Error parsing the X-Amz-Credential parameter; "
_SIX = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature,"
    " X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
_NOT_SIGNED = "There were headers present in the request which were not signed"


def read_s3_claim(head: RequestHead, rules: Rules, now: datetime, takes_v2: bool = False) -> Claim | None:
    """Read and check what the request says of itself; None when it carries no credentials at all."""
    path = canonical_verbatim_path(head.raw_path)  # (1)
    pairs = query_pairs(head.query_string) if head.query_string else []
    presigned = any(name in _MARKERS for name, _ in pairs) if pairs else False
    authorization = head.fields.get(b"authorization")
    if authorization is None:
        if presigned:
            if is_v2_query(pairs):  # (2)
                raise SignatureError(Kind.BOTH_FORMS, fields={"ArgumentName": "Authorization"})
            return _query_claim(head, rules, now, path, pairs)
        return read_v2_query_claim(head, rules, now, takes_v2) if is_v2_query(pairs) else None
    text = authorization.decode("latin-1")
    if presigned or (pairs and is_v2_query(pairs)):  # (2)
        raise SignatureError(Kind.BOTH_FORMS, fields=_argument("Authorization", text))
    if text.startswith("AWS "):
        return read_v2_header_claim(head, rules, now, takes_v2)
    return _header_claim(head, rules, now, path, canonical_query(pairs) if pairs else b"", text)


def _header_claim(
    head: RequestHead, rules: Rules, now: datetime, path: bytes, query: bytes, authorization: str
) -> Claim:
    fields = head.fields
    algorithm: Algorithm = V4
    region_set: str | None = None
    parts = well_formed_authorization(authorization)
    if parts is None:
        authorization = first_authorization(head)
        algorithm = _read_algorithm(authorization)  # (3)
        region_set = None if algorithm == V4 else latin(fields.get(b"x-amz-region-set")) or ""
    date = latin(fields.get(b"x-amz-date") or fields.get(b"date"))
    moment = parse_header_date(date) if date else None
    if moment is None:
        raise SignatureError(Kind.DENIED, "AWS authentication requires a valid Date or x-amz-date header")
    _check_skew(date or "", moment.at, now, rules)  # (4)
    credential, names, signature = parts or _read_parts(authorization)  # (5)
    key, scope = _check_credential(rules, credential, region_set, Kind.HEADER_MALFORMED, _HEADER)  # (6)
    if scope.date != moment.basic[:8]:
        text = "Invalid credential date. Date is not the same as X-Amz-Date."
        raise SignatureError(Kind.HEADER_MALFORMED, _HEADER + _HEADER + text)
    token = fields.get(b"x-amz-security-token")
    if token is None and scope.service == DIRECTORY_BUCKETS:
        token = fields.get(b"x-amz-s3session-token")
    payload_hash = latin(fields.get(b"x-amz-content-sha256"))
    check_known_payload_hash(payload_hash)  # (7)
    signed = signed_names(names)
    _check_signed(signed, unsigned_amz_headers(head, signed))  # (8)
    return Claim(
        key,
        scope,
        signed,
        signature,
        moment.at,
        moment.basic,
        latin(token),
        _IN_HEADER,
        None,
        payload_hash,
        canonical_head(head.method, path, query, signed, fields),
        algorithm,
    )


def _query_claim(head: RequestHead, rules: Rules, now: datetime, path: bytes, pairs: list[Pair]) -> Claim:
    values = parameters(pairs)
    name = decoded(values.get(b"X-Amz-Algorithm"))
    credential = decoded(values.get(b"X-Amz-Credential"))
    signature = decoded(values.get(b"X-Amz-Signature"))
    names = decoded(values.get(b"X-Amz-SignedHeaders"))
    date = decoded(values.get(b"X-Amz-Date"))
    expires = decoded(values.get(b"X-Amz-Expires"))
    algorithm = NAMED.get(name or "")
    if name and algorithm is None:  # (3)
        raise SignatureError(
            Kind.QUERY_MALFORMED, 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'
        )
    if not (algorithm and credential and signature and names and date and expires):
        raise SignatureError(Kind.QUERY_MALFORMED, _SIX)
    region_set = None if algorithm == V4 else decoded(values.get(b"X-Amz-Region-Set")) or ""
    moment = _read_query_date(date)
    expires_seconds = _check_window(expires, moment.at, now, rules)  # (4)
    key, scope = _check_credential(rules, credential, region_set, Kind.QUERY_MALFORMED, _CREDENTIAL)  # (6)
    _check_query_day(scope, moment)
    signed = signed_names(names)
    payload_hash = _presigned_payload_hash(head, values, signed)  # (7)
    _check_presigned_headers(head, values, signed)  # (8)
    query = canonical_query([pair for pair in pairs if pair[0] != b"X-Amz-Signature"])
    token = values.get(b"X-Amz-Security-Token")
    if token is None and scope.service == DIRECTORY_BUCKETS:
        token = values.get(b"X-Amz-S3session-Token")
    return Claim(
        key,
        scope,
        signed,
        signature,
        moment.at,
        moment.basic,
        decoded(token),
        _IN_QUERY,
        expires_seconds,
        payload_hash,
        canonical_head(head.method, path, query, signed, head.fields),
        algorithm,
    )


def _read_algorithm(value: str) -> Algorithm:
    """The algorithm that an Authorization header names. Raises SignatureError."""
    word, space, _ = value.partition(" ")
    if not space:
        raise SignatureError(Kind.ARGUMENT, ONE_SPACE, _argument("Authorization", value))
    algorithm = NAMED.get(word)
    if algorithm is None:
        raise SignatureError(Kind.ARGUMENT, "Unsupported Authorization Type", _argument("Authorization", value))
    return algorithm


def _read_parts(value: str) -> Authorization:
    """Read what follows the algorithm in full: free spacing, any order. Raises what S3 says of its shape."""
    parts: dict[str, str] = {}
    pieces = value.partition(" ")[2].split(",")
    if len(pieces) != 3:
        text = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
        raise SignatureError(Kind.HEADER_MALFORMED, _HEADER + text)
    for piece in pieces:
        name, equals, text = piece.strip().partition("=")
        if not equals:
            raise SignatureError(
                Kind.HEADER_MALFORMED, f'{_HEADER}the authorization component "{piece.strip()}" is malformed.'
            )
        parts[name] = text.strip()
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not parts.get(name):
            raise SignatureError(Kind.HEADER_MALFORMED, f"{_HEADER}missing {name}.")
    return parts["Credential"], parts["SignedHeaders"], parts["Signature"]


def _check_credential(
    rules: Rules, credential: str, region_set: str | None, kind: Kind, prefix: str
) -> tuple[str, Scope]:
    """Split a credential and check its scope; `region_set` is None for SigV4, whose scope has the region."""
    parsed = parse_credential(credential) if region_set is None else parse_regionless_credential(credential)
    if parsed is None:
        shape = "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"
        if region_set is not None:
            shape = "<YOUR-AKID>/YYYYMMDD/SERVICE/aws4_request"
        raise SignatureError(kind, f'{prefix}the Credential is mal-formed; expecting "{shape}".')
    scope = parsed[1]
    if region_set is None and not scope.region:
        raise SignatureError(kind, prefix + "a non-empty region must be provided in the credential.")
    if region_set is not None:
        region, expected = region_set, rules.region or rules.served_region
        is_of_region = covers_region(region_set, expected)
    else:
        region, expected = scope.region, rules.region or _DEFAULT_REGION
        is_of_region = region == expected if rules.region is not None else scope.has_region
    if not is_of_region:
        text = f"the region '{region}' is wrong; expecting '{expected}'"
        raise SignatureError(kind, prefix + text, {"Region": expected})
    if scope.service != rules.service:
        text = f'incorrect service "{scope.service}". This endpoint belongs to "{rules.service}".'
        raise SignatureError(kind, prefix + text)
    if scope.terminator != TERMINATOR:
        text = f'incorrect terminal "{scope.terminator}". This endpoint uses "{TERMINATOR}".'
        raise SignatureError(kind, prefix + text)
    if not _DATE8.match(scope.date):
        text = f'incorrect date format "{scope.date}". This date in the credential must be in the format "yyyyMMdd".'
        raise SignatureError(kind, prefix + text)
    return parsed


def check_query_credential(rules: Rules, credential: str) -> tuple[str, Scope]:
    """Split the credential of a URL or a form, and check its scope. Raises SignatureError."""
    return _check_credential(rules, credential, None, Kind.QUERY_MALFORMED, _CREDENTIAL)


def check_query_date(date: str, scope: Scope) -> Moment:
    """Read the X-Amz-Date of a form, which must be of the scope's day. Raises SignatureError."""
    moment = _read_query_date(date)
    _check_query_day(scope, moment)
    return moment


def _read_query_date(date: str) -> Moment:
    moment = parse_basic_date(date)
    if moment is None:
        raise SignatureError(
            Kind.QUERY_MALFORMED, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        )
    return moment


def _check_query_day(scope: Scope, moment: Moment) -> None:
    if scope.date != moment.basic[:8]:
        raise SignatureError(
            Kind.QUERY_MALFORMED,
            f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{moment.basic[:8]}".',
        )


def _check_skew(date: str, requested_at: datetime, now: datetime, rules: Rules) -> None:
    if abs(age_seconds(requested_at, now)) > rules.skew_seconds_max:
        raise SignatureError(
            Kind.SKEWED,
            "The difference between the request time and the current time is too large.",
            {
                "RequestTime": date,
                "ServerTime": iso8601(now),
                "MaxAllowedSkewMilliseconds": str(rules.skew_seconds_max * 1000),
            },
        )


def _check_window(expires: str, requested_at: datetime, now: datetime, rules: Rules) -> int:
    """A presigned URL's own window: from its date (less the usual skew) to its date and X-Amz-Expires. Raises.

    A URL that is good for no second at all has expired when it arrives.
    """
    if not _NUMBER.match(expires):
        raise SignatureError(Kind.QUERY_MALFORMED, "X-Amz-Expires should be a number")
    seconds = int(expires)
    if seconds < 0:
        raise SignatureError(Kind.QUERY_MALFORMED, "X-Amz-Expires must be non-negative")
    if seconds > EXPIRES_SECONDS_MAX:
        raise SignatureError(
            Kind.QUERY_MALFORMED,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than"
            f" {EXPIRES_SECONDS_MAX} seconds",
        )
    age = age_seconds(requested_at, now)
    if age > seconds or seconds == 0 or age < -rules.skew_seconds_max:
        message, first = "Request has expired", ("X-Amz-Expires", expires)
        if age < -rules.skew_seconds_max:
            message, first = "Request is not valid yet", ("X-Amz-Date", str(int(requested_at.timestamp()) * 1000))
        ends_at = iso8601(requested_at + timedelta(seconds=seconds))
        raise SignatureError(Kind.DENIED, message, dict([first, ("Expires", ends_at), ("ServerTime", iso8601(now))]))
    return seconds


def _presigned_payload_hash(head: RequestHead, values: dict[bytes, bytes], signed: SignedNames) -> str:
    stated = decoded(values.get(b"X-Amz-Content-Sha256"))
    if stated is None and b"x-amz-content-sha256" in signed.known:
        stated = latin(head.fields.get(b"x-amz-content-sha256"))
    if stated is None:
        return UNSIGNED
    check_known_payload_hash(stated)
    return stated


def _check_presigned_headers(head: RequestHead, values: dict[bytes, bytes], signed: SignedNames) -> None:
    # INVARIANT: an x-amz-* header that the signature does not cover is never obeyed. x-amz-content-sha256 is let
    # through because nothing reads it then: the claim's payload hash rules.
    _check_signed(signed, [name for name in unsigned_amz_headers(head, signed) if name != b"x-amz-content-sha256"])
    amz = [name for name in signed.names if name[:6] == b"x-amz-"]
    if amz and not {name.lower() for name in values}.isdisjoint(amz):
        raise SignatureError(Kind.MISMATCH)


def _check_signed(signed: SignedNames, unsigned: list[bytes]) -> None:
    wrong = [b"host"] if b"host" not in signed.known else unsigned
    if wrong:
        text = ", ".join(name.decode("latin-1") for name in wrong)
        raise SignatureError(Kind.DENIED, _NOT_SIGNED, {"HeadersNotSigned": text})


def _argument(name: str, value: str) -> dict[str, str]:
    return {"ArgumentName": name, "ArgumentValue": value}
