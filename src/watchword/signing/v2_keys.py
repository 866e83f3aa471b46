"""The key of Signature Version 2: the secret itself, HMAC-SHA1 and base64.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hmac
from typing import final


@final
class V2Key:
    """Signs and proves texts with one secret."""

    __slots__ = ("_mac",)

    def __init__(self, secret: str) -> None:
        self._mac = hmac.new(secret.encode(), digestmod="sha1")

    def sign(self, text: bytes) -> str:
        """The HMAC-SHA1 of `text` in base64."""
        mac = self._mac.copy()
        mac.update(text)
        return base64.b64encode(mac.digest()).decode()

    def proves(self, text: bytes, signature: str) -> bool:
        """True when `signature` is the one of `text`."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode("utf-8", "surrogateescape"))

    def __repr__(self) -> str:
        return "<V2Key>"
