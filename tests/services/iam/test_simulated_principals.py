"""The policies that users, groups and roles have, simulated, and the context keys that policies ask about."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, House, allow, deny, policy, refusal, trust, user_with
from tests.support.simulated import sources

BUCKET = "arn:aws:s3:::plans"
ALLOW_ALL = policy(allow("*"))


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
        (result,) = answer["EvaluationResults"]
        decisions = [each["EvalResourceDecision"] for each in result["ResourceSpecificResults"]]
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

    @pytest.mark.parametrize("kind", ["user", "group", "role"])
    def test_who_does_not_exist_has_no_policies(self, iam: Any, acme: Account, kind: str) -> None:
        asked = {"PolicySourceArn": acme.arn(f"{kind}/nobody"), "ActionNames": ["s3:GetObject"]}
        assert refusal(iam.simulate_principal_policy, **asked) == (
            "NoSuchEntity",
            "Unable to retrieve specified IAM entity.",
        )

    def test_policies_of_others_cannot_be_asked_about(self, iam: Any, acme: Account) -> None:
        other = "111122223333"
        sentence = (
            f"Invalid Policy Source Arn: caller's account {acme.id} does not have access to policies "
            f"in account {other}."
        )
        asked = {"PolicySourceArn": f"arn:aws:iam::{other}:user/bob", "ActionNames": ["s3:GetObject"]}
        assert refusal(iam.simulate_principal_policy, **asked) == ("InvalidInput", sentence)
        for arn in (acme.arn("root"), f"arn:aws:sts::{acme.id}:assumed-role/a/b", "not-an-arn-but-long-enough"):
            asked["PolicySourceArn"] = arn
            expected = ("InvalidInput", f"Invalid ARN provided in the request: {arn}")
            assert refusal(iam.simulate_principal_policy, **asked) == expected

    def test_a_policy_of_user_and_group_is_shown_once(self, iam: Any, acme: Account) -> None:
        arn = iam.create_policy(PolicyName="Twice", Path="/p/", PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
        iam.create_group(GroupName="twice")
        iam.create_user(UserName="ivan", PermissionsBoundary=arn)
        iam.add_user_to_group(GroupName="twice", UserName="ivan")
        iam.attach_group_policy(GroupName="twice", PolicyArn=arn)
        iam.attach_user_policy(UserName="ivan", PolicyArn=arn)
        asked = {"PolicySourceArn": acme.arn("user/ivan"), "ActionNames": ["sqs:SendMessage"]}
        (result,) = iam.simulate_principal_policy(**asked)["EvaluationResults"]
        assert sources(result) == [("Twice", "IAM Policy")]
        # Left out by its ARN, with or without the path, it is the boundary still.
        for named in (arn, acme.arn("policy/Twice")):
            excluded = [{"PolicyArn": named}]
            (without,) = iam.simulate_principal_policy(**asked, PolicyExclusionList=excluded)["EvaluationResults"]
            assert without["EvalDecision"] == "implicitDeny"
            assert without["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}

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
