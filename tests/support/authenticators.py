"""An authenticator app: it knows the seed of a device and shows codes. Written from RFC 6238 by itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from dataclasses import dataclass
from typing import Any

from tests.support.house import Keys, session_of

STEP = 30


@dataclass(frozen=True)
class Authenticator:
    """A device on a phone."""

    serial: str
    seed: str

    @classmethod
    def make(cls, iam: Any, name: str, **options: Any) -> Authenticator:
        """Make a device that is nobody's."""
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **options)["VirtualMFADevice"]
        return cls(made["SerialNumber"], made["Base32StringSeed"].decode())

    def code(self, ahead: int = 0) -> str:
        """The code that is shown now, or was or will be shown so many steps ahead."""
        step = int(time.time()) // STEP + ahead
        digest = hmac.new(base64.b32decode(self.seed), struct.pack(">Q", step), hashlib.sha1).digest()
        start = digest[19] % 16
        number = struct.unpack(">I", digest[start : start + 4])[0] % 2**31
        return str(number)[-6:].zfill(6)

    def pair(self, ahead: int = 0) -> dict[str, str]:
        """Two codes in a row, the later one shown so many steps ahead."""
        return {"AuthenticationCode1": self.code(ahead - 1), "AuthenticationCode2": self.code(ahead)}

    def wrong_code(self) -> str:
        """A code that is not right anywhere near now."""
        near = {self.code(ahead) for ahead in range(-20, 21)}
        return next(text for text in (f"{number:06}" for number in range(100)) if text not in near)

    def enable(self, iam: Any, user_name: str, ahead: int = 0) -> None:
        """Give the device to a user."""
        iam.enable_mfa_device(UserName=user_name, SerialNumber=self.serial, **self.pair(ahead))

    def log_in(self, keys: Keys, ahead: int = 0, **options: Any) -> Keys:
        """A session with the second factor."""
        return session_of(keys, SerialNumber=self.serial, TokenCode=self.code(ahead), **options)
