"""The lines of the file of recent decisions: documents, policy sets and callers, named by digest, and requests.

Holds values, decides nothing. `decisions` writes them, `recorded` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from watchword.policy.decision import Layer, Outcome
from watchword.policy.principals import Principal
from watchword.policy.variables import ContextValue
from watchword.signing.claims import Form


class DocumentLine(msgspec.Struct, tag_field="t", tag="document"):
    id: str
    text: str


class Stood(msgspec.Struct, omit_defaults=True):
    """One policy of a set: where it stood, and its document."""

    layer: Layer
    source: str
    document: str = ""
    """Empty: it could not be evaluated."""
    arn: str = ""
    level: int | None = None


class PoliciesLine(msgspec.Struct, tag_field="t", tag="policies", omit_defaults=True):
    """What applied to callers: their own policies and the SCPs, or what stood over a resource's account."""

    id: str
    policies: tuple[Stood, ...]
    has_session: bool = False
    scps: int | None = None
    """How many levels of SCPs there were; None for none."""
    rcps: int | None = None


class CallerLine(msgspec.Struct, tag_field="t", tag="caller", omit_defaults=True):
    id: str
    principal: Principal
    access_key_id: str = ""
    session: dict[str, Any] | None = None


class CheckLine(msgspec.Struct, omit_defaults=True, gc=False):
    """One (action, resource) pair that was decided."""

    action: str
    resource: str
    account: str
    outcome: Outcome
    own: str
    """The caller's policy set."""
    over: str = ""
    """The set of RCPs over the resource's account."""
    endpoint: Stood | None = None
    """The policy of the VPC endpoint that the request came through."""
    policy: Stood | None = None
    """The resource's own policy."""
    context: Mapping[str, ContextValue] = {}
    required: bool = False


class MismatchLine(msgspec.Struct, omit_defaults=True):
    """What a client signed, where it differs from what it should have signed."""

    part: str
    reason: str
    expected: str = ""
    signed: str = ""
    """Both empty when the line holds a secret: a token, a code, the key of a customer."""


class DecisionLine(msgspec.Struct, tag_field="t", tag="request", omit_defaults=True, gc=False):
    """One request that was answered or refused."""

    id: str
    at: datetime
    service: str
    operation: str
    region: str
    source_ip: str
    caller: str = ""
    """Empty when nobody was proved."""
    access_key_id: str = ""
    """What was claimed."""
    scope: str = ""
    signed_at: str = ""
    form: Form | None = None
    """Where the credentials stood."""
    error: str = ""
    message: str = ""
    mismatch: MismatchLine | None = None
    """Where a signature that did not match went wrong, as far as that can be told."""
    checks: tuple[CheckLine, ...] = ()


Line = DocumentLine | PoliciesLine | CallerLine | DecisionLine
