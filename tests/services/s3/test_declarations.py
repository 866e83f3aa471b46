"""What S3's operations declare, held against AWS's service authorization reference and the list of what is served."""

from __future__ import annotations

import json
import tomllib
from importlib import import_module
from importlib.resources import files
from typing import Any

import pytest

from watchword.gateway.s3_condition_keys import S3_KEYS
from watchword.services.authorization import requirements
from watchword.services.operation import OPERATIONS

REFERENCE: dict[str, Any] = json.loads(files("watchword.models").joinpath("reference/s3.json").read_text())[
    "actions"
] | {
    # Of directory buckets, whose service has a name of its own. Beginning a session writes nothing here.
    "s3express:CreateSession": {"access": "Read"},
    "s3express:ListAllMyDirectoryBuckets": {"access": "List"},
}
SERVICES = ("s3", "s3control")
SERVED = [
    (service, name)
    for service in SERVICES
    for name in tomllib.loads(files(f"watchword.services.{service}").joinpath("served.toml").read_text())["operations"]
]
NOT_BUILT = {
    # Access points, access grants, events on holds and annotations are not served.
    "s3:accessgrantsinstancearn",
    "s3:accesspointnetworkorigin",
    "s3:accesspointtag/",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:isreplicationpauserequest",
    "s3:object-lock-event-hold",
    "s3:object-lock-event-hold-duration-days",
    "s3:x-amz-bucket-namespace",
    "s3:x-amz-object-annotation-directive",
}
IN_SPITE_OF_THEIR_ACCESS = {"DeleteObjects"}
"""Decided key by key, so that the action of no single check says whether it writes."""


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_listed_as_served_is_declared_and_authorized(service: str) -> None:
    import_module(f"watchword.services.{service}")
    listed = {name for of, name in SERVED if of == service}
    assert set(OPERATIONS[service]) == set(requirements(service)) == listed


@pytest.mark.parametrize(("service", "name"), SERVED)
def test_an_operation_declares_the_keys_of_its_actions(service: str, name: str) -> None:
    asked = requirements(service)[name]
    actions = {check.action for check in asked.checks[:1]} or {"s3:DeleteObject", "s3:DeleteObjectVersion"}
    actions |= {check.version_action for check in asked.checks[:1] if check.version_action}
    documented = {
        key.lower().rstrip("*")
        for action in actions
        for key in REFERENCE[action.removeprefix("s3:")].get("keys", ())
        if key.startswith("s3:")
    }
    assert documented - asked.keys - NOT_BUILT == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_action_resolver_and_key_exists(service: str) -> None:
    resources, context = (import_module(f"watchword.services.{service}.{part}") for part in ("resources", "context"))
    of_the_head = {key.name.lower() for key in S3_KEYS}
    for name, asked in requirements(service).items():
        checks = [*asked.checks, *(check.missing for check in asked.checks if check.missing)]
        assert {check.resource for check in checks} <= set(resources.RESOLVERS), name
        actions = {check.action for check in checks} | {
            check.version_action for check in checks if check.version_action
        }
        assert {action.removeprefix("s3:") for action in actions} <= set(REFERENCE), name
        assert asked.keys <= set(context.KEYS) | set(context.PREFIXES) | of_the_head, name


@pytest.mark.parametrize(("service", "name"), SERVED)
def test_operations_that_change_something_say_that_they_write(service: str, name: str) -> None:
    if name in IN_SPITE_OF_THEIR_ACCESS:
        assert OPERATIONS[service][name].writes
        return
    action = requirements(service)[name].checks[0].action.removeprefix("s3:")
    assert OPERATIONS[service][name].writes is (REFERENCE[action]["access"] not in {"Read", "List"})
