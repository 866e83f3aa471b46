"""Virtual MFA devices through IAM: made, enabled, synchronized, listed, tagged, deactivated and deleted."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest
import zxingcpp
from tests.support.authenticators import Authenticator
from tests.support.house import Account, allow, policy, refusal, user_with

INVALID_FOR_USER = ("NoSuchEntity", "MFA Device invalid for user.")


@pytest.fixture(scope="module", autouse=True)
def users(iam: Any) -> None:
    for name in ("ann", "bob"):
        iam.create_user(UserName=name)


def qr_text(png: bytes) -> str:
    """What a phone reads in a picture of one bit a dot."""
    width, height, bits, kind = struct.unpack(">IIBB", png[16:26])
    assert (bits, kind) == (1, 0)
    packed, at = b"", 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        packed += png[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    lines, row_bytes = zlib.decompress(packed), -(-width // 8)
    dots, above = bytearray(), bytes(row_bytes)
    for at in range(0, height * (row_bytes + 1), row_bytes + 1):
        line = lines[at + 1 : at + 1 + row_bytes]
        assert lines[at] in (0, 2), "a filter that is not read here"
        above = line if lines[at] == 0 else bytes((one + two) % 256 for one, two in zip(line, above, strict=True))
        dots += bytes(255 if above[x // 8] >> 7 - x % 8 & 1 else 0 for x in range(width))
    found: Any = zxingcpp.read_barcodes(memoryview(bytes(dots)).cast("B", (height, width)))
    return found[0].text


def test_a_device_is_told_with_its_seed_once(acme: Account, iam: Any) -> None:
    made = iam.create_virtual_mfa_device(
        VirtualMFADeviceName="told", Path="/phones/", Tags=[{"Key": "of", "Value": "ann"}]
    )["VirtualMFADevice"]
    seed = made["Base32StringSeed"].decode()
    assert made["SerialNumber"] == acme.arn("mfa/phones/told")
    assert made["Tags"] == [{"Key": "of", "Value": "ann"}]
    assert len(seed) == 64
    assert qr_text(made["QRCodePNG"]) == f"otpauth://totp/told@{acme.id}?secret={seed}"
    listed = next(
        each
        for each in iam.list_virtual_mfa_devices()["VirtualMFADevices"]
        if each["SerialNumber"] == made["SerialNumber"]
    )
    assert set(listed) == {"SerialNumber"}
    said = refusal(iam.create_virtual_mfa_device, VirtualMFADeviceName="told", Path="/phones/")
    assert said == ("EntityAlreadyExists", "MFA device already exists.")


def test_a_serial_number_has_an_end(iam: Any) -> None:
    said = refusal(iam.create_virtual_mfa_device, VirtualMFADeviceName="x", Path=f"/{'p' * 250}/")
    assert said[0] == "ValidationError"


def test_from_one_user_to_another(acme: Account, iam: Any) -> None:
    device = Authenticator.make(iam, "moved")
    ann, bob = ({"UserName": name, "SerialNumber": device.serial} for name in ("ann", "bob"))
    assert refusal(iam.deactivate_mfa_device, **ann) == INVALID_FOR_USER
    assert refusal(iam.resync_mfa_device, **ann, **device.pair()) == INVALID_FOR_USER
    iam.enable_mfa_device(**ann, **device.pair())
    said = refusal(iam.enable_mfa_device, **ann, **device.pair(2))
    assert said == ("EntityAlreadyExists", "MFA Device for user ann already exists.")
    assert refusal(iam.enable_mfa_device, **bob, **device.pair(2)) == (
        "EntityAlreadyExists",
        "MFA Device is already in use.",
    )
    held = iam.list_mfa_devices(UserName="ann")["MFADevices"]
    assert [(each["UserName"], each["SerialNumber"]) for each in held] == [("ann", device.serial)]
    assigned = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert [each["User"]["UserName"] for each in assigned if each["SerialNumber"] == device.serial] == ["ann"]
    assert held[0]["EnableDate"] == assigned[0]["EnableDate"]
    assert refusal(iam.delete_virtual_mfa_device, SerialNumber=device.serial) == (
        "DeleteConflict",
        "MFA VirtualDevice in use. Must deactivate first.",
    )
    assert refusal(iam.delete_user, UserName="ann") == (
        "DeleteConflict",
        "Cannot delete entity, must remove tokens from principal first.",
    )
    assert refusal(iam.deactivate_mfa_device, **bob) == INVALID_FOR_USER
    iam.deactivate_mfa_device(**ann)
    assert refusal(iam.deactivate_mfa_device, **ann) == INVALID_FOR_USER
    iam.enable_mfa_device(**bob, **device.pair(2))
    iam.update_user(UserName="bob", NewUserName="robert")
    assert iam.list_mfa_devices(UserName="robert")["MFADevices"][0]["UserName"] == "robert"
    iam.update_user(UserName="robert", NewUserName="bob")
    iam.deactivate_mfa_device(**bob)
    iam.delete_virtual_mfa_device(SerialNumber=device.serial)
    assert refusal(iam.delete_virtual_mfa_device, SerialNumber=device.serial)[0] == "NoSuchEntity"


@pytest.mark.parametrize(("ahead", "is_found"), [(-998, True), (-1001, False), (1000, True), (1003, False)])
def test_how_far_a_clock_may_be_off(iam: Any, ahead: int, is_found: bool) -> None:
    """At the edges a step may begin while the test runs, so that just inside and well outside are asked."""
    device = Authenticator.make(iam, f"off{ahead}")
    asked = {"UserName": "ann", "SerialNumber": device.serial}
    if is_found:
        iam.enable_mfa_device(**asked, **device.pair(ahead + (1 if ahead < 0 else 0)))
        iam.deactivate_mfa_device(**asked)
    else:
        assert refusal(iam.enable_mfa_device, **asked, **device.pair(ahead))[0] == "InvalidAuthenticationCode"


def test_a_device_whose_clock_is_wrong_is_followed(acme: Account, iam: Any) -> None:
    keys = user_with(acme, "traveller", policy(allow("*")))
    device = Authenticator.make(iam, "off-by-hours")
    device.enable(iam, "traveller", 100)
    device.log_in(keys, 101)
    assert refusal(device.log_in, keys=keys, ahead=0)[0] == "AccessDenied"
    iam.resync_mfa_device(UserName="traveller", SerialNumber=device.serial, **device.pair(104))
    device.log_in(keys, 105)


def test_eight_devices_are_enough(iam: Any) -> None:
    iam.create_user(UserName="collector")
    for number in range(8):
        Authenticator.make(iam, f"many{number}").enable(iam, "collector")
    ninth = Authenticator.make(iam, "many8")
    said = refusal(iam.enable_mfa_device, UserName="collector", SerialNumber=ninth.serial, **ninth.pair())
    assert said == ("LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8")
    pages = iam.get_paginator("list_mfa_devices").paginate(UserName="collector", PaginationConfig={"PageSize": 3})
    held = [each["SerialNumber"] for page in pages for each in page["MFADevices"]]
    assert len(held) == len(set(held)) == 8


def test_security_keys_are_all_that_is_told_of_one_device(iam: Any) -> None:
    device = Authenticator.make(iam, "asked-for")
    assert refusal(iam.get_mfa_device, SerialNumber=device.serial) == (
        "ValidationError",
        (
            "The MFA device serial number sent in the request is invalid or not supported by this API. Currently, only "
            "hardware FIDO security keys are supported. Please use the compatible device or API."
        ),
    )


def test_tags_and_who_may_use_them(acme: Account, iam: Any) -> None:
    device = Authenticator.make(iam, "tagged")
    iam.tag_mfa_device(SerialNumber=device.serial, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    iam.untag_mfa_device(SerialNumber=device.serial, TagKeys=["a"])
    assert iam.list_mfa_device_tags(SerialNumber=device.serial)["Tags"] == [{"Key": "A", "Value": "2"}]
    document = policy(
        allow("iam:DeleteVirtualMFADevice", acme.arn("mfa/*"), Condition={"StringEquals": {"aws:ResourceTag/A": "2"}})
    )
    keys = user_with(acme, "tag-holder", document)
    other = Authenticator.make(iam, "untagged")
    code, message = refusal(keys.client("iam").delete_virtual_mfa_device, SerialNumber=other.serial)
    assert (code, other.serial in message) == ("AccessDenied", True)
    keys.client("iam").delete_virtual_mfa_device(SerialNumber=device.serial)


def test_the_root_user_has_a_device_too(globex: Account) -> None:
    iam = globex.root.client("iam")
    before = iam.get_account_summary()["SummaryMap"]
    assert [before[name] for name in ("MFADevices", "MFADevicesInUse", "AccountMFAEnabled")] == [0, 0, 0]
    device = Authenticator.make(iam, "root-account-mfa-device")
    device.enable(iam, globex.id)
    assert iam.list_mfa_devices()["MFADevices"][0]["SerialNumber"] == device.serial
    after = iam.get_account_summary()["SummaryMap"]
    assert [after[name] for name in ("MFADevices", "MFADevicesInUse", "AccountMFAEnabled")] == [1, 1, 1]
    session = device.log_in(globex.root)
    assert session.client("sts").get_caller_identity()["Arn"] == globex.arn("root")
    assigned = session.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"]
    assert assigned[0]["User"]["Arn"] == globex.arn("root")
    said = refusal(globex.administrator.client("iam").deactivate_mfa_device, SerialNumber=device.serial)
    assert said == INVALID_FOR_USER
    iam.deactivate_mfa_device(SerialNumber=device.serial)


def test_no_user_is_found_by_the_account_id(globex: Account) -> None:
    iam = globex.administrator.client("iam")
    device = Authenticator.make(iam, "not-root")
    said = refusal(iam.enable_mfa_device, UserName=globex.id, SerialNumber=device.serial, **device.pair())
    assert said == ("NoSuchEntity", f"The user with name {globex.id} cannot be found.")
