"""Statements of `tests/vectors/policy/conditions.yaml` and `matching.yaml`, by both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from watchword.policy import spec
from watchword.policy.access import AccessRequest, SourcedPolicy
from watchword.policy.compiled import CompiledDocument, CompiledStatement
from watchword.policy.conditions import compile_condition
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.language import Condition, parse_document, read_document
from watchword.policy.principals import NOBODY, Kind, Principal
from watchword.policy.spec_conditions import meets
from watchword.policy.variables import ContextValue

VECTORS = Path(__file__).parents[2] / "vectors" / "policy"
CALLER = Principal(Kind.USER, "111111111111", "arn:aws:iam::111111111111:user/u")


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in yaml.safe_load((VECTORS / name).read_text())]


def context_value(value: object) -> ContextValue:
    return tuple(cast("list[str]", value)) if isinstance(value, list) else cast("str", value)


@pytest.mark.parametrize("case", cases("conditions.yaml"))
def test_condition(case: dict[str, Any]) -> None:
    context = {key: context_value(value) for key, value in case.get("others", {}).items()}
    if "given" in case:
        context["k"] = context_value(case["given"])
    condition = Condition(case["operator"], "K", tuple(case["values"]))
    effect = case.get("effect", "Allow")
    has_variables = "version" not in case
    assert meets(condition, context.get, effect=effect, has_variables=has_variables) is case["meets"]
    assert compile_condition(condition, effect=effect, has_variables=has_variables)(context.get) is case["meets"]


@pytest.mark.parametrize("case", cases("matching.yaml"))
def test_action_and_resource(case: dict[str, Any]) -> None:
    statement: dict[str, Any] = {"Effect": case.get("effect", "Allow")}
    statement.update({name: case[name] for name in ("Action", "NotAction", "Resource", "NotResource") if name in case})
    if "Action" not in case and "NotAction" not in case:
        statement["Action"] = "*"
    if "Resource" not in case and "NotResource" not in case:
        statement["Resource"] = "*"
    document = read_document({"Version": case.get("version", "2012-10-17"), "Statement": statement})
    context = {key: context_value(value) for key, value in case.get("context", {}).items()}
    request = AccessRequest(
        CALLER, case.get("action", "s3:GetObject"), case.get("resource", "arn:aws:s3:::b/k"), "111111111111", context
    )
    policy = SourcedPolicy(PolicySource(Layer.IDENTITY, "p"), CompiledDocument(document))
    assert (spec.reach(document.statements[0], policy, request) != NOBODY) is case["matches"]
    assert applies(CompiledDocument(document).statements[0], request) is case["matches"]


def applies(statement: CompiledStatement, request: AccessRequest) -> bool:
    if not statement.speaks_of(request.action.lower()):
        return False
    return statement.applies(request.resource, request.context.get)


def test_a_condition_key_is_asked_for_in_lower_case_and_only_when_needed() -> None:
    asked: list[str] = []

    class Watched:
        def get(self, key: str, /) -> ContextValue:
            asked.append(key)
            return "a"

    document = parse_document(
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*",'
        '"Condition":{"StringEquals":{"AWS:PrincipalTag/Team":"b"},"StringLike":{"k":"a"}}}}'
    )
    statement = CompiledDocument(document).statements[0]
    assert not statement.applies("arn:aws:s3:::other/k", Watched().get)
    assert asked == []
    assert not statement.applies("arn:aws:s3:::b/k", Watched().get)
    assert asked == ["aws:principaltag/team"]
