"""Which members of a request or an answer are secret: no error, log or representation shows their values.

Decides by the model's own mark, and by name where no model has it: AWS's models do not mark the one-time codes.
"""

from __future__ import annotations

from typing import Final

from watchword.protocols.model import Shape

UNMARKED: Final = frozenset({
    "AuthenticationCode1", "AuthenticationCode2", "MFA", "NewPassword", "OldPassword", "Password", "PrivateKey",
    "SAMLAssertion", "SessionToken", "TokenCode", "TradeInToken", "WebIdentityToken",
})  # fmt: skip
"""Members that are secret although not every model says so."""


def is_secret(name: str, shape: Shape) -> bool:
    """True for a member of this name and shape."""
    return shape.sensitive or name in UNMARKED
