"""Structures of STS for the operations in `served.toml`. Written by tools/generate_shapes.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from watchword.protocols.shapes import Shape


class AssumeRoleRequest(Shape, frozen=True, kw_only=True):
    """Input of AssumeRole."""

    role_arn: str
    role_session_name: str
    policy_arns: Sequence[PolicyDescriptorType] | None = None
    policy: str | None = None
    duration_seconds: int | None = None
    tags: Sequence[Tag] | None = None
    transitive_tag_keys: Sequence[str] | None = None
    external_id: str | None = None
    serial_number: str | None = None
    token_code: str | None = None
    source_identity: str | None = None
    provided_contexts: Sequence[ProvidedContext] | None = None
    minimum_session_token_size: int | None = None


class AssumeRoleResponse(Shape, frozen=True, kw_only=True):
    """Output of AssumeRole."""

    credentials: Credentials | None = None
    assumed_role_user: AssumedRoleUser | None = None
    packed_policy_size: int | None = None
    source_identity: str | None = None
    session_token_utilization: int | None = None
    session_token_size: int | None = None


class AssumedRoleUser(Shape, frozen=True, kw_only=True):
    """Used by AssumeRole."""

    assumed_role_id: str
    arn: str


class Credentials(Shape, frozen=True, kw_only=True):
    """Used by AssumeRole, GetSessionToken."""

    secret_members: ClassVar[frozenset[str]] = frozenset({"secret_access_key", "session_token"})
    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime


class GetAccessKeyInfoRequest(Shape, frozen=True, kw_only=True):
    """Input of GetAccessKeyInfo."""

    access_key_id: str


class GetAccessKeyInfoResponse(Shape, frozen=True, kw_only=True):
    """Output of GetAccessKeyInfo."""

    account: str | None = None


class GetCallerIdentityRequest(Shape, frozen=True, kw_only=True):
    """Input of GetCallerIdentity."""


class GetCallerIdentityResponse(Shape, frozen=True, kw_only=True):
    """Output of GetCallerIdentity."""

    user_id: str | None = None
    account: str | None = None
    arn: str | None = None


class GetSessionTokenRequest(Shape, frozen=True, kw_only=True):
    """Input of GetSessionToken."""

    duration_seconds: int | None = None
    serial_number: str | None = None
    token_code: str | None = None
    minimum_session_token_size: int | None = None


class GetSessionTokenResponse(Shape, frozen=True, kw_only=True):
    """Output of GetSessionToken."""

    credentials: Credentials | None = None
    session_token_utilization: int | None = None
    session_token_size: int | None = None


class PolicyDescriptorType(Shape, frozen=True, kw_only=True):
    """Used by AssumeRole."""

    arn: str | None = msgspec.field(default=None, name="arn")


class ProvidedContext(Shape, frozen=True, kw_only=True):
    """Used by AssumeRole."""

    provider_arn: str | None = None
    context_assertion: str | None = None


class Tag(Shape, frozen=True, kw_only=True):
    """Used by AssumeRole."""

    key: str
    value: str


TYPES: dict[str, type[Shape]] = {
    "AssumeRoleRequest": AssumeRoleRequest,
    "AssumeRoleResponse": AssumeRoleResponse,
    "AssumedRoleUser": AssumedRoleUser,
    "Credentials": Credentials,
    "GetAccessKeyInfoRequest": GetAccessKeyInfoRequest,
    "GetAccessKeyInfoResponse": GetAccessKeyInfoResponse,
    "GetCallerIdentityRequest": GetCallerIdentityRequest,
    "GetCallerIdentityResponse": GetCallerIdentityResponse,
    "GetSessionTokenRequest": GetSessionTokenRequest,
    "GetSessionTokenResponse": GetSessionTokenResponse,
    "PolicyDescriptorType": PolicyDescriptorType,
    "ProvidedContext": ProvidedContext,
    "Tag": Tag,
}
"""The classes above by shape name."""
