"""One event per request, allowed or not, in the shape of AWS CloudTrail's records.

Decides what an event says and what it must not say: no secret, no token, no body, no member that the model marks as
sensitive. Never decides whether the request may go on, except that a log which cannot be written refuses writes.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol, TypeVar

import msgspec

from watchword.core.clock import iso8601
from watchword.services.call import Authenticated

TEXT_MAX = 1024
"""Characters that are kept of a text that the client chose."""


E_contra = TypeVar("E_contra", contravariant=True)


class AuditLog(Protocol[E_contra]):
    """Where events go: encoded and appended in batches, rotated and bounded by the implementation."""

    @property
    def is_writable(self) -> bool:
        """False when events cannot be written (a full disk): operations that write are then refused."""
        ...

    def append(self, event: E_contra) -> None:
        """Take one event. It is encoded soon, so nothing that it holds may change."""
        ...

    def flush(self) -> None:
        """Encode what was taken, and hand it over to the operating system."""
        ...

    def close(self) -> None:
        """Flush and let go; the last call."""
        ...


class UserIdentity(msgspec.Struct, omit_defaults=True, rename="camel"):
    type: str
    principal_id: str = ""
    arn: str = ""
    account_id: str = ""
    access_key_id: str = ""
    user_name: str = ""
    session_context: dict[str, Any] | None = None


class EventHead(msgspec.Struct, omit_defaults=True, rename="camel", tag_field="eventVersion", tag="1.11"):
    """The part of a CloudTrail record that many requests have in common."""

    event_source: str
    event_name: str
    aws_region: str
    source_ip_address: str = msgspec.field(name="sourceIPAddress")
    user_agent: str
    read_only: bool
    event_type: str
    event_category: str
    recipient_account_id: str = ""
    vpc_endpoint_id: str = ""


class EventRest(msgspec.Struct, omit_defaults=True, rename="camel"):
    """The part of a CloudTrail record that is there when there is something to say."""

    error_code: str = ""
    error_message: str = ""
    request_parameters: Any = None
    additional_event_data: dict[str, Any] | None = None


_encoder = msgspec.json.Encoder()
NOBODY = UserIdentity(type="AWSAccount", principal_id="ANONYMOUS_PRINCIPAL", account_id="anonymous")


@lru_cache(maxsize=4096)
def encode_head(
    source: str, name: str, region: str, address: str, agent: str, read_only: bool, account: str, endpoint: str
) -> bytes:
    """The common part of events, without its closing brace."""
    head = EventHead(source, name, region, address, agent, read_only, "AwsApiCall", "Management", account, endpoint)
    return _encoder.encode(head)[:-1]


def encode_event(head: bytes, moment: str, request_id: str, identity: msgspec.Raw, rest: EventRest | None) -> bytes:
    """An event as one line of JSON, without a line end."""
    middle = f',"eventTime":"{moment}","requestID":"{request_id}","eventID":"{request_id}","userIdentity":'
    if rest is None:
        return b"%b%b%b}" % (head, middle.encode(), identity)
    return b"%b%b%b,%b" % (head, middle.encode(), identity, _encoder.encode(rest)[1:])


def encode_identity(identity: UserIdentity) -> msgspec.Raw:
    """An identity as it stands in events; kept with the credential that it belongs to."""
    return msgspec.Raw(_encoder.encode(identity))


def claimed_identity(access_key_id: str) -> UserIdentity:
    """Who asked with credentials that proved nothing: only the access key id that was claimed."""
    return UserIdentity(type="Unknown", access_key_id=clipped(access_key_id)) if access_key_id else NOBODY


def identity_of(caller: Authenticated) -> UserIdentity:
    """A proved caller."""
    principal = caller.principal
    identity = UserIdentity(
        type=_TYPES.get(principal.kind.value, "Unknown"),
        principal_id=principal.id,
        arn=principal.arn,
        account_id=principal.account,
        access_key_id=caller.access_key_id,
        user_name=principal.name if principal.kind.value == "user" else "",
    )
    if caller.session is not None:
        identity.session_context = _session_context(caller)
    return identity


_TYPES = {"root": "Root", "user": "IAMUser", "assumed-role": "AssumedRole", "federated-user": "FederatedUser"}


def _session_context(caller: Authenticated) -> dict[str, Any]:
    session = caller.session
    assert session is not None
    attributes = {
        "creationDate": iso8601(session.issued_at),
        "mfaAuthenticated": "false" if session.mfa_at is None else "true",
    }
    principal = caller.principal
    context: dict[str, Any] = {"attributes": attributes}
    if principal.kind.value in ("assumed-role", "federated-user"):
        is_of_root = principal.unique_id == principal.account
        context["sessionIssuer"] = {
            "type": "Role" if principal.kind.value == "assumed-role" else "Root" if is_of_root else "IAMUser",
            "principalId": principal.unique_id,
            "arn": principal.issuer_arn,
            "accountId": principal.account,
            "userName": principal.name,
        }
    return context


def clipped(text: str) -> str:
    """Text of the client's choice, bounded."""
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "…"
