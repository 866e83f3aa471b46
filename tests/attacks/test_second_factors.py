"""Second factors: codes that were used, guessed or are too old, devices of others, and stolen keys without a device."""

from __future__ import annotations

import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.authenticators import Authenticator
from tests.support.house import Account, House, Keys, allow, policy, refusal, session_of, trust, user_with
from tests.support.raw_requests import get

WRONG = ("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
NOT_LOOKED_AT = (
    "AccessDenied",
    (
        "MultiFactorAuthentication failed, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user."
    ),
)
HALF = (
    "AccessDenied",
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
)
MFA_FIRST = (
    "AccessDenied",
    (
        "To complete this action, please ensure that you are authenticated with an MFA device that is enabled for "
        "this user."
    ),
)
WITH_FACTOR = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ATTEMPTS = 9
WINDOW = 180


@pytest.fixture
def holder(acme: Account, request: pytest.FixtureRequest) -> tuple[Keys, Authenticator]:
    """A user with a device of its own."""
    name = f"holder-{abs(hash(request.node.name)) % 10**9}"
    keys = user_with(acme, name, policy(allow("*")))
    iam = acme.administrator.client("iam")
    device = Authenticator.make(iam, name)
    device.enable(iam, name)
    return keys, device


def tried(keys: Keys, device: Authenticator, code: str) -> tuple[str, str]:
    """What becomes of a code that must not do."""
    return refusal(keys.client("sts").get_session_token, SerialNumber=device.serial, TokenCode=code)


@contextmanager
def beginning_of_a_window(house: House) -> Generator[None]:
    """Let the server's clock stand just after the beginning of the span in which attempts are counted."""
    with house.later(WINDOW - time.time() % WINDOW + 5):
        yield


def test_a_code_is_taken_once(holder: tuple[Keys, Authenticator]) -> None:
    keys, device = holder
    code = device.code()
    keys.client("sts").get_session_token(SerialNumber=device.serial, TokenCode=code)
    assert tried(keys, device, code) == WRONG


def test_a_used_code_stays_used_after_newer_and_older_ones(holder: tuple[Keys, Authenticator]) -> None:
    keys, device = holder
    first = device.code()
    for ahead in (0, 1, -1):
        device.log_in(keys, ahead)
    assert tried(keys, device, first) == WRONG


def test_a_used_code_assumes_no_role(acme: Account, holder: tuple[Keys, Authenticator]) -> None:
    keys, device = holder
    iam = acme.administrator.client("iam")
    iam.create_role(RoleName="replayed", AssumeRolePolicyDocument=trust(AWS=acme.id))
    code = device.code()
    keys.client("sts").get_session_token(SerialNumber=device.serial, TokenCode=code)
    asked = {"RoleArn": acme.arn("role/replayed"), "RoleSessionName": "ab", "SerialNumber": device.serial}
    assert refusal(keys.client("sts").assume_role, TokenCode=code, **asked) == WRONG
    keys.client("sts").assume_role(TokenCode=device.code(1), **asked)


@pytest.mark.parametrize("ahead", [-4, -10, 4, 10])
def test_a_code_of_another_time_is_wrong(holder: tuple[Keys, Authenticator], ahead: int) -> None:
    keys, device = holder
    assert tried(keys, device, device.code(ahead)) == WRONG


def test_the_device_of_another_user_is_as_unknown_as_none(acme: Account, holder: tuple[Keys, Authenticator]) -> None:
    _, device = holder
    thief = user_with(acme, "thief", policy(allow("*")))
    assert tried(thief, device, device.code()) == NOT_LOOKED_AT
    nothing = Authenticator(f"arn:aws:iam::{acme.id}:mfa/none", device.seed)
    assert tried(thief, nothing, device.code()) == NOT_LOOKED_AT
    assert tried(acme.root, device, device.code()) == NOT_LOOKED_AT


def test_a_device_of_another_account(globex: Account, holder: tuple[Keys, Authenticator]) -> None:
    _, device = holder
    assert tried(globex.administrator, device, device.code()) == NOT_LOOKED_AT
    iam = globex.administrator.client("iam")
    known = refusal(iam.enable_mfa_device, UserName="administrator", SerialNumber=device.serial, **device.pair(3))
    unknown = refusal(
        iam.enable_mfa_device, UserName="administrator", SerialNumber=f"{device.serial}x", **device.pair(3)
    )
    assert known == ("NoSuchEntity", f"VirtualMFADevice with serial number {device.serial} doesn't exist.")
    assert unknown[0] == "NoSuchEntity"
    assert refusal(iam.delete_virtual_mfa_device, SerialNumber=device.serial)[0] in {"NoSuchEntity", "AccessDenied"}


def test_nobody_uses_up_the_attempts_of_another(
    acme: Account, house: House, holder: tuple[Keys, Authenticator]
) -> None:
    keys, device = holder
    thief = user_with(acme, "blocker", policy(allow("*")))
    with beginning_of_a_window(house):
        for _ in range(ATTEMPTS + 1):
            assert tried(thief, device, "000000") == NOT_LOOKED_AT
    device.log_in(keys)


def test_guessing_ends_after_nine_codes(house: House, holder: tuple[Keys, Authenticator]) -> None:
    keys, device = holder
    with beginning_of_a_window(house):
        ahead = round((WINDOW - time.time() % WINDOW + 5) / 30)
        for _ in range(ATTEMPTS):
            assert tried(keys, device, device.wrong_code()) == WRONG
        right = device.code(ahead)
        assert tried(keys, device, right) == NOT_LOOKED_AT
    with house.later(WINDOW - time.time() % WINDOW + 5 + WINDOW):
        ahead = round((WINDOW - time.time() % WINDOW + 5 + WINDOW) / 30)
        keys.client("sts").get_session_token(SerialNumber=device.serial, TokenCode=device.code(ahead))


def test_a_device_made_again_has_no_fresh_attempts(
    acme: Account, house: House, holder: tuple[Keys, Authenticator]
) -> None:
    keys, device = holder
    name = device.serial.rpartition("/")[2]
    iam = acme.administrator.client("iam")
    with beginning_of_a_window(house):
        ahead = round((WINDOW - time.time() % WINDOW + 5) / 30)
        for _ in range(ATTEMPTS):
            assert tried(keys, device, device.wrong_code()) == WRONG
        iam.deactivate_mfa_device(UserName=name, SerialNumber=device.serial)
        iam.delete_virtual_mfa_device(SerialNumber=device.serial)
        again = Authenticator.make(iam, name)
        again.enable(iam, name, ahead)
        assert again.serial == device.serial
        assert tried(keys, again, again.code(ahead)) == NOT_LOOKED_AT


def test_the_seed_of_a_deleted_device_opens_nothing(acme: Account, holder: tuple[Keys, Authenticator]) -> None:
    keys, device = holder
    name = device.serial.rpartition("/")[2]
    iam = acme.administrator.client("iam")
    iam.deactivate_mfa_device(UserName=name, SerialNumber=device.serial)
    assert tried(keys, device, device.code()) == NOT_LOOKED_AT
    iam.delete_virtual_mfa_device(SerialNumber=device.serial)
    Authenticator.make(iam, name).enable(iam, name)
    assert tried(keys, device, device.code(1)) == WRONG


@pytest.mark.parametrize("given", [{"SerialNumber": "arn:aws:iam::1:mfa/x"}, {"TokenCode": "123456"}])
def test_half_of_a_second_factor_is_none(acme: Account, given: dict[str, str]) -> None:
    iam, sts = acme.administrator.client("iam"), acme.administrator.client("sts")
    assert refusal(sts.get_session_token, **given) == HALF
    role = f"half-{len(given['SerialNumber']) if 'SerialNumber' in given else 0}"
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(AWS=acme.id))
    said = refusal(sts.assume_role, RoleArn=acme.arn(f"role/{role}"), RoleSessionName="ab", **given)
    assert said == HALF


@pytest.fixture(scope="module")
def role(acme: Account) -> str:
    document = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": acme.id},
            "Action": "sts:AssumeRole",
            "Condition": {**WITH_FACTOR, "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}},
        }
    )
    iam = acme.administrator.client("iam")
    iam.create_role(RoleName="guarded", AssumeRolePolicyDocument=document)
    iam.put_role_policy(
        RoleName="guarded", PolicyName="all", PolicyDocument=policy(allow("iam:ListUsers", Condition=WITH_FACTOR))
    )
    return acme.arn("role/guarded")


class TestARoleThatAsksForASecondFactor:
    def test_is_not_assumed_without(self, role: str, holder: tuple[Keys, Authenticator]) -> None:
        assert "sts:AssumeRole" in refusal(holder[0].client("sts").assume_role, RoleArn=role, RoleSessionName="ab")[1]

    def test_is_not_assumed_with_a_wrong_code(self, role: str, holder: tuple[Keys, Authenticator]) -> None:
        """The policy is asked as if the code were right; what it says is worth nothing unless it is."""
        keys, device = holder
        asked = {"RoleArn": role, "RoleSessionName": "ab", "SerialNumber": device.serial}
        assert refusal(keys.client("sts").assume_role, TokenCode=device.wrong_code(), **asked) == WRONG

    def test_is_not_assumed_with_a_device_of_nobodys(
        self, acme: Account, role: str, holder: tuple[Keys, Authenticator]
    ) -> None:
        device = Authenticator.make(acme.administrator.client("iam"), "nobodys")
        asked = {"RoleArn": role, "RoleSessionName": "ab", "SerialNumber": device.serial}
        assert refusal(holder[0].client("sts").assume_role, TokenCode=device.code(), **asked) == NOT_LOOKED_AT

    def test_who_may_not_assume_it_keeps_the_code(self, acme: Account, holder: tuple[Keys, Authenticator]) -> None:
        keys, device = holder
        acme.administrator.client("iam").create_role(RoleName="closed", AssumeRolePolicyDocument=trust(AWS=acme.id))
        name = device.serial.rpartition("/")[2]
        acme.administrator.client("iam").delete_user_policy(UserName=name, PolicyName="grants")
        asked = {"RoleArn": acme.arn("role/closed"), "RoleSessionName": "ab", "SerialNumber": device.serial}
        code = device.code()
        assert (
            "not authorized to perform: sts:AssumeRole"
            in refusal(keys.client("sts").assume_role, TokenCode=code, **asked)[1]
        )
        keys.client("sts").get_session_token(SerialNumber=device.serial, TokenCode=code)

    def test_is_assumed_with_a_session_that_has_it_and_does_not_pass_it_on(
        self, acme: Account, role: str, holder: tuple[Keys, Authenticator]
    ) -> None:
        keys, device = holder
        session = acme.assume("guarded", device.log_in(keys))
        assert session.client("sts").get_caller_identity()["Arn"].endswith(":assumed-role/guarded/test")
        assert refusal(session.client("iam").list_users)[0] == "AccessDenied"

    def test_of_another_account_is_assumed_with_the_callers_own_device(
        self, acme: Account, globex: Account, holder: tuple[Keys, Authenticator]
    ) -> None:
        document = policy({
            "Effect": "Allow", "Principal": {"AWS": acme.id}, "Action": "sts:AssumeRole", "Condition": WITH_FACTOR,
        })  # fmt: skip
        globex.administrator.client("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=document)
        keys, device = holder
        asked = {"RoleArn": globex.arn("role/theirs"), "RoleSessionName": "ab", "SerialNumber": device.serial}
        assert refusal(keys.client("sts").assume_role, TokenCode=device.wrong_code(), **asked) == WRONG
        keys.client("sts").assume_role(TokenCode=device.code(), **asked)

    def test_a_chained_session_has_lost_it(self, acme: Account, role: str, holder: tuple[Keys, Authenticator]) -> None:
        keys, device = holder
        chained = policy(allow("iam:ListUsers", Condition=WITH_FACTOR))
        iam = acme.administrator.client("iam")
        iam.create_role(RoleName="chained", AssumeRolePolicyDocument=trust(AWS=role))
        iam.put_role_policy(RoleName="chained", PolicyName="all", PolicyDocument=chained)
        iam.put_role_policy(RoleName="guarded", PolicyName="more", PolicyDocument=policy(allow("sts:AssumeRole")))
        first = acme.assume("guarded", keys, SerialNumber=device.serial, TokenCode=device.code())
        first.client("iam").list_users()
        assert refusal(acme.assume("chained", first).client("iam").list_users)[0] == "AccessDenied"
        said = refusal(
            first.client("sts").assume_role,
            RoleArn=acme.arn("role/chained"), RoleSessionName="ab", SerialNumber=device.serial,
            TokenCode=device.code(1),
        )  # fmt: skip
        assert said == NOT_LOOKED_AT


def test_naming_a_device_in_another_operation_is_no_second_factor(
    acme: Account, holder: tuple[Keys, Authenticator]
) -> None:
    _, device = holder
    keys = user_with(acme, "namer", policy(allow("iam:*", Condition=WITH_FACTOR)))
    asked: dict[str, Any] = {"UserName": "namer", "SerialNumber": device.serial}
    for operation, more in (("enable_mfa_device", device.pair()), ("deactivate_mfa_device", {})):
        code, message = refusal(getattr(keys.client("iam"), operation), **asked, **more)
        assert (code, "not authorized" in message) == ("AccessDenied", True)


class TestAStolenKey:
    """AWS since 2023: who has a device changes devices of its own only with it."""

    def test_does_not_take_the_device_away(self, acme: Account, holder: tuple[Keys, Authenticator]) -> None:
        keys, device = holder
        iam, name = keys.client("iam"), device.serial.rpartition("/")[2]
        for serial in (device.serial, f"{device.serial}-none"):
            assert refusal(iam.deactivate_mfa_device, UserName=name, SerialNumber=serial) == MFA_FIRST
        second = Authenticator.make(iam, f"{name}-second")
        asked = {"UserName": name, "SerialNumber": second.serial}
        assert refusal(iam.enable_mfa_device, **asked, **second.pair()) == MFA_FIRST
        session = device.log_in(keys, 1)
        session.client("iam").enable_mfa_device(**asked, **second.pair())
        session.client("iam").deactivate_mfa_device(UserName=name, SerialNumber=device.serial)

    def test_cannot_call_iam_as_a_session_without_the_factor(self, holder: tuple[Keys, Authenticator]) -> None:
        keys, device = holder
        session = session_of(keys)
        assert refusal(session.client("iam").list_users)[0] == "InvalidClientTokenId"
        device.log_in(keys, 1).client("iam").list_users()


def test_a_pair_of_codes_counts_once(acme: Account) -> None:
    """Else a pair that somebody saw would enable the device for another user."""
    iam = acme.administrator.client("iam")
    for name in ("pair-one", "pair-two"):
        iam.create_user(UserName=name)
    device = Authenticator.make(iam, "paired")
    invalid = ("InvalidAuthenticationCode", "Authentication code for device is not valid.")
    same, turned = device.code(), device.pair()
    asked = {"UserName": "pair-one", "SerialNumber": device.serial}
    said = refusal(iam.enable_mfa_device, **asked, AuthenticationCode1=same, AuthenticationCode2=same)
    assert said == invalid
    turned = {
        "AuthenticationCode1": turned["AuthenticationCode2"],
        "AuthenticationCode2": turned["AuthenticationCode1"],
    }
    assert refusal(iam.enable_mfa_device, **asked, **turned) == invalid
    pair = device.pair()
    iam.enable_mfa_device(**asked, **pair)
    assert refusal(iam.resync_mfa_device, **asked, **pair) == invalid
    iam.deactivate_mfa_device(**asked)
    asked["UserName"] = "pair-two"
    assert refusal(iam.enable_mfa_device, **asked, **pair) == invalid
    assert refusal(iam.enable_mfa_device, **asked, **device.pair(1)) == invalid
    iam.enable_mfa_device(**asked, **device.pair(2))


def test_many_workers_take_one_code_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    house = House.start(tmp_path_factory.mktemp("factors") / "data", workers=3)
    try:
        account = house.account()
        iam = account.administrator.client("iam")
        device = Authenticator.make(iam, "shared")
        device.enable(iam, "administrator")
        code, client = device.code(), account.administrator.client("sts")

        def log_in(_: int) -> str:
            try:
                client.get_session_token(SerialNumber=device.serial, TokenCode=code)
            except ClientError as error:
                return error.response["Error"]["Message"]  # type: ignore[reportTypedDictNotRequiredAccess]
            return "in"

        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(log_in, range(8)))
        assert sorted(said) == sorted([*[WRONG[1]] * 7, "in"])
    finally:
        house.stop()


def test_seeds_are_nowhere_to_be_read(acme: Account, house: House) -> None:
    seeds = [Authenticator.make(acme.administrator.client("iam"), f"sealed-{n}").seed for n in range(3)]
    kept = b"".join(path.read_bytes() for path in house.server.data_dir.rglob("*") if path.is_file())
    kept += house.log.encode()
    assert not [seed for seed in seeds if seed.encode() in kept]


class TestWhatPoliciesSeeOfAFactor:
    """Long-term keys have no such key, sessions always do; only a factor makes it true."""

    def allowed(self, keys: Keys, acme: Account, name: str, condition: dict[str, Any]) -> bool:
        acme.administrator.client("iam").put_user_policy(
            UserName=name, PolicyName="grants", PolicyDocument=policy(allow("s3:ListAllMyBuckets", Condition=condition))
        )
        status = get(keys, "/").send().status
        assert status in (200, 403)
        return status == 200

    def test_key_session_and_session_with_factor(self, acme: Account, holder: tuple[Keys, Authenticator]) -> None:
        keys, device = holder
        name = device.serial.rpartition("/")[2]
        session = session_of(keys)
        with_factor = device.log_in(keys)
        present, age = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
        expected: list[tuple[dict[str, Any], tuple[bool, bool, bool]]] = [
            ({"Bool": {present: "true"}}, (False, False, True)),
            ({"BoolIfExists": {present: "true"}}, (True, False, True)),
            ({"Bool": {present: "false"}}, (False, True, False)),
            ({"BoolIfExists": {present: "false"}}, (True, True, False)),
            ({"Null": {present: "true"}}, (True, False, False)),
            ({"Null": {age: "false"}}, (False, False, True)),
            ({"NumericLessThan": {age: "600"}}, (False, False, True)),
            ({"NumericGreaterThan": {age: "600"}}, (False, False, False)),
        ]
        for condition, answers in expected:
            said = tuple(self.allowed(each, acme, name, condition) for each in (keys, session, with_factor))
            assert said == answers, condition
