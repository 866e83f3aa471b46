"""Finds a recent decision among the lines of `decisions`, and makes of it what was decided: requests and policies.

Decides nothing. What stands in the lines is enough: neither the store nor the policies of today are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from watchword.gateway.decision_lines import (
    CallerLine,
    CheckLine,
    DecisionLine,
    DocumentLine,
    Line,
    PoliciesLine,
    Stood,
)
from watchword.policy.access import AccessRequest, Levels, Policies, ResourceRule, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.language import parse_document
from watchword.policy.principals import Principal
from watchword.policy.variables import ContextValue


class Recorded(NamedTuple):
    """A request that happened."""

    line: DecisionLine
    caller: CallerLine | None
    checks: tuple[tuple[AccessRequest, Policies], ...]


def find_decision(files: Iterable[bytes], request_id: str) -> Recorded | None:
    """The request with this id; the newest file is looked at first."""
    for data in files:
        found = _line_of(data, b'{"t":"request","id":%b,' % msgspec.json.encode(request_id))
        if found is not None:
            line = msgspec.json.decode(found, type=DecisionLine)
            return _recorded(data, line)
    return None


def latest_decisions(files: Iterable[bytes], count: int) -> list[DecisionLine]:
    """The last requests of the newest file, the newest first."""
    for data in files:
        marks = [line for line in data.split(b"\n") if line.startswith(b'{"t":"request"') and line.endswith(b"}")]
        return [msgspec.json.decode(line, type=DecisionLine) for line in reversed(marks[-count:])]
    return []


def _line_of(data: bytes, beginning: bytes) -> bytes | None:
    at = 0 if data.startswith(beginning) else data.rfind(b"\n" + beginning) + 1
    if at == 0 and not data.startswith(beginning):
        return None
    end = data.find(b"\n", at)
    return None if end < 0 else data[at:end]


def _named(data: bytes, kind: str, name: str) -> Any:
    found = _line_of(data, b'{"t":"%b","id":"%b"' % (kind.encode(), name.encode()))
    return None if found is None else msgspec.json.decode(found, type=Line)


def _recorded(data: bytes, line: DecisionLine) -> Recorded:
    caller = _named(data, "caller", line.caller) if line.caller else None
    if not isinstance(caller, CallerLine):
        return Recorded(line, None, ())
    checks = tuple(_check(data, caller.principal, each) for each in line.checks)
    return Recorded(line, caller, checks)


def _check(data: bytes, principal: Principal, check: CheckLine) -> tuple[AccessRequest, Policies]:
    request = AccessRequest(
        principal=principal,
        action=check.action,
        resource=check.resource,
        resource_account=check.account,
        context=_context(check.context),
        resource_rule=ResourceRule.REQUIRED if check.required else ResourceRule.UNION,
    )
    own = _own_policies(data, check.own)
    over = _named(data, "policies", check.over) if check.over else None
    return request, msgspec.structs.replace(
        own,
        resource=None if check.policy is None else _sourced(data, check.policy),
        endpoint=None if check.endpoint is None else _sourced(data, check.endpoint),
        rcps=_levels(data, over, Layer.RCP, over.rcps) if isinstance(over, PoliciesLine) else None,
    )


def _context(values: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _own_policies(data: bytes, name: str) -> Policies:
    line = _named(data, "policies", name)
    if not isinstance(line, PoliciesLine):
        return Policies()
    boundary = [_sourced(data, each) for each in line.policies if each.layer is Layer.BOUNDARY]
    session = tuple(_sourced(data, each) for each in line.policies if each.layer is Layer.SESSION)
    return Policies(
        identity=tuple(_sourced(data, each) for each in line.policies if each.layer is Layer.IDENTITY),
        boundary=boundary[0] if boundary else None,
        session=session if line.has_session else None,
        scps=_levels(data, line, Layer.SCP, line.scps),
    )


def _levels(data: bytes, line: PoliciesLine, layer: Layer, count: int | None) -> Levels | None:
    if count is None:
        return None
    return tuple(
        tuple(_sourced(data, each) for each in line.policies if each.layer is layer and each.level == level)
        for level in range(count)
    )


def _sourced(data: bytes, stood: Stood) -> SourcedPolicy:
    source = PolicySource(stood.layer, stood.source, stood.arn)
    document = _named(data, "document", stood.document) if stood.document else None
    if not isinstance(document, DocumentLine):
        return SourcedPolicy(source, None)
    return SourcedPolicy(source, CompiledDocument(parse_document(document.text)))
