"""Who is it? ONE gate for every kind of credential.

The steps, in AWS's order:

(1) read what the request says of itself: key id, scope, time, signature (`signing` checks shape, scope and clock)
(2) find the credential: a long-term key in the directory, or the session that its token carries
(3) a session token must be genuine, must be of this key id, and must not be over
(4) the principal behind it must exist, by unique id
(5) verify the signature

Nothing else in the house decides who a caller is, and nobody calls the verifiers but this file.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from watchword.core.arn import assumed_role_arn, federated_user_arn, root_arn
from watchword.core.errors import SealBroken, TokenInvalid
from watchword.core.http import RequestHead
from watchword.credentials.access_keys import open_secret
from watchword.credentials.sealing import Sealer
from watchword.credentials.secret_text import SecretText
from watchword.credentials.sessions import Session, SessionKind, open_session
from watchword.directory.access_keys import AccessKey
from watchword.directory.directory import Directory
from watchword.directory.ports import Store
from watchword.directory.users import User
from watchword.gateway.audit import NOBODY, encode_identity, identity_of
from watchword.gateway.caches import AccountCache
from watchword.policy.principals import Kind, Principal
from watchword.services.call import Authenticated
from watchword.signing.claims import Claim, Rules
from watchword.signing.errors import expired_token, invalid_token, missing_session_token, missing_token, unknown_key
from watchword.signing.keys import Prover
from watchword.signing.mismatches import Mismatch, explain_mismatch
from watchword.signing.post_claims import read_post_claim
from watchword.signing.verification import proving_key, read_claim, verify

CREDENTIALS_HELD = 50_000
SCOPES_HELD = 16
"""Keys kept per credential: a client uses few regions and services on one day."""

Derive = Callable[[Claim], Prover]
"""Gives the key that a claim must be verified with. Raises SealBroken when there is none, Unavailable."""


class LongTermKeys(Protocol):
    """Where the keys of long-term access keys come from: their secrets, or a node that has them."""

    def of(self, record: AccessKey, /) -> Derive:
        """How the keys of an active access key are derived. Raises SealBroken."""
        ...

    def forget(self, access_key_id: str, /) -> None:
        """The access key is gone or inactive: let go of what was derived from it."""
        ...


class SealedSecrets:
    """`LongTermKeys` of a node that has the master key."""

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer

    def of(self, record: AccessKey) -> Derive:
        # A record that does not open was tampered with, or sealed by a master key that is not held: it proves nothing.
        return _from_secret(open_secret(self._sealer, record.id, record.sealed_secret))

    def forget(self, access_key_id: str) -> None:
        """Nothing is kept here."""

    def active(self, access_key_id: str) -> SecretText | None:
        """The secret behind steps (2) and (4), from which other nodes get derived keys; None where they fail."""
        with self._store.read() as snapshot:
            directory = Directory(snapshot)
            record = directory.access_keys.get(access_key_id)
            if record is None or record.status != "Active":
                return None
            if _user_or_root(directory, record.account, record.owner_id) is None:
                return None
        try:
            return open_secret(self._sealer, record.id, record.sealed_secret)
        except SealBroken:
            return None


def _from_secret(secret: SecretText) -> Derive:
    return lambda claim: proving_key(claim, secret.reveal())


@dataclass(slots=True)
class Credential:
    """A credential that was found, and what verifying with it needs."""

    caller: Authenticated
    derive: Derive
    identity: msgspec.Raw
    """The caller as audit events show it."""
    proving_keys: dict[str, Prover] = field(default_factory=dict[str, Prover])
    """By scope: `date/region/service/aws4_request`, SigV4a's without a region, empty for Signature Version 2."""

    def proving_key(self, claim: Claim) -> Prover:
        """The key of the claimed scope, derived once. Raises SignatureError, Unavailable."""
        key = self.proving_keys.get(claim.scope.text)
        if key is None:
            if len(self.proving_keys) >= SCOPES_HELD:
                self.proving_keys.clear()
            try:
                key = self.derive(claim)
            except SealBroken:
                raise unknown_key(claim.access_key_id) from None
            self.proving_keys[claim.scope.text] = key
        return key


class Proof(NamedTuple):
    """A verified caller, with what a streamed body is verified against."""

    caller: Authenticated
    identity: msgspec.Raw
    """The caller as audit events show it."""
    claim: Claim | None = None
    key: Prover | None = None


class Gate:
    """Turns requests into proved callers."""

    def __init__(
        self, store: Store, keys: LongTermKeys, session_sealer: Sealer, *, takes_signature_v2: bool = True
    ) -> None:
        self._store = store
        self._keys = keys
        self._session_sealer = session_sealer
        self._takes_v2 = takes_signature_v2
        self._credentials: AccountCache[Credential] = AccountCache(CREDENTIALS_HELD)
        store.follow(self._credentials.changed)

    def claim(self, head: RequestHead, rules: Rules, now: datetime) -> Claim | None:
        """Step (1). None when the request carries no credentials at all. Raises SignatureError."""
        return read_claim(head, rules, now, takes_v2=self._takes_v2)

    def form_claim(self, fields: Mapping[str, str], rules: Rules, now: datetime) -> Claim | None:
        """Step (1) for an S3 upload form, whose credentials are fields. Raises SignatureError."""
        return read_post_claim(fields, rules, now, takes_v2=self._takes_v2)

    def prove(self, claim: Claim, body_sha256: str | None, now: datetime) -> Proof:
        """Steps (2) to (5). `body_sha256` is the hex digest of a body that was read already. Raises SignatureError."""
        credential = self._find(claim, now)
        key = credential.proving_key(claim)
        verify(claim, key, body_sha256)
        return Proof(credential.caller, credential.identity, claim, key)

    def explain(self, head: RequestHead, claim: Claim, body_sha256: str | None, now: datetime) -> Mismatch | None:
        """Why step (5) refused the request, where that can be told: for operators, never for the caller.

        Raises SignatureError when another step refuses it.
        """
        return explain_mismatch(head, claim, self._find(claim, now).proving_key(claim), body_sha256)

    def _find(self, claim: Claim, now: datetime) -> Credential:
        """Steps (2) to (4). Raises SignatureError."""
        token = claim.session_token
        if claim.access_key_id.startswith("ASIA"):
            if token is None:
                raise missing_session_token(claim.access_key_id)
            credential = self._credentials.get((claim.access_key_id, token)) or self._temporary(claim, token, now)
            session = credential.caller.session
            if session is not None and session.is_expired(now):
                raise expired_token(token)
        else:
            credential = self._credentials.get(claim.access_key_id) or self._long_term(claim)
            if token is not None:
                raise invalid_token(token)
        return credential

    def _long_term(self, claim: Claim) -> Credential:
        with self._store.read() as snapshot:
            directory = Directory(snapshot)
            record = directory.access_keys.get(claim.access_key_id)
            if record is None or record.status != "Active":
                self._keys.forget(claim.access_key_id)
                raise unknown_key(claim.access_key_id)
            principal = _user_or_root(directory, record.account, record.owner_id)
            position = snapshot.position
        if principal is None:
            raise unknown_key(claim.access_key_id)
        try:
            derive = self._keys.of(record)
        except SealBroken:
            raise unknown_key(claim.access_key_id) from None
        credential = _credential(Authenticated(principal, record.id), derive)
        self._credentials.put(record.id, (record.account,), credential, position)
        return credential

    def _temporary(self, claim: Claim, token: str, now: datetime) -> Credential:
        try:
            opened = open_session(token, claim.access_key_id, sealer=self._session_sealer)
        except TokenInvalid:
            raise invalid_token(token) from None
        session = opened.session
        if session.is_expired(now):
            raise expired_token(token)
        with self._store.read() as snapshot:
            principal = _session_principal(Directory(snapshot), session)
            position = snapshot.position
        if principal is None:
            raise invalid_token(token)
        credential = _credential(Authenticated(principal, claim.access_key_id, session), _from_secret(opened.secret))
        self._credentials.put((claim.access_key_id, token), (session.account,), credential, position)
        return credential


def is_still_let_in(caller: Authenticated, directory: Directory) -> bool:
    """True while steps (2) and (4) hold for a caller that was proved before: asked again when a write commits.

    A session that expires while its request is served is served to the end.
    """
    if caller.session is not None:
        return _session_principal(directory, caller.session) is not None
    if not caller.access_key_id:
        return True
    record = directory.access_keys.get(caller.access_key_id)
    if record is None or record.status != "Active":
        return False
    return _user_or_root(directory, record.account, record.owner_id) is not None


def _credential(caller: Authenticated, derive: Derive) -> Credential:
    return Credential(caller, derive, encode_identity(identity_of(caller)))


ANONYMOUS = Proof(Authenticated(Principal(kind=Kind.ANONYMOUS, account="", arn="anonymous")), encode_identity(NOBODY))
"""A request that carries no credentials."""


def require(claim: Claim | None) -> Claim:
    """The claim of an operation that nobody may call without credentials. Raises SignatureError."""
    if claim is None:
        raise missing_token()
    return claim


def _user_or_root(directory: Directory, account: str, owner_id: str) -> Principal | None:
    if not _is_open(directory, account):
        return None
    if owner_id == account:
        return _root(account)
    user = directory.users.seek("id", owner_id)
    return None if user is None or user.account != account else _user(user)


def _is_open(directory: Directory, account: str) -> bool:
    known = directory.accounts.get(account)
    return known is not None and known.closed_at is None


def _root(account: str) -> Principal:
    return Principal(kind=Kind.ROOT, account=account, arn=root_arn(account), id=account, unique_id=account)


def _user(user: User) -> Principal:
    return Principal(
        kind=Kind.USER,
        account=user.account,
        arn=user.arn,
        id=user.id,
        issuer_arn=user.arn,
        unique_id=user.id,
        name=user.name,
    )


def _federated_user(maker: Principal, name: str) -> Principal:
    """A federated user, who acts for the user or root user that made it."""
    return Principal(
        kind=Kind.FEDERATED_USER,
        account=maker.account,
        arn=federated_user_arn(maker.account, name),
        id=f"{maker.account}:{name}",
        issuer_arn=maker.arn,
        unique_id=maker.unique_id,
        name=maker.name,
    )


def _session_principal(directory: Directory, session: Session) -> Principal | None:
    """The principal of a session, or None when it is gone or the session's kind cannot exist here."""
    if session.kind is SessionKind.SESSION_TOKEN:
        return _user_or_root(directory, session.account, session.principal_id)
    if session.kind is SessionKind.FEDERATED_USER:
        maker = _user_or_root(directory, session.account, session.principal_id)
        return None if maker is None else _federated_user(maker, session.session_name)
    if session.kind is not SessionKind.ROLE:
        return None
    role = directory.roles.seek("id", session.principal_id)
    if role is None or role.account != session.account or not _is_open(directory, role.account):
        return None
    return Principal(
        kind=Kind.ASSUMED_ROLE,
        account=role.account,
        arn=assumed_role_arn(role.account, role.name, session.session_name),
        id=f"{role.id}:{session.session_name}",
        issuer_arn=role.arn,
        unique_id=role.id,
        name=role.name,
        is_service_linked=role.is_service_linked,
    )
