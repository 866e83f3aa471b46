"""Managed policies on users, groups and roles."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.house import Account, allow, policy, refusal, trust

KINDS = ("user", "group", "role")
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class Holder:
    """One holder and the operations on its attachments."""

    def __init__(self, iam: Any, kind: str, name: str) -> None:
        self._iam, self.kind = iam, kind
        self.named = {f"{kind.title()}Name": name}
        more = {"AssumeRolePolicyDocument": trust(Service="ec2.amazonaws.com")} if kind == "role" else {}
        getattr(iam, f"create_{kind}")(**self.named, **more)

    def operation(self, verb: str) -> Any:
        return getattr(self._iam, f"{verb}_{self.kind}_policy")

    def attach(self, arn: str) -> None:
        self.operation("attach")(**self.named, PolicyArn=arn)

    def arns(self, size: int = 100, **options: Any) -> list[str]:
        paginator = self._iam.get_paginator(f"list_attached_{self.kind}_policies")
        pages = paginator.paginate(**self.named, **options, PaginationConfig={"PageSize": size})
        return [each["PolicyArn"] for page in pages for each in page["AttachedPolicies"]]


def make(iam: Any, name: str, path: str = "/") -> str:
    return iam.create_policy(PolicyName=name, Path=path, PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]


@pytest.mark.parametrize("kind", KINDS)
def test_attaching_twice_is_fine_and_detaching_twice_is_not(iam: Any, kind: str) -> None:
    holder, arn = Holder(iam, kind, f"{kind}-twice"), make(iam, f"{kind}-twice")
    assert holder.arns() == []
    for _ in range(2):
        holder.attach(arn)
        assert holder.arns() == [arn]
    holder.operation("detach")(**holder.named, PolicyArn=arn)
    assert refusal(holder.operation("detach"), **holder.named, PolicyArn=arn) == (
        "NoSuchEntity",
        f"Policy {arn} was not found.",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_lists_are_by_name_in_pages_and_under_a_path(iam: Any, kind: str) -> None:
    holder = Holder(iam, kind, f"{kind}-lists")
    own = [make(iam, f"{kind}-{letter}", "/deep/" + "x" * 500 + "/") for letter in "cab"]
    for arn in (*own, READ_ONLY):
        holder.attach(arn)
    everything = holder.arns()
    assert sorted(everything) == sorted([*own, READ_ONLY])
    assert [arn.rpartition("/")[2].lower() for arn in everything] == sorted(
        arn.rpartition("/")[2].lower() for arn in everything
    )
    assert holder.arns(1) == everything
    assert sorted(holder.arns(PathPrefix="/deep/")) == sorted(own)


@pytest.mark.parametrize("kind", KINDS)
def test_the_eleventh_policy_is_refused(iam: Any, kind: str) -> None:
    holder = Holder(iam, kind, f"{kind}-eleven")
    arns = [make(iam, f"{kind}-{number}") for number in range(11)]
    for arn in arns[:10]:
        holder.attach(arn)
    holder.attach(arns[0])
    assert refusal(holder.operation("attach"), **holder.named, PolicyArn=arns[10]) == (
        "LimitExceeded",
        f"Cannot exceed quota for PoliciesPer{kind.title()}: 10",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_only_policies_of_the_account_and_of_aws_can_be_attached(
    iam: Any, acme: Account, globex: Account, kind: str
) -> None:
    holder = Holder(iam, kind, f"{kind}-own")
    foreign = make(globex.administrator.client("iam"), f"{kind}-foreign")
    for arn in (foreign, acme.arn("policy/none"), "arn:aws:iam::aws:policy/NoSuchPolicy"):
        assert refusal(holder.operation("attach"), **holder.named, PolicyArn=arn) == (
            "NoSuchEntity",
            f"Policy {arn} does not exist or is not attachable.",
        )
    for text in ("a text that is no ARN", "arn:aws:s3:::bucket-of-somebody"):
        assert refusal(holder.operation("attach"), **holder.named, PolicyArn=text) == (
            "ValidationError",
            f"ARN {text} is not valid.",
        )
    linked = "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy"
    assert refusal(holder.operation("attach"), **holder.named, PolicyArn=linked)[0] == "PolicyNotAttachable"
    assert holder.arns() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_holder_that_does_not_exist_is_said(iam: Any, kind: str) -> None:
    nobody = {f"{kind.title()}Name": "nobody"}
    expected = ("NoSuchEntity", f"The {kind} with name nobody cannot be found.")
    assert refusal(getattr(iam, f"attach_{kind}_policy"), **nobody, PolicyArn=READ_ONLY) == expected
    assert refusal(getattr(iam, f"detach_{kind}_policy"), **nobody, PolicyArn=READ_ONLY) == expected
    assert refusal(getattr(iam, f"list_attached_{kind}_policies"), **nobody) == expected
