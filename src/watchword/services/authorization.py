"""What each operation asks permission for: `authorization.toml` beside the operations, read once.

    [CreateRole]
    action   = "iam:CreateRole"
    resource = "role"                       # a resolver in the service's resources.py
    keys     = ["iam:PermissionsBoundary"]  # service keys that a policy may ask about; aws:* keys always exist
    also     = [{ action = "iam:TagRole", when = "Tags" }]

`also` names further checks; `when` is a request member that must be present for them, `unless` a value of that member
which needs no check, `inherited` an attribute of the caller's session that asks for them as well, `resource` another
resolver. `missing` is a check that is asked only when a check's resource is
missing from what holds it: refused, the answer is AccessDenied, so that only those who may list learn what is absent.
`version_action` stands in for `action` when the resource is a certain version of an object.
`second_factor = true` marks the operation for whose checks a second factor that comes with the request counts as
given: it then issues nothing unless the code is right.
`anonymous` is the sentence that refuses callers without credentials, whatever a policy says.
`always = true` marks the few operations that no policy can deny. Every check of an operation must be allowed.

`each = "deletions"` stands instead of action and resource: a resolver of `EACH` in resources.py lists pairs of action
and resource, the operation runs in any case, and `Call.refusals` says which resources it may not touch.
Source: AWS's service authorization reference.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec

from watchword.core.tags import Tags
from watchword.directory.directory import Directory
from watchword.protocols.names import attribute_name
from watchword.services.call import Authenticated

BOUND_TO = "watchword:BoundTo"
"""A key in the context of a session that is good for one thing alone: an action, a space, and a resource's ARN."""


class AccessPointFacts(NamedTuple):
    """What policies may ask of the access point that a request goes through, or is about."""

    arn: str
    """Empty for one that is to be made: the resource's own."""
    account: str
    network_origin: str
    """`Internet` or `VPC`."""
    tags: Tags = ()


class Resource(msgspec.Struct, frozen=True):
    """What an operation acts on, as policies see it."""

    arn: str
    """`*` for operations without a resource type."""
    account: str
    """The account that owns it; the caller's own for what does not exist."""
    tags: Tags = ()
    policy: str | None = None
    """Its resource-based policy or trust policy, as text."""
    is_trust: bool = False
    """True for a role that is to be assumed: `policy` is its trust policy, and without its Allow nothing is allowed."""
    is_missing: bool = False
    """True when it does not exist and what would hold it does (an object in a bucket)."""
    shown: str = ""
    """How a denial names it where AWS does not print the ARN (`role build`); empty: the ARN."""
    is_public_blocked: bool = True
    """True while its owner has not said that the public may be let in by its policy."""
    is_service_linked: bool = False
    """True for a service-linked role that is to be assumed: resource control policies leave it alone."""
    is_version: bool = False
    """True for a version of an object that the request names by its id."""
    version_id: str | None = None
    """The id of that version where the request names several."""
    object_tags: Tags = ()
    """The tags of an S3 object, which are `s3:ExistingObjectTag`."""
    bucket_tags: Tags = ()
    """The tags of the bucket, or of the bucket that holds the object: `s3:BucketTag`."""
    through: Resource | None = None
    """Another resource on the way to this one, an access point: the same action must be allowed on it, too."""
    access_point: AccessPointFacts | None = None
    """The access point on the way, or the one that this is, or an object in it."""
    action: str = ""
    """What is asked of it, whatever the operation says; empty: as the operation says."""
    is_regional: bool = False
    """True for an ARN that leaves out the region, which is the request's."""


Resolver = Callable[[Any, Directory, Authenticated], Resource]
"""Finds the resource of a request. What is missing is given as its path-less ARN in the caller's account."""
FurtherResolver = Callable[[Any, Directory, Authenticated], Resource | None]
"""Finds the resource of a further check; None when the request touches nothing that the check is about."""
EachResolver = Callable[[Any, Directory, Authenticated], Sequence[tuple[str, Resource]]]
"""Lists what a request acts on one by one: pairs of action and resource."""


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
    unless: str | None = None
    """A value of that attribute which needs no check."""
    inherited: str | None = None
    """A session attribute whose presence asks for the check as well: what chained sessions pass on."""
    version_action: str | None = None
    """The action instead of `action` when the resource is a certain version of an object."""
    missing: Check | None = None
    """Asked when this check's resource is missing."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """All that one operation asks for."""

    checks: tuple[Check, ...]
    """Empty when each resource is decided by itself."""
    keys: frozenset[str]
    """Service condition keys, in lower case; a key with a name part ends with `/`."""
    is_always_allowed: bool = False
    """No policy controls it: GetCallerIdentity, GetSessionToken."""
    takes_second_factor: bool = False
    """A second factor that comes with the request counts as given."""
    each: str | None = None
    """The name of the resolver that lists what is decided one by one."""
    anonymous: str = ""
    """What callers without credentials are told, when no policy can let them in; empty: a policy may."""


@lru_cache(maxsize=64)
def requirements(service: str) -> Mapping[str, Requirement]:
    """What every operation of a service asks for, by operation name."""
    text = files("watchword.services").joinpath(service, "authorization.toml").read_text("utf-8")
    return {name: _requirement(entry) for name, entry in tomllib.loads(text).items()}


def _requirement(entry: dict[str, Any]) -> Requirement:
    if "each" in entry:
        return Requirement((), frozenset(map(_key, entry.get("keys", ()))), each=entry["each"])
    return Requirement(
        checks=(_check(entry, ""), *(_check(also, entry["resource"]) for also in entry.get("also", ()))),
        keys=frozenset(_key(name) for name in entry.get("keys", ())),
        is_always_allowed=entry.get("always", False),
        takes_second_factor=entry.get("second_factor", False),
        anonymous=entry.get("anonymous", ""),
    )


def _check(entry: dict[str, Any], resource: str) -> Check:
    return Check(
        entry["action"],
        entry.get("resource", resource),
        _attribute(entry.get("when")),
        entry.get("unless"),
        entry.get("inherited"),
        entry.get("version_action"),
        _check(entry["missing"], resource) if "missing" in entry else None,
    )


def _attribute(member: str | None) -> str | None:
    return None if member is None else attribute_name(member)


def _key(name: str) -> str:
    prefix, slash, _ = name.lower().partition("/")
    return prefix + slash
