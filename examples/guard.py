"""A service of your own that obeys AWS signatures and IAM policies, without a Watchword server.

`Guard.check` says who called and whether it may, or raises an ApiError that is AWS's answer. The two applications next
to this file put it in front of a tiny notes service, one for ASGI, one for WSGI.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from watchword.core.errors import ApiError
from watchword.core.http import RequestHead
from watchword.policy.access import AccessRequest, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.evaluate import PrincipalPlan, decide
from watchword.policy.language import parse_document
from watchword.policy.principals import Kind, Principal
from watchword.signing.claims import Rules
from watchword.signing.errors import Dialect, SignatureError, missing_token, unknown_key
from watchword.signing.verification import proving_key, read_claim, verify

SERVICE = "notes"
"""The signing name: what a client writes into its credential scope."""
RULES = Rules(service=SERVICE, dialect=Dialect.REST_JSON, region="us-east-1")


class Caller:
    """Somebody with an access key, and what a policy lets them do."""

    def __init__(self, account: str, name: str, secret: str, policy: str) -> None:
        arn = f"arn:aws:iam::{account}:user/{name}"
        self.principal = Principal(kind=Kind.USER, account=account, arn=arn, id=name, unique_id=name, name=name)
        self.secret = secret
        source = PolicySource(Layer.IDENTITY, f"policy of {name}")
        document = CompiledDocument(parse_document(policy))
        # Compiled once and kept: a decision then takes about a microsecond.
        self.plan = PrincipalPlan(self.principal, identity=(SourcedPolicy(source, document),))


class Guard:
    """Proves and authorizes requests of known callers."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = callers
        """By access key id."""

    def check(self, head: RequestHead, body: bytes, action: str, resource: str, now: datetime) -> Principal:
        """Say who signed the request, which may do `action` on `resource`. Raises ApiError, AWS's answer."""
        try:
            caller = self._prove(head, body, now)
        except SignatureError as error:
            raise error.answer(Dialect.REST_JSON) from None
        context = {"aws:sourceip": head.client_address, "aws:securetransport": str(head.scheme == "https").lower()}
        principal = caller.principal
        decision = decide(caller.plan, AccessRequest(principal, action, resource, principal.account, context))
        if not decision.is_allowed:
            message = f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}"
            raise ApiError("AccessDeniedException", message, 403)
        return principal

    def _prove(self, head: RequestHead, body: bytes, now: datetime) -> Caller:
        claim = read_claim(head, RULES, now)
        if claim is None:
            raise missing_token()
        caller = self._callers.get(claim.access_key_id)
        if caller is None:
            raise unknown_key(claim.access_key_id)
        # A busy service keeps this key by (access key id, claim.scope.text).
        verify(claim, proving_key(claim, caller.secret), hashlib.sha256(body).hexdigest())
        return caller
