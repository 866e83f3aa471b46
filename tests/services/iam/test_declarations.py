"""What IAM's operations declare, held against AWS's service authorization reference and the list of what is served."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from watchword.services.authorization import requirements
from watchword.services.iam.context import KEYS, PREFIXES
from watchword.services.iam.resources import RESOLVERS
from watchword.services.operation import OPERATIONS

SERVED: list[str] = tomllib.loads(files("watchword.services.iam").joinpath("served.toml").read_text())["operations"]
REFERENCE: dict[str, Any] = json.loads(files("watchword.models").joinpath("reference/iam.json").read_text())
OF_TEMPLATES = "iam:RoleTemplateARN"
"""A key of role templates, which are not served."""
PATHS = {"ListUsers", "ListGroups", "ListRoles", "ListPolicies", "ListInstanceProfiles"}
"""Operations without a resource type in the reference, which AWS's denials show with a path."""


def test_what_is_listed_as_served_is_declared_and_authorized() -> None:
    assert set(OPERATIONS["iam"]) == set(requirements("iam")) == set(SERVED)


@pytest.mark.parametrize("name", SERVED)
def test_an_operation_asks_for_what_the_reference_says(name: str) -> None:
    facts, asked = REFERENCE["actions"][name], requirements("iam")[name]
    first = asked.checks[0]
    assert first.action == f"iam:{name}"
    types = list(facts.get("resources", {}))
    if name == "GetAccessKeyLastUsed":
        assert first.resource == "access_key_owner"
    elif types:
        assert types[0].replace("-", "_") in first.resource
    else:
        assert (first.resource == "none") is (name not in PATHS)
    documented = {key.lower().rstrip("*") for key in facts.get("keys", ()) if key.startswith("iam:")}
    missing = documented - asked.keys - {OF_TEMPLATES.lower()}
    assert not missing
    assert all(check.action.removeprefix("iam:") in REFERENCE["actions"] for check in asked.checks)


def test_every_declared_resolver_and_key_exists() -> None:
    for asked in requirements("iam").values():
        assert {check.resource for check in asked.checks} <= set(RESOLVERS)
        assert asked.keys <= set(KEYS) | set(PREFIXES)


def test_operations_that_change_something_say_that_they_write() -> None:
    for name, operation in OPERATIONS["iam"].items():
        assert operation.writes is (REFERENCE["actions"][name]["access"] not in {"Read", "List"}), name
