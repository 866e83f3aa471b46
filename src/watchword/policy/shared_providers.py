"""Providers of web identities that many tenants share: what a trust policy must say so as not to trust all of them.

Decides which condition keys tell one tenant of a shared issuer from the others, and whether a statement names one.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from __future__ import annotations

from typing import Final

from watchword.policy.language import Condition, Statement
from watchword.policy.operators import parse_operator

COGNITO: Final = "cognito-identity.amazonaws.com"
TENANT_CLAIMS: Final[dict[str, tuple[str, ...]]] = {
    COGNITO: ("aud",),
    "agent.buildkite.com": ("sub",),
    "oidc.codefresh.io": ("sub",),
    "studio.datachain.ai/api": ("sub",),
    "token.actions.githubusercontent.com": ("sub", "job_workflow_ref", "repository"),
    "vstoken.actions.githubusercontent.com": ("sub",),
    "oidc-configuration.audit-log.githubusercontent.com": ("sub",),
    "gitlab.com": ("sub",),
    "api.pulumi.com/oidc": ("aud",),
    "sandboxes.cloud": ("aud",),
    "scalr.io": ("sub",),
    "tokens.cloud.shisho.dev": ("sub",),
    "app.terraform.io": ("sub",),
    "proidc.upbound.io": ("sub",),
    "oidc.vercel.com": ("aud",),
}
"""Issuers without their scheme, and the claims of which one must be conditioned."""


def shared_issuer(provider: str) -> str | None:
    """The shared issuer behind a Federated entry (an ARN or a well-known name), None when it is not shared."""
    issuer = provider.partition(":oidc-provider/")[2] or provider
    return issuer if issuer in TENANT_CLAIMS else None


def names_tenant(statement: Statement, issuer: str) -> bool:
    """True when a condition of the statement holds the tenant's claim to something narrower than anything."""
    keys = {f"{issuer}:{claim}".lower() for claim in TENANT_CLAIMS[issuer]}
    is_github = issuer == "token.actions.githubusercontent.com"
    return any(each.key.lower() in keys and _narrows(each, is_github=is_github) for each in statement.conditions)


def _narrows(condition: Condition, *, is_github: bool) -> bool:
    operator = parse_operator(condition.operator)
    if operator is None or operator.is_negated or operator.is_if_exists or operator.quantifier == "ForAllValues":
        return False
    if not operator.comparison.startswith("String") or not condition.values:
        return False
    if operator.comparison != "StringLike":
        return True
    return all(value.strip("*?") and not (is_github and value.startswith("*")) for value in condition.values)
