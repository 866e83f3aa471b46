"""Providers of web identities that many tenants share: what a trust policy must say so as not to trust all of them.

Decides which condition keys tell one tenant of a shared issuer from the others, and whether a statement holds one of
them to something. It looks at how values are written, never at what they let through: that is for the evaluation.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html (the issuers, as
of 2026-09-11); which operators and values do, and the sentences, follow 324 answers of AWS that others recorded
(radkawar/stackd, iam/policy/testdata/oidc_trust_controls*.json).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from watchword.policy.language import Condition, Statement
from watchword.policy.operators import Operator, parse_operator

COGNITO: Final = "cognito-identity.amazonaws.com"
GITHUB: Final = "token.actions.githubusercontent.com"
"""And every issuer that begins so: those of its enterprises."""
_BY_SUBJECT: Final = (
    "agent.buildkite.com",
    "oidc.codefresh.io",
    "studio.datachain.ai/api",
    "vstoken.actions.githubusercontent.com",
    "oidc-configuration.audit-log.githubusercontent.com",
    "gitlab.com",
    "rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7",
    "rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr",
    "rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg",
    "rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26",
    "oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb",
    "oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu",
    "scalr.io",
    "tokens.cloud.shisho.dev",
    "app.terraform.io",
    "proidc.upbound.io",
)
_BY_AUDIENCE: Final = (COGNITO, "api.pulumi.com/oidc", "sandboxes.cloud", "oidc.vercel.com")
TENANT_KEYS: Final[dict[str, str]] = {
    **{issuer: f"{issuer}:sub" for issuer in (*_BY_SUBJECT, GITHUB)},
    **{issuer: f"{issuer}:aud" for issuer in _BY_AUDIENCE},
    "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d": "sts:RoleSessionName",
}
"""Shared issuers without their scheme, and the condition key that tells one tenant from the others."""
_APPLICATION_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "accounts.google.com": ("accounts.google.com:aud", "accounts.google.com:oaud", "accounts.google.com:sub"),
    "www.amazon.com": ("www.amazon.com:app_id", "www.amazon.com:sub"),
    "graph.facebook.com": ("graph.facebook.com:app_id", "graph.facebook.com:sub"),
}
"""Login providers that IAM has known longest, and the keys of one's own application there, exactly so spelled."""


class Tenancy(NamedTuple):
    """What a statement that trusts a shared issuer must hold to something."""

    principal: str
    """The issuer as it is called in AWS's sentence."""
    keys: tuple[str, ...]
    """Any of these."""


def unheld(statement: Statement, provider: str) -> str | None:
    """Why a statement trusts every tenant of a provider, in AWS's words; None when it does not.

    `provider` is a Federated entry: the ARN of a provider, or a well-known name.
    """
    issuer = provider.partition(":oidc-provider/")[2] or provider
    if issuer in _APPLICATION_KEYS:
        if _names_application(statement, _APPLICATION_KEYS[issuer]):
            return None
        return f"Policy trusting {issuer} requires a StringEquals condition on an application id"
    tenancy = _tenancy(issuer, provider)
    if tenancy is None or _names_tenant(statement, tenancy, is_github=issuer.startswith(GITHUB)):
        return None
    if issuer == COGNITO and not statement.conditions:
        return "A condition block must be present for the Cognito provider"
    return (
        f"Trust policy with trusted principal {tenancy.principal} must evaluate, using StringEquals, StringLike or "
        f"StringEqualsIgnoreCase, {' or '.join(tenancy.keys)} which is not scoped to all."
    )


def _tenancy(issuer: str, provider: str) -> Tenancy | None:
    if issuer.startswith(GITHUB):
        return Tenancy(provider, (f"{issuer}:sub", f"{issuer}:job_workflow_ref"))
    key = TENANT_KEYS.get(issuer)
    return None if key is None else Tenancy(issuer, (key,))


def _names_tenant(statement: Statement, tenancy: Tenancy, *, is_github: bool) -> bool:
    """True when some operator's block holds the keys that it names, all of them, to something."""
    folded = {key.lower() for key in tenancy.keys}
    blocks: dict[str, list[Condition]] = {}
    for each in statement.conditions:
        operator = parse_operator(each.operator)
        if each.key.lower() in folded and operator is not None and _is_positive(operator):
            blocks.setdefault(each.operator, []).append(each)
    return any(all(_is_held(each.values, is_github=is_github) for each in block) for block in blocks.values())


def _is_held(values: Iterable[str], *, is_github: bool) -> bool:
    if is_github:
        return all(value.strip() and not value.startswith("*") for value in values)
    return "*" not in values


def _names_application(statement: Statement, keys: tuple[str, ...]) -> bool:
    return any(
        each.key in keys and operator is not None and _is_positive(operator) and operator.comparison != "StringLike"
        for each in statement.conditions
        for operator in (parse_operator(each.operator),)
    )


def _is_positive(operator: Operator) -> bool:
    return operator.comparison.startswith("String") and not operator.is_negated and not operator.is_if_exists
