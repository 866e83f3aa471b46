"""Policy documents on their way in and out: checked when they are saved, percent-encoded when they are shown.

Documents are kept byte for byte. The trust policy of a role is kept twice, as `directory.bindings` says.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from urllib.parse import quote

from watchword.directory.bindings import bind, principal_exists, show
from watchword.directory.directory import Directory
from watchword.directory.roles import Role
from watchword.policy.language import MalformedPolicy
from watchword.policy.validate import validate_identity_policy, validate_trust_policy
from watchword.services.iam import quotas
from watchword.services.iam.errors import MalformedPolicyDocument


def encoded(document: str) -> str:
    """A document as IAM's answers carry it: percent-encoded (RFC 3986)."""
    return quote(document, safe="")


def check_identity_policy(document: str, *, is_managed: bool) -> None:
    """Refuse what is no identity policy. Raises MalformedPolicyDocument."""
    try:
        validate_identity_policy(document, is_managed=is_managed)
    except MalformedPolicy as error:
        raise MalformedPolicyDocument(error.message) from None


def checked_trust_policy(document: str, directory: Directory) -> tuple[str, str]:
    """The trust policy as it is shown and, bound to unique ids, as it is evaluated (empty: the same).

    Raises MalformedPolicyDocument, LimitExceeded.
    """
    try:
        validate_trust_policy(document, principal_exists=lambda kind, value: principal_exists(directory, kind, value))
    except MalformedPolicy as error:
        raise MalformedPolicyDocument(error.message) from None
    quotas.TRUST_POLICY_SIZE.check_size(quotas.size(document))
    return bind(document, directory)


def shown_trust_policy(role: Role, directory: Directory) -> str:
    """The trust policy as it was submitted, with the present ARNs of the users and roles that it trusts."""
    return show(role.trust_policy, role.bound_trust_policy, directory)
