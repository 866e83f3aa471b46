"""Requests whose commits are run together: each is decided as if it came alone, and has its own answer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import md5

import pytest
from tests.support.gateways import CLOCK, NAME, REGION
from tests.support.house import deny, policy

from watchword.core.http import HttpResponse, RequestHead
from watchword.directory.bodies import SHORT_BYTES_MAX, is_short
from watchword.directory.buckets import Bucket, BucketSetting
from watchword.directory.directory import Directory
from watchword.directory.policies import InlinePolicy
from watchword.directory.ports import Transaction
from watchword.gateway.exchange import Exchange
from watchword.gateway.serve import Gateway
from watchword.server.bodies import take_whole
from watchword.server.bootstrap import Initialized
from watchword.signing.signer import Credentials, Target, sign_request


class Client:
    """The administrator, who signs what is handed to the gateway."""

    def __init__(self, gateway: Gateway, account: Initialized) -> None:
        self._gateway = gateway
        self._credentials = Credentials(account.access_key_id, account.secret_access_key.reveal())

    def decided(self, method: str, key: str, body: bytes = b"", **headers: str) -> Exchange:
        """A request that was decided, and whose commit waits."""
        exchange, answer = self._begun(method, key, body, headers)
        assert callable(answer), answer
        return exchange

    def send(self, method: str, key: str, body: bytes = b"") -> HttpResponse:
        answer = self._begun(method, key, body, {})[1]
        return answer() if callable(answer) else answer

    def _begun(
        self, method: str, key: str, body: bytes, headers: dict[str, str]
    ) -> tuple[Exchange, HttpResponse | Callable[[], HttpResponse]]:
        url = f"http://127.0.0.1/{NAME}/{key}"
        signed = sign_request(method, url, headers, body, self._credentials, Target("s3", REGION, s3=True), CLOCK.now())
        lines = [(name.encode(), value.encode()) for name, value in signed.headers.items()]
        lines.append((b"content-length", b"%d" % len(body)))
        exchange = self._gateway.begin(RequestHead(method, f"/{NAME}/{key}".encode(), b"", lines, scheme="https"))
        return exchange, exchange.response or self._gateway.finish(exchange, take_whole(exchange, body))


@pytest.fixture
def client(gateway: Gateway, account: Initialized) -> Client:
    return Client(gateway, account)


def blob(gateway: Gateway, key: str) -> str:
    with gateway.store.read() as snapshot:
        stored = Directory(snapshot).objects.get(NAME, key)
        return "" if stored is None else stored.blob


def test_each_has_its_own_answer_in_order(gateway: Gateway, client: Client) -> None:
    exchanges = [client.decided("PUT", f"{number}", b"%d" % number) for number in range(5)]
    exchanges.append(client.decided("DELETE", "0"))
    assert all(exchange.is_brief for exchange in exchanges)
    assert [answer.status for answer in gateway.commit_all(exchanges)] == [200] * 5 + [204]
    assert client.send("GET", "0").status == 404
    assert [client.send("GET", f"{number}").body for number in range(1, 5)] == [b"1", b"2", b"3", b"4"]


def test_rules_for_pages_that_cannot_be_read_cost_nobody_an_answer(gateway: Gateway, client: Client) -> None:
    damaged = BucketSetting(bucket=NAME, name="cors", document="{")
    gateway.store.write(lambda transaction: Directory(transaction).bucket_settings.add(damaged))
    exchanges = [
        client.decided("PUT", "a", b"a"),
        client.decided("PUT", "b", b"b", origin="https://page.example"),
        client.decided("PUT", "c", b"c"),
    ]
    assert [answer.status for answer in gateway.commit_all(exchanges)] == [200, 200, 200]


def test_a_body_that_becomes_a_file_does_not_take_turns(client: Client) -> None:
    key = bytes(range(32))
    headers = {
        "algorithm": b"AES256",
        "key": b64encode(key),
        "key-md5": b64encode(md5(key, usedforsecurity=False).digest()),
    }
    sealed = {f"x-amz-server-side-encryption-customer-{name}": text.decode() for name, text in headers.items()}
    short = b"x" * SHORT_BYTES_MAX
    assert client.decided("PUT", "k", short).is_brief
    assert not client.decided("PUT", "k", short + b"x").is_brief
    assert client.decided("PUT", "k", short[:-1_000], **sealed).is_brief
    assert not client.decided("PUT", "k", short, **sealed).is_brief


def test_one_that_is_refused_takes_none_of_the_others_with_it(gateway: Gateway, client: Client) -> None:
    twice = [client.decided("PUT", "a", b"first"), client.decided("PUT", "b", b"b")]
    gateway.store.write(lambda transaction: Directory(transaction).buckets.remove(_bucket(transaction)))
    assert [answer.status for answer in gateway.commit_all(twice)] == [404, 404]
    with gateway.store.read() as snapshot:
        assert snapshot.bodies.count() == 0


def _bucket(transaction: Transaction) -> Bucket:
    bucket = Directory(transaction).buckets.get(NAME)
    assert bucket is not None
    return bucket


def test_a_permission_that_went_after_the_decision_is_not_used_by_what_follows(
    gateway: Gateway, client: Client, account: Initialized
) -> None:
    """What others of the group write to objects does not stand in for a look at what the caller may still do."""
    exchanges = [client.decided("PUT", f"{number}", b"x") for number in range(3)]

    def revoke(transaction: Transaction) -> None:
        directory = Directory(transaction)
        user = directory.users.get(account.account_id, "administrator")
        assert user is not None
        document = policy(deny("s3:PutObject"))
        directory.inline_policies.add(
            InlinePolicy(account=account.account_id, holder_kind="user", holder_id=user.id, name="p", document=document)
        )

    assert gateway.commit_all(exchanges[:1])[0].status == 200
    gateway.store.write(revoke)
    assert [answer.status for answer in gateway.commit_all(exchanges[1:])] == [403, 403]
    assert blob(gateway, "1") == ""


def test_a_body_that_went_between_two_looks_is_read_anew(gateway: Gateway, client: Client) -> None:
    assert client.send("PUT", "k", b"old").status == 200
    assert client.send("HEAD", "k").status == 200
    old = blob(gateway, "k")
    assert is_short(old)
    refresh, store = gateway.store.refresh, gateway.store
    overtaking = [lambda: client.send("PUT", "k", b"new")]

    class Overtaken:
        """A store in which another process writes just after a request has asked what is new."""

        def refresh(self) -> int:
            position = refresh()
            if overtaking:
                overtaking.pop()()
            return position

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

    object.__setattr__(gateway, "store", Overtaken())
    try:
        answer = client.send("GET", "k")
    finally:
        object.__setattr__(gateway, "store", store)
    assert not overtaking
    assert blob(gateway, "k") != old
    assert (answer.status, answer.body) == (200, b"new")


def test_a_body_that_is_lost_is_an_error_and_not_another_body(gateway: Gateway, client: Client) -> None:
    assert client.send("PUT", "k", b"old").status == 200
    gateway.store.write(lambda transaction: transaction.bodies.remove(1))
    assert client.send("GET", "k").status == 500
