"""The policy that makes people enrol a second factor first: before it they may do that and nothing else."""

from __future__ import annotations

from tests.support.authenticators import Authenticator
from tests.support.house import Account, House, allow, policy, refusal, user_with

OWN = "arn:aws:iam::*:user/${aws:username}"
ENROLLING = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:ListMFADevices", "iam:ListVirtualMFADevices"]


def test_enrol_then_work(acme: Account) -> None:
    without = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    document = policy(
        allow(["iam:ListVirtualMFADevices", "iam:ListUsers", "s3:ListAllMyBuckets"]),
        allow("iam:CreateVirtualMFADevice", "arn:aws:iam::*:mfa/*"),
        allow(["iam:EnableMFADevice", "iam:ListMFADevices", "iam:DeactivateMFADevice", "iam:ResyncMFADevice"], OWN),
        {
            "Effect": "Deny",
            "NotAction": [*ENROLLING, "sts:GetSessionToken"],
            "Resource": "*",
            "Condition": without,
        },
    )
    newcomer = user_with(acme, "newcomer", document)
    user_with(acme, "colleague")
    iam = newcomer.client("iam")
    for refused in (iam.list_users, newcomer.client("s3").list_buckets):
        assert refusal(refused)[1].endswith("with an explicit deny in an identity-based policy")
    device = Authenticator.make(iam, "newcomer")
    said = refusal(iam.enable_mfa_device, UserName="colleague", SerialNumber=device.serial, **device.pair())
    assert said[0] == "AccessDenied"
    device.enable(iam, "newcomer")
    assert refusal(newcomer.client("s3").list_buckets)[0] == "AccessDenied"
    session = device.log_in(newcomer)
    session.client("s3").list_buckets()
    session.client("iam").list_users()
    session.client("iam").deactivate_mfa_device(UserName="newcomer", SerialNumber=device.serial)
    session.client("s3").list_buckets()


def test_a_factor_grows_old(house: House, acme: Account) -> None:
    young = policy(allow("s3:ListAllMyBuckets", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "600"}}))
    keys = user_with(acme, "punctual", young)
    device = Authenticator.make(acme.administrator.client("iam"), "punctual")
    device.enable(acme.administrator.client("iam"), "punctual")
    session = device.log_in(keys)
    session.client("s3").list_buckets()
    with house.later(700):
        assert refusal(session.client("s3").list_buckets)[0] == "AccessDenied"
    session.client("s3").list_buckets()
