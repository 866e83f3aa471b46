"""Virtual MFA devices: made with a seed that is told once, enabled for a user or the root user by two codes in a row.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html; the sentences, and how
far a clock may be off, were recorded from AWS.
"""

from __future__ import annotations

import io
from typing import Final, NamedTuple

import msgspec

from watchword.core.arn import iam_arn, root_arn
from watchword.core.errors import AlreadyExists, SealBroken
from watchword.core.ids import RandomBytes, new_unique_id
from watchword.credentials.sealing import Sealer
from watchword.credentials.secret_text import SecretText
from watchword.credentials.totp import matching_pair, new_seed, open_seed, seal_seed, step_at
from watchword.directory.directory import Directory
from watchword.directory.mfa_devices import MfaDevice
from watchword.directory.second_factors import attempts_window
from watchword.policy.principals import Kind
from watchword.services.call import Authenticated, Call
from watchword.services.iam import quotas, shapes
from watchword.services.iam.errors import (
    ConcurrentModification,
    DeleteConflict,
    EntityAlreadyExists,
    InvalidAuthenticationCode,
    NoSuchEntity,
)
from watchword.services.iam.faults import AccessDenied, ValidationError
from watchword.services.iam.lookups import is_root, mfa_device_numbered, own_user, user_named
from watchword.services.iam.tagging import checked_tags, tag_views
from watchword.services.iam.users import user_view
from watchword.services.operation import operation

BEHIND_STEPS_MAX: Final = 998
AHEAD_STEPS_MAX: Final = 1_000
"""How far off a device's clock may be, from where it was last, to be synchronized."""
SERIAL_NUMBER_MAX: Final = 256


class Owner(NamedTuple):
    """Whose device is meant."""

    id: str
    name: str
    """Empty for the root user, who has none."""


class Pair(NamedTuple):
    """Where two codes in a row are right for a device as it was found."""

    device: MfaDevice
    steps: tuple[int, ...]
    """The steps of the later code."""


class NewDevice(NamedTuple):
    """A device that is to be made, and what is told of it once."""

    device: MfaDevice
    seed: SecretText
    picture: bytes


def draw_device(
    call: Call[shapes.CreateVirtualMFADeviceRequest],
    directory: Directory,
    random_bytes: RandomBytes,
    seed_sealer: Sealer,
) -> NewDevice:
    """Make the seed of a device and draw it, which takes a while, unless it is clear that it cannot be made.

    Raises ValidationError, InvalidInput (tags), EntityAlreadyExists, LimitExceeded.
    """
    asked, path = call.request, call.request.path or "/"
    tags = checked_tags(asked.tags, fold=False)
    serial_number = iam_arn(call.account, "mfa", path, asked.virtual_mfa_device_name)
    if len(serial_number) > SERIAL_NUMBER_MAX:
        raise ValidationError(f"The serial number of a device has at most {SERIAL_NUMBER_MAX} characters.")
    quotas.VIRTUAL_MFA_DEVICES.check(directory.mfa_devices.count(call.account))
    if directory.mfa_devices.seek("serial", serial_number) is not None:
        raise EntityAlreadyExists("MFA device already exists.")
    device_id, seed = new_unique_id("MFA", random_bytes), new_seed(random_bytes)
    device = MfaDevice(
        account=call.account,
        name=asked.virtual_mfa_device_name,
        path=path,
        id=device_id,
        sealed_seed=seal_seed(seed_sealer, seed, device_id),
        created_at=call.now,
        tags=tags,
    )
    return NewDevice(device, seed, _qr_code(device, seed))


@operation("iam:CreateVirtualMFADevice", writes=True, prepare=draw_device)
def create_virtual_mfa_device(
    call: Call[shapes.CreateVirtualMFADeviceRequest], directory: Directory, prepared: NewDevice
) -> shapes.CreateVirtualMFADeviceResponse:
    """Make a device of nobody's and tell its seed. Raises EntityAlreadyExists, LimitExceeded."""
    device, seed, picture = prepared
    quotas.VIRTUAL_MFA_DEVICES.check(directory.mfa_devices.count(call.account))
    try:
        directory.mfa_devices.add(device)
    except AlreadyExists:
        raise EntityAlreadyExists("MFA device already exists.") from None
    return shapes.CreateVirtualMFADeviceResponse(
        virtual_mfa_device=shapes.VirtualMFADevice(
            serial_number=device.serial_number,
            base32_string_seed=seed.reveal().encode(),
            qr_code_png=picture,
            tags=tag_views(device.tags) if device.tags else None,
        )
    )


def _qr_code(device: MfaDevice, seed: SecretText) -> bytes:
    """What an authenticator app scans, as a PNG picture."""
    import segno

    picture = io.BytesIO()
    text = f"otpauth://totp/{device.name}@{device.account}?secret={seed.reveal()}"
    segno.make(text, micro=False).save(picture, kind="png", scale=4)
    return picture.getvalue()


def find_pair(
    call: Call[shapes.EnableMFADeviceRequest] | Call[shapes.ResyncMFADeviceRequest],
    directory: Directory,
    seed_sealer: Sealer,
) -> Pair | None:
    """Look for the two codes of a request among thousands of steps, which takes a while."""
    asked = call.request
    device = directory.mfa_devices.seek("serial", asked.serial_number)
    if device is None or device.account != call.account:
        return None
    try:
        seed = open_seed(seed_sealer, device.sealed_seed, device.id)
    except SealBroken:
        return Pair(device, ())
    middle = step_at(call.now) + device.drift_steps
    steps = range(middle - BEHIND_STEPS_MAX, middle + AHEAD_STEPS_MAX + 1)
    found = matching_pair(seed, asked.authentication_code1, asked.authentication_code2, steps)
    # The same code may be right at several steps: the one nearest to the time is meant.
    return Pair(device, tuple(sorted(found, key=lambda step: abs(step - middle))))


@operation("iam:EnableMFADevice", writes=True, prepare=find_pair)
def enable_mfa_device(call: Call[shapes.EnableMFADeviceRequest], directory: Directory, prepared: Pair | None) -> None:
    """Give a device to a user or the root user.

    Raises NoSuchEntity, AccessDenied, EntityAlreadyExists, LimitExceeded, InvalidAuthenticationCode,
    ConcurrentModification.
    """
    owner = _owner(directory, call.caller, call.request.user_name)
    _refuse_without_own_factor(directory, call.caller, owner)
    device = mfa_device_numbered(directory, call.account, call.request.serial_number)
    if device.owner_id:
        name = call.request.user_name
        raise EntityAlreadyExists(
            f"MFA Device for user {name} already exists."
            if device.owner_id == owner.id
            else "MFA Device is already in use."
        )
    quotas.MFA_DEVICES_PER_USER.check(sum(1 for _ in directory.mfa_devices.where("owner", call.account, owner.id)))
    synchronized = _synchronized(call, device, prepared)
    directory.mfa_devices.replace(msgspec.structs.replace(synchronized, owner_id=owner.id, enabled_at=call.now))


@operation("iam:ResyncMFADevice", writes=True, prepare=find_pair)
def resync_mfa_device(call: Call[shapes.ResyncMFADeviceRequest], directory: Directory, prepared: Pair | None) -> None:
    """Learn anew how far a device's clock is off.

    Raises NoSuchEntity, InvalidAuthenticationCode, ConcurrentModification.
    """
    device = _device_of(directory, call, _owner(directory, call.caller, call.request.user_name))
    directory.mfa_devices.replace(_synchronized(call, device, prepared))


def _synchronized(
    call: Call[shapes.EnableMFADeviceRequest] | Call[shapes.ResyncMFADeviceRequest],
    device: MfaDevice,
    pair: Pair | None,
) -> MfaDevice:
    """The device with its clock's drift.

    INVARIANT: both codes are newer than the last pair's, so that no pair counts twice.
    """
    if pair is None or pair.device.id != device.id or pair.device.drift_steps != device.drift_steps:
        raise ConcurrentModification("The device was changed by another request. Try again.")
    step = next((step for step in pair.steps if step - 1 > device.paired_step), None)
    if step is None:
        raise InvalidAuthenticationCode("Authentication code for device is not valid.")
    return msgspec.structs.replace(device, paired_step=step, drift_steps=step - step_at(call.now))


@operation("iam:DeactivateMFADevice", writes=True)
def deactivate_mfa_device(call: Call[shapes.DeactivateMFADeviceRequest], directory: Directory) -> None:
    """Take a device from its owner; it stays, with all that is known of its clock.

    Raises NoSuchEntity, AccessDenied.
    """
    owner = _owner(directory, call.caller, call.request.user_name)
    _refuse_without_own_factor(directory, call.caller, owner)
    device = _device_of(directory, call, owner)
    directory.mfa_devices.replace(msgspec.structs.replace(device, owner_id="", enabled_at=None))


@operation("iam:DeleteVirtualMFADevice", writes=True)
def delete_virtual_mfa_device(call: Call[shapes.DeleteVirtualMFADeviceRequest], directory: Directory) -> None:
    """Delete a device of nobody's. Raises NoSuchEntity, DeleteConflict."""
    device = mfa_device_numbered(directory, call.account, call.request.serial_number)
    if device.owner_id:
        raise DeleteConflict("MFA VirtualDevice in use. Must deactivate first.")
    directory.mfa_devices.remove(device)
    use = directory.mfa_code_uses.get(device.serial_number)
    if use is not None and use.window < attempts_window(call.now):
        directory.mfa_code_uses.remove(use)


@operation("iam:ListVirtualMFADevices")
def list_virtual_mfa_devices(
    call: Call[shapes.ListVirtualMFADevicesRequest], directory: Directory
) -> shapes.ListVirtualMFADevicesResponse:
    """List the account's devices, all or those that are or are not somebody's."""
    wanted = {"Assigned": (True,), "Unassigned": (False,)}.get(call.request.assignment_status or "Any", (True, False))
    after = (call.account, call.after) if call.after is not None else None
    rows = (each for each in directory.mfa_devices.under(call.account, after=after) if bool(each.owner_id) in wanted)
    page = call.paged(rows, lambda device: device.id)
    views = [
        shapes.VirtualMFADevice(
            serial_number=device.serial_number,
            user=_user_view(directory, device) if device.owner_id else None,
            enable_date=device.enabled_at,
        )
        for device in page.rows
    ]
    return shapes.ListVirtualMFADevicesResponse(
        virtual_mfa_devices=views, is_truncated=page.is_truncated, marker=page.marker
    )


def _user_view(directory: Directory, device: MfaDevice) -> shapes.User | None:
    if device.owner_id == device.account:
        account = directory.accounts.get(device.account)
        assert account is not None, "a device without an account"
        return shapes.User(user_id=account.id, arn=root_arn(account.id), create_date=account.created_at)
    user = directory.users.seek("id", device.owner_id)
    return None if user is None else user_view(user, is_whole=False)


@operation("iam:ListMFADevices")
def list_mfa_devices(call: Call[shapes.ListMFADevicesRequest], directory: Directory) -> shapes.ListMFADevicesResponse:
    """List the devices of a user; without a name, the caller's. Raises NoSuchEntity, ValidationError."""
    owner = _owner(directory, call.caller, call.request.user_name)
    after = (call.account, call.after) if call.after is not None else None
    page = call.paged(directory.mfa_devices.where("owner", call.account, owner.id, after=after), lambda each: each.id)
    views = [
        shapes.MFADevice(
            user_name=owner.name or None,
            serial_number=device.serial_number,
            enable_date=device.enabled_at or device.created_at,
        )
        for device in page.rows
    ]
    return shapes.ListMFADevicesResponse(mfa_devices=views, is_truncated=page.is_truncated, marker=page.marker)


@operation("iam:GetMFADevice")
def get_mfa_device(call: Call[shapes.GetMFADeviceRequest], directory: Directory) -> shapes.GetMFADeviceResponse:
    """Refuse every device: the operation is about security keys, and there are none. Raises ValidationError."""
    raise ValidationError(
        "The MFA device serial number sent in the request is invalid or not supported by this API. Currently, only "
        "hardware FIDO security keys are supported. Please use the compatible device or API."
    )


def _owner(directory: Directory, caller: Authenticated, user_name: str | None) -> Owner:
    """The named user, or the caller. Raises NoSuchEntity, ValidationError.

    # DIFFERS: 0005. The root user names itself by its account id, where a name is required.
    """
    if is_root(caller) and (user_name is None or user_name == caller.account):
        return Owner(caller.account, "")
    user = own_user(directory, caller) if user_name is None else user_named(directory, caller.account, user_name)
    return Owner(user.id, user.name)


def _device_of(
    directory: Directory,
    call: Call[shapes.ResyncMFADeviceRequest] | Call[shapes.DeactivateMFADeviceRequest],
    owner: Owner,
) -> MfaDevice:
    device = directory.mfa_devices.seek("serial", call.request.serial_number)
    if device is None or device.account != call.account or device.owner_id != owner.id:
        raise NoSuchEntity("MFA Device invalid for user.")
    return device


def _refuse_without_own_factor(directory: Directory, caller: Authenticated, owner: Owner) -> None:
    """Refuse users who have a device and change their own without it: a stolen key must not do. Raises AccessDenied."""
    if caller.principal.kind is not Kind.USER or caller.principal.unique_id != owner.id:
        return
    is_with_factor = caller.session is not None and caller.session.mfa_at is not None
    if not is_with_factor and any(directory.mfa_devices.where("owner", caller.account, owner.id, limit=1)):
        raise AccessDenied(
            "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for "
            "this user."
        )
