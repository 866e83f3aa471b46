"""Tags on users, roles, policies and instance profiles."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, House, allow, policy, refusal, trust, user_with

FOLDING, EXACT = ("user", "role"), ("policy", "instance_profile")


class Tagged:
    """One resource and the operations on its tags."""

    def __init__(self, iam: Any, kind: str, name: str, tags: dict[str, str] | None = None) -> None:
        self._iam, self.kind = iam, kind
        word = "".join(part.title() for part in kind.split("_"))
        self.named = {f"{word}Name": name}
        more: dict[str, Any] = {"Tags": pairs(tags)} if tags else {}
        if kind == "role":
            more["AssumeRolePolicyDocument"] = trust(Service="ec2.amazonaws.com")
        if kind == "policy":
            more["PolicyDocument"] = policy(allow("s3:*"))
        self.created = getattr(iam, f"create_{kind}")(**self.named, **more)[word]
        if kind == "policy":
            self.named = {"PolicyArn": self.created["Arn"]}

    def operation(self, verb: str) -> Any:
        return getattr(self._iam, f"{verb}_{self.kind}{'_tags' if verb == 'list' else ''}")

    def set(self, **tags: str) -> None:
        self.operation("tag")(**self.named, Tags=pairs(tags))

    def tags(self, size: int = 100) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        marker: dict[str, str] = {}
        while True:
            page = self.operation("list")(**self.named, MaxItems=size, **marker)
            found += [(tag["Key"], tag["Value"]) for tag in page["Tags"]]
            if not page["IsTruncated"]:
                return found
            marker = {"Marker": page["Marker"]}


def pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@pytest.mark.parametrize("kind", FOLDING + EXACT)
def test_tags_are_set_changed_listed_and_removed(iam: Any, kind: str) -> None:
    tagged = Tagged(iam, kind, f"{kind}-life")
    assert tagged.tags() == []
    tagged.set(b="1", a="2")
    tagged.set(b="", c="3")
    assert tagged.tags() == tagged.tags(1) == tagged.tags(2) == [("a", "2"), ("b", ""), ("c", "3")]
    tagged.operation("untag")(**tagged.named, TagKeys=["a", "absent"])
    assert tagged.tags() == [("b", ""), ("c", "3")]


@pytest.mark.parametrize("kind", FOLDING + EXACT)
def test_a_creation_shows_its_tags(iam: Any, kind: str) -> None:
    tagged = Tagged(iam, kind, f"{kind}-born", {"team": "blue"})
    assert tagged.created["Tags"] == pairs({"team": "blue"})


@pytest.mark.parametrize("kind", FOLDING)
def test_keys_of_principals_are_one_without_case(iam: Any, kind: str) -> None:
    tagged = Tagged(iam, kind, f"{kind}-folds", {"Team": "blue"})
    tagged.set(TEAM="red")
    assert tagged.tags() == [("TEAM", "red")]
    assert refusal(tagged.operation("tag"), **tagged.named, Tags=pairs({"x": "1", "X": "2"})) == (
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    tagged.operation("untag")(**tagged.named, TagKeys=["team"])
    assert tagged.tags() == []


@pytest.mark.parametrize("kind", EXACT)
def test_keys_of_other_resources_keep_their_case_apart(iam: Any, kind: str) -> None:
    tagged = Tagged(iam, kind, f"{kind}-exact", {"a": "lower", "A": "upper"})
    assert tagged.tags() == [("A", "upper"), ("a", "lower")]
    twice = [*pairs({"x": "1"}), *pairs({"x": "2"})]
    assert refusal(tagged.operation("tag"), **tagged.named, Tags=twice) == (
        "InvalidInput",
        "Duplicate tag keys found.",
    )


@pytest.mark.parametrize("kind", FOLDING + EXACT)
def test_reserved_and_too_many_tags_are_refused_whole(iam: Any, kind: str) -> None:
    tagged = Tagged(iam, kind, f"{kind}-full", {f"key{number}": "" for number in range(49)})
    assert refusal(tagged.operation("tag"), **tagged.named, Tags=pairs({"ok": "", "AWS:x": ""}))[0] == "InvalidInput"
    assert refusal(tagged.operation("tag"), **tagged.named, Tags=pairs({"one": "", "two": ""}))[0] == "LimitExceeded"
    assert len(tagged.tags()) == 49
    tagged.set(one="")
    assert refusal(tagged.operation("tag"), **tagged.named, Tags=pairs({f"k{n}": "" for n in range(51)})) == (
        "ValidationError",
        (
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: "
            "Member must have length less than or equal to 50"
        ),
    )


def test_what_does_not_exist_is_said(iam: Any, acme: Account) -> None:
    ghost = acme.arn("policy/ghost")
    for kind, named, message in (
        ("user", {"UserName": "none"}, "The user with name none cannot be found."),
        ("role", {"RoleName": "none"}, "The role with name none cannot be found."),
        ("policy", {"PolicyArn": ghost}, f"Policy {ghost} was not found."),
        ("instance_profile", {"InstanceProfileName": "none"}, "Instance Profile none cannot be found."),
    ):
        expected = ("NoSuchEntity", message)
        assert refusal(getattr(iam, f"tag_{kind}"), **named, Tags=pairs({"a": "b"})) == expected
        assert refusal(getattr(iam, f"untag_{kind}"), **named, TagKeys=["a"]) == expected
        assert refusal(getattr(iam, f"list_{kind}_tags"), **named) == expected


def test_permissions_follow_the_tags_of_the_resource(iam: Any, acme: Account) -> None:
    blue = policy(
        allow("iam:DeleteUser", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}),
        allow("iam:DeleteRole", Condition={"StringEquals": {"iam:ResourceTag/Team": "blue"}}),
    )
    cleaner = user_with(acme, "cleaner", blue).client("iam")
    for team in ("blue", "red"):
        iam.create_user(UserName=team, Tags=pairs({"Team": team}))
        iam.create_role(
            RoleName=team, AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"), Tags=pairs({"team": team})
        )
    assert refusal(cleaner.delete_user, UserName="red")[0] == "AccessDenied"
    assert refusal(cleaner.delete_role, RoleName="red")[0] == "AccessDenied"
    assert refusal(cleaner.delete_user, UserName="none")[0] == "AccessDenied"
    cleaner.delete_user(UserName="blue")
    cleaner.delete_role(RoleName="blue")


def test_permissions_follow_the_tags_of_the_request(acme: Account) -> None:
    only_blue = {
        "StringEquals": {"aws:RequestTag/team": "blue"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
    }
    maker = user_with(acme, "maker", policy(allow("iam:CreateUser"), allow("iam:TagUser", Condition=only_blue))).client(
        "iam"
    )
    maker.create_user(UserName="plain")
    for tags in ({"team": "red"}, {"team": "blue", "more": "x"}):
        code, message = refusal(maker.create_user, UserName="made", Tags=pairs(tags))
        assert code == "AccessDenied"
        assert f"iam:TagUser on resource: {acme.arn('user/made')} because" in message
    maker.create_user(UserName="made", Tags=pairs({"team": "blue"}))
    assert refusal(maker.tag_user, UserName="made", Tags=pairs({"team": "red"}))[0] == "AccessDenied"
    assert refusal(maker.untag_user, UserName="made", TagKeys=["team"])[0] == "AccessDenied"


def test_a_principal_is_known_by_its_tags(iam: Any, acme: Account) -> None:
    same_team = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    keeper = user_with(
        acme, "keeper", policy(allow("iam:GetUser", Condition=same_team)), Tags=pairs({"Team": "green"})
    ).client("iam")
    for team in ("green", "grey"):
        iam.create_user(UserName=f"of-{team}", Tags=pairs({"team": team}))
    assert keeper.get_user(UserName="of-green")["User"]["UserName"] == "of-green"
    assert refusal(keeper.get_user, UserName="of-grey")[0] == "AccessDenied"


def test_roles_of_aws_are_not_tagged(house: House, iam: Any, acme: Account) -> None:
    name = acme.service_role(house)
    assert refusal(iam.tag_role, RoleName=name, Tags=pairs({"a": "b"}))[0] == "UnmodifiableEntity"
    assert iam.list_role_tags(RoleName=name)["Tags"] == []
