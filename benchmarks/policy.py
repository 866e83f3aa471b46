"""How long a policy decision takes: one process, warm plans, microseconds a decision.

Run: .venv/bin/python benchmarks/policy.py
"""

from __future__ import annotations

import timeit

from watchword.policy.access import AccessRequest, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.evaluate import ControlPlan, PrincipalPlan, decide
from watchword.policy.language import Condition, Document, PrincipalPattern, Statement, parse_document, print_document
from watchword.policy.principals import Kind, Principal
from watchword.policy.spec import decide as decide_literally

ACCOUNT = "111111111111"
SESSION = Principal(
    Kind.ASSUMED_ROLE,
    ACCOUNT,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s",
    "AROARRRRRRRRRRRRRRRRR:s",
    f"arn:aws:iam::{ACCOUNT}:role/app",
    "AROARRRRRRRRRRRRRRRRR",
    "app",
)
CONTEXT = {"aws:sourceip": "10.1.2.3", "aws:principaltag/team": "blue", "aws:securetransport": "true"}
REQUEST = AccessRequest(SESSION, "s3:GetObject", "arn:aws:s3:::data-7/reports/2026/a.txt", ACCOUNT, CONTEXT)
TLS_ONLY = Condition("Bool", "aws:SecureTransport", ("false",))


def sourced(layer: Layer, *statements: Statement) -> SourcedPolicy:
    return SourcedPolicy(PolicySource(layer, "p"), CompiledDocument(Document(statements, "2012-10-17")))


def mixed_statements(count: int) -> tuple[Statement, ...]:
    """Statements as people write them: other services, other buckets, conditions, a Deny; the last one matches."""
    shapes = [
        Statement("Allow", ("ec2:Describe*", "ec2:Get*"), resources=("*",)),
        Statement("Allow", ("s3:Get*", "s3:List*"), resources=("arn:aws:s3:::other-{n}/*", "arn:aws:s3:::other-{n}")),
        Statement("Deny", ("s3:*",), resources=("arn:aws:s3:::secret-{n}/*",)),
        Statement(
            "Allow", ("s3:GetObject",), resources=("arn:aws:s3:::team-{n}/${aws:PrincipalTag/team}/*",)
        ),
        Statement(
            "Allow", ("dynamodb:*",), resources=("arn:aws:dynamodb:*:*:table/t{n}",),
            conditions=(Condition("StringEquals", "aws:PrincipalTag/team", ("blue",)),),
        ),
    ]  # fmt: skip
    made: list[Statement] = []
    for number in range(count - 1):
        shape = shapes[number % len(shapes)]
        texts = tuple(each.replace("{n}", str(number)) for each in shape.resources or ())
        made.append(Statement(shape.effect, shape.actions, resources=texts, conditions=shape.conditions))
    made.append(Statement("Allow", ("s3:GetObject",), resources=("arn:aws:s3:::data-*/reports/*",)))
    return tuple(made)


def same_action(count: int) -> tuple[Statement, ...]:
    """The hard case: every statement speaks of the action, each of another bucket; the last one matches."""
    made = [Statement("Allow", ("s3:GetObject",), resources=(f"arn:aws:s3:::b{n}/*",)) for n in range(count - 1)]
    return (*made, Statement("Allow", ("s3:GetObject",), resources=("arn:aws:s3:::data-*/reports/*",)))


EVERYTHING = Statement("Allow", ("*",), resources=("*",))
DENY_LEAVING = Statement("Deny", ("organizations:LeaveOrganization",), resources=("*",))
SCP_LEVEL = (sourced(Layer.SCP, EVERYTHING), sourced(Layer.SCP, DENY_LEAVING))
BUCKET = sourced(
    Layer.RESOURCE,
    Statement(
        "Deny", ("s3:*",), resources=("arn:aws:s3:::data-7", "arn:aws:s3:::data-7/*"),
        principals=(PrincipalPattern("*", "*"),), conditions=(TLS_ONLY,),
    ),
    Statement(
        "Allow", ("s3:GetObject",), resources=("arn:aws:s3:::data-7/*",),
        principals=(PrincipalPattern("AWS", "222222222222"),),
    ),
)  # fmt: skip
BOUNDARY = sourced(Layer.BOUNDARY, Statement("Allow", ("s3:*", "sqs:*"), resources=("*",)))
RCPS = ControlPlan(
    ((sourced(Layer.RCP, Statement("Allow", ("*",), resources=("*",), principals=(PrincipalPattern("*", "*"),))),),) * 2
)


def report(name: str, plan: PrincipalPlan, *, is_full: bool, outcome: str = "allowed") -> None:
    """Print the best of five runs of a decision."""

    def once() -> str:
        if is_full:
            return decide(plan, REQUEST, resource_policy=BUCKET, rcps=RCPS).outcome.value
        return decide(plan, REQUEST).outcome.value

    assert once() == outcome
    print(f"{name:44} {min(timeit.repeat(once, number=20_000, repeat=5)) / 20_000 * 1e6:7.2f} µs")


def main() -> None:
    """Print one line a case."""
    for kind, build in (("mixed", mixed_statements), ("same action", same_action)):
        for count in (1, 10, 50, 200):
            identity = sourced(Layer.IDENTITY, *build(count))
            report(f"{kind}, {count} statements", PrincipalPlan(SESSION, identity=(identity,)), is_full=False)
            full = PrincipalPlan(SESSION, identity=(identity,), boundary=BOUNDARY, scps=(SCP_LEVEL,) * 3)
            report(f"{kind}, {count} statements, all layers", full, is_full=True)
    denied = PrincipalPlan(SESSION, identity=(sourced(Layer.IDENTITY, *mixed_statements(50)[:-1]),))
    report("mixed, 49 statements, denied", denied, is_full=False, outcome="implicitDeny")

    document = Document(mixed_statements(10), "2012-10-17")
    text = print_document(document)
    count = 200
    parse = min(timeit.repeat(lambda: parse_document(text), number=count, repeat=3)) / count * 1e6
    print(f"{'parse 10 statements':44} {parse:7.0f} µs")
    compiled = min(timeit.repeat(lambda: CompiledDocument(document), number=count, repeat=3)) / count * 1e6
    print(f"{'compile 10 statements':44} {compiled:7.0f} µs")

    def first() -> None:
        decide(PrincipalPlan(SESSION, identity=(sourced(Layer.IDENTITY, *document.statements),)), REQUEST)

    whole = min(timeit.repeat(first, number=count, repeat=3)) / count * 1e6
    print(f"{'compile, first decision of an action':44} {whole:7.0f} µs")
    policies = Policies(identity=(sourced(Layer.IDENTITY, *document.statements),))
    literal = min(timeit.repeat(lambda: decide_literally(REQUEST, policies), number=count, repeat=3)) / count * 1e6
    print(f"{'the literal meaning, 10 statements':44} {literal:7.0f} µs")


if __name__ == "__main__":
    main()
