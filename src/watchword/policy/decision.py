"""What an evaluation says: the outcome, what decided it, and why.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from enum import Enum
from typing import Literal, NoReturn

import msgspec


class Outcome(Enum):
    """The three answers, in the simulator's spelling."""

    ALLOW = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"


class Layer(Enum):
    """The types of policy that take part."""

    __hash__ = object.__hash__
    """Members are single objects; Enum hashes their names, in Python."""

    RCP = "resource control policy"
    SCP = "service control policy"
    ENDPOINT = "VPC endpoint policy"
    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


Reason = Literal[
    "allowed by policy",
    "allowed to root",
    "not controlled by policies",
    "explicit deny",
    "no policy allows",
    "no session policy given",
    "policy cannot be evaluated",
]


class PolicySource(msgspec.Struct, frozen=True):
    """Where a policy document comes from."""

    layer: Layer
    id: str
    """The simulator's name of it: a managed policy's name, `user_bob_inline`, `PolicyInputList.1`."""
    arn: str = ""
    """Empty for inline documents."""


class Decision(msgspec.Struct, frozen=True):
    """An answer with its reason. It has no truth value: ask `is_allowed`."""

    outcome: Outcome
    reason: Reason
    layer: Layer | None = None
    """The layer that denied, or by whose Allow it passed; None when no policy decided."""
    policy: PolicySource | None = None
    """The policy that denied explicitly, or could not be evaluated."""
    statement: int | None = None
    """The index of the statement that denied explicitly."""

    @property
    def is_allowed(self) -> bool:
        return self.outcome is Outcome.ALLOW

    def __bool__(self) -> NoReturn:
        # INVARIANT: a decision is never mistaken for a boolean, where every one would be true.
        raise TypeError("a Decision has no truth value: use `is_allowed`")
