"""DecodeAuthorizationMessage: why a request of one's own account was refused.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

from watchword.core.errors import SealBroken
from watchword.credentials.authorization_messages import decode_message
from watchword.credentials.sealing import Sealer
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.sts import shapes
from watchword.services.sts.errors import InvalidAuthorizationMessageException
from watchword.services.sts.identity import refuse_own_sessions


@operation("sts:DecodeAuthorizationMessage")
def decode_authorization_message(
    call: Call[shapes.DecodeAuthorizationMessageRequest], message_sealer: Sealer
) -> shapes.DecodeAuthorizationMessageResponse:
    """Open a message that was sealed for the caller's account.

    Raises InvalidAuthorizationMessageException; AccessDenied for sessions of GetSessionToken and GetFederationToken.
    """
    refuse_own_sessions(call.caller, "DecodeAuthorizationMessage")
    try:
        text = decode_message(call.request.encoded_message, call.account, sealer=message_sealer)
    except SealBroken:
        raise InvalidAuthorizationMessageException("Invalid authorization message.") from None
    return shapes.DecodeAuthorizationMessageResponse(decoded_message=text)
