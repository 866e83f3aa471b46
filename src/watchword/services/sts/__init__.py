"""AWS Security Token Service: who am I, and temporary credentials."""

from watchword.services.sts import authorization_messages, federation, identity, roles, session_tokens

__all__ = ["authorization_messages", "federation", "identity", "roles", "session_tokens"]
