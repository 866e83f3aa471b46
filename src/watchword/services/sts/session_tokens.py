"""GetSessionToken: a user or root user again, for a time.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""

from __future__ import annotations

from datetime import datetime, timedelta

from watchword.core.ids import RandomBytes
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import Session, SessionKind
from watchword.policy.principals import Kind
from watchword.services.call import Authenticated, Call
from watchword.services.operation import WriteApart, operation
from watchword.services.sts import shapes
from watchword.services.sts.credentials import credentials_view, issue
from watchword.services.sts.faults import AccessDenied
from watchword.services.sts.second_factors import second_factor_at, verify_second_factor

USER_SECONDS_DEFAULT = 43_200
ROOT_SECONDS_MAX = 3_600


def _verify(call: Call[shapes.GetSessionTokenRequest], write_apart: WriteApart, seed_sealer: Sealer) -> datetime:
    _refuse_sessions(call.caller)
    return verify_second_factor(call, write_apart, seed_sealer)


def _refuse_sessions(caller: Authenticated) -> None:
    if caller.session is not None:
        raise AccessDenied("Cannot call GetSessionToken with session credentials")


@operation("sts:GetSessionToken", prepare=_verify, waits_for="serial_number")
def get_session_token(
    call: Call[shapes.GetSessionTokenRequest],
    session_sealer: Sealer,
    random_bytes: RandomBytes,
    prepared: datetime | None,
) -> shapes.GetSessionTokenResponse:
    """Issue temporary credentials with the permissions of the calling user or root user.

    Raises AccessDenied for callers that already use temporary credentials, and for a second factor that is wrong.
    """
    asked, caller = call.request, call.caller
    _refuse_sessions(caller)
    mfa_at = second_factor_at(asked, prepared)
    seconds = own_seconds(asked.duration_seconds, caller)
    session = Session(
        kind=SessionKind.SESSION_TOKEN,
        account=call.account,
        principal_id=caller.principal.unique_id,
        principal_name=caller.principal.name,
        issued_at=call.now,
        expires_at=call.now + timedelta(seconds=seconds),
        mfa_at=mfa_at,
    )
    issued = issue(session, asked, session_sealer, random_bytes)
    return shapes.GetSessionTokenResponse(
        credentials=credentials_view(issued),
        session_token_size=len(issued.token),
        session_token_utilization=issued.token_percent,
    )


def own_seconds(asked: int | None, caller: Authenticated) -> int:
    """How long a session of the caller itself lasts, in seconds: 12 hours when nothing is asked, for root one."""
    seconds = asked or USER_SECONDS_DEFAULT
    return min(seconds, ROOT_SECONDS_MAX) if caller.principal.kind is Kind.ROOT else seconds
