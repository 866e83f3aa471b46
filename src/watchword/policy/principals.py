"""Who calls, and how firmly a Principal element names them.

Decides the reach of a Principal or NotPrincipal element for a caller: nobody, the caller's account only, the caller's
role or user behind the session, or the caller itself. What a reach is worth is for `spec` and `evaluate`.

* Users and roles match by ARN and by unique id: a document whose ARNs were replaced by `AIDA…` and `AROA…` when it was
  saved names the same entities for ever.
* No wildcards but the lone `*`. `CanonicalUser` entries match nobody: the service rewrites them to ARNs.
* In a role trust policy, the call of AssumeRoleWithSAML or AssumeRoleWithWebIdentity is matched by `Federated` entries
  only.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

import msgspec

from watchword.policy.language import Effect, PrincipalPattern

_ACCOUNT_ROOT = re.compile(r"arn:[a-z0-9-]+:iam::([0-9]{12}):root\Z")

NOBODY: Final = 0
ACCOUNT: Final = 1
"""Only the account is named: the caller's own policies must allow as well."""
ISSUER: Final = 2
"""The role of the session, or the user behind a federated session: boundary and session policy still limit."""
CALLER: Final = 3
"""The caller itself, or everyone."""


class Kind(Enum):
    """Sorts of caller."""

    __hash__ = object.__hash__
    """Members are single objects; Enum hashes their names, in Python."""

    ROOT = "root"
    USER = "user"
    ASSUMED_ROLE = "assumed-role"
    FEDERATED_USER = "federated-user"
    SERVICE = "service"
    ANONYMOUS = "anonymous"
    WEB_IDENTITY = "web-identity"
    SAML = "saml"


class Principal(msgspec.Struct, frozen=True):
    """A caller, as policies see it."""

    kind: Kind
    account: str
    """Empty for callers of no account: services, the anonymous, and the call of AssumeRoleWith…"""
    arn: str
    """As in denials: the session's ARN for sessions; `anonymous`; the service's name."""
    id: str = ""
    """`aws:userid`: `AIDA…`, `AROA…:session`, the account id of root; empty when there is none."""
    issuer_arn: str = ""
    """The role's ARN with its path; the user's ARN of a federated user; the provider of a WEB_IDENTITY or SAML call."""
    unique_id: str = ""
    """`AIDA…` of the user (also the one behind a federated user), `AROA…` of the role."""
    name: str = ""
    """User name, role name, or a service's name such as `lambda.amazonaws.com`."""
    is_service_linked: bool = False
    """A session of a service-linked role: control policies and boundaries leave it alone."""


class PrincipalMatcher:
    """A compiled Principal or NotPrincipal element of a statement with the given effect."""

    __slots__ = ("_aws", "_effect", "_federated", "_is_negated", "_services", "is_everyone")

    def __init__(self, patterns: tuple[PrincipalPattern, ...], *, is_negated: bool, effect: Effect) -> None:
        # An empty entry must not meet the empty fields of a caller.
        named = [each for each in patterns if each.value]
        self._aws = frozenset(named_account(each.value) for each in named if each.type == "AWS")
        self._services = frozenset(each.value for each in named if each.type == "Service")
        self._federated = frozenset(each.value for each in named if each.type == "Federated")
        self._is_negated = is_negated
        self._effect = effect
        names_everyone = "*" in self._aws or any(each.type == "*" for each in patterns)
        self.is_everyone = names_everyone and not is_negated
        if names_everyone:
            self._aws |= {"*"}

    def reach(self, caller: Principal) -> int:
        """NOBODY, ACCOUNT, ISSUER or CALLER: how firmly the element names the caller."""
        if not self._is_negated:
            return self._named(caller)
        if self._effect == "Deny":
            return NOBODY if self._is_exempt(caller) else CALLER
        # An Allow reaches past its list only to those of whom nothing is listed.
        return CALLER if self._named(caller) == NOBODY else NOBODY

    def federated_reach(self, caller: Principal) -> int:
        """CALLER when a role trust policy speaks of the provider behind AssumeRoleWithSAML or …WithWebIdentity.

        Neither form of `*` does.
        """
        is_named = caller.issuer_arn in self._federated
        if not self._is_negated:
            return CALLER if is_named else NOBODY
        return CALLER if self._effect == "Deny" and not is_named else NOBODY

    def _named(self, caller: Principal) -> int:
        aws = self._aws
        if "*" in aws:
            return CALLER
        kind = caller.kind
        if kind is Kind.SERVICE:
            return CALLER if caller.name in self._services else NOBODY
        if kind is Kind.ANONYMOUS:
            return NOBODY
        if kind is Kind.WEB_IDENTITY or kind is Kind.SAML:
            return CALLER if caller.issuer_arn in self._federated else NOBODY
        if caller.arn in aws:
            return CALLER
        if caller.issuer_arn in aws or caller.unique_id in aws:
            return CALLER if kind is Kind.USER else ISSUER
        return ACCOUNT if caller.account in aws else NOBODY

    def _is_exempt(self, caller: Principal) -> bool:
        """True when NotPrincipal spares the caller from a Deny: every form of a session or user is listed."""
        aws = self._aws
        if "*" in aws or caller.account == "":
            return self._named(caller) != NOBODY
        if caller.account not in aws:
            return False
        if caller.kind is Kind.ROOT:
            return True
        names_issuer = caller.issuer_arn in aws or caller.unique_id in aws
        if caller.kind is Kind.USER:
            return caller.arn in aws or names_issuer
        return caller.arn in aws and (names_issuer or caller.kind is Kind.FEDERATED_USER)


def named_account(value: str) -> str:
    """The account id when an AWS entry is an account's `:root` ARN, else the entry itself."""
    found = _ACCOUNT_ROOT.match(value)
    return value if found is None else found[1]
