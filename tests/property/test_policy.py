"""What must hold of every policy and every request."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.support import policies as generate
from tests.support.policy_pools import B

from watchword.policy.access import NOT_CONTROLLED, ROOT_KEEPS_BUCKET_POLICY, AccessRequest, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, Outcome, PolicySource
from watchword.policy.evaluate import decide_policies
from watchword.policy.language import Document, MalformedPolicy, Statement, parse_document, print_document
from watchword.policy.principals import Kind
from watchword.policy.validate import validate_bucket_policy, validate_identity_policy, validate_trust_policy
from watchword.policy.variables import parse_template

CONTROLLED = st.builds(
    replace, generate.requests, action=st.sampled_from(["s3:GetObject", "s3:PutObject", "sts:AssumeRole"])
)
DENY_ALL = Statement("Deny", ("*",), resources=("*",))


def is_allowed(request: AccessRequest, policies: Policies) -> bool:
    return decide_policies(policies, request).is_allowed


def identity_policy(document: Document) -> SourcedPolicy:
    return SourcedPolicy(PolicySource(Layer.IDENTITY, "added"), CompiledDocument(document))


@given(CONTROLLED, generate.all_policies)
def test_forbid_trumps_permit(request: AccessRequest, policies: Policies) -> None:
    """Whatever else is there, a Deny that applies to the caller decides."""
    everyone = replace(generate.EVERYTHING_TO_EVERYONE, effect="Deny")
    document = CompiledDocument(Document((everyone,)))
    endpoint = SourcedPolicy(PolicySource(Layer.ENDPOINT, "deny"), document)
    decision = decide_policies(replace(policies, endpoint=endpoint), request)
    assert decision.outcome is Outcome.EXPLICIT_DENY


@given(CONTROLLED)
def test_default_deny(request: AccessRequest) -> None:
    """Without any policy nobody but root at home may do anything."""
    is_root_at_home = request.principal.kind is Kind.ROOT and request.resource_account == request.principal.account
    expected = is_root_at_home and request.resource_rule.value == "union"
    assert is_allowed(request, Policies()) is expected


@given(CONTROLLED, generate.all_policies, st.lists(generate.statements(), min_size=1, max_size=3))
def test_a_policy_that_only_denies_never_allows_more(
    request: AccessRequest, policies: Policies, statements: list[Statement]
) -> None:
    denying = Document(tuple(replace(each, effect="Deny") for each in statements), "2012-10-17")
    more = replace(policies, identity=(*policies.identity, identity_policy(denying)))
    assert not is_allowed(request, more) or is_allowed(request, policies)


@given(CONTROLLED, generate.all_policies)
def test_a_boundary_never_allows_more(request: AccessRequest, policies: Policies) -> None:
    assert not is_allowed(request, policies) or is_allowed(request, replace(policies, boundary=None))


@given(CONTROLLED, generate.all_policies)
def test_control_policies_never_allow_more(request: AccessRequest, policies: Policies) -> None:
    without = replace(policies, scps=None, rcps=None, endpoint=None)
    assert not is_allowed(request, policies) or is_allowed(request, without)


@given(CONTROLLED, generate.all_policies)
def test_across_accounts_nothing_passes_without_the_resource(request: AccessRequest, policies: Policies) -> None:
    elsewhere = replace(request, resource_account=B)
    assert not is_allowed(elsewhere, replace(policies, resource=None))


@given(generate.requests, generate.all_policies, st.randoms(use_true_random=False))
def test_order_does_not_matter(request: AccessRequest, policies: Policies, chance: random.Random) -> None:
    shuffled = replace(
        policies,
        identity=tuple(chance.sample(policies.identity, len(policies.identity))),
        resource=None if policies.resource is None else with_shuffled_statements(policies.resource, chance),
        scps=None if policies.scps is None else tuple(chance.sample(policies.scps, len(policies.scps))),
    )
    before, after = decide_policies(policies, request), decide_policies(shuffled, request)
    assert (before.outcome, before.layer, before.reason) == (after.outcome, after.layer, after.reason)


def with_shuffled_statements(policy: SourcedPolicy, chance: random.Random) -> SourcedPolicy:
    if policy.document is None:
        return policy
    document = policy.document.document
    statements = tuple(chance.sample(document.statements, len(document.statements)))
    return SourcedPolicy(policy.source, CompiledDocument(replace(document, statements=statements)))


@given(generate.requests, generate.all_policies)
def test_what_cannot_be_evaluated_never_allows(request: AccessRequest, policies: Policies) -> None:
    broken = SourcedPolicy(PolicySource(Layer.RESOURCE, "broken"), None)
    action = request.action.lower()
    decision = decide_policies(replace(policies, resource=broken), request)
    is_exempt = action in NOT_CONTROLLED or action in ROOT_KEEPS_BUCKET_POLICY
    assert is_exempt or not decision.is_allowed


@given(generate.documents(has_principal=True))
def test_parse_of_print_is_the_same_document(document: Document) -> None:
    printable = replace(document, statements=tuple(map(without_repeats, document.statements)))
    assert parse_document(print_document(printable)) == printable


def without_repeats(statement: Statement) -> Statement:
    """JSON says a key once under an operator, and the entries of one type of principal together."""
    conditions = tuple({(each.operator, each.key): each for each in statement.conditions}.values())
    operators = list(dict.fromkeys(each.operator for each in conditions))
    principals = statement.principals or ()
    types = list(dict.fromkeys(each.type for each in principals))
    return replace(
        statement,
        conditions=tuple(sorted(conditions, key=lambda each: operators.index(each.operator))),
        principals=tuple(sorted(principals, key=lambda each: types.index(each.type))) or None,
    )


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["Allow", "*", "s3:GetObject", "2012-10-17", "", "${"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Version",
                    "Statement",
                    "Effect",
                    "Action",
                    "NotAction",
                    "Resource",
                    "Principal",
                    "Condition",
                    "Sid",
                    "Bool",
                    "AWS",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def trust_policy(text: str) -> Document:
    return validate_trust_policy(text, principal_exists=lambda _kind, _value: True)


def bucket_policy(text: str) -> Document:
    return validate_bucket_policy(text, "arn:aws:s3:::b", principal_exists=lambda _kind, _value: True)


@pytest.mark.parametrize("read", [parse_document, validate_identity_policy, trust_policy, bucket_policy])
@given(text=_json.map(json.dumps) | st.text(max_size=50))
def test_every_text_is_a_policy_or_refused_with_a_sentence(read: Callable[[str], Document], text: str) -> None:
    """Read it, or raise MalformedPolicy, never anything else."""
    with suppress(MalformedPolicy):
        assert read(text).statements


@given(st.text("${}*?', abx", max_size=40))
def test_a_text_without_variables_and_wildcards_is_itself(text: str) -> None:
    assert "".join(map(str, parse_template(text, has_variables=False, has_wildcards=False))) == text
