"""Decisions of `tests/vectors/policy/decisions.yaml`, by the literal meaning and by the fast engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from watchword.policy import evaluate, spec
from watchword.policy.access import AccessRequest, Policies, ResourceRule, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Decision, Layer, PolicySource
from watchword.policy.language import parse_document
from watchword.policy.principals import Kind, Principal

VECTORS = Path(__file__).parents[2] / "vectors" / "policy" / "decisions.yaml"
CASES: list[dict[str, Any]] = yaml.safe_load(VECTORS.read_text())["cases"]

Engine = Callable[[AccessRequest, Policies], Decision]


def fast(request: AccessRequest, policies: Policies) -> Decision:
    return evaluate.decide_policies(policies, request)


def sourced(layer: Layer, document: Any) -> SourcedPolicy:
    source = PolicySource(layer, f"{layer.name.lower()} policy")
    if document == "broken":
        return SourcedPolicy(source, None)
    return SourcedPolicy(source, CompiledDocument(parse_document(json.dumps(document))))


def optional(layer: Layer, document: Any) -> SourcedPolicy | None:
    return None if document is None else sourced(layer, document)


def several(layer: Layer, documents: Any) -> tuple[SourcedPolicy, ...] | None:
    return None if documents is None else tuple(sourced(layer, each) for each in documents)


def levels(layer: Layer, given: Any) -> tuple[tuple[SourcedPolicy, ...], ...] | None:
    return None if given is None else tuple(tuple(sourced(layer, each) for each in level) for level in given)


def policies_of(case: dict[str, Any]) -> Policies:
    trust = optional(Layer.TRUST, case.get("trust"))
    return Policies(
        identity=several(Layer.IDENTITY, case.get("identity", ())) or (),
        boundary=optional(Layer.BOUNDARY, case.get("boundary")),
        session=several(Layer.SESSION, case.get("session")),
        resource=trust or optional(Layer.RESOURCE, case.get("resource_policy")),
        endpoint=optional(Layer.ENDPOINT, case.get("endpoint")),
        scps=levels(Layer.SCP, case.get("scps")),
        rcps=levels(Layer.RCP, case.get("rcps")),
    )


def request_of(case: dict[str, Any]) -> AccessRequest:
    caller: dict[str, Any] = {**case["caller"], "kind": Kind(case["caller"]["kind"])}
    context = {
        key: tuple(cast("list[str]", v)) if isinstance(v, list) else v for key, v in case.get("context", {}).items()
    }
    rule = "required" if "trust" in case else case.get("rule", "union")
    return AccessRequest(
        principal=Principal(**caller),
        action=case.get("action", "s3:GetObject"),
        resource=case.get("resource", "arn:aws:s3:::bucket/key"),
        resource_account=case.get("owner", "111111111111"),
        context=context,
        resource_rule=ResourceRule(rule),
    )


@pytest.mark.parametrize("engine", [spec.decide, fast], ids=["spec", "evaluate"])
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_worked_case(case: dict[str, Any], engine: Engine) -> None:
    decision = engine(request_of(case), policies_of(case))
    assert decision.outcome.value == case["expect"]
    assert (decision.layer.name if decision.layer else None) == case["layer"]


def test_names_of_cases_are_unique() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) > 60
