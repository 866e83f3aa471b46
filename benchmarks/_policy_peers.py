"""Other evaluators of policies, asked the same question: run by the Python of the peers' environment, not of ours.

Reads {"documents": {name: document}, "request": {...}} and writes {peer: {name: microseconds}}, a text instead where a
peer is missing or does not say what is expected. What a peer can keep between two decisions it keeps.
"""

from __future__ import annotations

import json
import sys
import timeit
from collections.abc import Callable
from importlib import import_module
from typing import Any

ROUNDS, ROUND_SECONDS = 40, 0.005


def microseconds(once: Callable[[], object]) -> float:
    """The best of many short rounds: what the work costs when nothing else is in the way."""
    number = max(1, int(ROUND_SECONDS / timeit.timeit(once, number=1)))
    return min(timeit.repeat(once, number=number, repeat=ROUNDS)) / number * 1e6


def measure(decide: Callable[[], bool]) -> float:
    """Raise ValueError when the peer does not allow what is to be allowed."""
    if not decide():
        raise ValueError("it does not allow the request")
    return microseconds(decide)


def moto(document: Any, request: Any) -> Callable[[], bool]:
    """It reads no conditions and no variables."""
    access: Any = import_module("moto.iam.access_control")
    policy, permitted = access.IAMPolicy(json.dumps(document)), access.PermissionResult.PERMITTED
    return lambda: policy.is_action_permitted(request["action"], request["resource"]) is permitted


def ministack(document: Any, request: Any) -> Callable[[], bool]:
    """Policies are read beforehand; a context is made for each request."""
    iam: Any = import_module("ministack.core.iam_evaluator")
    policies = [iam.parse_policy_document(document)]

    def decide() -> bool:
        context = iam.EvalContext(
            request["principal"], "AssumedRole", request["account"], request["action"], request["resource"], "us-east-1"
        )
        return iam.evaluate(context, policies).decision == "Allow"

    return decide


def cedar(document: Any, request: Any) -> Callable[[], bool]:
    """Another language: each statement is the nearest that Cedar can say, in Rust, read beforehand."""
    cedarpy: Any = import_module("cedarpy")
    policies = cedarpy.PolicySet.from_str(
        "\n".join(_in_cedar(each, request["context"]) for each in document["Statement"])
    )
    entities = cedarpy.Entities.from_json_str("[]")
    asked = {
        "principal": {"type": "Role", "id": request["principal"]},
        "action": {"type": "Action", "id": request["action"]},
        "resource": {"type": "Resource", "id": request["resource"]},
        "context": {"action": request["action"], "resource": request["resource"], "team": "blue"},
    }
    return lambda: cedarpy.is_authorized(asked, policies, entities).decision is cedarpy.Decision.Allow


def _in_cedar(statement: Any, context: dict[str, str]) -> str:
    def any_of(name: str, patterns: list[str]) -> str:
        return "(" + " || ".join(f"context.{name} like {json.dumps(each)}" for each in patterns) + ")"

    resources = [
        each.replace("${aws:PrincipalTag/team}", context["aws:PrincipalTag/team"]) for each in statement["Resource"]
    ]
    tests = [any_of("action", statement["Action"]), any_of("resource", resources)]
    if "Condition" in statement:
        tests.append('context.team == "blue"')
    effect = "permit" if statement["Effect"] == "Allow" else "forbid"
    return f"{effect} (principal, action, resource) when {{ {' && '.join(tests)} }};"


def main() -> None:
    """Measure every peer that is installed."""
    asked = json.load(sys.stdin)
    answers: dict[str, dict[str, float] | str] = {}
    peers = {"moto": moto, "MiniStack": ministack, "cedarpy": cedar}
    for name, prepare in peers.items():
        try:
            answers[name] = {
                title: measure(prepare(document, asked["request"])) for title, document in asked["documents"].items()
            }
        except (ImportError, ValueError) as reason:
            answers[name] = str(reason)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
