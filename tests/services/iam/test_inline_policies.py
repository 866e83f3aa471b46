"""Inline policies of users, groups and roles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.house import allow, policy, refusal, trust

HOLDERS = {"user": 2_048, "group": 5_120, "role": 10_240}
DOCUMENT = policy(allow("s3:ListBucket"))


class Holder:
    """One holder and the operations on its inline policies."""

    def __init__(self, iam: Any, kind: str, name: str) -> None:
        self._iam, self.kind, self.name = iam, kind, name
        self.named = {f"{kind.title()}Name": name}
        more = {"AssumeRolePolicyDocument": trust(Service="ec2.amazonaws.com")} if kind == "role" else {}
        getattr(iam, f"create_{kind}")(**self.named, **more)

    def operation(self, verb: str) -> Any:
        return getattr(self._iam, f"{verb}_{self.kind}_policy")

    def put(self, name: str, document: str = DOCUMENT) -> None:
        self.operation("put")(**self.named, PolicyName=name, PolicyDocument=document)

    def names(self, size: int = 100) -> list[str]:
        paginator = self._iam.get_paginator(f"list_{self.kind}_policies")
        pages = paginator.paginate(**self.named, PaginationConfig={"PageSize": size})
        return [name for page in pages for name in page["PolicyNames"]]


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_policy_is_put_shown_replaced_and_deleted(iam: Any, kind: str) -> None:
    holder = Holder(iam, kind, f"{kind}-lives")
    assert holder.names() == []
    holder.put("Grants")
    replaced = policy(allow("ec2:*"))
    holder.put("gRANTS", replaced)
    assert holder.names() == ["Grants"]
    shown = holder.operation("get")(**holder.named, PolicyName="GRANTS")
    assert shown["PolicyName"] == "GRANTS"
    assert shown[f"{kind.title()}Name"] == holder.name
    assert shown["PolicyDocument"] == json.loads(replaced)
    holder.operation("delete")(**holder.named, PolicyName="grants")
    assert holder.names() == []


@pytest.mark.parametrize("kind", HOLDERS)
def test_what_does_not_exist_is_said(iam: Any, kind: str) -> None:
    holder = Holder(iam, kind, f"{kind}-bare")
    absent = ("NoSuchEntity", f"The {kind} policy with name none cannot be found.")
    assert refusal(holder.operation("get"), **holder.named, PolicyName="none") == absent
    assert refusal(holder.operation("delete"), **holder.named, PolicyName="none") == absent
    nobody = {f"{kind.title()}Name": "nobody"}
    expected = ("NoSuchEntity", f"The {kind} with name nobody cannot be found.")
    assert refusal(holder.operation("get"), **nobody, PolicyName="p") == expected
    assert refusal(holder.operation("delete"), **nobody, PolicyName="p") == expected
    assert refusal(holder.operation("put"), **nobody, PolicyName="p", PolicyDocument=DOCUMENT) == expected


@pytest.mark.parametrize("kind", HOLDERS)
def test_names_come_in_pages(iam: Any, kind: str) -> None:
    holder = Holder(iam, kind, f"{kind}-pages")
    for name in ("c", "a", "E", "b", "d"):
        holder.put(name)
    assert holder.names(2) == holder.names() == ["a", "b", "c", "d", "E"]


@pytest.mark.parametrize(("kind", "limit"), HOLDERS.items())
def test_all_policies_of_a_holder_together_have_a_greatest_size(iam: Any, kind: str, limit: int) -> None:
    holder = Holder(iam, kind, f"{kind}-size")
    empty = len(policy(allow("s3:*", "arn:aws:s3:::")).replace(" ", ""))
    fits = policy(allow("s3:*", "arn:aws:s3:::" + "b" * (limit - 2 * empty - 10)))
    holder.put("most", fits)
    holder.put("most", fits.replace(" ", "\n\t "))
    rest = policy(allow("s3:*", "arn:aws:s3:::" + "b" * 10))
    holder.put("rest", rest)
    one_more = policy(allow("s3:*", "arn:aws:s3:::" + "b" * 11))
    assert refusal(holder.operation("put"), **holder.named, PolicyName="rest", PolicyDocument=one_more) == (
        "LimitExceeded",
        f"Maximum policy size of {limit} bytes exceeded for {kind} {holder.name}",
    )
    holder.put("rest", rest)


def test_what_is_no_policy_is_refused_and_leaves_the_old_one(iam: Any) -> None:
    holder = Holder(iam, "user", "malformed")
    holder.put("p")
    assert refusal(holder.operation("put"), **holder.named, PolicyName="p", PolicyDocument="{}") == (
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
    )
    assert holder.operation("get")(**holder.named, PolicyName="p")["PolicyDocument"] == json.loads(DOCUMENT)
