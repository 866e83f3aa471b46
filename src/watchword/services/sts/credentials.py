"""How issued credentials look in an answer."""

from __future__ import annotations

from watchword.credentials.sessions import IssuedSession
from watchword.services.sts import shapes


def credentials_view(issued: IssuedSession) -> shapes.Credentials:
    """The only place where the secret of a session leaves the house."""
    return shapes.Credentials(
        access_key_id=issued.access_key_id,
        secret_access_key=issued.secret.reveal(),
        session_token=issued.token,
        expiration=issued.expires_at,
    )
