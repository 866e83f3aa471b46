"""The checks before a key is looked up, for every service but S3, in AWS's order; the first that fails answers.

    (1) path and query are percent-encoded          (6) the date can be read
    (2) credentials are in one place, not in two    (7) not too old
    (3) the algorithm is ours                       (8) not too far ahead
    (4) every part is key=value, none is missing    (9) the credential has five parts
    (5) `host` is signed                           (10) scope, (11) every x-amz-* header is signed

Never looks at the directory and never computes a signature.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html; the order as observed
on Query and JSON services.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime, timedelta

from watchword.core.http import RequestHead
from watchword.signing.canonical import (
    Pair,
    SignedNames,
    canonical_head,
    canonical_path,
    canonical_query,
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
    basic_date,
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
from watchword.signing.keys import NAMED, TERMINATOR, V4, V4A, Algorithm

_PARTS = re.compile(r"[,\s]+")
_IN_HEADER, _IN_QUERY = Form.HEADER, Form.QUERY
_DATE_HELP = "See http://en.wikipedia.org/wiki/ISO_8601"


def read_generic_claim(head: RequestHead, rules: Rules, now: datetime) -> Claim | None:
    """Read and check what the request says of itself; None when it carries no credentials at all."""
    path = canonical_path(head.raw_path)  # (1)
    pairs = query_pairs(head.query_string) if head.query_string else []
    authorization = head.fields.get(b"authorization")
    presigned = any(name == b"X-Amz-Algorithm" for name, _ in pairs) if pairs else False
    if authorization is None:
        return _query_claim(head, rules, now, path, pairs) if presigned else None
    if presigned:  # (2)
        raise SignatureError(Kind.BOTH_FORMS)
    query = canonical_query(pairs) if pairs else b""
    return _header_claim(head, rules, now, path, query, authorization.decode("latin-1"))


def _header_claim(
    head: RequestHead, rules: Rules, now: datetime, path: bytes, query: bytes, authorization: str
) -> Claim:
    fields = head.fields
    date = latin(fields.get(b"x-amz-date") or fields.get(b"date"))
    algorithm: Algorithm = V4
    region_set: str | None = None
    parts = well_formed_authorization(authorization)
    if parts is None or date is None:
        stated = latin(fields.get(b"x-amz-region-set"))
        algorithm, parts = _read_authorization(first_authorization(head), date, stated)  # (3) (4)
        region_set = stated if algorithm == V4A else None
    credential, names, signature = parts
    signed = signed_names(names)
    _check_host(signed)  # (5)
    moment = parse_header_date(date or "") or _first_date(head)
    if moment is None:  # (6)
        raise SignatureError(Kind.INCOMPLETE, f"Date must be in ISO-8601 'basic format'. Got '{date}'. {_DATE_HELP}")
    key, scope = _check_time_and_scope(rules, now, moment, credential, region_set)  # (7) to (10)
    _check_amz_headers(head, signed)  # (11)
    return Claim(
        key,
        scope,
        signed,
        signature,
        moment.at,
        moment.basic,
        latin(fields.get(b"x-amz-security-token")),
        _IN_HEADER,
        None,
        latin(fields.get(b"x-amz-content-sha256")),
        canonical_head(head.method, path, query, signed, fields),
        algorithm,
    )


def _first_date(head: RequestHead) -> Moment | None:
    """The date in the first of several lines; all of them are signed nevertheless."""
    lines = [value for name, value in head.headers if name == b"x-amz-date"]
    return parse_header_date(lines[0].decode("latin-1")) if len(lines) > 1 else None


def _query_claim(head: RequestHead, rules: Rules, now: datetime, path: bytes, pairs: list[Pair]) -> Claim:
    # DIFFERS from S3: X-Amz-Expires is not looked at; a presigned request is good for the service's usual window.
    values = parameters(pairs)
    name = decoded(values[b"X-Amz-Algorithm"]) or ""
    algorithm = NAMED.get(name)
    if algorithm is None:  # (3)
        raise SignatureError(Kind.INCOMPLETE, f"Unsupported AWS 'algorithm': '{name}'.")
    credential = decoded(values.get(b"X-Amz-Credential"))
    signature = decoded(values.get(b"X-Amz-Signature"))
    names = decoded(values.get(b"X-Amz-SignedHeaders"))
    date = decoded(values.get(b"X-Amz-Date"))
    region_set = None if algorithm == V4 else decoded(values.get(b"X-Amz-Region-Set")) or ""
    if not (credential and signature and names and date and region_set != ""):  # (4)
        raise _query_incomplete(credential, signature, names, date, region_set)
    signed = signed_names(names)
    _check_host(signed)  # (5)
    moment = parse_basic_date(date)
    if moment is None:  # (6)
        raise SignatureError(Kind.INCOMPLETE, f"Date must be in ISO-8601 'basic format'. Got '{date}'. {_DATE_HELP}")
    key, scope = _check_time_and_scope(rules, now, moment, credential, region_set)  # (7) to (10)
    _check_amz_headers(head, signed)  # (11)
    query = canonical_query([pair for pair in pairs if pair[0] != b"X-Amz-Signature"])
    return Claim(
        key,
        scope,
        signed,
        signature,
        moment.at,
        moment.basic,
        decoded(values.get(b"X-Amz-Security-Token")),
        _IN_QUERY,
        None,
        latin(head.fields.get(b"x-amz-content-sha256")),
        canonical_head(head.method, path, query, signed, head.fields),
        algorithm,
    )


def _read_authorization(value: str, date: str | None, region_set: str | None) -> tuple[Algorithm, Authorization]:
    """Read an Authorization header in full: free spacing, any order, the last of a repeated part. Raises."""
    if not value.startswith("AWS4-"):
        raise SignatureError(Kind.MISSING_TOKEN)
    word, *pieces = [piece for piece in _PARTS.split(value) if piece]
    algorithm = NAMED.get(word)
    if algorithm is None:
        raise SignatureError(Kind.INCOMPLETE, f"Unsupported AWS 'algorithm': '{word}'.")
    digest = base64.b64encode(hashlib.sha256(value.encode("latin-1")).digest()).decode()
    parts: dict[str, str] = {}
    for piece in pieces:
        name, equals, text = piece.partition("=")
        if not equals:
            raise SignatureError(
                Kind.INCOMPLETE,
                "Invalid key=value pair (missing equal-sign) in Authorization header"
                f" (hashed with SHA-256 and encoded with Base64): '{digest}'.",
            )
        parts[name] = text
    wrong = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not parts.get(name)
    ]
    if not date:
        wrong.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if algorithm == V4A and not region_set:
        # DIFFERS: 0005. Words made like those for SigV4, here and for the credential.
        wrong.append("Authorization header requires existence of a 'X-Amz-Region-Set' header.")
    if wrong:
        tail = f"(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"
        raise SignatureError(Kind.INCOMPLETE, " ".join([*wrong, tail]))
    return algorithm, (parts["Credential"], parts["SignedHeaders"], parts["Signature"])


def _query_incomplete(
    credential: str | None, signature: str | None, names: str | None, date: str | None, region_set: str | None
) -> SignatureError:
    found = {
        "X-Amz-Credential": credential,
        "X-Amz-Signature": signature,
        "X-Amz-SignedHeaders": names,
        "X-Amz-Date": date,
    }
    if region_set is not None:
        found["X-Amz-Region-Set"] = region_set
    wrong = [f"AWS query-string parameters must include '{name}'." for name, value in found.items() if not value]
    return SignatureError(Kind.INCOMPLETE, " ".join([*wrong, "Re-examine the query-string parameters."]))


def _check_host(signed: SignedNames) -> None:
    if b"host" not in signed.known and b":authority" not in signed.known:
        raise SignatureError(Kind.MISMATCH, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")


def _check_time_and_scope(
    rules: Rules, now: datetime, moment: Moment, credential: str, region_set: str | None
) -> tuple[str, Scope]:
    age = age_seconds(moment.at, now)
    if not -rules.skew_seconds_max <= age <= rules.skew_seconds_max:
        raise _outside_window(rules.skew_seconds_max, now, moment, age)
    parsed = parse_credential(credential) if region_set is None else parse_regionless_credential(credential)
    if parsed is None:
        example = "5 slash-delimited elements, e.g. keyid/date/region/service/term"
        if region_set is not None:
            example = "4 slash-delimited elements, e.g. keyid/date/service/term"
        raise SignatureError(Kind.INCOMPLETE, f"Credential must have exactly {example}, got '{credential}'")
    scope = parsed[1]
    if region_set is not None:
        is_of_region = covers_region(region_set, rules.region or rules.served_region)
    else:
        is_of_region = scope.region == rules.region if rules.region is not None else scope.has_region
    if (
        not is_of_region
        or scope.service != rules.service
        or scope.terminator != TERMINATOR
        or scope.date != moment.basic[:8]
    ):
        raise _wrong_scope(rules, moment, scope, None if is_of_region else region_set or scope.region)
    return parsed


def _outside_window(window_seconds: int, now: datetime, moment: Moment, age: int) -> SignatureError:
    window, minutes = timedelta(seconds=window_seconds), window_seconds // 60
    if age > 0:
        return SignatureError(
            Kind.MISMATCH,
            f"Signature expired: {moment.basic} is now earlier than {basic_date(now - window)}"
            f" ({basic_date(now)} - {minutes} min.)",
        )
    return SignatureError(
        Kind.MISMATCH,
        f"Signature not yet current: {moment.basic} is still later than {basic_date(now + window)}"
        f" ({basic_date(now)} + {minutes} min.)",
    )


def _wrong_scope(rules: Rules, moment: Moment, scope: Scope, wrong_region: str | None) -> SignatureError:
    wrong: list[str] = []
    if wrong_region is not None:
        wrong.append(f"Credential should be scoped to a valid region, not '{wrong_region}'. ")
    if scope.service != rules.service:
        wrong.append(f"Credential should be scoped to correct service: '{rules.service}'. ")
    if scope.terminator != TERMINATOR:
        wrong.append(f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{scope.terminator}'. ")
    if scope.date != moment.basic[:8]:
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
            f" '{scope.date}' != '{moment.basic[:8]}', from '{moment.basic}'."
        )
    return SignatureError(Kind.MISMATCH, "".join(wrong).rstrip())


def _check_amz_headers(head: RequestHead, signed: SignedNames) -> None:
    # INVARIANT: an x-amz-* header that the signature does not cover is never obeyed, and so never accepted.
    unsigned = unsigned_amz_headers(head, signed)
    if unsigned:
        text = unsigned[0].decode("latin-1")
        raise SignatureError(Kind.MISMATCH, f"'{text}' must be a 'SignedHeader' in the AWS Authorization.")
