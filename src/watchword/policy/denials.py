"""AWS's sentences for a denial.

Decides how a refusal is put into words, never what is refused. The caller adds what its protocol asks for.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
"""

from __future__ import annotations

from typing import Final

from watchword.policy.decision import Decision, Layer, Outcome

_EXPLICIT: Final = {
    Layer.IDENTITY: "an identity-based policy",
    Layer.RESOURCE: "a resource-based policy",
    Layer.TRUST: "the role trust policy",
    Layer.BOUNDARY: "a permissions boundary",
    Layer.SESSION: "a session policy",
    Layer.SCP: "a service control policy",
    Layer.RCP: "a resource control policy",
    Layer.ENDPOINT: "a VPC endpoint policy",
}


def denial_message(
    decision: Decision, principal_arn: str, action: str, resource: str | None, *, quoted: bool = False
) -> str:
    """The whole sentence. `quoted` is S3's form, which quotes resources and leaves `*` out.

    `action` is spelled as the service spells it. Raises ValueError for a decision that allows.
    """
    return f"{bare_denial_message(principal_arn, action, resource, quoted=quoted)} {denial_reason(decision, action)}"


def bare_denial_message(principal_arn: str, action: str, resource: str | None, *, quoted: bool = False) -> str:
    """The sentence without its reason: all that STS says."""
    sentence = f"User: {principal_arn} is not authorized to perform: {action}"
    if not resource or (quoted and resource == "*"):
        return sentence
    return f'{sentence} on resource: "{resource}"' if quoted else f"{sentence} on resource: {resource}"


def denial_reason(decision: Decision, action: str) -> str:
    """The last part of the sentence: which type of policy refused, and how."""
    layer = decision.layer
    if decision.is_allowed or layer is None:
        raise ValueError("the decision allows")
    if decision.outcome is Outcome.EXPLICIT_DENY:
        return f"with an explicit deny in {_EXPLICIT[layer]}"
    return f"because no {layer.value} allows the {action} action"
