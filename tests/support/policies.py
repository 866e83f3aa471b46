"""Random policies and requests that meet each other often: few names, many ways to write them."""

from __future__ import annotations

from hypothesis import strategies as st

from watchword.policy.access import AccessRequest, Policies, ResourceRule, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.language import Condition, Document, PrincipalPattern, Statement
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
FEDERATED = Principal(Kind.FEDERATED_USER, A, f"arn:aws:sts::{A}:federated-user/f", f"{A}:f", USER_ARN, USER_ID, "f")
SERVICE = Principal(Kind.SERVICE, "", "logs.amazonaws.com", name="logs.amazonaws.com")
ANONYMOUS = Principal(Kind.ANONYMOUS, "", "anonymous")
WEB = Principal(Kind.WEB_IDENTITY, "", "", issuer_arn=PROVIDER)
SAML = Principal(Kind.SAML, "", "", issuer_arn=f"arn:aws:iam::{A}:saml-provider/idp")

callers = st.sampled_from(
    [USER, USER, USER, SESSION, SESSION, SESSION, FEDERATED, ROOT, LINKED, SERVICE, ANONYMOUS, WEB, SAML]
)

actions = st.sampled_from(
    ["s3:GetObject", "s3:PutObject", "sts:AssumeRole", "s3:PutBucketPolicy", "s3:getobject"] * 3
    + ["sts:GetCallerIdentity"]
)
action_patterns = st.sampled_from(
    ["*", "*", "s3:*", "s3:GetObject", "S3:getobject", "s3:?utObject", "s3:Put*", "*:*Object", "sts:Assume*", "${x}"]
)

resources = st.sampled_from(
    [
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
)
_fragments = st.sampled_from(
    [
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
)
_tails = st.lists(_fragments, max_size=5).map("".join)
resource_patterns = st.one_of(
    st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:*", ROLE_ARN, "arn:aws:s3:::b"]),
    _tails.map("arn:aws:s3:::b/".__add__),
    _tails.map("*".__add__),
)

principal_patterns = st.sampled_from(
    [
        PrincipalPattern("AWS", "*"), PrincipalPattern("AWS", A), PrincipalPattern("AWS", f"arn:aws:iam::{A}:root"),
        PrincipalPattern("AWS", B), PrincipalPattern("AWS", USER_ARN), PrincipalPattern("AWS", USER_ID),
        PrincipalPattern("AWS", ROLE_ARN), PrincipalPattern("AWS", ROLE_ID), PrincipalPattern("AWS", SESSION.arn),
        PrincipalPattern("AWS", FEDERATED.arn), PrincipalPattern("AWS", ""), PrincipalPattern("Federated", PROVIDER),
        PrincipalPattern("Service", "logs.amazonaws.com"), PrincipalPattern("Federated", ""),
        PrincipalPattern("CanonicalUser", "64hex"), PrincipalPattern("AWS", f"arn:aws:iam::{A}:user/*"),
    ]
)  # fmt: skip
_whole_callers = st.sampled_from(
    # What a NotPrincipal must list to spare a caller: its account, its role or user, itself.
    [
        (A, USER_ARN), (A, USER_ID), (A, ROLE_ARN, SESSION.arn), (A, ROLE_ID, SESSION.arn), (A, FEDERATED.arn),
        (f"arn:aws:iam::{A}:root",), (A, USER_ARN, FEDERATED.arn), (B, USER_ARN, SESSION.arn),
    ]
).map(lambda values: tuple(PrincipalPattern("AWS", value) for value in values))  # fmt: skip
principal_lists = st.one_of(
    st.just((PrincipalPattern("*", "*"),)),
    st.lists(principal_patterns, min_size=1, max_size=4).map(tuple),
    _whole_callers,
)

_texts = [
    "k", "u", "K", "*", "", "true", "a:b", "ΟΣ", "ος", "İ", "i̇", "\N{GRINNING FACE}", "kk", "ku",
]  # fmt: skip
_numbers = ["1", "01", "+1", "1.0", "1.00000000000000000001", "-2", "1e0", "NaN", "1_0", "2020", "1600000000"]
_dates = [
    "2020-04-01T00:00:00Z", "2020-04-01", "2020-04-01T02:00:00+02:00", "2020-04-01T00:00:00.001Z", "1585699200",
    "2020", "2020-04", "2031-01-01T00:00:00Z", "2020-02-30", "99999999999999999999",
    "2020-04-01T00:00:00-0030", "1585699200.5",
]  # fmt: skip
_addresses = [
    "10.1.2.3", "010.001.2.3", "10.1.2.3.4", "::1", "::ffff:10.1.2.3", "2001:db8::1", "10.1.2.256", "fe80::1%1",
    "192.0.2.1", "2001:db8:::1",
]  # fmt: skip
_networks = [
    "10.0.0.0/8", "10.1.2.3/+08", "10.1.2.0/33", "2001:db8::/32", "2001:db8::1/32", "::ffff:10.1.2.3/128", "0.0.0.0/0",
    "::/0", "10.0.0.0/x", "fe80::%1/10",
]  # fmt: skip
_arns = ["arn:aws:s3:::b", "arn:aws:s3:::b:c", "arn:aws:s3", f"arn:aws:iam::{A}:role/r", "arn:aws:s3:eu:1:b/k"]
_arn_patterns = [
    "arn:aws:s3:::*", "arn:*:s3:*:*:b*", "arn:aws:*", "arn:aws:${k:text}:::b", "${aws:sourcearn}", "*:*:*:*:*:?",
    "arn:aws:s3:::b${k:none}", "arn:?ws:*:*:*:*", "everything",
]  # fmt: skip
_booleans_as_text = ["true", "false", "TRUE", "yes", ""]
_bytes = ["aw==", "/w==", "aw", "", "a w="]

_FAMILIES: dict[str, tuple[list[str], list[str], list[str], list[str]]] = {
    # operators, the keys they are for, values of requests, values of policies
    "text": (
        [
            "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
            "StringNotLike",
        ],
        ["k:text", "aws:username", "k:list", "AWS:UserName", "K:List"], _texts, _texts,
    ),
    "number": (
        [
            "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        ["k:number"], _numbers, _numbers,
    ),
    "date": (
        [
            "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        ["aws:currenttime"], _dates, _dates,
    ),
    "boolean": (["Bool"], ["k:bool"], _booleans_as_text, _booleans_as_text),
    "bytes": (["BinaryEquals"], ["k:bytes"], _bytes, _bytes),
    "address": (["IpAddress", "NotIpAddress"], ["aws:sourceip"], _addresses, [*_addresses, *_networks]),
    "arn": (
        ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"], ["aws:sourcearn"], _arns, [*_arns, *_arn_patterns]
    ),
}  # fmt: skip
_ANY_KEY = [key for _, keys, _, _ in _FAMILIES.values() for key in keys]
_ANY_VALUE = [value for _, _, given, asked in _FAMILIES.values() for value in (*given, *asked)]
_families = st.sampled_from(["text", "text", "number", "date", "boolean", "bytes", "address", "arn"])


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """A condition, mostly on a key and with values that suit its operator."""
    operators, keys, _, suiting = _FAMILIES[draw(_families)]
    kind = draw(st.integers(0, 11))
    if kind == 0:
        values = draw(st.lists(st.sampled_from(_booleans_as_text), min_size=1, max_size=2))
        return Condition("Null", draw(st.sampled_from([*_ANY_KEY, "k:none"])), tuple(values))
    quantifier = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
    operator = quantifier + draw(st.sampled_from(operators)) + draw(st.sampled_from(["", "", "IfExists"]))
    if kind == 1:
        operator = draw(st.sampled_from([operator.lower(), operator.upper()]))
    key = draw(st.sampled_from([*_ANY_KEY, "k:none"] if kind == 2 else keys))
    values = st.one_of(st.sampled_from(suiting), st.sampled_from(suiting), _tails, st.sampled_from(_ANY_VALUE))
    return Condition(operator, key, tuple(draw(st.lists(values, min_size=kind != 3, max_size=3))))


def _given(suiting: list[str]) -> st.SearchStrategy[str | tuple[str, ...]]:
    value = st.one_of(st.sampled_from(suiting), st.sampled_from(suiting), st.sampled_from(_ANY_VALUE))
    return st.one_of(value, value, value, st.lists(value, max_size=3).map(tuple))


contexts = st.fixed_dictionaries(
    # a value of None is a key that is missing
    {
        key.lower(): st.one_of(st.none(), _given(given), _given(given), _given(given))
        for _, keys, given, _ in _FAMILIES.values()
        for key in keys
    }
)

_booleans = st.sampled_from([False, False, False, True])


@st.composite
def statements(draw: st.DrawFn, *, has_principal: bool = False, has_resource: bool = True) -> Statement:
    """A statement with the elements that a policy type asks for."""
    return Statement(
        effect=draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"])),
        actions=tuple(draw(st.lists(action_patterns, min_size=1, max_size=2))),
        is_not_action=draw(_booleans),
        resources=tuple(draw(st.lists(resource_patterns, min_size=1, max_size=3))) if has_resource else None,
        is_not_resource=has_resource and draw(_booleans),
        principals=draw(principal_lists) if has_principal else None,
        is_not_principal=has_principal and draw(_booleans),
        conditions=draw(st.one_of(st.just(()), st.just(()), st.lists(conditions(), max_size=2).map(tuple))),
    )


@st.composite
def documents(draw: st.DrawFn, *, has_principal: bool = False, has_resource: bool = True) -> Document:
    """A document with the elements that a policy type asks for."""
    drawn = draw(
        st.lists(statements(has_principal=has_principal, has_resource=has_resource), min_size=1, max_size=3).map(tuple)
    )
    return Document(drawn, draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])))


@st.composite
def sourced(draw: st.DrawFn, layer: Layer) -> SourcedPolicy:
    """A policy of a layer; one in sixteen or so cannot be evaluated."""
    has_principal = layer in (Layer.RCP, Layer.ENDPOINT, Layer.RESOURCE, Layer.TRUST)
    document = draw(documents(has_principal=has_principal, has_resource=layer is not Layer.TRUST))
    compiled = None if draw(st.integers(0, 15)) == 11 else CompiledDocument(document)
    return SourcedPolicy(PolicySource(layer, f"{layer.name} {draw(st.integers(0, 3))}"), compiled)


EVERYTHING = Statement("Allow", ("*",), resources=("*",))
EVERYTHING_TO_EVERYONE = Statement("Allow", ("*",), resources=("*",), principals=(PrincipalPattern("*", "*"),))


def full(layer: Layer) -> SourcedPolicy:
    """The policy that allows everything."""
    statement = EVERYTHING_TO_EVERYONE if layer in (Layer.RCP, Layer.ENDPOINT) else EVERYTHING
    return SourcedPolicy(PolicySource(layer, "everything"), CompiledDocument(Document((statement,))))


def _layer(layer: Layer) -> st.SearchStrategy[SourcedPolicy]:
    return st.one_of(st.just(full(layer)), st.just(full(layer)), sourced(layer))


def _levels(layer: Layer) -> st.SearchStrategy[tuple[tuple[SourcedPolicy, ...], ...] | None]:
    level = st.one_of(st.just((full(layer),)), st.lists(_layer(layer), max_size=2).map(tuple))
    return st.one_of(st.none(), st.none(), st.lists(level, max_size=3).map(tuple))


all_policies = st.builds(
    Policies,
    identity=st.lists(_layer(Layer.IDENTITY), max_size=3).map(tuple),
    boundary=st.one_of(st.none(), _layer(Layer.BOUNDARY)),
    session=st.one_of(st.none(), st.lists(_layer(Layer.SESSION), max_size=2).map(tuple)),
    resource=st.one_of(st.none(), sourced(Layer.RESOURCE), sourced(Layer.TRUST)),
    endpoint=st.one_of(st.none(), st.none(), _layer(Layer.ENDPOINT)),
    scps=_levels(Layer.SCP),
    rcps=_levels(Layer.RCP),
)
requests = st.builds(
    AccessRequest,
    principal=callers,
    action=actions,
    resource=resources,
    resource_account=st.sampled_from([A, A, A, B]),
    context=contexts,
    resource_rule=st.sampled_from([ResourceRule.UNION, ResourceRule.UNION, ResourceRule.REQUIRED]),
)
