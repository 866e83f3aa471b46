"""AWS's sentences, to the letter."""

from __future__ import annotations

import pytest

from watchword.policy.decision import Decision, Layer, Outcome
from watchword.policy.denials import bare_denial_message, denial_message

USER = "arn:aws:iam::123456789012:user/JohnDoe"
REASONS = [
    (Layer.IDENTITY, "because no identity-based policy allows the a:B action"),
    (Layer.RESOURCE, "because no resource-based policy allows the a:B action"),
    (Layer.TRUST, "because no role trust policy allows the a:B action"),
    (Layer.BOUNDARY, "because no permissions boundary allows the a:B action"),
    (Layer.SESSION, "because no session policy allows the a:B action"),
    (Layer.SCP, "because no service control policy allows the a:B action"),
    (Layer.ENDPOINT, "because no VPC endpoint policy allows the a:B action"),
    (Layer.IDENTITY, "with an explicit deny in an identity-based policy"),
    (Layer.RESOURCE, "with an explicit deny in a resource-based policy"),
    (Layer.TRUST, "with an explicit deny in the role trust policy"),
    (Layer.BOUNDARY, "with an explicit deny in a permissions boundary"),
    (Layer.SESSION, "with an explicit deny in a session policy"),
    (Layer.SCP, "with an explicit deny in a service control policy"),
    (Layer.RCP, "with an explicit deny in a resource control policy"),
    (Layer.ENDPOINT, "with an explicit deny in a VPC endpoint policy"),
]


def decided(layer: Layer, reason: str) -> Decision:
    if reason.startswith("with"):
        return Decision(Outcome.EXPLICIT_DENY, "explicit deny", layer)
    return Decision(Outcome.IMPLICIT_DENY, "no policy allows", layer)


@pytest.mark.parametrize(("layer", "reason"), REASONS, ids=[reason for _, reason in REASONS])
def test_reason_names_the_type_of_policy(layer: Layer, reason: str) -> None:
    message = denial_message(decided(layer, reason), USER, "a:B", "arn:aws:a:::r")
    assert message == f"User: {USER} is not authorized to perform: a:B on resource: arn:aws:a:::r {reason}"


def test_s3_quotes_the_resource() -> None:
    decision = Decision(Outcome.IMPLICIT_DENY, "no policy allows", Layer.IDENTITY)
    assert denial_message(decision, USER, "s3:GetObject", "arn:aws:s3:::bucket/key", quoted=True) == (
        f'User: {USER} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::bucket/key" '
        "because no identity-based policy allows the s3:GetObject action"
    )
    assert bare_denial_message(USER, "s3:ListAllMyBuckets", "*", quoted=True) == (
        f"User: {USER} is not authorized to perform: s3:ListAllMyBuckets"
    )


def test_sts_says_no_reason() -> None:
    assert bare_denial_message(USER, "sts:AssumeRole", "arn:aws:iam::2:role/r") == (
        f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::2:role/r"
    )


def test_what_is_allowed_has_no_denial() -> None:
    with pytest.raises(ValueError, match="allows"):
        denial_message(Decision(Outcome.ALLOW, "allowed by policy", Layer.IDENTITY), USER, "a:B", "*")


def test_a_decision_is_no_boolean() -> None:
    with pytest.raises(TypeError, match="is_allowed"):
        bool(Decision(Outcome.ALLOW, "allowed by policy", Layer.IDENTITY))
