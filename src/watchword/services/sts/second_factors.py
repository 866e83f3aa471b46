"""A second factor that comes with a request for credentials: verified before any are issued.

The code is used up in a transaction of its own, on disk before the answer: no worker takes it twice, and no refusal
gives it back. Who may not have the credentials anyway is told so first, and his code stays fresh.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html; the sentences
were recorded from AWS.
"""

from __future__ import annotations

from datetime import datetime

from watchword.credentials.sealing import Sealer
from watchword.directory.directory import Directory
from watchword.directory.second_factors import Verdict, use_code
from watchword.policy.principals import Kind
from watchword.services.call import Call
from watchword.services.operation import WriteApart
from watchword.services.sts import shapes
from watchword.services.sts.faults import AccessDenied


def verify_second_factor(
    call: Call[shapes.AssumeRoleRequest] | Call[shapes.GetSessionTokenRequest],
    write_apart: WriteApart,
    seed_sealer: Sealer,
) -> datetime:
    """Use up the code of a request that names a device; gives back when. Raises AccessDenied."""
    asked, principal = call.request, call.caller.principal
    serial_number, code = asked.serial_number, asked.token_code
    if serial_number is None or code is None:
        raise _half_given()
    if principal.kind is not Kind.USER and principal.kind is not Kind.ROOT:
        raise _not_looked_at()

    def use(directory: Directory) -> Verdict:
        return use_code(
            directory,
            seed_sealer,
            serial_number=serial_number,
            owner_id=principal.unique_id,
            code=code,
            now=call.now,
        )

    verdict = write_apart(use)
    if verdict is Verdict.NOT_LOOKED_AT:
        raise _not_looked_at()
    if verdict is Verdict.WRONG:
        raise AccessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    return call.now


def second_factor_at(
    asked: shapes.AssumeRoleRequest | shapes.GetSessionTokenRequest, verified_at: datetime | None
) -> datetime | None:
    """When the second factor of a request was verified, None for a request without one. Raises AccessDenied."""
    if asked.serial_number is None and asked.token_code is None:
        return None
    if asked.serial_number is None or asked.token_code is None:
        raise _half_given()
    if verified_at is None:
        # INVARIANT: a request that was judged as one with a second factor is never served without.
        raise _not_looked_at()
    return verified_at


def _half_given() -> AccessDenied:
    return AccessDenied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")


def _not_looked_at() -> AccessDenied:
    return AccessDenied(
        "MultiFactorAuthentication failed, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user."
    )
