"""GetFederationToken: a user or root user lends a part of its permissions to somebody whom only it knows.

A federated user may do what both the user that made it and the session policies allow, and without session policies
nothing but what resources grant it by name. Nothing is written: the session lasts as long as its maker exists, whatever
becomes of the key that was used.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
"""

from __future__ import annotations

from datetime import timedelta

from watchword.core.arn import federated_user_arn
from watchword.core.ids import RandomBytes
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import Session, SessionKind
from watchword.directory.aws_policies import AwsPolicies
from watchword.directory.directory import Directory
from watchword.services.call import Call
from watchword.services.operation import operation
from watchword.services.sts import shapes
from watchword.services.sts.credentials import credentials_view, issue
from watchword.services.sts.roles import session_tags
from watchword.services.sts.session_policies import checked_policy, checked_policy_arns
from watchword.services.sts.session_tokens import own_seconds


@operation("sts:GetFederationToken")
def get_federation_token(
    call: Call[shapes.GetFederationTokenRequest],
    directory: Directory,
    session_sealer: Sealer,
    random_bytes: RandomBytes,
    aws_policies: AwsPolicies,
) -> shapes.GetFederationTokenResponse:
    """Issue a session of a federated user.

    Raises InvalidParameterValue (tags), MalformedPolicyDocument, ValidationError (policy ARNs), PackedPolicyTooLarge.
    """
    asked, caller = call.request, call.caller
    issued_at = call.now.replace(microsecond=0)
    session = Session(
        kind=SessionKind.FEDERATED_USER,
        account=call.account,
        principal_id=caller.principal.unique_id,
        principal_name=caller.principal.name,
        session_name=asked.name,
        issued_at=issued_at,
        expires_at=issued_at + timedelta(seconds=own_seconds(asked.duration_seconds, caller)),
        tags=session_tags(asked.tags, None, caller)[0],
        policy=checked_policy(asked.policy),
        policy_arns=checked_policy_arns(asked.policy_arns, directory, aws_policies, call.account),
    )
    issued = issue(session, asked, session_sealer, random_bytes)
    return shapes.GetFederationTokenResponse(
        credentials=credentials_view(issued),
        federated_user=shapes.FederatedUser(
            federated_user_id=f"{call.account}:{asked.name}", arn=federated_user_arn(call.account, asked.name)
        ),
        packed_policy_size=issued.packed_policy_percent,
        session_token_size=len(issued.token),
        session_token_utilization=issued.token_percent,
    )
