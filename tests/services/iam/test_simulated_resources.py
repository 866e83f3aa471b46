"""Simulated actions on resources: one result for an action, a specific one for each resource.

What AWS answers is in answers that others recorded (radkawar/stackd, testdata/aws/iam/simulation.json).
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import allow, deny, policy, refusal
from tests.support.simulated import simulate

BUCKET = "arn:aws:s3:::plans"
KEY = f"{BUCKET}/a.txt"
ALLOW_ALL = policy(allow("*"))
OTHER = f"{BUCKET}/b.txt"
OF_OBJECTS = "arn:aws:s3:::${BucketName}/${KeyName}"


def test_without_resources_nothing_is_specific(iam: Any) -> None:
    given: tuple[dict[str, Any], ...] = ({}, {"ResourceArns": []}, {"ResourceArns": ["*"]})
    for options in given:
        result = simulate(iam, ALLOW_ALL, **options)
        assert result["EvalResourceName"] == "*"
        assert result.keys() == {
            "EvalActionName",
            "EvalResourceName",
            "EvalDecision",
            "MatchedStatements",
            "MissingContextValues",
        }


def test_one_resource_names_the_result(iam: Any) -> None:
    result = simulate(iam, ALLOW_ALL, ResourceArns=[KEY])
    assert (result["EvalResourceName"], result["EvalDecisionDetails"]) == (KEY, {})
    (specific,) = result["ResourceSpecificResults"]
    assert specific == {
        "EvalResourceName": KEY,
        "EvalResourceDecision": "allowed",
        "MatchedStatements": result["MatchedStatements"],
    }


def test_several_are_together_as_good_as_the_worst(iam: Any) -> None:
    allowing = policy(allow("s3:GetObject", [KEY, f"{BUCKET}/c"]), deny("s3:GetObject", f"{BUCKET}/c"))
    for resources, decisions, whole in (
        ([KEY, OTHER], ["allowed", "implicitDeny"], "implicitDeny"),
        ([f"{BUCKET}/c", OTHER, KEY], ["explicitDeny", "implicitDeny", "allowed"], "explicitDeny"),
        ([KEY, KEY], ["allowed", "allowed"], "allowed"),
    ):
        result = simulate(iam, allowing, ResourceArns=resources)
        specific = result["ResourceSpecificResults"]
        assert [each["EvalResourceName"] for each in specific] == resources
        assert [each["EvalResourceDecision"] for each in specific] == decisions
        assert (result["EvalResourceName"], result["EvalDecision"]) == (OF_OBJECTS, whole)


def test_the_statements_of_all_are_shown_once(iam: Any) -> None:
    document = policy(allow("s3:GetObject", KEY), allow("s3:*", f"{BUCKET}/*"))
    result = simulate(iam, document, ResourceArns=[OTHER, KEY, "arn:aws:s3:::other/x"])
    assert result["EvalDecision"] == "implicitDeny"
    counts = [len(each.get("MatchedStatements", [])) for each in result["ResourceSpecificResults"]]
    assert (len(result["MatchedStatements"]), counts) == (2, [1, 2, 0])


def test_every_action_has_one_result_in_the_order_of_the_request(iam: Any) -> None:
    actions = ["s3:GetObject", "S3:getobject", "s3:GetObject", "s3:Nonsense*", "iam:GetUser", "madeup:Do"]
    answer = iam.simulate_custom_policy(
        PolicyInputList=[policy(allow("s3:GetObject", f"{BUCKET}/*"))],
        ActionNames=actions,
        ResourceArns=[KEY, OTHER],
    )
    results = answer["EvaluationResults"]
    assert [each["EvalActionName"] for each in results] == actions
    assert [each["EvalDecision"] for each in results] == ["allowed"] * 3 + ["implicitDeny"] * 3
    assert [each["EvalResourceName"] for each in results] == [
        *[OF_OBJECTS] * 4,
        "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}",
        "arn:aws:madeup:${Region}:${Account}:${ResourceType}/${ResourceName}",
    ]


def test_keys_are_missing_where_the_resource_is_denied(iam: Any) -> None:
    document = policy(allow("s3:*", KEY), allow("s3:*", Condition={"StringEquals": {"aws:x": "y"}}))
    result = simulate(iam, document, ResourceArns=[KEY, OTHER])
    assert result["MissingContextValues"] == ["aws:x"]
    assert ["MissingContextValues" in each for each in result["ResourceSpecificResults"]] == [False, True]


def test_a_boundary_must_allow_all_of_them(iam: Any) -> None:
    boundary = policy(allow("s3:*", KEY))
    options: dict[str, Any] = {"PermissionsBoundaryPolicyInputList": [boundary], "ResourceArns": [KEY, OTHER]}
    result = simulate(iam, ALLOW_ALL, **options)
    details = [each["PermissionsBoundaryDecisionDetail"] for each in (result, *result["ResourceSpecificResults"])]
    assert [each["AllowedByPermissionsBoundary"] for each in details] == [False, True, False]


@pytest.mark.parametrize(
    ("action", "resource", "decision"),
    [
        ("s3:GetObject", "arn:aws:iam::111122223333:user/bob", "implicitDeny"),
        ("iam:GetUser", KEY, "implicitDeny"),
        ("IAM:getuser", KEY, "implicitDeny"),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/build", "allowed"),
        ("s3:ListAllMyBuckets", KEY, "allowed"),
        ("s3:MadeUp", KEY, "allowed"),
        ("ec2:RunInstances", KEY, "allowed"),
        ("../models/reference/s3:GetObject", KEY, "allowed"),
        ("condition_keys:GetObject", KEY, "allowed"),
    ],
)
def test_an_action_is_never_allowed_on_what_it_cannot_be_about(
    iam: Any, action: str, resource: str, decision: str
) -> None:
    result = simulate(iam, ALLOW_ALL, action=action, ResourceArns=[resource])
    assert result["EvalDecision"] == decision
    assert bool(result["MatchedStatements"]) is (decision == "allowed")


def test_nobody_waits_for_large_policies_on_many_resources(iam: Any) -> None:
    document = policy(*(allow(f"s3:Action{number}", f"{BUCKET}/{number}") for number in range(500)))
    resources = [f"{BUCKET}/{number}" for number in range(1000)]
    asked: dict[str, Any] = {"PolicyInputList": [document], "ActionNames": ["s3:Action7"]}
    code, message = refusal(iam.simulate_custom_policy, **asked, ResourceArns=resources)
    assert (code, message) == (
        "InvalidInput",
        "Policies of this size cannot be simulated on 1000 resources at once.",
    )
    result = simulate(iam, document, action="s3:Action7", ResourceArns=resources[:300])
    assert len(result["ResourceSpecificResults"]) == 300
    # The same in one statement, and in conditions.
    names = [f"{BUCKET}/{number}" for number in range(2000)]
    one = policy(allow("s3:GetObject", names))
    asking = policy(allow("s3:GetObject", Condition={"StringLike": {"aws:userid": names}}))
    for document in (one, asking):
        asked = {"PolicyInputList": [document], "ActionNames": ["s3:GetObject"], "ResourceArns": resources}
        assert refusal(iam.simulate_custom_policy, **asked) == (code, message)


def test_results_come_in_pages(iam: Any) -> None:
    actions = [f"s3:Action{number}" for number in range(7)]
    pages = list(
        iam.get_paginator("simulate_custom_policy").paginate(
            PolicyInputList=[ALLOW_ALL], ActionNames=actions, PaginationConfig={"PageSize": 3}
        )
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [3, 3, 1]
    assert [each["EvalActionName"] for page in pages for each in page["EvaluationResults"]] == actions


def test_pages_of_large_policies_are_shorter_and_nothing_is_missed(iam: Any) -> None:
    document = policy(*(allow(f"s3:Action{number}", f"{BUCKET}/{number}") for number in range(500)))
    actions = [f"s3:Action{number}" for number in range(250)]
    pages = list(
        iam.get_paginator("simulate_custom_policy").paginate(
            PolicyInputList=[document], ActionNames=actions, PaginationConfig={"PageSize": 250}
        )
    )
    assert len(pages) > 1
    assert [each["EvalActionName"] for page in pages for each in page["EvaluationResults"]] == actions


def test_resources_together_are_told_what_each_is_told_alone(iam: Any) -> None:
    document = policy(
        allow("s3:*", f"{BUCKET}/a*"),
        deny("s3:*", f"{BUCKET}/ab*", Condition={"Null": {"aws:x": "true"}}),
        allow("s3:*", f"{BUCKET}/*", Condition={"StringEquals": {"aws:y": "z"}}),
    )
    resources = [f"{BUCKET}/{name}" for name in ("a", "ab", "b", "a", "ac")]
    options: dict[str, Any] = {"PermissionsBoundaryPolicyInputList": [policy(allow("s3:*", f"{BUCKET}/*a*"))]}
    together = simulate(iam, document, ResourceArns=resources, **options)
    alone = [simulate(iam, document, ResourceArns=[each], **options) for each in resources]
    assert together["ResourceSpecificResults"] == [each["ResourceSpecificResults"][0] for each in alone]
    assert {each["EvalDecision"] for each in alone} == {"allowed", "explicitDeny", "implicitDeny"}
    for name in ("MatchedStatements", "MissingContextValues"):
        told = [one for each in alone for one in each[name]]
        assert all(one in together[name] for one in told)
        assert all(together[name].count(one) == 1 for one in told)
