"""How a refusal is put into words: code and status by protocol, the sentence by service and by who asks.

S3 gives a reason only inside one account or one organization, and STS gives none for a role that may not be assumed: a
stranger learns neither what exists nor which kind of policy keeps it away. Never decides what is refused.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
"""

from __future__ import annotations

from typing import Final

from watchword.core.errors import ApiError
from watchword.directory.directory import Directory
from watchword.policy.decision import Decision, Layer, Outcome
from watchword.policy.denials import bare_denial_message, denial_message
from watchword.services.authorization import Resource
from watchword.services.call import Authenticated
from watchword.signing.errors import Dialect


def access_denied(message: str, dialect: Dialect) -> ApiError:
    """The denial in the words of the protocol."""
    code, status = _DENIED[dialect]
    return ApiError(code, message, status)


NOBODY_LET_IN: Final = Decision(Outcome.IMPLICIT_DENY, "no policy allows", Layer.RESOURCE)
"""What strangers are told where nothing lets them in."""
_DENIED = {
    Dialect.QUERY: ("AccessDenied", 403),
    Dialect.JSON: ("AccessDeniedException", 400),
    Dialect.REST_JSON: ("AccessDeniedException", 403),
    Dialect.S3: ("AccessDenied", 403),
}


def denial_text(
    decision: Decision,
    caller: Authenticated,
    action: str,
    resource: Resource,
    dialect: Dialect,
    directory: Directory,
) -> str:
    """The sentence for a decision that refuses."""
    is_silent = dialect is Dialect.S3 and not _is_among_friends(directory, caller.principal.account, resource.account)
    if resource.is_trust or is_silent:
        return bare_denial(caller, action, resource, dialect)
    if resource.policy is None and caller.principal.account != resource.account:
        # INVARIANT: conditions of the caller's own policies may ask for the resource's tags and organization, so the
        # reason must not follow from them where the resource's owner has let nobody in.
        decision = NOBODY_LET_IN
    shown = resource.shown or resource.arn
    return denial_message(decision, caller.principal.arn, action, shown, quoted=dialect is Dialect.S3)


def bare_denial(caller: Authenticated, action: str, resource: Resource, dialect: Dialect) -> str:
    """The sentence without a reason."""
    if dialect is Dialect.S3:
        return "Access Denied"
    return bare_denial_message(caller.principal.arn, action, resource.shown or resource.arn)


def _is_among_friends(directory: Directory, account: str, other: str) -> bool:
    """True for one account, or two of one organization."""
    if account == other:
        return True
    members = directory.members.get(account), directory.members.get(other)
    return members[0] is not None and members[1] is not None and members[0].organization == members[1].organization
