"""Why a refused request cannot be allowed by the caller's own account, in one sentence each.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from watchword.policy.access import AccessRequest, Policies
from watchword.policy.changes import Change, Owner


def obstacle(request: AccessRequest, policies: Policies, change: Change | None) -> str:
    """Why others must make a change; with None, why no change at all allows the request."""
    if change is None:
        return _nothing_helps(request)
    whose = request.resource_account or "that owns the resource"
    named = f" `{change.policy.id}`" if change.policy is not None else ""
    match change.owner:
        case Owner.ORGANIZATION:
            return (
                f"the service control policy{named} binds the account {request.principal.account}: only the management"
                " account of its organization, or a delegated administrator, can change it"
            )
        case Owner.RESOURCE_ORGANIZATION:
            return (
                f"the resource control policy{named} binds the account {whose}: only the management account of its"
                " organization, or a delegated administrator, can change it"
            )
        case Owner.BOUNDARY:
            return (
                f"the permissions boundary{named} limits the caller: only who may set boundaries in the account"
                f" {request.principal.account} can change it, which the limited are not meant to"
            )
        case Owner.ENDPOINT:
            return f"the VPC endpoint policy{named} belongs to whoever runs the endpoint"
        case Owner.RESOURCE_ACCOUNT:
            return f"the resource belongs to the account {whose}: only that account can change its policy"
        case _:
            return "a caller of no account has no policies that could be changed"


def _nothing_helps(request: AccessRequest) -> str:
    if request.principal.account == request.resource_account:
        return "without a policy of its own the resource allows nothing, and it has none, or does not exist"
    return (
        f"the resource belongs to the account {request.resource_account or '(none)'} and takes no policy of its own:"
        " no other account can be let in; assume a role of that account instead"
    )
