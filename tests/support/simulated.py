"""Asks IAM's policy simulator about one action."""

from __future__ import annotations

from typing import Any


def simulate(iam: Any, *policies: str, action: str = "s3:GetObject", **options: Any) -> dict[str, Any]:
    answer = iam.simulate_custom_policy(PolicyInputList=list(policies), ActionNames=[action], **options)
    (result,) = answer["EvaluationResults"]
    return result


def sources(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["SourcePolicyId"], each["SourcePolicyType"]) for each in result["MatchedStatements"]]
