"""Who is calling, and whose key is this.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html, API_GetAccessKeyInfo.html
"""

from __future__ import annotations

from watchword.core.ids import account_of_access_key
from watchword.credentials.sessions import SessionKind
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.sts import shapes
from watchword.services.sts.faults import AccessDenied, ValidationError


@operation("sts:GetCallerIdentity")
def get_caller_identity(call: Call[shapes.GetCallerIdentityRequest]) -> shapes.GetCallerIdentityResponse:
    """Say who the caller is. No policy can deny it."""
    principal = call.caller.principal
    return shapes.GetCallerIdentityResponse(user_id=principal.id, account=principal.account, arn=principal.arn)


@operation("sts:GetAccessKeyInfo")
def get_access_key_info(call: Call[shapes.GetAccessKeyInfoRequest]) -> shapes.GetAccessKeyInfoResponse:
    """Say which account an access key id belongs to; the id itself carries it, so deleted keys answer too.

    Raises AccessDenied for sessions of GetSessionToken, which may call only AssumeRole and GetCallerIdentity.
    """
    session = call.caller.session
    if session is not None and session.kind is SessionKind.SESSION_TOKEN:
        raise AccessDenied("Cannot call GetAccessKeyInfo with session credentials")
    account = account_of_access_key(call.request.access_key_id)
    if account is None:
        raise ValidationError(f"Invalid access key ID: {call.request.access_key_id}")
    return shapes.GetAccessKeyInfoResponse(account=account)
