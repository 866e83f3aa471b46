"""The request context: condition keys, computed only when a policy asks for one.

Keys come from one table each: those of the whole house here, a service's own in its `context.py`, restricted to what
the operation's `authorization.toml` declares. A tuple is the value of a key that is declared multivalued.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from watchword.core.clock import iso8601
from watchword.core.http import RequestHead
from watchword.core.tags import Tags
from watchword.directory.directory import Directory
from watchword.policy.principals import Kind
from watchword.policy.variables import ContextValue
from watchword.services.authorization import KeyReader, PrefixReader, Requirement, Resource
from watchword.services.call import Authenticated
from watchword.signing.claims import Claim


class Surroundings(msgspec.Struct, frozen=True):
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


class RequestContext:
    """The context of one check: `policy.access.Context`."""

    __slots__ = ("_around", "_directory", "_resource")

    def __init__(self, around: Surroundings, resource: Resource, directory: Directory) -> None:
        self._around = around
        self._resource = resource
        self._directory = directory

    def get(self, key: str, /) -> ContextValue:
        """The value of a key, named in lower case, or None."""
        reader = _KEYS.get(key)
        if reader is not None:
            return reader(self._around, self._resource)
        prefix, slash, name = key.partition("/")
        if slash:
            if prefix == "aws:principaltag":
                return tag_value(principal_tags(self._around.caller, self._directory), name)
            prefix_reader = _PREFIXES.get(prefix)
            if prefix_reader is not None:
                return prefix_reader(self._around, self._resource, name)
        return self._of_service(key, prefix + slash, name)

    def _of_service(self, key: str, prefix: str, name: str) -> ContextValue:
        around = self._around
        if key in around.requirement.keys:
            head_reader = _S3_KEYS.get(key)
            if head_reader is not None:
                return head_reader(around, self._resource)
            if key in around.keys:
                return around.keys[key](around.request, self._resource, around.caller)
        if name and prefix in around.requirement.keys and prefix in around.prefixes:
            return around.prefixes[prefix](around.request, self._resource, around.caller, name)
        return None


def tag_value(tags: Tags, name: str) -> str | None:
    """The value of the tag with this name in any case; the last one wins."""
    found = None
    for key, value in tags:
        if key.lower() == name:
            found = value
    return found


def principal_tags(caller: Authenticated, directory: Directory) -> Tags:
    """The tags of the user or role, and after them those of the session, which win."""
    principal = caller.principal
    own: Tags = ()
    if principal.kind is Kind.USER:
        user = directory.users.seek("id", principal.unique_id)
        own = user.tags if user else ()
    elif principal.kind is Kind.ASSUMED_ROLE:
        role = directory.roles.seek("id", principal.unique_id)
        own = role.tags if role else ()
    return own + (caller.session.tags if caller.session else ())


Reader = Callable[[Surroundings, Resource], ContextValue]
_TYPES = {
    Kind.ROOT: "Account",
    Kind.USER: "User",
    Kind.ASSUMED_ROLE: "AssumedRole",
    Kind.FEDERATED_USER: "FederatedUser",
    Kind.ANONYMOUS: "Anonymous",
    Kind.WEB_IDENTITY: "User",
    Kind.SAML: "User",
}


def _principal_arn(around: Surroundings, resource: Resource) -> ContextValue:
    principal = around.caller.principal
    if principal.kind is Kind.ANONYMOUS:
        return None
    return principal.issuer_arn if principal.kind is Kind.ASSUMED_ROLE else principal.arn


def _user_name(around: Surroundings, resource: Resource) -> ContextValue:
    principal = around.caller.principal
    return principal.name if principal.kind is Kind.USER else None


def _token_issue_time(around: Surroundings, resource: Resource) -> ContextValue:
    session = around.caller.session
    return None if session is None else iso8601(session.issued_at)


def _mfa_present(around: Surroundings, resource: Resource) -> ContextValue:
    session = around.caller.session
    return None if session is None else ("false" if session.mfa_at is None else "true")


def _mfa_age(around: Surroundings, resource: Resource) -> ContextValue:
    session = around.caller.session
    if session is None or session.mfa_at is None:
        return None
    return str(int((around.now - session.mfa_at).total_seconds()))


def _source_identity(around: Surroundings, resource: Resource) -> ContextValue:
    session = around.caller.session
    return (session.source_identity or None) if session else None


def _header(name: bytes) -> Reader:
    def read(around: Surroundings, resource: Resource) -> ContextValue:
        return around.head.header_text(name)

    return read


def _tag_keys(around: Surroundings, resource: Resource) -> ContextValue:
    tags = getattr(around.request, "tags", None)
    keys = getattr(around.request, "tag_keys", None)
    if tags is None and keys is None:
        return None
    return tuple(tag.key for tag in tags or ()) + tuple(keys or ())


def _request_tag(around: Surroundings, resource: Resource, name: str) -> ContextValue:
    tags = getattr(around.request, "tags", None)
    return tag_value(tuple((tag.key, tag.value) for tag in tags), name) if tags else None


def _signature_version(around: Surroundings, resource: Resource) -> ContextValue:
    return "AWS4-HMAC-SHA256" if around.claim else None


def _authentication_type(around: Surroundings, resource: Resource) -> ContextValue:
    return around.claim.form.value if around.claim else None


def _signature_age(around: Surroundings, resource: Resource) -> ContextValue:
    if around.claim is None:
        return None
    return str(int((around.now - around.claim.requested_at).total_seconds() * 1000))


_KEYS: dict[str, Reader] = {
    "aws:principalarn": _principal_arn,
    "aws:principalaccount": lambda around, _: around.caller.principal.account or None,
    "aws:principaltype": lambda around, _: _TYPES.get(around.caller.principal.kind),
    "aws:principalisawsservice": lambda around, _: _flag(around.caller.principal.kind is Kind.SERVICE),
    "aws:userid": lambda around, _: around.caller.principal.id or None,
    "aws:username": _user_name,
    "aws:tokenissuetime": _token_issue_time,
    "aws:multifactorauthpresent": _mfa_present,
    "aws:multifactorauthage": _mfa_age,
    "aws:sourceidentity": _source_identity,
    "aws:sourceip": lambda around, _: around.head.client_address,
    "aws:securetransport": lambda around, _: _flag(around.head.scheme == "https"),
    "aws:useragent": _header(b"user-agent"),
    "aws:referer": _header(b"referer"),
    "aws:currenttime": lambda around, _: iso8601(around.now),
    "aws:epochtime": lambda around, _: str(int(around.now.timestamp())),
    "aws:requestedregion": lambda around, _: around.region,
    "aws:viaawsservice": lambda around, _: "false",
    "aws:resourceaccount": lambda _, resource: resource.account or None,
    "aws:tagkeys": _tag_keys,
}
_PREFIXES: dict[str, Callable[[Surroundings, Resource, str], ContextValue]] = {
    "aws:resourcetag": lambda _, resource, name: tag_value(resource.tags, name),
    "aws:requesttag": _request_tag,
}
_S3_KEYS: dict[str, Reader] = {
    # S3's keys that speak of the signature and the connection, not of the request's members.
    "s3:authtype": _authentication_type,
    "s3:signatureversion": _signature_version,
    "s3:signatureage": _signature_age,
    "s3:x-amz-content-sha256": _header(b"x-amz-content-sha256"),
    "s3:resourceaccount": lambda _, resource: resource.account or None,
}


def _flag(claim: bool) -> str:
    return "true" if claim else "false"
