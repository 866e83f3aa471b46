"""The facts of AWS's service authorization reference that ship with the program."""

from __future__ import annotations

import json
import lzma
from importlib.resources import files
from typing import Any

import pytest

FOLDER = files("watchword.models").joinpath("reference")


def read(name: str) -> dict[str, Any]:
    data = FOLDER.joinpath(name).read_bytes()
    return json.loads(lzma.decompress(data) if name.endswith(".xz") else data)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("aws:PrincipalArn", "ARN"),
        ("aws:TagKeys", "String[]"),
        ("aws:CalledVia", "String[]"),
        ("aws:PrincipalOrgPaths", "String[]"),
        ("aws:SourceIp", "IPAddress"),
        ("aws:MultiFactorAuthAge", "Numeric"),
        ("aws:PrincipalTag/*", "String"),
        ("iam:PermissionsBoundary", "ARN"),
        ("identitystore:UserId", "String"),
        ("sts:TransitiveTagKeys", "String[]"),
        ("sts:RequestContextProviders", "ARN[]"),
        ("s3:max-keys", "Numeric"),
        ("s3:ExistingObjectTag/*", "String"),
        ("dynamodb:Attributes", "String[]"),
    ],
)
def test_condition_keys_have_their_declared_type(key: str, kind: str) -> None:
    assert read("condition_keys.json")[key.partition(":")[0]][key] == kind


def test_an_action_says_what_it_acts_on_and_which_keys_it_knows() -> None:
    iam = read("iam.json")
    assert iam["actions"]["CreateRole"]["resources"] == {"role": {"required": True}}
    assert "iam:PermissionsBoundary" in iam["actions"]["CreateRole"]["keys"]
    assert iam["resources"]["role"]["arn"] == "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"


def test_every_resource_type_of_an_action_is_described() -> None:
    for name in ("iam", "organizations", "s3", "sso", "sts"):
        service = read(f"{name}.json")
        used = {kind for action in service["actions"].values() for kind in action.get("resources", {})}
        assert used <= set(service["resources"]), name


def test_the_table_of_all_actions_agrees_with_the_services() -> None:
    table = read("actions.json.xz")
    assert len(table) > 400
    for name in ("iam", "s3", "sts"):
        listed = {action for names in table[name].values() for action in names.split()}
        assert listed == set(read(f"{name}.json")["actions"])
