"""How sessions are issued here, and how their credentials look in an answer."""

from __future__ import annotations

from watchword.core.ids import RandomBytes
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import IssuedSession, Session, issue_session
from watchword.services.sts import shapes


def issue(
    session: Session,
    asked: shapes.AssumeRoleRequest | shapes.GetFederationTokenRequest | shapes.GetSessionTokenRequest,
    sealer: Sealer,
    random_bytes: RandomBytes,
) -> IssuedSession:
    """Issue a session with a token as long as the request wants it at least. Raises PackedPolicyTooLarge."""
    return issue_session(
        session,
        sealer=sealer,
        random_bytes=random_bytes,
        token_characters_min=asked.minimum_session_token_size or 0,
    )


def credentials_view(issued: IssuedSession) -> shapes.Credentials:
    """The only place where the secret of a session leaves the house."""
    return shapes.Credentials(
        access_key_id=issued.access_key_id,
        secret_access_key=issued.secret.reveal(),
        session_token=issued.token,
        expiration=issued.expires_at,
    )
