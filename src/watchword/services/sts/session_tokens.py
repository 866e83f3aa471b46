"""GetSessionToken: a user or root user again, for a time.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""

from __future__ import annotations

from datetime import timedelta

from watchword.core.ids import RandomBytes
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import Session, SessionKind, issue_session
from watchword.policy.principals import Kind
from watchword.services.call import Authenticated, Call
from watchword.services.operation import operation
from watchword.services.sts import shapes
from watchword.services.sts.credentials import credentials_view
from watchword.services.sts.faults import AccessDenied

USER_SECONDS_DEFAULT = 43_200
ROOT_SECONDS_MAX = 3_600


@operation("sts:GetSessionToken")
def get_session_token(
    call: Call[shapes.GetSessionTokenRequest], session_sealer: Sealer, random_bytes: RandomBytes
) -> shapes.GetSessionTokenResponse:
    """Issue temporary credentials with the permissions of the calling user or root user.

    Raises AccessDenied for callers that already use temporary credentials, and for a second factor: no
    device can be registered yet, so that none can be verified.
    """
    asked, caller = call.request, call.caller
    if caller.session is not None:
        raise AccessDenied("Cannot call GetSessionToken with session credentials")
    refuse_second_factor(asked.serial_number, asked.token_code)
    seconds = own_seconds(asked.duration_seconds, caller)
    session = Session(
        kind=SessionKind.SESSION_TOKEN,
        account=call.account,
        principal_id=caller.principal.unique_id,
        principal_name=caller.principal.name,
        issued_at=call.now,
        expires_at=call.now + timedelta(seconds=seconds),
    )
    issued = issue_session(
        session,
        sealer=session_sealer,
        random_bytes=random_bytes,
        token_characters_min=asked.minimum_session_token_size or 0,
    )
    return shapes.GetSessionTokenResponse(
        credentials=credentials_view(issued),
        session_token_size=len(issued.token),
        session_token_utilization=issued.token_percent,
    )


def own_seconds(asked: int | None, caller: Authenticated) -> int:
    """How long a session of the caller itself lasts, in seconds: 12 hours when nothing is asked, for root one."""
    seconds = asked or USER_SECONDS_DEFAULT
    return min(seconds, ROOT_SECONDS_MAX) if caller.principal.kind is Kind.ROOT else seconds


def refuse_second_factor(serial_number: str | None, token_code: str | None) -> None:
    """Refuse a request that names an MFA device, in AWS's words for one that does not exist. Raises AccessDenied."""
    if serial_number is None and token_code is None:
        return
    if serial_number is None or token_code is None:
        raise AccessDenied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
        )
    raise AccessDenied(
        "MultiFactorAuthentication failed, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user."
    )
