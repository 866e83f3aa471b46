"""What simulated actions can be about: a resource of their service, and the one name of several resources.

Decides only what the service reference is sure of: an action whose kinds of resources are known never has a resource of
another service. Never decides about actions that the reference does not have, or has without resources.

Source: AWS's service authorization references (`models/reference`); the names of several resources, and that an action
is denied on the resource of another service, are in answers of AWS that others recorded (radkawar/stackd,
testdata/aws/iam/simulation.json).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

_FORMATS: Final = {
    "ec2": "arn:aws:ec2:${Region}:${Account}:${ResourceType}/${ResourcePath}",
    "iam": "arn:aws:iam::${Account}:${ResourceType}/${ResourceName}",
    "s3": "arn:aws:s3:::${BucketName}/${KeyName}",
}
"""The recorded ones. AWS has one for a service, whatever its action."""


class _Resource(msgspec.Struct):
    arn: str


class _Action(msgspec.Struct):
    resources: dict[str, msgspec.Raw] = {}


class _Reference(msgspec.Struct):
    actions: dict[str, _Action]
    resources: dict[str, _Resource]


def common_name(action: str) -> str:
    """How a result names several resources of an action: the format of its service's ARNs."""
    # DIFFERS: 0005. For other services than the recorded ones the format is a general one.
    service = action.partition(":")[0].lower()
    return _FORMATS.get(service) or f"arn:aws:{service}:${{Region}}:${{Account}}:${{ResourceType}}/${{ResourceName}}"


def can_be_about(action: str, resource: str) -> bool:
    """False when the action is known to be about resources of other services than this one's."""
    if resource == "*":
        return True
    service, _, name = action.lower().partition(":")
    services = _resource_services(service).get(name) if service in _services() else None
    return not services or resource.split(":", 3)[2] in services


@cache
def _services() -> frozenset[str]:
    """The services that have a reference of their own here."""
    names = (each.name for each in files("watchword.models").joinpath("reference").iterdir())
    return frozenset(name.removesuffix(".json") for name in names if name.endswith(".json")) - {"condition_keys"}


@cache
def _resource_services(service: str) -> Mapping[str, frozenset[str]]:
    """The actions of a service in lower case, each with the services whose resources it is about."""
    data = files("watchword.models").joinpath("reference", f"{service}.json").read_bytes()
    reference = msgspec.json.decode(data, type=_Reference)
    of_kind = {kind: resource.arn.split(":", 3)[2] for kind, resource in reference.resources.items()}
    return {
        name.lower(): frozenset(of_kind[kind] for kind in action.resources if kind in of_kind)
        for name, action in reference.actions.items()
    }
