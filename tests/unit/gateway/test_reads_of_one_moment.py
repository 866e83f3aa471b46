"""A read is decided for the moment whose records it shows, also when a writer comes in between."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from tests.support.gateways import CLOCK, NAME, REGION

from watchword.core.http import HttpResponse, RequestHead
from watchword.directory.buckets import StoredObject
from watchword.directory.directory import Directory
from watchword.directory.ports import Store, Transaction
from watchword.gateway.serve import Gateway
from watchword.server.bootstrap import Initialized
from watchword.signing.signer import Credentials, Target, sign_request


class Interleaving:
    """A store whose next snapshot begins just after a writer's change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.change: Callable[[Transaction], None] | None = None

    def read(self) -> AbstractContextManager[Transaction]:
        change, self.change = self.change, None
        if change is not None:
            self._store.write(change)
        return self._store.read()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def list_objects(gateway: Gateway, account: Initialized) -> HttpResponse:
    credentials = Credentials(account.access_key_id, account.secret_access_key.reveal())
    url = f"http://127.0.0.1/{NAME}?list-type=2"
    signed = sign_request("GET", url, {}, b"", credentials, Target("s3", REGION, s3=True), CLOCK.now())
    lines = [(name.encode(), value.encode()) for name, value in signed.headers.items()]
    response = gateway.begin(RequestHead("GET", f"/{NAME}".encode(), b"list-type=2", lines)).response
    assert response is not None
    return response


def put(directory: Directory, key: str) -> None:
    directory.objects.add(StoredObject(bucket=NAME, key=key, blob="", size=0, etag="", modified_at=CLOCK.now()))


def test_what_was_written_after_a_permission_went_is_not_shown(gateway: Gateway, account: Initialized) -> None:
    between = Interleaving(gateway.records.store)
    gateway.records.store = between  # type: ignore[assignment]
    assert list_objects(gateway, account).status == 200

    def revoke_then_write(transaction: Transaction) -> None:
        directory = Directory(transaction)
        user = directory.users.get(account.account_id, "administrator")
        assert user is not None
        for attachment in list(directory.attachments.where("holder", account.account_id, user.id)):
            directory.attachments.remove(attachment)
        put(directory, "secret")

    between.change = revoke_then_write
    refused = list_objects(gateway, account)
    assert between.change is None, "no snapshot was taken"
    assert refused.status == 403
    assert b"secret" not in bytes(refused.body)  # type: ignore[arg-type]


def test_what_was_written_meanwhile_is_shown_to_who_may_still_see_it(gateway: Gateway, account: Initialized) -> None:
    between = Interleaving(gateway.records.store)
    gateway.records.store = between  # type: ignore[assignment]
    assert list_objects(gateway, account).status == 200
    between.change = lambda transaction: put(Directory(transaction), "public")
    answer = list_objects(gateway, account)
    assert answer.status == 200
    assert b"<Key>public</Key>" in bytes(answer.body)  # type: ignore[arg-type]
