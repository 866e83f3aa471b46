"""What is written down of a request: its audit event, made from the exchange."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from watchword.core.clock import iso8601
from watchword.core.errors import ApiError
from watchword.gateway.audit import (
    TEXT_MAX,
    EventRest,
    claimed_identity,
    clipped,
    encode_event,
    encode_head,
    encode_identity,
)
from watchword.gateway.exchange import Exchange
from watchword.gateway.identify import Served
from watchword.gateway.names import read_scope
from watchword.protocols.getters import Getter, getter
from watchword.protocols.secret_members import is_secret
from watchword.signing.errors import Dialect

Told = tuple[Exchange, ApiError | None]
"""A request that was answered, or refused with an error."""


def event_line(told: Told) -> bytes:
    """The audit event of a request: one line of JSON without its end."""
    exchange, error = told
    head, target, proof, entry, call = (
        exchange.head,
        exchange.target,
        exchange.proof,
        exchange.entry,
        exchange.call,
    )
    service = target.service
    common = encode_head(
        service.event_source,
        exchange.operation_name or "Unknown",
        clipped(target.region),
        head.client_address,
        clipped(head.header_text(b"user-agent") or ""),
        entry is not None and not entry.operation.writes,
        proof.caller.principal.account if proof is not None else "",
        head.endpoint,
    )
    identity = encode_identity(claimed_identity(_claimed_key(exchange))) if proof is None else proof.identity
    request = None if call is None else call.request
    if request is None and exchange.asked is not None and service.dialect is Dialect.S3:
        request = exchange.asked.around.request  # S3's refusals name what they were about, as CloudTrail's do.
    asked = None if request is None else parameters(service, exchange.operation_name, request)
    rest = None
    if error is not None:
        rest = EventRest(error.code, clipped(error.message), asked)
    elif asked is not None:
        rest = EventRest(request_parameters=asked)
    return encode_event(common, iso8601(exchange.now), exchange.request_id, identity, rest)


def parameters(service: Served, operation_name: str, request: Any) -> dict[str, Any] | None:
    """The input members that may be written down, in CloudTrail's spelling; long texts are cut."""
    names, read = _written_members(service, operation_name)
    written = {name: value for name, value in zip(names, read(request), strict=True) if value is not None}
    for name, value in written.items():
        if isinstance(value, str) and len(value) > TEXT_MAX:
            written[name] = clipped(value)
    return written or None


@lru_cache(maxsize=1024)
def _written_members(service: Served, operation_name: str) -> tuple[tuple[str, ...], Getter]:
    """The members that may be written: their names in events, and what reads them."""
    model = service.protocol.model
    facts = model.operations[operation_name]
    members = model.shapes[facts.input.shape].members if facts.input is not None else {}
    names = [
        name for name, ref in members.items() if not ref.streaming and not is_secret(name, model.shapes[ref.shape])
    ]
    return tuple(name[0].lower() + name[1:] for name in names), getter(names, typed=True)


def _claimed_key(exchange: Exchange) -> str:
    scope = read_scope(exchange.head.header(b"authorization"), exchange.head.query_string)
    return "" if scope is None else scope.access_key_id
