"""What the operations of Organizations and STS declare, held against AWS's reference and the list of what is served."""

from __future__ import annotations

import json
import tomllib
from importlib import import_module
from importlib.resources import files
from typing import Any

import pytest

from watchword.gateway.identify import served
from watchword.services.authorization import requirements

SERVICES = ("organizations", "sts")
SERVED: dict[str, list[str]] = {
    service: tomllib.loads(files(f"watchword.services.{service}").joinpath("served.toml").read_text())["operations"]
    for service in SERVICES
}
REFERENCE: dict[str, Any] = {
    service: json.loads(files("watchword.models").joinpath(f"reference/{service}.json").read_text())
    for service in SERVICES
}


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_listed_as_served_is_declared_and_authorized(service: str) -> None:
    assert set(served(service).operations) == set(requirements(service)) == set(SERVED[service])


@pytest.mark.parametrize(("service", "name"), [(service, name) for service in SERVICES for name in SERVED[service]])
def test_an_operation_asks_for_what_the_reference_says(service: str, name: str) -> None:
    actions, asked = REFERENCE[service]["actions"], requirements(service)[name]
    assert asked.checks[0].action == f"{service}:{name}"
    assert all(check.action.removeprefix(f"{service}:") in actions for check in asked.checks)
    facts = actions.get(name, {})
    assert (asked.checks[0].resource == "none") is not bool(facts.get("resources"))
    documented = {key.lower().rstrip("*") for key in facts.get("keys", ()) if key.startswith(f"{service}:")}
    assert documented <= asked.keys


@pytest.mark.parametrize("service", SERVICES)
def test_every_declared_resolver_and_key_exists(service: str) -> None:
    resources = import_module(f"watchword.services.{service}.resources")
    context = import_module(f"watchword.services.{service}.context")
    for asked in requirements(service).values():
        assert {check.resource for check in asked.checks} <= set(resources.RESOLVERS)
        assert asked.keys <= set(context.KEYS) | set(context.PREFIXES)


def test_operations_that_change_something_say_that_they_write() -> None:
    for name, operation in served("organizations").operations.items():
        access = REFERENCE["organizations"]["actions"][name]["access"]
        assert operation.writes is (access not in {"Read", "List"}), name
