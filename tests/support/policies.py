"""Random policies and requests that meet each other often, drawn by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st
from tests.support.policy_pools import (
    ACTION_PATTERNS,
    ACTIONS,
    ANY_KEY,
    ANY_VALUE,
    BOOLEANS,
    CALLERS,
    FAMILIES,
    FAMILY_NAMES,
    FRAGMENTS,
    PRINCIPALS,
    RESOURCE_PATTERNS,
    RESOURCES,
    WHOLE_CALLERS,
    A,
    B,
)

from watchword.policy.access import AccessRequest, Policies, ResourceRule, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.language import Condition, Document, PrincipalPattern, Statement

_tails = st.lists(st.sampled_from(FRAGMENTS), max_size=5).map("".join)
resource_patterns = st.one_of(
    st.sampled_from(RESOURCE_PATTERNS),
    _tails.map("arn:aws:s3:::b/".__add__),
    _tails.map("*".__add__),
)

principal_lists = st.one_of(
    st.just((PrincipalPattern("*", "*"),)),
    st.lists(st.sampled_from(PRINCIPALS), min_size=1, max_size=4).map(tuple),
    st.sampled_from(WHOLE_CALLERS),
)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """A condition, mostly on a key and with values that suit its operator."""
    operators, keys, _, suiting = FAMILIES[draw(st.sampled_from(FAMILY_NAMES))]
    kind = draw(st.integers(0, 11))
    if kind == 0:
        values = draw(st.lists(st.sampled_from(BOOLEANS), min_size=1, max_size=2))
        asked = draw(st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"])) + "Null"
        return Condition(asked, draw(st.sampled_from([*ANY_KEY, "k:none"])), tuple(values))
    quantifier = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
    operator = quantifier + draw(st.sampled_from(operators)) + draw(st.sampled_from(["", "", "IfExists"]))
    if kind == 1:
        operator = draw(st.sampled_from([operator.lower(), operator.upper()]))
    key = draw(st.sampled_from([*ANY_KEY, "k:none"] if kind == 2 else keys))
    values = st.one_of(st.sampled_from(suiting), st.sampled_from(suiting), _tails, st.sampled_from(ANY_VALUE))
    return Condition(operator, key, tuple(draw(st.lists(values, min_size=kind != 3, max_size=3))))


@st.composite
def blocks(draw: st.DrawFn) -> list[tuple[Condition, ...]]:
    """Condition blocks of several statements, many on the same key by the same operator."""
    first = draw(conditions())
    again = st.lists(st.sampled_from(ANY_VALUE) | _tails, max_size=2).map(
        lambda values: (Condition(first.operator, first.key, (*first.values[1:], *values)),)
    )
    others = st.lists(conditions(), min_size=1, max_size=2).map(tuple)
    return [(first,), *draw(st.lists(st.one_of(again, again, others), min_size=1, max_size=4))]


def _given(suiting: list[str]) -> st.SearchStrategy[str | tuple[str, ...]]:
    value = st.one_of(st.sampled_from(suiting), st.sampled_from(suiting), st.sampled_from(ANY_VALUE))
    return st.one_of(value, value, value, st.lists(value, max_size=3).map(tuple))


contexts = st.fixed_dictionaries(
    # a value of None is a key that is missing
    {
        key.lower(): st.one_of(st.none(), _given(given), _given(given), _given(given))
        for _, keys, given, _ in FAMILIES.values()
        for key in keys
    }
)

_booleans = st.sampled_from([False, False, False, True])


@st.composite
def statements(draw: st.DrawFn, *, has_principal: bool = False, has_resource: bool = True) -> Statement:
    """A statement with the elements that a policy type asks for."""
    return Statement(
        effect=draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"])),
        actions=tuple(draw(st.lists(st.sampled_from(ACTION_PATTERNS), min_size=1, max_size=2))),
        is_not_action=draw(_booleans),
        resources=tuple(draw(st.lists(resource_patterns, min_size=1, max_size=3))) if has_resource else None,
        is_not_resource=has_resource and draw(_booleans),
        principals=draw(principal_lists) if has_principal else None,
        is_not_principal=has_principal and draw(_booleans),
        conditions=draw(st.one_of(st.just(()), st.just(()), st.lists(conditions(), max_size=2).map(tuple))),
    )


@st.composite
def documents(
    draw: st.DrawFn, *, has_principal: bool = False, has_resource: bool = True, statements_max: int = 3
) -> Document:
    """A document with the elements that a policy type asks for."""
    each = statements(has_principal=has_principal, has_resource=has_resource)
    drawn = draw(st.lists(each, min_size=1, max_size=statements_max))
    return Document(tuple(drawn), draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])))


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
    principal=st.sampled_from(CALLERS),
    action=st.sampled_from(ACTIONS),
    resource=st.sampled_from(RESOURCES),
    resource_account=st.sampled_from([A, A, A, B]),
    context=contexts,
    resource_rule=st.sampled_from([ResourceRule.UNION, ResourceRule.UNION, ResourceRule.REQUIRED]),
)
