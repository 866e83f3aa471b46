"""The policy simulator, asked by boto3."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, House, allow, deny, policy, refusal, trust, user_with

BUCKET = "arn:aws:s3:::plans"
KEY = f"{BUCKET}/a.txt"
ALLOW_ALL = policy(allow("*"))


def simulate(iam: Any, *policies: str, action: str = "s3:GetObject", **options: Any) -> dict[str, Any]:
    answer = iam.simulate_custom_policy(PolicyInputList=list(policies), ActionNames=[action], **options)
    (result,) = answer["EvaluationResults"]
    return result


def sources(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["SourcePolicyId"], each["SourcePolicyType"]) for each in result["MatchedStatements"]]


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
    ],
)
def test_wrong_requests_are_told_as_by_iam(iam: Any, parameters: dict[str, Any], sentence: str) -> None:
    # Source: AWS's answers as others recorded them (radkawar/stackd, testdata/aws/iam/simulation.json)
    request = {"PolicyInputList": [ALLOW_ALL], "ActionNames": ["s3:GetObject"], **parameters}
    assert refusal(iam.simulate_custom_policy, **request) == ("InvalidInput", sentence)


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


def test_every_action_meets_every_resource_in_order(iam: Any) -> None:
    answer = iam.simulate_custom_policy(
        PolicyInputList=[policy(allow("s3:GetObject", KEY))],
        ActionNames=["s3:GetObject", "S3:getobject", "s3:Nonsense*"],
        ResourceArns=[KEY, f"{BUCKET}/b.txt"],
    )
    results = answer["EvaluationResults"]
    assert [(each["EvalActionName"], each["EvalResourceName"][-5:], each["EvalDecision"]) for each in results] == [
        ("s3:GetObject", "a.txt", "allowed"),
        ("s3:GetObject", "b.txt", "implicitDeny"),
        ("S3:getobject", "a.txt", "allowed"),
        ("S3:getobject", "b.txt", "implicitDeny"),
        ("s3:Nonsense*", "a.txt", "implicitDeny"),
        ("s3:Nonsense*", "b.txt", "implicitDeny"),
    ]
    (specific,) = results[0]["ResourceSpecificResults"]
    assert specific["EvalResourceDecision"] == "allowed"
    assert specific["EvalResourceName"] == KEY


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
    assert result["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}


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
    code, message = refusal(iam.simulate_custom_policy, PolicyInputList=["{}"], ActionNames=["s3:GetObject"])
    assert code == "InvalidInput"
    assert message.startswith("PolicyInputList.1: ")


class TestOfAPrincipal:
    """SimulatePrincipalPolicy."""

    def test_all_policies_of_a_user_and_its_groups_count(self, iam: Any, acme: Account) -> None:
        user_with(acme, "bob", policy(allow("s3:GetObject")))
        iam.create_group(GroupName="team")
        iam.put_group_policy(GroupName="team", PolicyName="more", PolicyDocument=policy(allow("s3:PutObject")))
        iam.add_user_to_group(GroupName="team", UserName="bob")
        iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
        answer = iam.simulate_principal_policy(
            PolicySourceArn=acme.arn("user/some/path/BOB"),
            ActionNames=["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "ec2:RunInstances"],
        )
        named = [(each["EvalDecision"], sources(each)) for each in answer["EvaluationResults"]]
        assert named == [
            ("allowed", [("user_bob_grants", "IAM Policy")]),
            ("allowed", [("group_team_more", "IAM Policy")]),
            ("allowed", [("AmazonSQSFullAccess", "IAM Policy")]),
            ("implicitDeny", []),
        ]

    def test_the_boundary_of_a_role_limits_and_can_be_left_out(self, iam: Any, acme: Account) -> None:
        arn = iam.create_policy(PolicyName="Only", PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
        iam.create_role(RoleName="build", AssumeRolePolicyDocument=trust(AWS=acme.arn("root")), PermissionsBoundary=arn)
        iam.put_role_policy(RoleName="build", PolicyName="all", PolicyDocument=ALLOW_ALL)
        asked = {"PolicySourceArn": acme.arn("role/build"), "ActionNames": ["s3:GetObject"]}
        (limited,) = iam.simulate_principal_policy(**asked)["EvaluationResults"]
        assert limited["EvalDecision"] == "implicitDeny"
        assert limited["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
        excluded = [{"PolicyType": "permission-boundary"}]
        (free,) = iam.simulate_principal_policy(**asked, PolicyExclusionList=excluded)["EvaluationResults"]
        assert free["EvalDecision"] == "allowed"
        assert "PermissionsBoundaryDecisionDetail" not in free

    def test_variables_stand_for_the_user(self, iam: Any, acme: Account) -> None:
        user_with(acme, "carol", policy(allow("s3:GetObject", BUCKET + "/${aws:username}/*")))
        answer = iam.simulate_principal_policy(
            PolicySourceArn=acme.arn("user/carol"),
            ActionNames=["s3:GetObject"],
            ResourceArns=[f"{BUCKET}/carol/a", f"{BUCKET}/bob/a"],
        )
        decisions = [each["EvalDecision"] for each in answer["EvaluationResults"]]
        assert decisions == ["allowed", "implicitDeny"]

    def test_inline_policies_can_be_left_out_by_name(self, iam: Any, acme: Account) -> None:
        user_with(acme, "dave", ALLOW_ALL)
        name = {"PolicyName": "grants", "AttachmentType": "user", "AttachmentName": "dave"}
        (result,) = iam.simulate_principal_policy(
            PolicySourceArn=acme.arn("user/dave"),
            ActionNames=["s3:GetObject"],
            PolicyExclusionList=[{"InlinePolicyIdentifier": name}],
        )["EvaluationResults"]
        assert result["EvalDecision"] == "implicitDeny"

    def test_who_does_not_exist_has_no_policies(self, iam: Any, acme: Account) -> None:
        asked = {"PolicySourceArn": acme.arn("user/nobody"), "ActionNames": ["s3:GetObject"]}
        assert refusal(iam.simulate_principal_policy, **asked) == (
            "NoSuchEntity",
            "The user with name nobody cannot be found.",
        )

    def test_the_answer_is_what_the_live_engine_decides(self, iam: Any, acme: Account) -> None:
        document = policy(allow("iam:*"), deny("iam:GetUser", acme.arn("user/eve")))
        eve = user_with(acme, "eve", document).client("iam")
        answer = iam.simulate_principal_policy(
            PolicySourceArn=acme.arn("user/eve"),
            ActionNames=["iam:GetUser", "iam:ListUserTags"],
            ResourceArns=[acme.arn("user/eve")],
        )
        assert [each["EvalDecision"] for each in answer["EvaluationResults"]] == ["explicitDeny", "allowed"]
        assert refusal(eve.get_user, UserName="eve")[0] == "AccessDenied"
        assert eve.list_user_tags(UserName="eve")["Tags"] == []


class TestContextKeys:
    """GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy."""

    DOCUMENT = policy(
        allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/Team}", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        allow("s3:*", Condition={"StringLike": {"s3:prefix": ["${aws:username}/*"]}}),
    )
    KEYS = frozenset({"aws:PrincipalTag/Team", "aws:SecureTransport", "s3:prefix", "aws:username"})

    def test_keys_are_named_as_written_once_for_every_document(self, iam: Any) -> None:
        answer = iam.get_context_keys_for_custom_policy(PolicyInputList=[self.DOCUMENT, self.DOCUMENT])
        assert sorted(answer["ContextKeyNames"]) == sorted([*self.KEYS, *self.KEYS])

    def test_a_document_may_lack_what_is_not_asked_for(self, iam: Any) -> None:
        documents = ['{"Version":"2012-10-17"}', '{"Statement":{"Effect":"Allow","Condition":{"Null":{"k":"true"}}}}']
        assert iam.get_context_keys_for_custom_policy(PolicyInputList=documents)["ContextKeyNames"] == ["k"]
        code, message = refusal(
            iam.get_context_keys_for_custom_policy, PolicyInputList=['{"Statement":{"Action":"*"}}']
        )
        assert (code, message.partition(":")[0]) == ("InvalidInput", "PolicyInputList.1")

    def test_those_of_a_principal_come_first(self, iam: Any, acme: Account) -> None:
        user_with(acme, "frank", self.DOCUMENT)
        answer = iam.get_context_keys_for_principal_policy(
            PolicySourceArn=acme.arn("user/frank"),
            PolicyInputList=[policy(allow("s3:*", Condition={"Null": {"aws:TokenIssueTime": "true"}}))],
        )
        assert set(answer["ContextKeyNames"]) == self.KEYS | {"aws:TokenIssueTime"}
        assert answer["ContextKeyNames"][-1] == "aws:TokenIssueTime"

    def test_a_shared_policy_counts_once_and_the_boundary_too(self, iam: Any, acme: Account) -> None:
        arns: dict[str, str] = {}
        for name in ("shared", "bounds"):
            document = policy(allow("*", Condition={"Null": {f"aws:PrincipalTag/{name}": "true"}}))
            arns[name] = iam.create_policy(PolicyName=f"keys-{name}", PolicyDocument=document)["Policy"]["Arn"]
        iam.create_user(UserName="heidi", PermissionsBoundary=arns["bounds"])
        iam.create_group(GroupName="readers")
        iam.add_user_to_group(UserName="heidi", GroupName="readers")
        iam.attach_user_policy(UserName="heidi", PolicyArn=arns["shared"])
        iam.attach_group_policy(GroupName="readers", PolicyArn=arns["shared"])
        for source, names in (("user/heidi", ["shared", "bounds"]), ("group/readers", ["shared"])):
            answer = iam.get_context_keys_for_principal_policy(PolicySourceArn=acme.arn(source))
            assert answer["ContextKeyNames"] == [f"aws:PrincipalTag/{name}" for name in names]


def test_who_may_not_simulate_is_refused(house: House, acme: Account) -> None:
    iam = user_with(acme, "grace", policy(allow("iam:GetUser"))).client("iam")
    code, message = refusal(
        iam.simulate_principal_policy, PolicySourceArn=acme.arn("user/grace"), ActionNames=["s3:GetObject"]
    )
    assert code == "AccessDenied"
    assert "iam:SimulatePrincipalPolicy on resource: user grace" in message
