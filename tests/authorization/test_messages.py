"""DecodeAuthorizationMessage at the front door."""

from __future__ import annotations

import json
import os

import pytest
from tests.support.house import Account, House, policy, refusal, user_with

from watchword.credentials.authorization_messages import MESSAGE_PURPOSE, encode_message
from watchword.credentials.sealing import Sealer
from watchword.server.master_key import load_keyring

TEXT = json.dumps({"allowed": False, "explicitDeny": True})


def encoded(house: House, account: Account) -> str:
    """A message as a service of this house seals it for an account."""
    return encode_message(
        TEXT, account.id, sealer=Sealer(load_keyring(house.server.data_dir), MESSAGE_PURPOSE, os.urandom)
    )


def test_a_message_is_decoded_in_its_account(house: House, acme: Account) -> None:
    sts = acme.administrator.client("sts")
    assert sts.decode_authorization_message(EncodedMessage=encoded(house, acme))["DecodedMessage"] == TEXT


def test_a_message_of_another_account_is_invalid(house: House, acme: Account, globex: Account) -> None:
    sts = acme.administrator.client("sts")
    code, _ = refusal(sts.decode_authorization_message, EncodedMessage=encoded(house, globex))
    assert code == "InvalidAuthorizationMessageException"


@pytest.mark.parametrize("message", ["x", "%%%", "A" * 10_240])
def test_what_is_no_message_is_invalid(acme: Account, message: str) -> None:
    sts = acme.administrator.client("sts")
    code, _ = refusal(sts.decode_authorization_message, EncodedMessage=message)
    assert code == "InvalidAuthorizationMessageException"


def test_a_message_that_is_too_long_is_not_looked_at(acme: Account) -> None:
    sts = acme.administrator.client("sts")
    assert refusal(sts.decode_authorization_message, EncodedMessage="A" * 10_241)[0] == "ValidationError"


def test_reading_it_needs_permission(house: House, acme: Account) -> None:
    keys = user_with(acme, "curious", policy({"Effect": "Allow", "Action": "sts:GetSessionToken", "Resource": "*"}))
    code, message = refusal(keys.client("sts").decode_authorization_message, EncodedMessage=encoded(house, acme))
    assert code == "AccessDenied"
    assert "no identity-based policy allows the sts:DecodeAuthorizationMessage action" in message
