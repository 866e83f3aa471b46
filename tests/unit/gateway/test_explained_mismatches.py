"""The gate tells an operator why a signature did not match, and the caller never."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.clocks import SystemClock

from watchword.core.http import RequestHead
from watchword.credentials.access_keys import ACCESS_KEY_PURPOSE
from watchword.credentials.sealing import Sealer
from watchword.credentials.sessions import SESSION_PURPOSE
from watchword.gateway.authenticate import Gate, SealedSecrets
from watchword.server.bootstrap import create_account, open_store
from watchword.server.data_directory import CREDENTIALS, create_layout
from watchword.server.master_key import create_keyring, load_keyring
from watchword.signing.claims import Rules
from watchword.signing.errors import Dialect, SignatureError
from watchword.signing.signer import Credentials, Target, sign_request

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
RULES = Rules("sts", Dialect.QUERY, "us-east-1")


def test_a_mistake_is_explained_to_operators_only(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    create_layout(data_dir)
    create_keyring(data_dir, os.urandom)
    (data_dir / CREDENTIALS).touch(0o600)
    made = create_account(
        data_dir,
        name="a",
        email="a@example.com",
        account_id=None,
        region="us-east-1",
        with_root_key=False,
        clock=SystemClock(),
        random_bytes=os.urandom,
    )
    store, keyring = open_store(data_dir), load_keyring(data_dir)
    sealers = [Sealer(keyring, purpose, os.urandom) for purpose in (ACCESS_KEY_PURPOSE, SESSION_PURPOSE)]
    gate = Gate(store, SealedSecrets(store, sealers[0]), sealers[1])
    credentials = Credentials(made.access_key_id, made.secret_access_key.reveal())
    signed = sign_request("GET", "http://h/", {}, b"", credentials, Target("sts", "us-east-1"), NOW)
    head = RequestHead("POST", b"/", b"", [(name.encode(), value.encode()) for name, value in signed.headers.items()])
    claim = gate.claim(head, RULES, NOW)
    assert claim is not None
    digest = hashlib.sha256().hexdigest()
    with pytest.raises(SignatureError) as caught:
        gate.prove(claim, digest, NOW)
    assert "GET" not in caught.value.answer(Dialect.QUERY).message
    found = gate.explain(head, claim, digest, NOW)
    assert found is not None
    assert (found.part, found.expected, found.signed) == ("the method", "POST", "GET")
    store.close()
