"""Another re-implementation of AWS's rules, `iam-simulate`, says the same of random requests.

It runs as a process of its own and is never a dependency (AGPL-3.0). Give the folder where it is installed:

    npm install --prefix DIR @cloud-copilot/iam-simulate
    WATCHWORD_IAM_SIMULATE=DIR make test ARGS=tests/differential/test_iam_simulate.py

Where the two disagree, docs/differential-iam-simulate.md says which is right and why; those cases are left out here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.iam_simulate import is_installed, simulator
from tests.support.policy_pools import ROOT, SESSION, A, B

from watchword.policy.access import AccessRequest, Levels, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Decision, Layer, Outcome, PolicySource
from watchword.policy.evaluate import decide_policies
from watchword.policy.language import read_document
from watchword.policy.principals import Kind, Principal

pytestmark = is_installed
EXAMPLES = {100: 1_000, 1000: 10_000, 100_000: 100_000}.get(settings().max_examples, 1_000)

USER = Principal(Kind.USER, A, f"arn:aws:iam::{A}:user/u", "AIDAU", f"arn:aws:iam::{A}:user/u", "AIDAU", "u")
OUTCOMES = {
    "Allowed": Outcome.ALLOW,
    "ExplicitlyDenied": Outcome.EXPLICIT_DENY,
    "ImplicitlyDenied": Outcome.IMPLICIT_DENY,
}
CONDITION_KEYS: dict[str, tuple[list[str], list[str]]] = {
    # key: operators, values
    "aws:UserAgent": (
        ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"],
        ["cli", "CLI", "c*", "?li", "sdk", "*"],
    ),
    "aws:SourceIp": (["IpAddress", "NotIpAddress"], ["10.0.0.0/8", "10.1.2.3", "192.0.2.0/24", "2001:db8::/32"]),
    "aws:CurrentTime": (["DateLessThan", "DateGreaterThanEquals"], ["2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]),
    "aws:SecureTransport": (["Bool"], ["true", "false"]),
    "aws:MultiFactorAuthAge": (["NumericLessThan", "NumericGreaterThan", "NumericNotEquals"], ["100", "300"]),
    "aws:SourceArn": (["ArnLike", "ArnNotLike"], ["arn:aws:sns:*:*:topic", f"arn:aws:sns:us-east-1:{A}:*"]),
    "aws:TagKeys": (
        ["ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals"],
        ["a", "b", "c"],
    ),
}
CONTEXT: dict[str, st.SearchStrategy[str | list[str]]] = {
    "aws:UserAgent": st.sampled_from(["cli", "sdk", "CLI"]),
    "aws:SourceIp": st.sampled_from(["10.1.2.3", "192.0.2.9", "2001:db8::1"]),
    "aws:CurrentTime": st.sampled_from(["2025-06-01T00:00:00Z", "2028-06-01T00:00:00Z"]),
    "aws:SecureTransport": st.sampled_from(["true", "false"]),
    "aws:MultiFactorAuthAge": st.sampled_from(["50", "100", "250"]),
    "aws:SourceArn": st.sampled_from([f"arn:aws:sns:us-east-1:{A}:topic", f"arn:aws:sqs:us-east-1:{A}:queue"]),
    "aws:TagKeys": st.lists(st.sampled_from(["a", "b", "d"]), min_size=1, max_size=2, unique=True),
}
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]


@pytest.fixture(scope="module")
def simulate() -> Iterator[Any]:
    """Asks the other implementation."""
    with simulator() as ask:
        yield ask


@st.composite
def statements(draw: st.DrawFn, *, has_principal: bool, effects: tuple[str, ...] = ("Allow", "Allow", "Deny")) -> Any:
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(effects))}
    if has_principal:
        names = ["*", A, B, USER.arn, SESSION.issuer_arn, SESSION.arn, f"arn:aws:iam::{A}:root"]
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
        statement["Principal"] = "*" if "*" in chosen else {"AWS": chosen}
    negated = draw(st.sampled_from(["", "", "", "Not"]))
    statement[f"{negated}Action"] = draw(
        st.lists(st.sampled_from(["s3:*", "s3:Get*", "s3:?utObject", *ACTIONS]), min_size=1, max_size=2, unique=True)
    )
    negated = draw(st.sampled_from(["", "", "", "Not"]))
    resources = [
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b/k",
        "arn:aws:s3:::*/k*",
        "arn:aws:s3:::b/?",
        "arn:aws:s3:::other/*",
    ]
    statement[f"{negated}Resource"] = draw(
        st.lists(st.sampled_from(resources if negated else ["*", *resources]), min_size=1, max_size=2, unique=True)
    )
    if draw(st.booleans()):
        statement["Condition"] = draw(conditions())
    return statement


@st.composite
def conditions(draw: st.DrawFn) -> Any:
    block: dict[str, dict[str, Any]] = {}
    for key in draw(st.lists(st.sampled_from(list(CONDITION_KEYS)), min_size=1, max_size=2, unique=True)):
        operators, values = CONDITION_KEYS[key]
        operator = draw(st.sampled_from(operators)) + draw(st.sampled_from(["", "", "IfExists"]))
        block.setdefault(operator, {})[key] = draw(
            st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)
        )
    if draw(st.sampled_from([False, False, True])):
        block["Null"] = {draw(st.sampled_from(list(CONDITION_KEYS))): draw(st.sampled_from(["true", "false"]))}
    return block


def documents(*, has_principal: bool = False) -> st.SearchStrategy[Any]:
    listed = st.lists(statements(has_principal=has_principal), min_size=1, max_size=3)
    return listed.map(lambda drawn: {"Version": "2012-10-17", "Statement": drawn})


EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def everything() -> st.SearchStrategy[Any]:
    return st.just(EVERYTHING)


_scp_level = st.lists(st.one_of(everything(), everything(), documents()), min_size=1, max_size=2)
_rcp = st.lists(statements(has_principal=False, effects=("Deny",)), min_size=1, max_size=2).map(
    lambda drawn: {
        "Version": "2012-10-17",
        "Statement": [
            {name.replace("NotAction", "Action"): value for name, value in {**each, "Principal": "*"}.items()}
            for each in drawn
        ],
    }
)
cases = st.fixed_dictionaries(
    {
        "caller": st.sampled_from([USER, SESSION, ROOT]),
        "owner": st.sampled_from([A, A, B]),
        "action": st.sampled_from(ACTIONS),
        "resource": st.sampled_from(["arn:aws:s3:::b/k", "arn:aws:s3:::b/kk", "arn:aws:s3:::other/k"]),
        "context": st.fixed_dictionaries({}, optional=CONTEXT),
        "identity": st.lists(st.one_of(everything(), documents()), max_size=2),
        "boundary": st.one_of(st.none(), documents()),
        "session": st.one_of(st.none(), st.none(), documents()),
        "resource_policy": st.one_of(st.none(), documents(has_principal=True)),
        "scps": st.one_of(st.just([]), st.lists(_scp_level, min_size=1, max_size=2)),
        "rcps": st.one_of(st.just([]), st.lists(st.lists(_rcp, max_size=1), min_size=1, max_size=2)),
    }
)


def ours(case: dict[str, Any]) -> Decision:
    def sourced(layer: Layer, value: Any) -> SourcedPolicy:
        return SourcedPolicy(PolicySource(layer, "p"), CompiledDocument(read_document(value)))

    def levels(layer: Layer, drawn: list[list[Any]]) -> Levels | None:
        full = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
        every = [[full, *each] if layer is Layer.RCP else each for each in drawn]
        return tuple(tuple(sourced(layer, value) for value in level) for level in every) if drawn else None

    caller = case["caller"]
    drawn: dict[str, str | list[str]] = case["context"]
    context = {key.lower(): tuple(value) if isinstance(value, list) else value for key, value in drawn.items()}
    request = AccessRequest(caller, case["action"], case["resource"], case["owner"], context)
    session = case["session"] if caller is SESSION else None
    return decide_policies(
        Policies(
            identity=tuple(sourced(Layer.IDENTITY, value) for value in case["identity"]),
            boundary=None if case["boundary"] is None else sourced(Layer.BOUNDARY, case["boundary"]),
            session=None if session is None else (sourced(Layer.SESSION, session),),
            resource=None if case["resource_policy"] is None else sourced(Layer.RESOURCE, case["resource_policy"]),
            scps=levels(Layer.SCP, case["scps"]),
            rcps=levels(Layer.RCP, case["rcps"]),
        ),
        request,
    )


def theirs(case: dict[str, Any]) -> dict[str, Any]:
    def named(values: list[Any]) -> list[dict[str, Any]]:
        return [{"name": f"p{number}", "policy": value} for number, value in enumerate(values)]

    def levels(drawn: list[list[Any]]) -> list[dict[str, Any]]:
        return [{"orgIdentifier": f"ou-{at}", "policies": named(each)} for at, each in enumerate(drawn)]

    caller = case["caller"]
    is_root = caller.kind is Kind.ROOT
    simulation: dict[str, Any] = {
        "request": {
            "principal": caller.arn,
            "action": case["action"],
            "resource": {"resource": case["resource"], "accountId": case["owner"]},
            "contextVariables": case["context"],
        },
        # The other one gives root no permissions of its own: it is given them as a policy.
        "identityPolicies": named([EVERYTHING] if is_root else case["identity"]),
        "serviceControlPolicies": levels(case["scps"]),
        "resourceControlPolicies": levels(case["rcps"]),
    }
    if case["resource_policy"] is not None:
        simulation["resourcePolicy"] = case["resource_policy"]
    if case["boundary"] is not None and not is_root:
        simulation["permissionBoundaryPolicies"] = named([case["boundary"]])
    if case["session"] is not None and caller is SESSION:
        simulation["sessionPolicy"] = case["session"]
    return simulation


def names_the_limited_session(case: dict[str, Any]) -> bool:
    """True where the two differ: a session policy, and a resource policy that names everyone or the session itself."""
    if case["session"] is None or case["caller"] is not SESSION or case["resource_policy"] is None:
        return False
    principals = [each["Principal"] for each in case["resource_policy"]["Statement"] if each["Effect"] == "Allow"]
    return any(each == "*" or SESSION.arn in each["AWS"] for each in principals)


def test_the_other_implementation_says_the_same(simulate: Any) -> None:
    compared = 0

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(cases.filter(lambda case: not names_the_limited_session(case)))
    def compare(case: dict[str, Any]) -> None:
        nonlocal compared
        answer = simulate(theirs(case))
        assert "errors" not in answer, answer
        assert ours(case).outcome is OUTCOMES[answer["result"]]
        compared += 1

    compare()
    assert compared >= EXAMPLES // 2
