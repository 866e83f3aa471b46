"""A decision as the JSON text inside an encoded authorization message: who asked for what, and what spoke of it.

Decides the text's form only. It names policies and condition values, so it is sealed before it leaves the house.
Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from watchword.policy.access import AccessRequest
from watchword.policy.decision import Decision, Outcome
from watchword.policy.language import Statement
from watchword.policy.principals import Kind, Principal


def authorization_message(
    decision: Decision,
    request: AccessRequest,
    matched: Iterable[Statement],
    conditions: Mapping[str, tuple[str, ...]],
) -> str:
    """The text. `matched` are the statements that applied, `conditions` the context keys worth telling."""
    message = {
        "allowed": decision.is_allowed,
        "explicitDeny": decision.outcome is Outcome.EXPLICIT_DENY,
        "matchedStatements": _items(_statement(each, request.principal) for each in matched),
        "failures": _items(()),
        "context": {
            "principal": _principal(request.principal),
            "action": request.action,
            "resource": request.resource,
            "conditions": _items(_condition(key, values) for key, values in conditions.items()),
        },
    }
    return json.dumps(message, separators=(",", ":"))


def _items(items: Iterable[Any]) -> dict[str, list[Any]]:
    return {"items": list(items)}


def _values(values: Iterable[str]) -> dict[str, list[Any]]:
    return _items({"value": each} for each in values)


def _principal(principal: Principal) -> dict[str, str]:
    shown = {"id": principal.id}
    if principal.kind is Kind.USER:
        shown["name"] = principal.name
    return shown | {"arn": principal.arn}


def _condition(key: str, values: Iterable[str]) -> dict[str, Any]:
    return {"key": key, "values": _values(values)}


def _statement(statement: Statement, principal: Principal) -> dict[str, Any]:
    return {
        "statementId": statement.sid or "",
        "effect": statement.effect.upper(),
        "principals": _values((principal.unique_id,)),
        "principalGroups": _items(()),
        "actions": _values(statement.actions),
        "resources": _values(statement.resources or ()),
        "conditions": _items(_condition(each.key, each.values) for each in statement.conditions),
    }
