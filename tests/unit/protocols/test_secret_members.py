"""Secret members: no representation of a request shows them."""

from __future__ import annotations

from watchword.services.iam.shapes import EnableMFADeviceRequest
from watchword.services.sts.shapes import AssumeRoleRequest


def test_one_time_codes_are_hidden() -> None:
    asked = AssumeRoleRequest(role_arn="arn:aws:iam::1:role/r", role_session_name="s", token_code="314159")
    assert "314159" not in repr(asked)
    assert "token_code=<hidden>" in repr(asked)
    pair = EnableMFADeviceRequest(
        user_name="ada", serial_number="arn", authentication_code1="314159", authentication_code2="271828"
    )
    assert "314159" not in repr(pair)
    assert "271828" not in repr(pair)
