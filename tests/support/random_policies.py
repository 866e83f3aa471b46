"""Random policies and requests in great numbers: what `policies` draws, a hundred times as fast, from a seed.

Nothing is made smaller when a case fails: the seed and the number of the case say which one it was.
"""

from __future__ import annotations

from random import Random

from tests.support import policy_pools as pools
from tests.support.policies import full

from watchword.policy.access import AccessRequest, Levels, Policies, ResourceRule, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.language import Condition, Document, Effect, PrincipalPattern, Statement
from watchword.policy.variables import ContextValue

_EVERYONE = (PrincipalPattern("*", "*"),)
_FULL = {layer: full(layer) for layer in Layer if layer not in (Layer.RESOURCE, Layer.TRUST)}


def random_request(chance: Random) -> AccessRequest:
    """One request of one caller."""
    return AccessRequest(
        principal=chance.choice(pools.CALLERS),
        action=chance.choice(pools.ACTIONS),
        resource=chance.choice(pools.RESOURCES),
        resource_account=pools.B if chance.random() < 0.25 else pools.A,
        context=random_context(chance),
        resource_rule=ResourceRule.REQUIRED if chance.random() < 0.3 else ResourceRule.UNION,
    )


def random_policies(chance: Random) -> Policies:
    """Policies of every layer, or of some."""
    resource = chance.choice([None, Layer.RESOURCE, Layer.TRUST])
    return Policies(
        identity=tuple(_either(chance, Layer.IDENTITY) for _ in range(chance.randrange(4))),
        boundary=_either(chance, Layer.BOUNDARY) if chance.random() < 0.4 else None,
        session=_some(chance, Layer.SESSION, 2) if chance.random() < 0.4 else None,
        resource=None if resource is None else _sourced(chance, resource),
        endpoint=_either(chance, Layer.ENDPOINT) if chance.random() < 0.25 else None,
        scps=_levels(chance, Layer.SCP),
        rcps=_levels(chance, Layer.RCP),
    )


def _levels(chance: Random, layer: Layer) -> Levels | None:
    if chance.random() < 0.6:
        return None
    return tuple(
        (_FULL[layer],) if chance.random() < 0.5 else _some(chance, layer, 2) for _ in range(chance.randrange(4))
    )


def _some(chance: Random, layer: Layer, most: int) -> tuple[SourcedPolicy, ...]:
    return tuple(_either(chance, layer) for _ in range(chance.randint(0, most)))


def _either(chance: Random, layer: Layer) -> SourcedPolicy:
    return _FULL[layer] if chance.random() < 0.6 else _sourced(chance, layer)


def _sourced(chance: Random, layer: Layer) -> SourcedPolicy:
    source = PolicySource(layer, f"{layer.name} {chance.randrange(4)}")
    if chance.random() < 1 / 64:
        return SourcedPolicy(source, None)
    has_principal = layer in (Layer.RCP, Layer.ENDPOINT, Layer.RESOURCE, Layer.TRUST)
    has_resource = layer is not Layer.TRUST
    if chance.random() < 0.25:
        made = _guardrails(chance, has_principal=has_principal, has_resource=has_resource)
    else:
        made = [
            _statement(chance, has_principal=has_principal, has_resource=has_resource)
            for _ in range(chance.randint(1, 4))
        ]
    version = "2008-10-17" if chance.random() < 0.3 else "2012-10-17"
    return SourcedPolicy(source, CompiledDocument(Document(tuple(made), version)))


def _statement(chance: Random, *, has_principal: bool, has_resource: bool) -> Statement:
    return Statement(
        effect="Deny" if chance.random() < 0.25 else "Allow",
        actions=tuple(chance.choices(pools.ACTION_PATTERNS, k=chance.randint(1, 2))),
        is_not_action=chance.random() < 0.2,
        resources=tuple(_resource(chance) for _ in range(chance.randint(1, 3))) if has_resource else None,
        is_not_resource=has_resource and chance.random() < 0.2,
        principals=_principals(chance) if has_principal else None,
        is_not_principal=has_principal and chance.random() < 0.2,
        conditions=tuple(random_condition(chance) for _ in range(chance.choice([0, 0, 1, 1, 2]))),
    )


def _guardrails(chance: Random, *, has_principal: bool, has_resource: bool) -> list[Statement]:
    """Statements in which nothing but a condition decides, mostly on one key by one operator: those are merged."""
    shared = random_condition(chance)
    effect: Effect = "Allow" if chance.random() < 0.5 else "Deny"
    made: list[Statement] = []
    for _ in range(chance.randint(2, 5)):
        other = random_condition(chance)
        values = (*other.values[:2], *shared.values[1:])
        is_alike = chance.random() < 0.7
        made.append(
            Statement(
                effect=effect,
                actions=("*",),
                resources=("*",) if has_resource else None,
                principals=_EVERYONE if has_principal else None,
                conditions=(Condition(shared.operator, shared.key, values) if is_alike else other,),
            )
        )
    return made


def _resource(chance: Random) -> str:
    form = chance.random()
    if form < 0.4:
        return chance.choice(pools.RESOURCE_PATTERNS)
    return ("arn:aws:s3:::b/" if form < 0.8 else "*") + _tail(chance)


def _tail(chance: Random) -> str:
    return "".join(chance.choices(pools.FRAGMENTS, k=chance.randrange(6)))


def _principals(chance: Random) -> tuple[PrincipalPattern, ...]:
    form = chance.random()
    if form < 0.3:
        return _EVERYONE
    if form < 0.5:
        return chance.choice(pools.WHOLE_CALLERS)
    return tuple(chance.choices(pools.PRINCIPALS, k=chance.randint(1, 4)))


def random_condition(chance: Random) -> Condition:
    """A condition, mostly on a key and with values that suit its operator."""
    operators, keys, _, suiting = pools.FAMILIES[chance.choice(pools.FAMILY_NAMES)]
    kind = chance.randrange(12)
    if kind == 0:
        values = chance.choices(pools.BOOLEANS, k=chance.randint(1, 2))
        asked = chance.choice(["", "", "", "ForAllValues:", "ForAnyValue:"]) + "Null"
        return Condition(asked, chance.choice([*pools.ANY_KEY, "k:none"]), tuple(values))
    operator = chance.choice(["", "", "ForAllValues:", "ForAnyValue:"])
    operator += chance.choice(operators) + chance.choice(["", "", "IfExists"])
    if kind == 1:
        operator = chance.choice([operator.lower(), operator.upper()])
    key = chance.choice([*pools.ANY_KEY, "k:none"] if kind == 2 else keys)
    return Condition(operator, key, tuple(_asked(chance, suiting) for _ in range(chance.randint(kind != 3, 3))))


def _asked(chance: Random, suiting: list[str]) -> str:
    form = chance.random()
    if form < 0.25:
        return _tail(chance)
    return chance.choice(suiting if form < 0.8 else pools.ANY_VALUE)


def random_context(chance: Random) -> dict[str, ContextValue]:
    """Most of the keys, most of them single values."""
    context: dict[str, ContextValue] = {}
    for _, keys, suiting, _ in pools.FAMILIES.values():
        for key in keys:
            form = chance.random()
            if form < 0.6:
                context[key.lower()] = _given(chance, suiting)
            elif form < 0.75:
                context[key.lower()] = tuple(_given(chance, suiting) for _ in range(chance.randrange(4)))
    return context


def _given(chance: Random, suiting: list[str]) -> str:
    return chance.choice(suiting if chance.random() < 0.75 else pools.ANY_VALUE)
