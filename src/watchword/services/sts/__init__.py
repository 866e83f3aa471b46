"""AWS Security Token Service: who am I, and temporary credentials."""

from watchword.services.sts import identity, roles, session_tokens

__all__ = ["identity", "roles", "session_tokens"]
