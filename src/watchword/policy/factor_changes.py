"""How a caller comes by a second factor, as a change of a request's context; or why it never does.

Decides by the kind of caller alone: a session cannot be given a factor after it began, and some callers have nobody
who could. Never says whether a factor would be enough: `remedies` decides the request again with it.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

from __future__ import annotations

from typing import Final

from watchword.policy.access import AccessRequest
from watchword.policy.changes import Change, Owner
from watchword.policy.principals import Kind, Principal
from watchword.policy.variables import ContextValue

FACTOR_KEYS: Final = frozenset({"aws:multifactorauthpresent", "aws:multifactorauthage"})
"""The condition keys that only a second factor brings, in lower case."""
_TAKES_CODES: Final = frozenset({"sts:assumerole", "sts:getsessiontoken"})
"""Actions of operations that take a code themselves."""


def context_change(request: AccessRequest, key: str, value: ContextValue) -> Change | None:
    """The change that gives a key of the context a value; None when this caller can never bring it."""
    if key.lower() not in FACTOR_KEYS or value is None or value == "false":
        return Change("set context", Owner.CALLER, False, key=key, value=value)
    caller = request.principal
    if why_no_factor(caller):
        return None
    if caller.kind is Kind.ASSUMED_ROLE:
        how = (
            "begin the session anew: a user who assumes the role gives SerialNumber and TokenCode with AssumeRole;"
            " a session that another role's session or a service begins cannot have it"
        )
        return Change("set context", Owner.SESSION, False, key=key, value=value, how=how)
    if request.action.lower() in _TAKES_CODES:
        how = "give SerialNumber and TokenCode with the request"
    else:
        how = "begin a session with the long-term key: aws sts get-session-token --serial-number ARN --token-code CODE"
    return Change("set context", Owner.CALLER, False, key=key, value=value, how=how)


def why_no_factor(caller: Principal) -> str:
    """Why a caller can never have a second factor, and what can be done instead; empty when it can."""
    if caller.kind is Kind.FEDERATED_USER:
        return (
            "a federated user never has MFA, since GetFederationToken takes no code: use a session of GetSessionToken"
            " or of AssumeRole, which take one"
        )
    if caller.kind is Kind.SERVICE or caller.is_service_linked:
        return (
            "a service never has MFA: ask it of users only, for example with aws:PrincipalIsAWSService or"
            " aws:ViaAWSService beside it"
        )
    if caller.kind is Kind.ANONYMOUS:
        return "a request without a signature never has MFA: sign it with a session that has"
    if caller.kind is Kind.WEB_IDENTITY or caller.kind is Kind.SAML:
        return (
            "who is known by an identity provider never has MFA here: let the provider ask for it, and the trust"
            " policy for what the provider says of it"
        )
    return ""
