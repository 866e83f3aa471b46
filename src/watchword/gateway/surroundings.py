"""What is known around one request and one of its checks: what condition keys are read from.

Holds values, decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from watchword.core.http import RequestHead
from watchword.directory.directory import Directory
from watchword.policy.access import SourcedPolicy
from watchword.services.authorization import KeyReader, PrefixReader, Requirement, Resource
from watchword.services.call import Authenticated
from watchword.signing.claims import Claim


class VpcEndpoint(msgspec.Struct, frozen=True):
    """The VPC endpoint that a listener stands for."""

    id: str
    """`vpce-…`."""
    vpc: str
    """`vpc-…`."""
    policy: SourcedPolicy
    account: str = ""
    """Who owns it; empty when the operator did not say."""
    region: str = ""


class Surroundings(msgspec.Struct, frozen=True, gc=False):
    """What every check of one request has in common."""

    head: RequestHead
    claim: Claim | None
    caller: Authenticated
    region: str
    now: datetime
    request: Any
    requirement: Requirement
    keys: Mapping[str, KeyReader]
    prefixes: Mapping[str, PrefixReader]
    endpoint: VpcEndpoint | None = None


class Facts:
    """One check: the request's surroundings, the resource, and the directory to look things up in."""

    __slots__ = ("around", "directory", "resource")

    def __init__(self, around: Surroundings, resource: Resource, directory: Directory) -> None:
        self.around = around
        self.resource = resource
        self.directory = directory
