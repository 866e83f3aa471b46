"""Session policies: documents and managed policies that limit one session.

They are checked when the session is issued and looked up live when it is used.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from __future__ import annotations

from collections.abc import Sequence

from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.policy.validate import MalformedPolicy, validate_session_policy
from watchword.services.sts import shapes
from watchword.services.sts.errors import MalformedPolicyDocument
from watchword.services.sts.faults import ValidationError

POLICY_ARNS_MAX = 10


def checked_policy(text: str | None) -> str:
    """The inline session policy, or empty. Raises MalformedPolicyDocument."""
    if not text:
        return ""
    try:
        validate_session_policy(text)
    except MalformedPolicy as malformed:
        raise MalformedPolicyDocument(str(malformed)) from None
    return text


def checked_policy_arns(
    asked: Sequence[shapes.PolicyDescriptorType] | None, directory: Directory, aws_policies: AwsPolicies, account: str
) -> tuple[str, ...]:
    """The managed session policies: AWS's, or those of the role's account.

    Raises ValidationError, MalformedPolicyDocument.
    """
    arns = tuple(each.arn for each in asked or () if each.arn)
    if len(arns) != len(asked or ()):
        # INVARIANT: a session that was to be limited is never issued without its limits.
        raise ValidationError("Every member of PolicyArns must have an arn.")
    if len(arns) > POLICY_ARNS_MAX:
        raise ValidationError("The number of session policy ARNs exceeds the maximum of 10.")
    for arn in arns:
        own = directory.managed_policies.seek("arn", arn)
        if aws_policies.get(arn) is None and (own is None or own.account != account):
            raise MalformedPolicyDocument(f"Policy {arn} does not exist or is not attachable.")
    return arns
