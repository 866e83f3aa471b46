"""What each operation asks permission for: `authorization.toml` beside the operations, read once.

    [CreateRole]
    action   = "iam:CreateRole"
    resource = "role"                       # a resolver in the service's resources.py
    keys     = ["iam:PermissionsBoundary"]  # service keys that a policy may ask about; aws:* keys always exist
    also     = [{ action = "iam:TagRole", when = "Tags" }]

`also` names further checks; `when` is a request member that must be present for them, `resource` another resolver.
`always = true` marks the few operations that no policy can deny. Every check of an operation must be allowed.
Source: AWS's service authorization reference.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from watchword.core.tags import Tags
from watchword.directory.directory import Directory
from watchword.services.call import Authenticated


@dataclass(frozen=True, slots=True)
class Resource:
    """What an operation acts on, as policies see it."""

    arn: str
    """`*` for operations without a resource type."""
    account: str
    """The account that owns it; the caller's own for what does not exist."""
    tags: Tags = ()
    policy: str | None = None
    """Its resource-based policy or trust policy, as text."""
    is_hidden: bool = False
    """True when a caller of another account must not learn whether it exists (S3 buckets)."""


Resolver = Callable[[Any, Directory, Authenticated], Resource]
"""Finds the resource of a request. What is missing is given as its path-less ARN in the caller's account."""


KeyValue = str | tuple[str, ...] | None
"""A condition key's value: text, several texts when the key is declared multivalued, None when it is absent."""
KeyReader = Callable[[Any, Resource, Authenticated], KeyValue]
"""Reads a service condition key (`KEYS` in a service's context.py) for one check of a request."""
PrefixReader = Callable[[Any, Resource, Authenticated, str], KeyValue]
"""Reads a key with a name part, such as `iam:ResourceTag/team` (`PREFIXES`); the name comes in lower case."""


@dataclass(frozen=True, slots=True)
class Check:
    """One (action, resource) pair that must be allowed."""

    action: str
    resource: str
    """The resolver's name."""
    when: str | None = None
    """The request attribute (snake case) that must be present."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """All that one operation asks for."""

    checks: tuple[Check, ...]
    keys: frozenset[str]
    """Service condition keys, in lower case; a key with a name part ends with `/`."""
    is_always_allowed: bool = False
    """No policy controls it: GetCallerIdentity, GetSessionToken."""


@lru_cache(maxsize=64)
def requirements(service: str) -> Mapping[str, Requirement]:
    """What every operation of a service asks for, by operation name."""
    text = files("watchword.services").joinpath(service, "authorization.toml").read_text("utf-8")
    return {name: _requirement(entry) for name, entry in tomllib.loads(text).items()}


def _requirement(entry: dict[str, Any]) -> Requirement:
    first = Check(entry["action"], entry["resource"])
    further = tuple(
        Check(also["action"], also.get("resource", entry["resource"]), _attribute(also.get("when")))
        for also in entry.get("also", ())
    )
    return Requirement(
        checks=(first, *further),
        keys=frozenset(_key(name) for name in entry.get("keys", ())),
        is_always_allowed=entry.get("always", False),
    )


def _attribute(member: str | None) -> str | None:
    return None if member is None else xform_name(member)


def _key(name: str) -> str:
    prefix, slash, _ = name.lower().partition("/")
    return prefix + slash
