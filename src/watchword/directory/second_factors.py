"""Using a code of an MFA device: once, few times a while, and only by whose device it is.

The rules, in order:

(1) the device exists, is enabled, and belongs to who gives the code; else nothing is counted, so that nobody can use up
    the attempts of others
(2) nine codes, right or wrong, may be given for one serial number in a span of three minutes, whatever device bears it
(3) a code is right within two steps of the time of the device's clock, as far as that is known
(4) a right code counts once

Runs in a transaction of its own that commits whatever the verdict is: a refusal must not take back what was counted.
Source: observations of AWS by others, in docs/decisions/0016; RFC 6238 section 5.2 (a code is accepted once).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final

from watchword.core.errors import SealBroken
from watchword.credentials.sealing import Sealer
from watchword.credentials.totp import matching_steps, open_seed, step_at
from watchword.directory.directory import Directory
from watchword.directory.mfa_devices import MfaCodeUse, MfaDevice

ATTEMPTS_MAX: Final = 9
ATTEMPTS_SECONDS: Final = 180
TOLERATED_STEPS: Final = 2


class Verdict(Enum):
    """What became of a code."""

    RIGHT = "right"
    WRONG = "wrong"
    """Or right, and used before."""
    NOT_LOOKED_AT = "not looked at"
    """No such device of this owner, or too many attempts."""


def use_code(
    directory: Directory, sealer: Sealer, *, serial_number: str, owner_id: str, code: str, now: datetime
) -> Verdict:
    """Try a code and remember that it was given."""
    device = directory.mfa_devices.seek("serial", serial_number)
    if device is None or not owner_id or device.owner_id != owner_id:
        return Verdict.NOT_LOOKED_AT
    kept = directory.mfa_code_uses.get(serial_number)
    window = attempts_window(now)
    attempts = kept.attempts if kept is not None and kept.window == window else 0
    if attempts >= ATTEMPTS_MAX:
        return Verdict.NOT_LOOKED_AT
    used, floor = _used(kept, device)
    middle = step_at(now) + device.drift_steps
    steps = range(middle - TOLERATED_STEPS, middle + TOLERATED_STEPS + 1)
    try:
        seed = open_seed(sealer, device.sealed_seed, device.id)
    except SealBroken:
        # The record was tampered with, or sealed by a master key that is not held: no code of it is right.
        return Verdict.NOT_LOOKED_AT
    fresh = [step for step in matching_steps(seed, code, steps) if step > floor and step not in used]
    if fresh:
        used = (*used, fresh[0])
    gone = [step for step in used if step < steps.start]
    use = MfaCodeUse(
        serial_number=serial_number,
        device_id=device.id,
        window=window,
        attempts=attempts + 1,
        used_steps=tuple(step for step in used if step >= steps.start),
        # INVARIANT: what is forgotten stays used, also when a synchronization turns the device's time back.
        floor_step=max((floor, *gone)),
    )
    if kept is None:
        directory.mfa_code_uses.add(use)
    else:
        directory.mfa_code_uses.replace(use)
    return Verdict.RIGHT if fresh else Verdict.WRONG


def attempts_window(now: datetime) -> int:
    """The number of the span of time whose attempts are counted together."""
    return int(now.timestamp()) // ATTEMPTS_SECONDS


def _used(kept: MfaCodeUse | None, device: MfaDevice) -> tuple[tuple[int, ...], int]:
    """The used steps of this device. One that bore the serial number before had another seed."""
    if kept is None or kept.device_id != device.id:
        return (), 0
    return kept.used_steps, kept.floor_step
