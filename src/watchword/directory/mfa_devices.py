"""Virtual MFA devices, and the memory of the codes that were given. The seed is sealed; nothing here can open it.

What was used is kept apart from the device: it moves no epoch, and it outlives the device, so that one that is made
again under the same serial number does not begin with fresh attempts.
"""

from __future__ import annotations

from datetime import datetime

from watchword.core.arn import iam_arn
from watchword.core.ids import AccountId
from watchword.core.tags import Tags
from watchword.directory.ports import Record, RecordType


class MfaDevice(Record, frozen=True):
    account: AccountId
    name: str
    path: str
    id: str
    """Never used twice: a device made again under the same serial number is another."""
    sealed_seed: bytes
    created_at: datetime
    tags: Tags = ()
    owner_id: str = ""
    """The unique id of the user whose device it is, for the root user the account id; empty for nobody's."""
    enabled_at: datetime | None = None
    drift_steps: int = 0
    """How many steps the device's clock was ahead of ours when it was last synchronized."""
    paired_step: int = 0
    """The later step of the last pair of codes that it was synchronized with."""

    @property
    def serial_number(self) -> str:
        return iam_arn(self.account, "mfa", self.path, self.name)


class MfaCodeUse(Record, frozen=True):
    """What was given for one serial number."""

    serial_number: str
    device_id: str
    """Whose codes `used_steps` and `floor_step` are about."""
    window: int
    """The number of the span of time that `attempts` counts."""
    attempts: int
    used_steps: tuple[int, ...] = ()
    floor_step: int = 0
    """No step up to this one can be used any more."""


MFA_DEVICES = RecordType(
    kind="mfa-device",
    type=MfaDevice,
    key=lambda device: (device.account, device.id),
    account=lambda device: device.account,
    unique={"serial": lambda device: (device.serial_number,)},
    indexes={"owner": lambda device: [(device.account, device.owner_id)] if device.owner_id else []},
)
MFA_CODE_USES = RecordType(
    kind="mfa-code-use",
    type=MfaCodeUse,
    key=lambda use: (use.serial_number,),
    account=lambda use: "",
)
