"""What restricts a session is never lost on the way: half said, it is an error and no session at all."""

from __future__ import annotations

import pytest
from tests.support.house import Account, allow, policy, refusal, session_of, trust, user_with
from tests.support.raw_requests import call


@pytest.fixture(scope="module")
def role(acme: Account) -> str:
    iam = acme.administrator.client("iam")
    iam.create_role(RoleName="wide", AssumeRolePolicyDocument=trust(AWS=acme.arn("root")))
    return acme.arn("role/wide")


@pytest.mark.parametrize("name", ["PolicyArns.member.1", "PolicyArns.member.1.Arn", "PolicyArns.member.1.other"])
def test_a_session_policy_without_an_arn_is_not_no_policy(acme: Account, role: str, name: str) -> None:
    named = {name: "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    response = call(acme.administrator, "sts", "AssumeRole", RoleArn=role, RoleSessionName="half", **named).send()
    assert response.status == 400, response.text


def test_an_empty_session_policy_is_not_no_policy(acme: Account, role: str) -> None:
    sts = acme.administrator.client("sts")
    assert refusal(sts.assume_role, RoleArn=role, RoleSessionName="half", Policy="")[0] == "ValidationError"


def test_a_session_token_session_decodes_no_messages(acme: Account) -> None:
    """Of STS it may call AssumeRole and GetCallerIdentity."""
    keys = user_with(acme, "decoder", policy(allow("sts:*")))
    said = refusal(session_of(keys).client("sts").decode_authorization_message, EncodedMessage="any")
    assert said == ("AccessDenied", "Cannot call DecodeAuthorizationMessage with session credentials")
