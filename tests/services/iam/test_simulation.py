"""The policy simulator, asked by boto3.

What AWS answers is in answers that others recorded (radkawar/stackd, testdata/aws/iam/simulation.json).
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, allow, deny, policy, refusal, trust
from tests.support.simulated import simulate, sources

BUCKET = "arn:aws:s3:::plans"
KEY = f"{BUCKET}/a.txt"
ALLOW_ALL = policy(allow("*"))
NOTHING: list[str] = []
SHARED = policy({**allow("s3:GetObject", f"{BUCKET}/*"), "Principal": {"AWS": "*"}})


def test_an_allow_names_its_statement_and_position(iam: Any) -> None:
    text = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
    result = simulate(iam, policy(allow("sqs:*")), text)
    assert result["EvalDecision"] == "allowed"
    assert result["EvalResourceName"] == "*"
    (matched,) = result["MatchedStatements"]
    assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("PolicyInputList.2", "IAM Policy")
    assert matched["StartPosition"] == {"Line": 1, "Column": 41}
    assert matched["EndPosition"] == {"Line": 1, "Column": len(text) - 1}


def test_without_policies_everything_is_denied_implicitly(iam: Any) -> None:
    result = simulate(iam)
    assert result["EvalDecision"] == "implicitDeny"
    assert result["MatchedStatements"] == []


def test_an_explicit_deny_shows_only_what_denies(iam: Any) -> None:
    result = simulate(iam, ALLOW_ALL, policy(deny("s3:*")))
    assert result["EvalDecision"] == "explicitDeny"
    assert sources(result) == [("PolicyInputList.2", "IAM Policy")]


def test_a_boundary_is_reported_by_itself(iam: Any) -> None:
    options: dict[str, Any] = {"PermissionsBoundaryPolicyInputList": [policy(allow("sqs:*"))]}
    result = simulate(iam, ALLOW_ALL, **options)
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    inside = simulate(iam, ALLOW_ALL, action="sqs:SendMessage", **options)
    assert inside["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}


def test_two_boundaries_are_refused(iam: Any) -> None:
    code, _ = refusal(
        iam.simulate_custom_policy,
        PolicyInputList=[ALLOW_ALL],
        ActionNames=["s3:GetObject"],
        PermissionsBoundaryPolicyInputList=[ALLOW_ALL, ALLOW_ALL],
    )
    assert code == "InvalidInput"


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"ActionNames": ["GetObject"]}, "The action is invalid since it is missing names"),
        ({"ResourceArns": ["arn:aws:s3"]}, "ResourceNames are not in a valid ARN format: arn:aws:s3."),
        (
            {"PermissionsBoundaryPolicyInputList": [ALLOW_ALL, ALLOW_ALL]},
            "The list of Permissions Boundary policies cannot exceed 1 items.",
        ),
        (
            {
                "ContextEntries": [
                    {"ContextKeyName": "aws:x", "ContextKeyValues": ["a", "b"], "ContextKeyType": "string"}
                ]
            },
            "Context key string expected a single value, but received 2.",
        ),
        (
            {"OrderedOrganizationPolicyInputList": [{"ServiceControlPolicyInputList": NOTHING}]},
            "Organization policy at index 1 must contain at least one service control policy",
        ),
        ({"ResourcePolicy": SHARED, "ResourceArns": [KEY]}, "Invalid caller - Caller cannot be null or empty."),
        (
            {"ResourcePolicy": SHARED, "CallerArn": "arn:aws:iam::111122223333:user/bob"},
            "Invalid Entity Arn: * does not clearly define entity type and name.",
        ),
    ],
)
def test_wrong_requests_are_told_as_by_iam(iam: Any, parameters: dict[str, Any], sentence: str) -> None:
    # Source: AWS's answers as others recorded them (radkawar/stackd, testdata/aws/iam/simulation.json)
    request = {"PolicyInputList": [ALLOW_ALL], "ActionNames": ["s3:GetObject"], **parameters}
    assert refusal(iam.simulate_custom_policy, **request) == ("InvalidInput", sentence)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("numeric", "abc", "numeric format"),
        ("numeric", "NaN", "numeric format"),
        ("numericList", "abc", "numeric format"),
        ("date", "tomorrow", "DateTime format"),
        ("ip", "999.0.0.1", "IP address"),
        ("binary", "!base64", "base-64 encoded binary format"),
    ],
)
def test_a_value_is_of_its_type(iam: Any, kind: str, value: str, expected: str) -> None:
    entry = {"ContextKeyName": "stack:test", "ContextKeyValues": [value], "ContextKeyType": kind}
    asked: dict[str, Any] = {"PolicyInputList": [ALLOW_ALL], "ActionNames": ["s3:GetObject"], "ContextEntries": [entry]}
    sentence = f"Invalid context value for key stack:test: expected {expected}."
    assert refusal(iam.simulate_custom_policy, **asked) == ("InvalidInput", sentence)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("numeric", "-1.5"),
        ("date", "2026-01-01T00:00:00Z"),
        ("ip", "10.0.0.1"),
        ("ip", "2001:db8::1"),
        ("binary", "YQ=="),
        ("boolean", "yes"),
        ("string", ""),
    ],
)
def test_a_value_that_is_of_its_type_is_taken(iam: Any, kind: str, value: str) -> None:
    entry = {"ContextKeyName": "stack:test", "ContextKeyValues": [value], "ContextKeyType": kind}
    assert simulate(iam, ALLOW_ALL, ContextEntries=[entry])["EvalDecision"] == "allowed"


def test_a_key_is_given_once_whatever_its_case(iam: Any) -> None:
    entries = [
        {"ContextKeyName": name, "ContextKeyValues": ["a"], "ContextKeyType": "string"}
        for name in ("stack:test", "STACK:TEST")
    ]
    asked: dict[str, Any] = {"PolicyInputList": [ALLOW_ALL], "ActionNames": ["s3:GetObject"], "ContextEntries": entries}
    assert refusal(iam.simulate_custom_policy, **asked) == ("InvalidInput", "Duplicate context key: STACK:TEST.")


def test_an_explicit_deny_misses_nothing(iam: Any) -> None:
    asking = policy(allow("s3:GetObject", Condition={"StringEquals": {"stack:missing": "yes"}}))
    assert simulate(iam, asking)["MissingContextValues"] == ["stack:missing"]
    denied = simulate(iam, policy(deny("s3:GetObject")), asking)
    assert (denied["EvalDecision"], denied["MissingContextValues"]) == ("explicitDeny", [])


def test_what_stands_in_for_a_caller_is_missing_all_the_same(iam: Any, acme: Account) -> None:
    for key, value in (("aws:userid", "somebody"), ("aws:PrincipalAccount", "000000000000")):
        there = policy(allow("s3:GetObject", Condition={"Null": {key: "false"}}))
        assert simulate(iam, there)["EvalDecision"] == "allowed"
        result = simulate(iam, policy(allow("s3:GetObject", Condition={"StringEquals": {key: value}})))
        assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", [key])
    own = policy(allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalAccount": acme.id}}))
    assert simulate(iam, own)["EvalDecision"] == "allowed"


def test_a_group_may_be_the_caller_and_has_no_user_name(iam: Any, acme: Account) -> None:
    named = policy(allow("s3:GetObject", Condition={"StringEquals": {"aws:username": "team"}}))
    result = simulate(iam, named, CallerArn=acme.arn("group/team"))
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:username"])


def test_context_keys_that_were_not_given_are_named(iam: Any) -> None:
    document = policy(
        allow(
            "s3:GetObject",
            "arn:aws:s3:::${aws:PrincipalTag/team}/*",
            Condition={"Bool": {"aws:SecureTransport": "true"}},
        ),
        allow("sqs:*", Condition={"StringEquals": {"sqs:of-another-action": "x"}}),
    )
    result = simulate(iam, document, ResourceArns=[KEY])
    assert result["EvalDecision"] == "implicitDeny"
    assert sorted(result["MissingContextValues"]) == [
        "aws:PrincipalTag/team",
        "aws:SecureTransport",
        "sqs:of-another-action",
    ]
    entries = [
        {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyValues": ["plans"], "ContextKeyType": "string"},
        {"ContextKeyName": "aws:securetransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"},
    ]
    given = simulate(iam, document, ResourceArns=[KEY], ContextEntries=entries)
    assert given["EvalDecision"] == "allowed"
    assert given["MissingContextValues"] == []


def test_a_list_is_a_list_by_its_type(iam: Any) -> None:
    document = policy(allow("s3:*", Condition={"StringEquals": {"aws:TagKeys": "a"}}))
    entry = {"ContextKeyName": "aws:TagKeys", "ContextKeyValues": ["a"], "ContextKeyType": "stringList"}
    assert simulate(iam, document, ContextEntries=[entry])["EvalDecision"] == "implicitDeny"
    document = policy(allow("s3:*", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}))
    assert simulate(iam, document, ContextEntries=[entry])["EvalDecision"] == "allowed"


def test_a_resource_policy_allows_the_named_caller_alone(iam: Any, acme: Account) -> None:
    bob = acme.arn("user/bob")
    resource_policy = policy({**allow("s3:GetObject", f"{BUCKET}/*"), "Principal": {"AWS": bob}})
    options: dict[str, Any] = {"ResourceArns": [KEY], "ResourcePolicy": resource_policy}
    result = simulate(iam, CallerArn=bob, **options)
    assert result["EvalDecision"] == "allowed"
    assert sources(result) == [("ResourcePolicy", "Resource Policy")]
    assert simulate(iam, CallerArn=acme.arn("user/eve"), **options)["EvalDecision"] == "implicitDeny"


def test_across_accounts_both_sides_are_reported(iam: Any, acme: Account) -> None:
    bob = acme.arn("user/bob")
    resource_policy = policy({**allow("s3:GetObject", f"{BUCKET}/*"), "Principal": {"AWS": bob}})
    result = simulate(
        iam,
        CallerArn=bob,
        ResourceArns=[KEY],
        ResourcePolicy=resource_policy,
        ResourceOwner="arn:aws:iam::111122223333:root",
    )
    assert result["EvalDecision"] == "implicitDeny"
    details = {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    assert result["EvalDecisionDetails"] == details
    (specific,) = result["ResourceSpecificResults"]
    assert specific["EvalDecisionDetails"] == details


def test_across_accounts_a_boundary_is_a_side_of_its_own(iam: Any, acme: Account) -> None:
    bob = acme.arn("user/bob")
    result = simulate(
        iam,
        ALLOW_ALL,
        CallerArn=bob,
        ResourceArns=[KEY],
        ResourcePolicy=policy({**allow("s3:GetObject", f"{BUCKET}/*"), "Principal": {"AWS": bob}}),
        ResourceOwner="arn:aws:iam::111122223333:root",
        PermissionsBoundaryPolicyInputList=[policy(allow("s3:PutObject"))],
    )
    assert (result["EvalDecision"], result["MatchedStatements"]) == ("implicitDeny", [])
    assert result["EvalDecisionDetails"] == {
        "IAM Policy": "allowed",
        "Resource Policy": "allowed",
        "Permissions Boundary Policy": "implicitDeny",
    }


def test_a_trust_policy_is_evaluated(iam: Any, acme: Account) -> None:
    """Here the simulator is more exact than AWS's, which passes trust policies over."""
    bob, role = acme.arn("user/bob"), acme.arn("role/build")
    options: dict[str, Any] = {"ResourceArns": [role], "CallerArn": bob, "action": "sts:AssumeRole"}
    assert simulate(iam, ALLOW_ALL, ResourcePolicy=trust(AWS=bob), **options)["EvalDecision"] == "allowed"
    other = trust(AWS=acme.arn("user/eve"))
    assert simulate(iam, ALLOW_ALL, ResourcePolicy=other, **options)["EvalDecision"] == "implicitDeny"


def test_an_organization_that_denies_hides_what_others_say(iam: Any) -> None:
    levels = [
        {"ServiceControlPolicyInputList": [ALLOW_ALL]},
        {"ServiceControlPolicyInputList": [ALLOW_ALL, policy(deny("s3:*"))]},
    ]
    result = simulate(iam, ALLOW_ALL, OrderedOrganizationPolicyInputList=levels)
    assert result["EvalDecision"] == "explicitDeny"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert result["MatchedStatements"] == []
    narrow = [{"ServiceControlPolicyInputList": [policy(allow("sqs:*"))]}]
    both = simulate(iam, policy(deny("s3:*")), OrderedOrganizationPolicyInputList=narrow)
    assert both["EvalDecision"] == "explicitDeny"
    assert both["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    other = simulate(iam, ALLOW_ALL, action="sqs:SendMessage", OrderedOrganizationPolicyInputList=levels)
    assert other["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ResourceArns": ["plans"]}, "ResourceNames are not in a valid ARN format: plans."),
        ({"ResourceOwner": "123456789012"}, "'123456789012' is not a valid as a Resource Owner."),
        ({"CallerArn": "arn:aws:s3:::plans"}, "Invalid caller Arn: arn:aws:s3:::plans"),
    ],
)
def test_what_is_no_arn_is_refused(iam: Any, options: dict[str, Any], message: str) -> None:
    parameters = {"PolicyInputList": [ALLOW_ALL], "ActionNames": ["s3:GetObject"], **options}
    assert refusal(iam.simulate_custom_policy, **parameters) == ("InvalidInput", message)


def test_a_document_that_is_none_is_refused(iam: Any) -> None:
    asked: dict[str, Any] = {"ActionNames": ["s3:GetObject"], "PolicyInputList": [ALLOW_ALL, "{}"]}
    assert refusal(iam.simulate_custom_policy, **asked) == (
        "InvalidInput",
        "Policy input list item 2 has invalid content",
    )
