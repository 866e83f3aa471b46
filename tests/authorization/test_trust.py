"""Assuming roles: what the trust policy must say, what the caller's own policies must say, what sessions pass on."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, Keys, allow, deny, policy, refusal, trust, user_with

ASSUME = policy(allow("sts:AssumeRole"))
BOTH = policy(allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]))
TAGS = {"Tags": [{"Key": "team", "Value": "red"}]}


def trusted(principal: Any, actions: str | list[str] = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy with these actions and conditions."""
    return policy({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, **more})


def role(account: Account, name: str, document: str, grants: str | None = None) -> str:
    """A new role; gives back its ARN."""
    iam = account.administrator.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    if grants is not None:
        iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=grants)
    return account.arn(f"role/{name}")


def refused(keys: Keys, arn: str, **options: Any) -> str:
    """The action that is refused to a caller."""
    code, message = refusal(keys.client("sts").assume_role, RoleArn=arn, RoleSessionName="test", **options)
    assert code == "AccessDenied", message
    action, _, rest = message.partition("is not authorized to perform: ")[2].partition(" on resource: ")
    assert rest == arn, message
    return action


@pytest.fixture(scope="module")
def nobody(acme: Account) -> Keys:
    return user_with(acme, "nobody")


@pytest.fixture(scope="module")
def caller(acme: Account) -> Keys:
    """A user who may assume roles as far as its own account is asked."""
    return user_with(acme, "caller", BOTH)


class TestInOneAccount:
    def test_trust_in_the_account_needs_the_callers_own_policy(self, acme: Account, nobody: Keys, caller: Keys) -> None:
        # worked case 23
        arn = role(acme, "of-account", trusted(acme.id))
        assert refused(nobody, arn) == "sts:AssumeRole"
        acme.assume("of-account", caller)

    def test_trust_in_the_user_is_enough(self, acme: Account, nobody: Keys) -> None:
        # worked case 24
        role(acme, "of-user", trusted(acme.arn("user/nobody")))
        acme.assume("of-user", nobody)

    def test_a_deny_of_the_callers_own_is_final(self, acme: Account) -> None:
        keys = user_with(acme, "denied", policy(deny("sts:AssumeRole")))
        assert refused(keys, role(acme, "of-denied", trusted(acme.arn("user/denied")))) == "sts:AssumeRole"


class TestAcrossAccounts:
    def test_both_sides_must_allow(self, acme: Account, globex: Account, nobody: Keys, caller: Keys) -> None:
        role(globex, "for-acme", trusted(acme.id))
        role(globex, "for-users", trusted([acme.arn("user/nobody"), acme.arn("user/caller")]))
        arn = globex.arn("role/for-users")
        assert refused(nobody, arn) == "sts:AssumeRole"
        assert refused(caller, role(globex, "for-nobody", trusted(globex.id))) == "sts:AssumeRole"
        for name in ("for-acme", "for-users"):
            keys = globex.assume(name, caller)
            assert keys.client("sts").get_caller_identity()["Account"] == globex.id

    def test_a_role_that_is_missing_looks_like_one_that_trusts_others(self, globex: Account, caller: Keys) -> None:
        assert refused(caller, globex.arn("role/never-was")) == "sts:AssumeRole"

    @pytest.mark.parametrize("given", [{}, {"ExternalId": "wrong"}, {"ExternalId": "Right"}])
    def test_the_confused_deputy_lacks_the_external_id(
        self, acme: Account, globex: Account, caller: Keys, given: dict[str, str]
    ) -> None:
        name = f"external-{len(given)}-{given.get('ExternalId', '')}"
        condition = {"StringEquals": {"sts:ExternalId": "right"}}
        arn = role(globex, name, trusted(acme.id, Condition=condition))
        assert refused(caller, arn, **given) == "sts:AssumeRole"
        globex.assume(name, caller, ExternalId="right")

    def test_root_of_an_account_assumes_nothing(self, acme: Account, globex: Account) -> None:
        arn = role(globex, "for-root", trusted(acme.id))
        assert refusal(acme.root.client("sts").assume_role, RoleArn=arn, RoleSessionName="test") == (
            "AccessDenied",
            "Roles may not be assumed by root accounts.",
        )


class TestTags:
    def test_tags_are_allowed_by_the_trust_and_by_the_caller(self, acme: Account, caller: Keys) -> None:
        # worked case 25
        arn = role(acme, "untagged", trusted(acme.id))
        assert refused(caller, arn, **TAGS) == "sts:TagSession"
        both = ["sts:AssumeRole", "sts:TagSession"]
        arn = role(acme, "tagged", trusted(acme.id, both))
        acme.assume("tagged", caller, **TAGS)
        lacking = user_with(acme, "lacking", ASSUME)
        assert refused(lacking, arn, **TAGS) == "sts:TagSession"

    def test_a_trust_policy_can_ask_for_certain_tags(self, acme: Account, caller: Keys) -> None:
        condition = {
            "StringEquals": {"aws:RequestTag/team": "red"},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["team"], "sts:TransitiveTagKeys": ["team"]},
        }
        arn = role(acme, "red-only", trusted(acme.id, ["sts:AssumeRole", "sts:TagSession"], Condition=condition))
        acme.assume("red-only", caller, **TAGS, TransitiveTagKeys=["team"])
        assert refused(caller, arn) == "sts:AssumeRole"
        assert refused(caller, arn, Tags=[{"Key": "team", "Value": "blue"}]) == "sts:AssumeRole"
        more = [*TAGS["Tags"], {"Key": "extra", "Value": "1"}]
        assert refused(caller, arn, Tags=more) == "sts:AssumeRole"

    def test_transitive_tags_go_on_and_ask_for_permission_again(self, acme: Account, caller: Keys) -> None:
        both = ["sts:AssumeRole", "sts:TagSession"]
        role(acme, "first", trusted(acme.id, both), BOTH)
        keys = acme.assume("first", caller, **TAGS, TransitiveTagKeys=["team"])
        passing = acme.assume("first", caller, **TAGS)
        only = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
        role(acme, "second", trusted(acme.id, both), policy(allow("iam:ListUsers", Condition=only)))
        acme.assume("second", keys).client("iam").list_users()
        assert refusal(acme.assume("second", passing).client("iam").list_users)[0] == "AccessDenied"
        closed = role(acme, "second-untagged", trusted(acme.id))
        assert refused(keys, closed) == "sts:TagSession"
        acme.assume("second-untagged", passing)
        code, _ = refusal(
            keys.client("sts").assume_role,
            RoleArn=acme.arn("role/second"),
            RoleSessionName="test",
            Tags=[{"Key": "TEAM", "Value": "blue"}],
        )
        assert code == "InvalidParameterValue"


class TestSourceIdentity:
    def test_it_is_allowed_by_the_trust_and_by_the_caller(self, acme: Account, caller: Keys) -> None:
        named = {"SourceIdentity": "ada"}
        arn = role(acme, "no-source", trusted(acme.id))
        assert refused(caller, arn, **named) == "sts:SetSourceIdentity"
        arn = role(acme, "source", trusted(acme.id, ["sts:AssumeRole", "sts:SetSourceIdentity"]), BOTH)
        acme.assume("source", caller, **named)
        assert refused(user_with(acme, "no-namer", ASSUME), arn, **named) == "sts:SetSourceIdentity"

    def test_it_stays_through_a_chain_and_asks_for_permission_again(self, acme: Account, caller: Keys) -> None:
        both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
        only = policy(allow("iam:ListUsers", Condition={"StringEquals": {"aws:SourceIdentity": "ada"}}))
        role(acme, "chain-1", trusted(acme.id, both), BOTH)
        role(acme, "chain-2", trusted(acme.id, both), only)
        keys = acme.assume("chain-1", caller, SourceIdentity="ada")
        acme.assume("chain-2", keys).client("iam").list_users()
        assert refused(keys, role(acme, "chain-3", trusted(acme.id))) == "sts:SetSourceIdentity"
        code, _ = refusal(
            keys.client("sts").assume_role,
            RoleArn=acme.arn("role/chain-2"),
            RoleSessionName="test",
            SourceIdentity="eve",
        )
        assert code == "AccessDenied"


class TestChains:
    def test_a_chained_session_lasts_an_hour_at_most(self, acme: Account, caller: Keys) -> None:
        iam = acme.administrator.client("iam")
        for name in ("link-1", "link-2"):
            role(acme, name, trusted(acme.id), ASSUME)
            iam.update_role(RoleName=name, MaxSessionDuration=7200)
        keys = acme.assume("link-1", caller, DurationSeconds=7200)
        acme.assume("link-2", keys, DurationSeconds=3600)
        code, message = refusal(
            keys.client("sts").assume_role,
            RoleArn=acme.arn("role/link-2"),
            RoleSessionName="test",
            DurationSeconds=3601,
        )
        assert (code, "role chaining" in message) == ("ValidationError", True)

    def test_a_role_assumes_itself_only_if_its_trust_policy_names_it(self, acme: Account, caller: Keys) -> None:
        arn = role(acme, "narcissus", trusted(acme.id), ASSUME)
        keys = acme.assume("narcissus", caller)
        assert refused(keys, arn) == "sts:AssumeRole"
        role(acme, "admirer", trusted(acme.id), ASSUME)
        iam = acme.administrator.client("iam")
        iam.update_assume_role_policy(RoleName="narcissus", PolicyDocument=trusted([arn, acme.id]))
        acme.assume("narcissus", keys)
        acme.assume("narcissus", acme.assume("admirer", caller))

    def test_conditions_see_the_roles_tags_and_the_session_name(self, acme: Account, caller: Keys) -> None:
        iam = acme.administrator.client("iam")
        condition = {"StringLike": {"sts:RoleSessionName": "te*"}, "StringEquals": {"iam:ResourceTag/env": "dev"}}
        arn = role(acme, "conditional", trusted(acme.id, Condition=condition))
        assert refused(caller, arn) == "sts:AssumeRole"
        iam.tag_role(RoleName="conditional", Tags=[{"Key": "env", "Value": "dev"}])
        acme.assume("conditional", caller)

    def test_context_assertions_are_refused_not_ignored(self, acme: Account, caller: Keys) -> None:
        both = ["sts:AssumeRole", "sts:SetContext"]
        arn = role(acme, "context", trusted([acme.arn("user/caller")], both))
        asked = {
            "ProvidedContexts": [{"ProviderArn": "arn:aws:iam::aws:contextProvider/x", "ContextAssertion": "abcd"}]
        }
        code, message = refusal(caller.client("sts").assume_role, RoleArn=arn, RoleSessionName="test", **asked)
        assert (code, "ProvidedContexts" in message) == ("ValidationError", True)


def test_only_those_who_are_permitted_may_try(acme: Account) -> None:
    keys = user_with(acme, "narrow", policy(allow("sts:AssumeRole", acme.arn("role/that-*"))))
    role(acme, "that-one", trust(AWS=acme.id))
    acme.assume("that-one", keys)
    assert refused(keys, role(acme, "this-one", trust(AWS=acme.id))) == "sts:AssumeRole"
