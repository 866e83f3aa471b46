"""Who is calling, and whose key is this.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html, API_GetAccessKeyInfo.html
"""

from __future__ import annotations

from watchword.core.ids import account_of_access_key
from watchword.credentials.sessions import SessionKind
from watchword.services.call import Authenticated, Call
from watchword.services.operation import operation
from watchword.services.sts import shapes
from watchword.services.sts.faults import AccessDenied, ValidationError


def refuse_own_sessions(caller: Authenticated, operation_name: str) -> None:
    """Refuse sessions of GetSessionToken and GetFederationToken. Raises AccessDenied.

    Of STS the former may call only AssumeRole and GetCallerIdentity, the latter only GetCallerIdentity.
    """
    if caller.session is not None and caller.session.kind is not SessionKind.ROLE:
        raise AccessDenied(f"Cannot call {operation_name} with session credentials")


@operation("sts:GetCallerIdentity")
def get_caller_identity(call: Call[shapes.GetCallerIdentityRequest]) -> shapes.GetCallerIdentityResponse:
    """Say who the caller is. No policy can deny it."""
    principal = call.caller.principal
    return shapes.GetCallerIdentityResponse(user_id=principal.id, account=principal.account, arn=principal.arn)


@operation("sts:GetAccessKeyInfo")
def get_access_key_info(call: Call[shapes.GetAccessKeyInfoRequest]) -> shapes.GetAccessKeyInfoResponse:
    """Say which account an access key id belongs to; the id itself carries it, so deleted keys answer too.

    Raises AccessDenied for sessions of GetSessionToken and GetFederationToken.
    """
    refuse_own_sessions(call.caller, "GetAccessKeyInfo")
    account = account_of_access_key(call.request.access_key_id)
    if account is None:
        raise ValidationError(f"Invalid access key ID: {call.request.access_key_id}")
    return shapes.GetAccessKeyInfoResponse(account=account)
