"""The text inside an encoded authorization message."""

from __future__ import annotations

import json
from typing import Any

from watchword.policy.access import AccessRequest
from watchword.policy.authorization_message import authorization_message
from watchword.policy.decision import Decision, Layer, Outcome
from watchword.policy.language import parse_document
from watchword.policy.principals import Kind, Principal

BOB = Principal(
    kind=Kind.USER,
    account="123456789012",
    arn="arn:aws:iam::123456789012:user/Bob",
    id="AIDAAAAAAAAAAAAAAAAAA",
    unique_id="AIDAAAAAAAAAAAAAAAAAA",
    name="Bob",
)
SESSION = Principal(
    kind=Kind.ASSUMED_ROLE,
    account="123456789012",
    arn="arn:aws:sts::123456789012:assumed-role/r/s",
    id="AROAAAAAAAAAAAAAAAAAA:s",
    unique_id="AROAAAAAAAAAAAAAAAAAA",
    name="r",
)
DENY = (
    '{"Version":"2012-10-17","Statement":{"Sid":"No","Effect":"Deny","Action":"ec2:*","Resource":"*",'
    '"Condition":{"StringEquals":{"ec2:Tenancy":["default","host"]}}}}'
)


class NoContext:
    def get(self, key: str, /) -> None:
        return None


def message(principal: Principal, decision: Decision, document: str | None = None) -> Any:
    request = AccessRequest(
        principal=principal,
        action="ec2:StopInstances",
        resource="arn:aws:ec2:us-east-1:123456789012:instance/i-1",
        resource_account="123456789012",
        context=NoContext(),
    )
    matched = parse_document(document).statements if document else ()
    return json.loads(authorization_message(decision, request, matched, {"ec2:Tenancy": ("default",)}))


def test_it_says_who_asked_for_what_and_which_statement_refused() -> None:
    text = message(BOB, Decision(Outcome.EXPLICIT_DENY, "explicit deny", Layer.IDENTITY), DENY)
    assert (text["allowed"], text["explicitDeny"], text["failures"]) == (False, True, {"items": []})
    assert text["context"] == {
        "principal": {"id": BOB.id, "name": "Bob", "arn": BOB.arn},
        "action": "ec2:StopInstances",
        "resource": "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
        "conditions": {"items": [{"key": "ec2:Tenancy", "values": {"items": [{"value": "default"}]}}]},
    }
    (statement,) = text["matchedStatements"]["items"]
    assert (statement["statementId"], statement["effect"]) == ("No", "DENY")
    assert statement["principals"] == {"items": [{"value": BOB.unique_id}]}
    assert statement["actions"] == {"items": [{"value": "ec2:*"}]}
    assert statement["conditions"]["items"][0]["values"]["items"] == [{"value": "default"}, {"value": "host"}]


def test_a_session_has_no_name() -> None:
    text = message(SESSION, Decision(Outcome.IMPLICIT_DENY, "no policy allows", Layer.SCP))
    assert text["context"]["principal"] == {"id": SESSION.id, "arn": SESSION.arn}
    assert text["explicitDeny"] is False
    assert text["matchedStatements"] == {"items": []}
