"""Session tokens: the session itself, sealed. Nothing is written when one is issued.

Rules:

* A token is base64 of a sealed value, at most 4,096 characters; its first byte is the format's version: 1 sealed, 2
  sealed and signed (see `session_seals.py`). What is sealed is the same.
* A token belongs to one access key id: the id is the owner of the seal, so a token never opens beside another id.
  Ids of sessions are not unique by a store. INVARIANT: whoever caches by access key id adds the token to the key.
* The truth about the principal is its unique id. A principal that was made again under the same name has another.
* Fields that this version does not know refuse the token: an older node must not ignore a newer restriction.
* Times are whole seconds, rounded down.

Never decides whether a session may still be used: expiry, revocation and the principal's existence are the caller's
(`is_expired` takes the time).

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html and API_AssumeRole.html
(`PackedPolicySize`); https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (session limits).
"""

from __future__ import annotations

import binascii
import zlib
from datetime import datetime
from enum import Enum
from typing import Final

import msgspec

from watchword.core.errors import PackedPolicyTooLarge, SealBroken, TokenInvalid
from watchword.core.ids import AccessKeyId, AccountId, RandomBytes, new_access_key_id
from watchword.core.tags import Tags
from watchword.credentials.sealing import Sealer
from watchword.credentials.secret_text import SecretText

SESSION_PURPOSE = "session-token"
"""The purpose of the sealer that these functions take."""
TOKEN_CHARACTERS_MAX: Final = 4096
_TOKEN_BYTES_MAX = TOKEN_CHARACTERS_MAX // 4 * 3
_SECRET_BYTES = 30
_FIXED_BYTES = 1 + _SECRET_BYTES + 2
"""Packing, secret, length of what follows."""
_PLAIN, _COMPRESSED = 0, 1
_COMPRESS_FROM_BYTES = 256
_UNPACKED_BYTES_MAX = 1 << 20
_PERIOD_SECONDS = 3600


class SessionKind(Enum):
    """How a session came to be."""

    ROLE = "r"
    """AssumeRole and its relatives."""
    SESSION_TOKEN = "t"
    """GetSessionToken: a user or root user, again."""
    FEDERATED_USER = "f"
    """GetFederationToken."""
    SIGN_IN = "c"
    """The console or `aws login`."""
    ROOT = "o"
    """AssumeRoot: a member account's root user, for one task."""
    SERVICE = "s"
    """A service on behalf of a principal."""


class Session(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename={
        "kind": "k",
        "account": "a",
        "principal_id": "p",
        "principal_name": "n",
        "session_name": "s",
        "issued_at": "i",
        "expires_at": "e",
        "mfa_at": "m",
        "chain_depth": "d",
        "tags": "t",
        "transitive_tag_keys": "y",
        "source_identity": "o",
        "policy": "c",
        "policy_arns": "r",
        "context": "x",
    },
):
    """What a session is, without its secret: safe to log."""

    kind: SessionKind
    account: AccountId
    principal_id: str
    """`AROA…` of the role, `AIDA…` of the user, or the account id of the root user."""
    issued_at: datetime
    expires_at: datetime
    principal_name: str = ""
    """The role's or user's name when the session was issued."""
    session_name: str = ""
    """RoleSessionName, or the Name of a federated user."""
    mfa_at: datetime | None = None
    """When the second factor was given, if it was."""
    chain_depth: int = 0
    """How many role sessions stand before this one."""
    tags: Tags = ()
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str = ""
    policy: str = ""
    """The inline session policy, as given."""
    policy_arns: tuple[str, ...] = ()
    """Managed session policies."""
    context: Tags = ()
    """Further condition keys, for the whole session (`aws:FederatedProvider`, `saml:sub`, …); a key may repeat."""

    def is_expired(self, now: datetime) -> bool:
        """True from the second of `expires_at` on."""
        return now >= self.expires_at


class IssuedSession(msgspec.Struct, frozen=True, gc=False):
    """Temporary credentials as their owner gets them."""

    access_key_id: AccessKeyId
    secret: SecretText
    token: str
    expires_at: datetime
    packed_policy_percent: int
    """The share of the token's free space that policies and tags take: 0 without any, else 1 to 100."""
    token_percent: int
    """The share of 4,096 characters that the token takes."""

    def __repr__(self) -> str:
        return f"IssuedSession(access_key_id={self.access_key_id!r}, expires_at={self.expires_at!r})"


class OpenedSession(msgspec.Struct, frozen=True):
    """A session and the secret that signs for it."""

    session: Session
    secret: SecretText


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Session).decode


def issue_session(
    session: Session, *, sealer: Sealer, random_bytes: RandomBytes, token_characters_min: int = 0
) -> IssuedSession:
    """Make temporary credentials for a session. Raises PackedPolicyTooLarge.

    The token is padded to `token_characters_min` (0 to 4,096), which is how a caller learns what its clients can carry.
    """
    session = _in_whole_seconds(session)
    packing, body = _pack(session)
    room = _TOKEN_BYTES_MAX - sealer.added_bytes - _FIXED_BYTES
    percent = _packed_policy_percent(session, len(body), room)
    if len(body) > room or percent > 100:
        raise PackedPolicyTooLarge(max(percent, 101))
    access_key_id = new_access_key_id("ASIA", session.account, random_bytes)
    secret = random_bytes(_SECRET_BYTES)
    plain = bytes((packing,)) + secret + len(body).to_bytes(2) + body
    padding = _padding(len(plain) + sealer.added_bytes, token_characters_min)
    sealed = sealer.seal(plain + bytes(padding), access_key_id, period=period_of(session.issued_at))
    token = binascii.b2a_base64(sealed, newline=False).decode()
    return IssuedSession(
        access_key_id,
        _secret_text(secret),
        token,
        session.expires_at,
        packed_policy_percent=percent,
        token_percent=-(-len(token) * 100 // TOKEN_CHARACTERS_MAX),
    )


def open_session(token: str, access_key_id: str, *, sealer: Sealer) -> OpenedSession:
    """Open the token that came with an access key id. Raises TokenInvalid."""
    if len(token) > TOKEN_CHARACTERS_MAX or token.endswith("="):
        raise TokenInvalid("the session token is too long, or spelled otherwise than it was issued")
    try:
        plain = sealer.open(binascii.a2b_base64(token.encode("ascii"), strict_mode=True), access_key_id)
        length = int.from_bytes(plain[_FIXED_BYTES - 2 : _FIXED_BYTES])
        body = plain[_FIXED_BYTES : _FIXED_BYTES + length]
        session = _decode(_unpack(body) if plain[0] == _COMPRESSED else body)
    except (SealBroken, ValueError, msgspec.MsgspecError, zlib.error):
        raise TokenInvalid("the session token is not valid") from None
    return OpenedSession(session, _secret_text(plain[1 : 1 + _SECRET_BYTES]))


def _pack(session: Session) -> tuple[int, bytes]:
    body = _encode(session)
    if len(body) < _COMPRESS_FROM_BYTES:
        return _PLAIN, body
    compressed = zlib.compress(body)
    return (_COMPRESSED, compressed) if len(compressed) < len(body) else (_PLAIN, body)


def _unpack(body: bytes) -> bytes:
    return zlib.decompressobj().decompress(body, _UNPACKED_BYTES_MAX)


def _packed_policy_percent(session: Session, packed_bytes: int, room: int) -> int:
    """The share of the room that the rest of the session leaves, rounded up. Over 100 exactly when it does not fit."""
    if not (session.policy or session.policy_arns or session.tags):
        return 0
    bare = msgspec.structs.replace(session, policy="", policy_arns=(), tags=(), transitive_tag_keys=())
    bare_bytes = len(_encode(bare))
    free_bytes = max(room - bare_bytes, 1)
    return max(-(-(packed_bytes - bare_bytes) * 100 // free_bytes), 1)


def _padding(sealed_bytes: int, token_characters_min: int) -> int:
    """Zero bytes that lift the token to the wished length, and to whole groups of three bytes.

    Whole groups make base64 without `=`, in which every bit is authenticated: a token has one spelling.
    """
    wished_bytes = max(sealed_bytes, -(-min(token_characters_min, TOKEN_CHARACTERS_MAX) * 3 // 4))
    return wished_bytes + -wished_bytes % 3 - sealed_bytes


def period_of(issued_at: datetime) -> int:
    """The sealing period, an hour, of sessions that are issued then."""
    return int(issued_at.timestamp()) // _PERIOD_SECONDS & 0xFFFFFFFF


def _secret_text(secret: bytes) -> SecretText:
    return SecretText(binascii.b2a_base64(secret, newline=False).decode())


def _in_whole_seconds(session: Session) -> Session:
    mfa_at = session.mfa_at
    if not (session.issued_at.microsecond or session.expires_at.microsecond or (mfa_at and mfa_at.microsecond)):
        return session
    return msgspec.structs.replace(
        session,
        issued_at=session.issued_at.replace(microsecond=0),
        expires_at=session.expires_at.replace(microsecond=0),
        mfa_at=mfa_at and mfa_at.replace(microsecond=0),
    )
