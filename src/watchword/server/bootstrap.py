"""The one place that builds everything: the store, the keys, the gate, the gateway. And the first account.

A front node differs in its keys alone: it is given no master key to read, and asks the node that has one.

DIR/
  watchword.db      the records, and the bytes of short S3 objects (SQLite)
  master.key        seals every secret in the records
  objects/          the bytes of long S3 objects
  audit/            one line of JSON for every request
  decisions.jsonl   what the last requests were decided on, for `watchword explain`
  keys-given.jsonl  what front nodes asked for
  spool/            bodies on their way in
  tls/              the local CA and its certificates
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from watchword.core.clock import Clock
from watchword.core.errors import AlreadyExists, OperatorError
from watchword.core.http import HttpResponse, RequestHead
from watchword.core.ids import (
    AccessKeyId,
    AccountId,
    RandomBytes,
    RequestIds,
    is_account_id,
    new_account_id,
    new_unique_id,
)
from watchword.credentials.access_keys import ACCESS_KEY_PURPOSE, AccessKeyPair, new_access_key, seal_secret
from watchword.credentials.authorization_messages import MESSAGE_PURPOSE
from watchword.credentials.keyring import Keyring
from watchword.credentials.passwords import hash_password, new_password
from watchword.credentials.sealing import Sealer
from watchword.credentials.secret_text import SecretText
from watchword.credentials.session_seals import MintingKeys, SessionSealer, SignedSealer
from watchword.credentials.totp import SEED_PURPOSE
from watchword.directory.access_keys import AccessKey
from watchword.directory.accounts import Account
from watchword.directory.bodies import Bodies
from watchword.directory.directory import Directory
from watchword.directory.policies import Attachment
from watchword.directory.ports import Store, Transaction
from watchword.directory.users import User
from watchword.gateway.asked_keys import AskedSigningKeys, AskedTokenKeys, HandOn
from watchword.gateway.authenticate import Gate, LongTermKeys, SealedSecrets
from watchword.gateway.authorize import Authorizer
from watchword.gateway.decisions import Decisions
from watchword.gateway.dispatch import Dispatcher
from watchword.gateway.events import event_line
from watchword.gateway.identify import GLOBAL_REGION
from watchword.gateway.key_desk import KeyDesk
from watchword.gateway.last_used import LastUsed
from watchword.gateway.metrics import MeteredAuditLog, Metrics
from watchword.gateway.paging import MARKER_PURPOSE, Markers
from watchword.gateway.plans import Documents, Plans
from watchword.gateway.records import RecordCache
from watchword.gateway.serve import Gateway
from watchword.gateway.surroundings import VpcEndpoint
from watchword.server.data_directory import FRONTS, LOCK
from watchword.server.master_key import load_keyring
from watchword.server.sealed_secrets import check_opens
from watchword.server.settings import Settings
from watchword.server.vpc_endpoints import load_vpc_endpoints
from watchword.storage.audit_log import FileAuditLog
from watchword.storage.aws_policies import ShippedAwsPolicies
from watchword.storage.leftovers import Leftovers
from watchword.storage.objects import LocalObjects
from watchword.storage.recent_file import RecentFile
from watchword.storage.sqlite import SqliteStore

T = TypeVar("T")

DATABASE = "watchword.db"
DECISIONS = "decisions.jsonl"
KEYS_GIVEN = "keys-given.jsonl"
ADMINISTRATOR = "administrator"
ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True, slots=True)
class Initialized:
    """A new account, as its owner gets it, once."""

    account_id: AccountId
    root_email: str
    root_password: SecretText
    access_key_id: AccessKeyId
    secret_access_key: SecretText
    region: str
    root_access_key_id: AccessKeyId | None = None
    root_secret_access_key: SecretText | None = None


def open_store(data_dir: Path) -> SqliteStore:
    """The records of a data directory. Raises OperatorError, Unavailable."""
    return SqliteStore(data_dir / DATABASE)


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """The keys of a node, or its way to them: all in which nodes differ."""

    long_term: LongTermKeys
    sessions: Sealer
    markers: Sealer
    ports: Mapping[str, Any]
    """The sealers that operations name; a front node has none of them."""
    desk: KeyDesk | None = None
    hand_on: Callable[[RequestHead, bytes], HttpResponse] | None = None


def _own_keys(
    settings: Settings, store: Store, endpoints: Mapping[str, VpcEndpoint], random_bytes: RandomBytes
) -> NodeKeys:
    keyring = load_keyring(settings.data_dir)
    check_opens(store, keyring)
    key_sealer = Sealer(keyring, ACCESS_KEY_PURPOSE, random_bytes)
    gives = settings.keys_to is not None
    minting = MintingKeys(keyring)
    sessions = SessionSealer(minting, random_bytes, signs=gives)
    secrets = SealedSecrets(store, key_sealer)
    open_log = functools.partial(RecentFile, settings.data_dir / KEYS_GIVEN)
    return NodeKeys(
        long_term=secrets,
        sessions=sessions,
        markers=Sealer(keyring, MARKER_PURPOSE, random_bytes),
        ports={
            "key_sealer": key_sealer,
            "message_sealer": Sealer(keyring, MESSAGE_PURPOSE, random_bytes),
            "seed_sealer": Sealer(keyring, SEED_PURPOSE, random_bytes),
            "session_sealer": sessions,
        },
        desk=KeyDesk(secrets, minting, endpoints, open_log) if gives else None,
    )


def _asked_keys(keys_from: Path, regions: frozenset[str], random_bytes: RandomBytes) -> NodeKeys:
    from watchword.server.key_client import KeyClient

    client = KeyClient(keys_from, time.monotonic)
    keys = AskedTokenKeys(client, time.monotonic)
    return NodeKeys(
        long_term=AskedSigningKeys(client, time.monotonic, regions),
        sessions=SignedSealer(keys, random_bytes),
        markers=Sealer(keys, MARKER_PURPOSE, random_bytes),
        ports={},
        hand_on=HandOn(client),
    )


def build(settings: Settings, clock: Clock, random_bytes: RandomBytes) -> Gateway:
    """Build the gateway of one process. Raises OperatorError, Unavailable."""
    data_dir = settings.data_dir
    store = open_store(data_dir)
    documents = Documents()
    endpoints = load_vpc_endpoints(settings, documents)
    if settings.keys_from is None:
        keys = _own_keys(settings, store, endpoints, random_bytes)
    else:
        keys = _asked_keys(settings.keys_from, frozenset({settings.region, GLOBAL_REGION}), random_bytes)
    aws_policies = ShippedAwsPolicies()
    objects = LocalObjects(data_dir / "objects", random_bytes)
    ports: Mapping[str, Any] = {
        "aws_policies": aws_policies,
        "objects": Bodies(objects),
        "random_bytes": random_bytes,
        **keys.ports,
        "write_apart": functools.partial(_write_apart, store),
    }
    audit_log = MeteredAuditLog(
        functools.partial(FileAuditLog, data_dir / "audit"), event_line, Metrics(lambda: store.commits), clock.now
    )
    is_front = settings.keys_from is not None
    # Signature Version 2 is made with the secret itself, which a front node is not given.
    takes_v2 = settings.signature_v2 and not is_front
    gate = Gate(store, keys.long_term, keys.sessions, takes_signature_v2=takes_v2)
    leftovers = Leftovers(objects, store, data_dir / "objects", data_dir / LOCK, data_dir / FRONTS)
    return Gateway(
        store=store,
        clock=clock,
        request_ids=RequestIds(random_bytes),
        region=settings.region,
        records=RecordCache(store),
        gate=gate,
        authorizer=Authorizer(Plans(store, aws_policies, documents), documents),
        dispatcher=Dispatcher(store, ports),
        markers=Markers(keys.markers),
        audit_log=audit_log,
        last_used=LastUsed(store),
        decisions=Decisions(functools.partial(RecentFile, data_dir / DECISIONS), gate),
        endpoints=endpoints,
        key_desk=keys.desk,
        hand_on=keys.hand_on,
        chores=() if is_front else (leftovers.step,),
    )


def _write_apart(store: Store, change: Callable[[Directory], T]) -> T:
    return store.write(lambda transaction: change(Directory(transaction)))


def create_account(
    data_dir: Path,
    *,
    name: str,
    email: str,
    account_id: str | None,
    region: str,
    with_root_key: bool,
    clock: Clock,
    random_bytes: RandomBytes,
) -> Initialized:
    """Make an account with its root user and an IAM user `administrator`. Raises OperatorError, Unavailable."""
    if account_id is not None and not is_account_id(account_id):
        raise OperatorError(f"`{account_id}` is not an account id: give 12 digits")
    if "@" not in email or any(character.isspace() for character in email):
        raise OperatorError(f"`{email}` is not an e-mail address")
    keyring = load_keyring(data_dir)
    store = open_store(data_dir)
    try:
        account = AccountId(account_id) if account_id else new_account_id(random_bytes)
        return _add_account(store, keyring, account, name, email, region, with_root_key, clock, random_bytes)
    finally:
        store.close()


def _add_account(
    store: Store,
    keyring: Keyring,
    account_id: AccountId,
    name: str,
    email: str,
    region: str,
    with_root_key: bool,
    clock: Clock,
    random_bytes: RandomBytes,
) -> Initialized:
    now = clock.now().replace(microsecond=0)
    password = new_password(random_bytes)
    account = Account(
        id=account_id,
        name=name,
        email=email,
        created_at=now,
        root_password_hash=hash_password(password, random_bytes),
    )
    user = User(
        account=account_id, name=ADMINISTRATOR, path="/", id=new_unique_id("AIDA", random_bytes), created_at=now
    )
    sealer = Sealer(keyring, ACCESS_KEY_PURPOSE, random_bytes)
    key = new_access_key(account_id, random_bytes)
    root_key = new_access_key(account_id, random_bytes) if with_root_key else None

    def add(transaction: Transaction) -> None:
        directory = Directory(transaction)
        directory.accounts.add(account)
        directory.users.add(user)
        directory.attachments.add(
            Attachment(account=account_id, policy_arn=ADMINISTRATOR_POLICY, holder_kind="user", holder_id=user.id)
        )
        directory.access_keys.add(_key_record(key, sealer, account, user.id))
        if root_key is not None:
            directory.access_keys.add(_key_record(root_key, sealer, account, account_id))

    try:
        store.write(add)
    except AlreadyExists as taken:
        what = f"the e-mail address `{email}`" if taken.index == "email" else f"the account id `{account_id}`"
        raise OperatorError(f"{what} is taken by another account") from None
    return Initialized(
        account_id=account_id,
        root_email=email,
        root_password=password,
        access_key_id=key.access_key_id,
        secret_access_key=key.secret,
        region=region,
        root_access_key_id=root_key.access_key_id if root_key else None,
        root_secret_access_key=root_key.secret if root_key else None,
    )


def _key_record(pair: AccessKeyPair, sealer: Sealer, account: Account, owner_id: str) -> AccessKey:
    return AccessKey(
        id=pair.access_key_id,
        account=account.id,
        owner_id=owner_id,
        sealed_secret=seal_secret(sealer, pair),
        status="Active",
        created_at=account.created_at,
    )
