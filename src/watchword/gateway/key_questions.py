"""What a front node may ask the node that holds the keys, and what it may be told: frozen values, and their bytes.

A question is one of the first three, or a whole request that is handed on. Whatever is not one of them is no question.
Never carries a long-term secret, a master key or a key that signs tokens: there is no answer that could.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, Protocol

import msgspec

from watchword.core.http import HttpResponse, RequestHead
from watchword.gateway.surroundings import VpcEndpoint
from watchword.policy.language import print_document
from watchword.signing.keys import Algorithm

PROTOCOL_VERSION: Final = 2
BODY_BYTES_MAX: Final = 1024 * 1024
"""Of a request that is handed on: forms and JSON documents."""
QUESTION_BYTES_MAX: Final = BODY_BYTES_MAX + 192 * 1024
"""A request that is handed on with its head."""
ANSWER_BYTES_MAX: Final = 8 * 1024 * 1024


class _Message(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    pass


class Start(_Message, frozen=True, tag=1):
    """The first question of a node: what holds for all requests."""

    version: int


class SigningKey(_Message, frozen=True, tag=2):
    """The key that proves signatures of one access key and scope; for SigV4a the public key."""

    access_key_id: str
    algorithm: Algorithm
    date: str
    """`YYYYMMDD`."""
    region: str
    service: str


class OpeningKey(_Message, frozen=True, tag=3):
    """The key that opens the session tokens of one hour."""

    number: int
    """Of the master key, from the token's header."""
    period: int


class HandedOn(_Message, frozen=True, tag=4):
    """A request that only a node with the master key can serve, as it came."""

    method: str
    raw_path: bytes
    query_string: bytes
    headers: list[tuple[bytes, bytes]]
    scheme: str
    client_address: str
    endpoint: str
    tls_version: str
    body: bytes

    @classmethod
    def of(cls, head: RequestHead, body: bytes) -> HandedOn:
        """The message of a request."""
        return cls(
            head.method,
            head.raw_path,
            head.query_string,
            list(head.headers),
            head.scheme,
            head.client_address,
            head.endpoint,
            head.tls_version,
            body,
        )

    def head(self) -> RequestHead:
        """The head, exactly as the front node read it. Whoever sent the message is believed."""
        return RequestHead(
            self.method,
            self.raw_path,
            self.query_string,
            self.headers,
            scheme="https" if self.scheme == "https" else "http",
            client_address=self.client_address,
            endpoint=self.endpoint,
            tls_version=self.tls_version,
        )


class EndpointFacts(_Message, frozen=True):
    """What two nodes must agree on, to judge a request through a VPC endpoint alike."""

    vpc: str
    account: str
    policy: str
    """The digest of its policy."""

    @classmethod
    def of(cls, endpoint: VpcEndpoint) -> EndpointFacts:
        """The facts of an endpoint."""
        document = endpoint.policy.document
        text = "" if document is None else print_document(document.document)
        return cls(endpoint.vpc, endpoint.account, sha256(text.encode()).hexdigest())


class Started(_Message, frozen=True, tag=11):
    """What holds for all requests."""

    newest_number: int
    token_keys: dict[int, bytes]
    """Public Ed25519 keys by number of the master key."""
    marker_keys: dict[int, bytes]
    """Keys of page markers, which are no credentials, by number of the master key."""
    endpoints: dict[str, EndpointFacts]
    """The VPC endpoints that are known there, by id: requests through others cannot be handed on."""


class Given(_Message, frozen=True, tag=12):
    """The key that was asked for."""

    key: bytes

    def __repr__(self) -> str:
        return "Given(…)"


class Refused(_Message, frozen=True, tag=13):
    """There is no such key, or it is not for this node. It never says which."""


class Busy(_Message, frozen=True, tag=14):
    """The node asks for too much; nothing was looked up."""


class Answered(_Message, frozen=True, tag=15):
    """The answer to a request that was handed on."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def response(self) -> HttpResponse:
        """The answer as it goes to the client."""
        return HttpResponse(self.status, list(self.headers), self.body)


Question = Start | SigningKey | OpeningKey
Message = Start | SigningKey | OpeningKey | HandedOn
Answer = Started | Given | Refused | Busy | Answered

encode = msgspec.msgpack.Encoder().encode
decode_message = msgspec.msgpack.Decoder(Message).decode
"""Raises msgspec.MsgspecError for what is no message."""
decode_answer = msgspec.msgpack.Decoder(Answer).decode
"""Raises msgspec.MsgspecError for what is no answer."""


class Asking(Protocol):
    """The way to the node that holds the keys."""

    def ask(self, question: Question, /) -> Answer:
        """Ask, and wait for a moment. Raises Unavailable."""
        ...

    def hand_on(self, request: HandedOn, /) -> Answer:
        """Hand a request on, and wait for its answer. Raises Unavailable; it may have been served nevertheless."""
        ...
