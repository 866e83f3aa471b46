"""What random policies and requests are made of: few names, many ways to write them."""

from __future__ import annotations

from watchword.policy.language import PrincipalPattern
from watchword.policy.principals import Kind, Principal

A, B = "111111111111", "222222222222"
USER_ID, ROLE_ID = "AIDAUUUUUUUUUUUUUUUUU", "AROARRRRRRRRRRRRRRRRR"
USER_ARN, ROLE_ARN = f"arn:aws:iam::{A}:user/team/u", f"arn:aws:iam::{A}:role/path/r"
PROVIDER = f"arn:aws:iam::{A}:oidc-provider/idp.example.com"

ROOT = Principal(Kind.ROOT, A, f"arn:aws:iam::{A}:root", A)
USER = Principal(Kind.USER, A, USER_ARN, USER_ID, unique_id=USER_ID, name="u")
SESSION = Principal(Kind.ASSUMED_ROLE, A, f"arn:aws:sts::{A}:assumed-role/r/s", f"{ROLE_ID}:s", ROLE_ARN, ROLE_ID, "r")
LINKED = Principal(
    Kind.ASSUMED_ROLE, A, f"arn:aws:sts::{A}:assumed-role/l/s", "", ROLE_ARN, ROLE_ID, "l", is_service_linked=True
)
FEDERATED = Principal(Kind.FEDERATED_USER, A, f"arn:aws:sts::{A}:federated-user/f", f"{A}:f", USER_ARN, USER_ID, "u")
OF_ROOT = Principal(Kind.FEDERATED_USER, A, f"arn:aws:sts::{A}:federated-user/f", f"{A}:f", f"arn:aws:iam::{A}:root", A)
SERVICE = Principal(Kind.SERVICE, "", "logs.amazonaws.com", name="logs.amazonaws.com")
ANONYMOUS = Principal(Kind.ANONYMOUS, "", "anonymous")
WEB = Principal(Kind.WEB_IDENTITY, "", "", issuer_arn=PROVIDER)
SAML = Principal(Kind.SAML, "", "", issuer_arn=f"arn:aws:iam::{A}:saml-provider/idp")

CALLERS = [USER, USER, USER, SESSION, SESSION, SESSION, FEDERATED, OF_ROOT, ROOT, LINKED, SERVICE, ANONYMOUS, WEB, SAML]
_CONTROLLED = ["s3:GetObject", "s3:PutObject", "sts:AssumeRole", "s3:PutBucketPolicy", "s3:getobject"]
ACTIONS = [*_CONTROLLED, *_CONTROLLED, *_CONTROLLED, "sts:GetCallerIdentity"]
ACTION_PATTERNS = [
    "*",
    "*",
    "s3:*",
    "s3:GetObject",
    "S3:getobject",
    "s3:?utObject",
    "s3:Put*",
    "*:*Object",
    "sts:Assume*",
    "${x}",
]
RESOURCES = [
    "*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::b/kk/k",
    "arn:aws:s3:::b/u",
    "arn:aws:s3:::b/*",
    ROLE_ARN,
    "arn:aws:s3:::b/\N{GRINNING FACE}",
    "arn:aws:s3:::b/${x}",
]
RESOURCE_PATTERNS = ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:*", ROLE_ARN, "arn:aws:s3:::b", "arn:aws:s3"]
FRAGMENTS = [
    "k",
    "u",
    "b",
    "/",
    "*",
    "*",
    "?",
    "kk",
    "\N{GRINNING FACE}",
    "${aws:username}",
    "${k:list}",
    "${k:none}",
    "${k:none, 'k'}",
    "${k:text,'*'}",
    "${*}",
    "${?}",
    "${$}",
    "${",
    "$",
    "${x}",
    "}",
]
"""What the ends of resource patterns and the values of conditions are put together from."""
PRINCIPALS = [
    PrincipalPattern("AWS", "*"), PrincipalPattern("AWS", A), PrincipalPattern("AWS", f"arn:aws:iam::{A}:root"),
    PrincipalPattern("AWS", B), PrincipalPattern("AWS", USER_ARN), PrincipalPattern("AWS", USER_ID),
    PrincipalPattern("AWS", ROLE_ARN), PrincipalPattern("AWS", ROLE_ID), PrincipalPattern("AWS", SESSION.arn),
    PrincipalPattern("AWS", FEDERATED.arn), PrincipalPattern("AWS", ""), PrincipalPattern("Federated", PROVIDER),
    PrincipalPattern("Service", "logs.amazonaws.com"), PrincipalPattern("Federated", ""),
    PrincipalPattern("CanonicalUser", "64hex"), PrincipalPattern("AWS", f"arn:aws:iam::{A}:user/*"),
]  # fmt: skip
_WHOLE = [
    (A, USER_ARN), (A, USER_ID), (A, ROLE_ARN, SESSION.arn), (A, ROLE_ID, SESSION.arn), (A, FEDERATED.arn),
    (f"arn:aws:iam::{A}:root",), (A, USER_ARN, FEDERATED.arn), (B, USER_ARN, SESSION.arn),
]  # fmt: skip
WHOLE_CALLERS = [tuple(PrincipalPattern("AWS", value) for value in values) for values in _WHOLE]
"""What a NotPrincipal must list to spare a caller: its account, its role or user, itself."""

TEXTS = [
    "k", "u", "K", "*", "", "true", "a:b", "ΟΣ", "ος", "İ", "i̇", "\N{GRINNING FACE}", "kk", "ku",
]  # fmt: skip
NUMBERS = ["1", "01", "+1", "1.0", "1.00000000000000000001", "-2", "1e0", "NaN", "1_0", "2020", "1600000000"]
DATES = [
    "2020-04-01T00:00:00Z", "2020-04-01", "2020-04-01T02:00:00+02:00", "2020-04-01T00:00:00.001Z", "1585699200",
    "2020", "2020-04", "2031-01-01T00:00:00Z", "2020-02-30", "99999999999999999999",
    "2020-04-01T00:00:00-0030", "1585699200.5", "+1585699200", "-0.5", "2020-04-01T00",
]  # fmt: skip
ADDRESSES = [
    "10.1.2.3", "010.001.2.3", "10.1.2.3.4", "::1", "::ffff:10.1.2.3", "2001:db8::1", "10.1.2.256", "fe80::1%1",
    "192.0.2.1", "2001:db8:::1", ":1::5", "2001:db8::10.1.2.3",
]  # fmt: skip
NETWORKS = [
    "10.0.0.0/8", "10.1.2.3/+08", "10.1.2.0/33", "2001:db8::/32", "2001:db8::1/32", "::ffff:10.1.2.3/128", "0.0.0.0/0",
    "::/0", "10.0.0.0/x", "fe80::%1/10",
]  # fmt: skip
ARNS = ["arn:aws:s3:::b", "arn:aws:s3:::b:c", "arn:aws:s3", f"arn:aws:iam::{A}:role/r", "arn:aws:s3:eu:1:b/k"]
ARN_PATTERNS = [
    "arn:aws:s3:::*", "arn:*:s3:*:*:b*", "arn:aws:*", "arn:aws:${k:text}:::b", "${aws:sourcearn}", "*:*:*:*:*:?",
    "arn:aws:s3:::b${k:none}", "arn:?ws:*:*:*:*", "everything",
]  # fmt: skip
BOOLEANS = ["true", "false", "TRUE", "yes", ""]
BYTES = ["aw==", "/w==", "aw", "", "a w="]

FAMILIES: dict[str, tuple[list[str], list[str], list[str], list[str]]] = {
    # operators, the keys they are for, values of requests, values of policies
    "text": (
        [
            "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
            "StringNotLike",
        ],
        ["k:text", "aws:username", "k:list", "AWS:UserName", "K:List"], TEXTS, TEXTS,
    ),
    "number": (
        [
            "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        ["k:number"], NUMBERS, NUMBERS,
    ),
    "date": (
        [
            "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        ["aws:currenttime"], DATES, DATES,
    ),
    "boolean": (["Bool"], ["k:bool"], BOOLEANS, BOOLEANS),
    "bytes": (["BinaryEquals"], ["k:bytes"], BYTES, BYTES),
    "address": (["IpAddress", "NotIpAddress"], ["aws:sourceip"], ADDRESSES, [*ADDRESSES, *NETWORKS]),
    "arn": (
        ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"], ["aws:sourcearn"], ARNS, [*ARNS, *ARN_PATTERNS]
    ),
}  # fmt: skip
ANY_KEY = [key for _, keys, _, _ in FAMILIES.values() for key in keys]
ANY_VALUE = [value for _, _, given, asked in FAMILIES.values() for value in (*given, *asked)]
FAMILY_NAMES = ["text", "text", "number", "date", "boolean", "bytes", "address", "arn"]
